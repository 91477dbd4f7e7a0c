"""Curves of training: what a student's solvers remember, and what the reference's did."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

import msgspec
from msgspec.structs import replace

from grader.errors import InputError
from grader.notebooks.records import Curve
from grader.notebooks.values import Unknown, Values

Recorded = dict[str, dict[str, list[float]]]
"""Notebook to name of a curve to the reference's validation accuracies by epoch."""

_POINTS: Final = 1_000
"""Numbers of a curve that are kept."""
_FILE: Final = msgspec.json.Decoder(dict[str, Recorded])


def recorded_curves(path: Path, scale: str) -> Recorded:
    """The reference's curves at a scale, from the file beside the rubric; none if it is not there.

    Raises:
        InputError: the file is damaged.
    """
    if not path.is_file():
        return {}
    try:
        return _FILE.decode(path.read_bytes()).get(scale, {})
    except msgspec.DecodeError as error:
        raise InputError(
            f"{path}: holds no curves ({error}).", hint="Record them again, or delete the file."
        ) from None


def read_curves(paths: Mapping[str, str], values: Values) -> list[Curve]:
    """The accuracies that solvers remember; those that are not there are left out."""
    curves = []
    for name, path in paths.items():
        try:
            train = values.numbers(f"{path}.train_acc_history")[:_POINTS]
            val = values.numbers(f"{path}.val_acc_history")[:_POINTS]
        except Unknown:
            continue
        curves.append(Curve(name=name, train=train, val=val))
    return curves


def beside(curves: Iterable[Curve], reference: Mapping[str, list[float]]) -> list[Curve]:
    """A student's curves with the reference's of the same names."""
    return [replace(curve, reference=reference.get(curve.name, [])) for curve in curves]
