"""Curves of training: what a student's notebook remembers of it, and what the reference's did."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

import msgspec
from msgspec.structs import replace

from grader.assignment.folder import Assignment, digest
from grader.assignment.plugin import plugin_files
from grader.model.errors import InputError
from grader.model.notebook_records import Curve
from grader.model.rubric import CurveRule
from grader.notebooks.kernel_values import Unknown, Values

Recorded = dict[str, dict[str, list[float]]]
"""Notebook to name of a curve to the reference's numbers on validation data."""

_POINTS: Final = 1_000
"""Numbers of a curve that are kept."""


class AtScale(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was recorded at one scale."""

    made_from: str
    """See `origin`."""
    curves: Recorded


_FILE: Final = msgspec.json.Decoder(dict[str, AtScale])


def origin(assignment: Assignment, scale: str) -> str:
    """A digest of all that the reference's curves at a scale come from.

    That is the reference, its notebooks, and the data. Empty where it is not at hand.
    """
    rules = assignment.rubric.notebooks
    if rules is None or not assignment.reference_digest:
        return ""
    sizes = sorted(rules.scales[scale].sizes.items())
    folder = assignment.layout.solution
    notebooks = [path for name in rules.files if (path := folder / f"{name}.ipynb").is_file()]
    paths = {name: sorted(rule.curves.items()) for name, rule in rules.files.items()}
    files = [*notebooks, *plugin_files(assignment.layout.plugin)]
    return digest(files, repr((assignment.reference_digest, rules.data, sizes, paths)))


def recorded_curves(assignment: Assignment, scale: str) -> Recorded:
    """The reference's curves at a scale, from the file beside the rubric.

    Empty if it is not there, or if the reference has changed since.

    Raises:
        InputError: the file is damaged.
    """
    path = assignment.layout.curves
    if not path.is_file():
        return {}
    try:
        found = _FILE.decode(path.read_bytes()).get(scale)
    except msgspec.DecodeError as error:
        raise InputError(
            f"{path}: holds no curves ({error}).", hint="Record them again, or delete the file."
        ) from None
    current = found is not None and found.made_from == origin(assignment, scale)
    return found.curves if found and current else {}


def read_curves(rules: Mapping[str, CurveRule], values: Values) -> list[Curve]:
    """The numbers that a notebook remembers; curves that are not there are left out."""
    curves = []
    for name, rule in rules.items():
        try:
            train = values.numbers(rule.train)[:_POINTS] if rule.train else []
            val = values.numbers(rule.val)[:_POINTS]
        except Unknown:
            continue
        curves.append(Curve(name=name, train=train, val=val))
    return curves


def beside(curves: Iterable[Curve], reference: Mapping[str, list[float]]) -> list[Curve]:
    """A student's curves with the reference's of the same names."""
    return [replace(curve, reference=reference.get(curve.name, [])) for curve in curves]
