"""Answers of wrong code as prints: alike for answers that are the same but for rounding.

A print is a salted hash of all values of a check, or of several, each on a grid relative to the
largest of its array. Two hands that compute the same thing differ by some 1e-12 of that, the grid
has 1e-6, so a number rarely falls on another side of a line of it; a second grid, shifted by half,
is there for those that do. Nothing can be read out of a print: what it was made of can only be
guessed whole.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from grader.checks.random_values import Chance, Range
from grader.diagnosis.observed_values import EXTRA_COUNTS, SHAPE, Ending, Readings, ValueKey

GRID: Final = 1e-6
GRID_SINGLE: Final = 1e-4
"""The same in single precision."""
NAME_BYTES: Final = 8
KEY_BYTES: Final = 10
"""Nobody tries 2**80 keys to read a sentence."""
_SHIFTS: Final = (0.371, 0.871)
"""Of the two grids: round numbers fall on a line of neither."""


class AnswerPrint(NamedTuple):
    """What stands for the answers of some checks."""

    name: bytes
    """By which it is looked up."""
    key: bytes
    """Which opens what is kept for whoever has given these answers."""


def prints_of(readings: Mapping[str, Readings], salt: bytes) -> list[AnswerPrint]:
    """The prints of the readings of some checks, one for each grid.

    Of what is drawn, only sizes count, which are the same at every draw.

    Args:
        readings: by id of the check.
        salt: of the catalogue.
    """
    found = []
    for shift in _SHIFTS:
        digest = hashlib.sha256(salt)
        for check in sorted(readings):
            digest.update(check.encode())
            for piece in _pieces(readings[check], shift):
                digest.update(len(piece).to_bytes(4, "little") + piece)
        seed = digest.digest()
        name, key = (hashlib.sha256(seed + use).digest() for use in (b"name", b"key"))
        found.append(AnswerPrint(name[:NAME_BYTES], key[:KEY_BYTES]))
    return found


def of_interest(
    readings: Readings, function: str, contract: Collection[str], known: Collection[str] | None
) -> Readings:
    """The readings that tell of a function: not what other functions of the contract answered.

    Of a call that ended without returning, only how it ended. What a student returns beyond what is
    asked does not count: `known` has the labels of all else, None while these are collected.
    """
    ended = {(k.exchange, k.inner) for k, value in readings.items() if isinstance(value, Ending)}
    return {
        key: value
        for key, value in readings.items()
        if (key.about == function or key.about not in contract)
        and ((key.exchange, key.inner) not in ended or isinstance(value, Ending))
        and (
            known is None
            or key.label in known
            or key.label.startswith(EXTRA_COUNTS)
            or isinstance(value, Ending)
        )
    }


def _pieces(readings: Readings, shift: float) -> Iterator[bytes]:
    for key in sorted(readings):
        value = readings[key]
        if isinstance(value, Range):
            value = np.array([value.low, value.high])
        if not isinstance(value, Chance):
            yield _named(key)
            yield _piece(value, shift)


def _named(key: ValueKey) -> bytes:
    return f"{key.exchange}/{key.inner}/{key.about}/{key.label}".encode()


def _piece(value: Any, shift: float) -> bytes:
    if isinstance(value, Ending):
        shapes = sorted(SHAPE.findall(value.message))
        return f"{value.status} {value.kind} {shapes}".encode()
    try:
        array = np.asarray(value)
    except ValueError:
        return repr(type(value)).encode()
    if array.dtype.kind not in "biuf":
        return f"{type(value).__name__} {value!r}".encode()
    return _on_grid(array, shift)


def _on_grid(array: NDArray[Any], shift: float) -> bytes:
    """Shape and numbers of an array; axes of length 1 do not count."""
    grid = GRID_SINGLE if array.dtype == np.float32 else GRID
    shape = tuple(n for n in array.shape if n != 1)
    numbers = array.reshape(-1).astype(np.float64)
    finite = np.isfinite(numbers)
    kind = np.where(np.isnan(numbers), 2, np.where(finite, 0, np.sign(numbers)))
    scale = float(np.abs(numbers[finite]).max()) if finite.any() else 0.0
    about = f"{shape} {'single' if grid == GRID_SINGLE else ''}".encode()
    if scale <= 1e-12:
        return about + kind.astype(np.int8).tobytes()
    cells = np.floor(np.where(finite, numbers, 0.0) / scale / grid + shift).astype(np.int64)
    size = np.floor(np.log(scale) / grid + shift).astype(np.int64)
    return b"".join((about, kind.astype(np.int8).tobytes(), cells.tobytes(), size.tobytes()))
