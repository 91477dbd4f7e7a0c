"""The whole program of a submission, for a page: its lines, and where its passages stand."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from grader.similarity.code_tokens import CodeUnit, code_units
from grader.similarity.compared_class import ComparedSource
from grader.similarity.given_code import FileChoice, GivenCode
from grader.similarity.limited_reading import read_limited
from grader.similarity.program_files import module_stems, programs
from grader.similarity.winnowing import LENGTH, Hashes, NumberedTokens, inside

_MAX_TOKENS: Final = 40_000
"""Of a submission that are set beside another's."""
_MAX_LINES: Final = 500
_MAX_WIDTH: Final = 400


class ProgramUnit(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """A function, or what stands outside of functions, with its lines."""

    file: str
    name: str
    first_row: int
    lines: list[str]
    left_out: int
    """Lines that are not kept."""
    token_rows: bytes
    passages: bytes
    """Hash of each passage, by its first token, as 64-bit numbers."""
    given_bytes: bytes
    """Whether each token was given, a byte each."""

    @cached_property
    def rows(self) -> NDArray[np.int32]:
        """Of each token, from the beginning of the unit."""
        return np.frombuffer(self.token_rows, np.int32)

    @cached_property
    def hashes(self) -> Hashes:
        """Of each passage."""
        return np.frombuffer(self.passages, np.uint64)

    @cached_property
    def given_tokens(self) -> NDArray[np.bool_]:
        """Whether each token was given."""
        return np.frombuffer(self.given_bytes, np.bool_)

    @cached_property
    def was_given(self) -> NDArray[np.bool_]:
        """Whether each passage was given."""
        return inside(self.given_tokens)

    @property
    def given(self) -> bool:
        """Whether all of it was given."""
        return bool(self.given_tokens.all())


def stretches(flags: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Where flags that are set begin and end."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]]).astype(np.int8)))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


def program_units(
    compared: Sequence[ComparedSource], given: GivenCode, chosen: FileChoice, *, jobs: int
) -> list[list[ProgramUnit]]:
    """The units of some submissions, in their order; of one that cannot be read there are none.

    Raises:
        InternalError: this system cannot fork.
    """
    found: list[list[ProgramUnit]] = [[] for _ in compared]

    def read(each: ComparedSource) -> bytes:
        return msgspec.msgpack.encode(_units(each, given, chosen))

    for outcome in read_limited(compared, read, jobs=jobs):
        if not outcome.problem:
            found[outcome.number] = msgspec.msgpack.decode(outcome.said, type=list[ProgramUnit])
    return found


def _units(compared: ComparedSource, given: GivenCode, chosen: FileChoice) -> list[ProgramUnit]:
    files = programs(compared.source.path, chosen).files
    stems = module_stems(files)
    units: list[ProgramUnit] = []
    left = _MAX_TOKENS
    for file in files:
        found = code_units(file.text, stems)
        tokens = NumberedTokens([unit.tokens for unit in found])
        hashes, covered = tokens.passages(), given.covers(tokens)
        lines, rows = file.text.split("\n"), _rows(file.text, found)
        for unit, span in zip(found, tokens.spans(), strict=True):
            left -= len(unit.tokens)
            if left < 0:
                return units
            passages = hashes[span][: max(0, len(unit.tokens) - LENGTH + 1)]
            units.append(_unit(file.path, lines, unit, rows[span], passages, covered[span]))
    return units


def _rows(text: str, units: Sequence[CodeUnit]) -> NDArray[np.intp]:
    """The line of each token, counting from 0."""
    data = np.frombuffer(text.encode("utf-8", "replace"), np.uint8)
    places = [token.at for unit in units for token in unit.tokens]
    return np.searchsorted(np.flatnonzero(data == ord("\n")), places)


def _unit(
    path: str,
    lines: list[str],
    unit: CodeUnit,
    rows: NDArray[np.intp],
    passages: Hashes,
    covered: NDArray[np.bool_],
) -> ProgramUnit:
    first = unit.first_row if unit.name else 0
    own = lines[first : unit.last_row + 1] if unit.name else lines
    return ProgramUnit(
        file=path,
        name=unit.name,
        first_row=first,
        lines=[line[:_MAX_WIDTH] for line in own[:_MAX_LINES]],
        left_out=max(0, len(own) - _MAX_LINES),
        token_rows=(rows - first).astype(np.int32).tobytes(),
        passages=passages.tobytes(),
        given_bytes=covered.tobytes(),
    )
