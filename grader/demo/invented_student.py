"""An invented student: what they submit, and which functions must lose points for it."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from grader.model.result import Outcome, Result


class InventedStudent(msgspec.Struct, frozen=True, kw_only=True):
    """One invented student."""

    id: str
    what: str
    """In a few words."""
    layout: str = "package"
    """One of `grader.demo.hand_in_layouts.LAYOUTS`."""
    release: str = ""
    """Id of the release whose template it is; empty for our own."""
    variants: tuple[str, ...] = ()
    mistakes: tuple[str, ...] = ()
    unfinished: tuple[str, ...] = ()
    """Functions and classes left as in the template."""
    begins: dict[str, str] = {}
    """Function to the statements that its body begins with."""
    adds: dict[str, str] = {}
    """File to what stands at its end."""
    forgets: tuple[str, ...] = ()
    """Files not submitted."""
    broken: str = ""
    """A function that cannot be parsed."""
    replaces: dict[str, str] = {}
    """File to all that stands in it instead."""
    loses: frozenset[str] | None = frozenset()
    """Contract names that must lose points; no other may. None where that is not known."""
    graded: bool = True
    """Whether it can be read at all."""


def surprises(members: Iterable[InventedStudent], results: Iterable[Result]) -> list[str]:
    """Where results are not what the students deserve, in words; empty if all are."""
    found = {result.name: result for result in results}
    lines = []
    for student in members:
        result = found.get(student.id)
        wrong = "was not graded" if result is None else _surprise(student, result)
        if wrong:
            lines.append(f"{student.id} ({student.what}): {wrong}")
    return lines


def _surprise(student: InventedStudent, result: Result) -> str:
    if result.graded != student.graded or result.error_kind == "internal":
        return result.error or "should not have been readable"
    if student.loses is None:
        return ""
    lost = {
        name
        for check in result.checks
        if check.outcome is Outcome.INTERNAL
        or (check.points < check.max_points and check.outcome is not Outcome.SKIPPED)
        for name in check.targets
    }
    if lost != student.loses:
        return f"lost points for {_names(lost)}, not for {_names(student.loses)}"
    is_whole = bool(lost) or not student.graded or result.score == result.max_score
    return "" if is_whole else "is not at 100 %"


def _names(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "nothing"
