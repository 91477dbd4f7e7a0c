"""Taking an export into a course, and saying what came of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import typer

from grader.cli import arguments
from grader.model.errors import ExitCode

if TYPE_CHECKING:
    from grader.course.course_folder import CourseFolder
    from grader.course.import_request import Imported, ImportRequest
    from grader.course.matching import Claim

_SHOWN = 10


def take_in(course: CourseFolder, id: str, asked: ImportRequest) -> ExitCode:
    """Import what lies at a path, and say what came of it; the exit code.

    Raises:
        InputError: there is nothing to import, or the course cannot be written.
        UsageError: the course has no such student or assignment.
    """
    from grader.course.import_request import import_into

    found = import_into(course, id, asked._replace(export=arguments.existing(asked.export)))
    for line in _what_came(found, dry_run=asked.dry_run):
        typer.echo(line)
    return ExitCode.INPUT if found.plan.open else ExitCode.OK


def _what_came(found: Imported, *, dry_run: bool) -> Iterator[str]:
    from grader.report.text import counted

    delivery, plan = found
    how = f", recognised by {delivery.why}" if delivery.why else ""
    yield f"Read as {delivery.title}{how}."
    would = "would be " if dry_run else ""
    changed = f", {len(plan.changed)} {would}changed" if plan.changed else ""
    yield (
        f"{counted(len(plan.added), 'attempt')} of {counted(plan.owners, 'student')} "
        f"{would}new{changed}, {plan.known} as before."
    )
    if plan.new_people:
        yield f"{counted(len(plan.new_people), 'student')} {would}taken from the export."
    for claim in plan.by_name:
        assert claim.person is not None
        yield f"{claim.claimed.key}: taken for {claim.person.key}, by the name alone."
    for stored in [each for each in plan.added if each.problem][:_SHOWN]:
        yield f"Cannot be graded: {stored.problem}"
    if delivery.others:
        yield f"Left out, since the platform did not make it: {_listed(delivery.others)}."
    if plan.open:
        yield f"Left out, since it is not clear whose it is: {len(plan.open)}."
        yield from (f"  {_doubt(claim)}" for claim in plan.open)
        yield "Add them to the roster with their ids, or take them in as they are with --add."


def _doubt(claim: Claim) -> str:
    near = ", ".join(f"{person.key} ({person.name})" for person in claim.candidates)
    ids = ", ".join(f"{platform} {id}" for platform, id in claim.claimed.ids.items())
    whose = f"{claim.claimed.name} ({ids})" if ids else claim.claimed.name
    said = f"{whose}: {claim.problem}"
    return f"{said}; near: {near}" if near else said


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(sorted(names)[:_SHOWN]) + more
