"""A rubric that composes parts of several assignments, to be graded as one."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from typing import Final

import msgspec

from grader.model.errors import RubricError
from grader.model.result import Visibility
from grader.model.rubric import CheckOverride, PackageRule, Text, rubric_sources
from grader.model.rubric_fault import Fault, fault_in, rubric_error
from grader.model.submit_rule import SubmitRule, submit_faults
from grader.model.toml_library import tomllib
from grader.model.worth import LatePolicy, policy_faults

_INCLUDES: Final = re.compile(r"^\s*[\"']?include\b", re.MULTILINE)
"""Most rubrics do not, and need not be read twice."""


class ChosenPart(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A part of an included assignment, and what is changed of it."""

    points: float | None = None
    title: Text | None = None
    visibility: Visibility | None = None


class Composition(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a composing rubric says; all else is the included assignments' own."""

    id: str
    title: Text
    include: list[str]
    """Folders or rubrics, relative to this rubric, or ids of shipped assignments."""
    points: float = 100.0
    parts: dict[str, ChosenPart] = {}
    """Those that are graded, by their ids; empty for all. One whose id several have goes by
    `assignment/part`."""
    package: PackageRule = PackageRule()
    """Besides the names and folders that the included assignments know."""
    scale: str = ""
    """That of all notebooks, in place of the included assignments' own."""
    due: dt.datetime | None = None
    late: LatePolicy = LatePolicy()
    trust_timestamps: bool = False
    submit: SubmitRule = SubmitRule()
    hints: dict[str, Text] = {}
    """As in a rubric: laid over those of the included assignments."""
    checks: dict[str, CheckOverride] = {}


def load_composition(path: Path) -> Composition | None:
    """What a rubric composes; None if it includes no others.

    Raises:
        RubricError: names the file, the line or key, and what was expected.
    """
    sources = rubric_sources(path)
    text = sources[0][1]
    content = tomllib.loads(text) if _INCLUDES.search(text) else {}
    if "include" not in content:
        return None
    try:
        composition = msgspec.convert(content, Composition)
    except msgspec.ValidationError as error:
        fault = fault_in(content, Composition) or Fault((), f"is not valid: {error}")
        if fault.keys:
            raise rubric_error(sources, fault) from None
        raise RubricError(f"{path}: it {fault.what}.", hint=fault.hint) from None
    for key, what in policy_faults(composition.late):
        raise rubric_error(sources, Fault(("late", key), what))
    for fault in submit_faults(composition.submit):
        raise rubric_error(sources, fault)
    if not composition.include:
        raise rubric_error(sources, Fault(("include",), "is empty", "Name two assignments."))
    return composition
