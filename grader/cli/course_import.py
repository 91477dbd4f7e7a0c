"""Taking an export into a course, and saying what came of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import typer

from grader.cli import arguments
from grader.model.errors import ExitCode

if TYPE_CHECKING:
    import datetime as dt

    from grader.assignment.composed import ComposedAssignment
    from grader.assignment.folder import Assignment
    from grader.course.course_folder import CourseFolder
    from grader.course.course_import import ImportPlan
    from grader.course.delivery import Delivery
    from grader.course.matching import Claim
    from grader.model.person import Person

_SHOWN = 10


class TakeIn(NamedTuple):
    """What a command line says of an import."""

    export: Path
    chosen: str = ""
    submitted: Path | None = None
    student: str = ""
    add: bool = False
    dry_run: bool = False
    by: str = ""


def take_in(course: CourseFolder, id: str, asked: TakeIn) -> ExitCode:
    """Import what lies at a path, and say what came of it; the exit code.

    Raises:
        InputError: there is nothing to import, or the course cannot be written.
        UsageError: the course has no such student or assignment.
    """
    from grader.assignment.composed import open_assignment
    from grader.course.course_import import ImportOptions, import_delivery
    from grader.course.kept_files import workspace

    loaded = open_assignment(course.grader(id))
    with workspace(course.submissions) as work:
        delivery = _delivery(course, loaded, asked, work / "unpacked")
        how = f", recognised by {delivery.why}" if delivery.why else ""
        typer.echo(f"Read as {delivery.title}{how}.")
        said = ImportOptions(asked.by, asked.add, asked.dry_run, _times(course, asked))
        plan = import_delivery(course, id, loaded, delivery, work, said)
    for line in _what_came(plan, delivery, asked):
        typer.echo(line)
    return ExitCode.INPUT if plan.open else ExitCode.OK


def _delivery(
    course: CourseFolder, loaded: Assignment | ComposedAssignment, asked: TakeIn, work: Path
) -> Delivery:
    from grader.course.delivery import one_delivery, read_delivery
    from grader.course.matching import person_meant

    work.mkdir()
    path = arguments.existing(asked.export)
    if asked.student:
        with course.reading() as view:
            person = person_meant(asked.student, view.people())
        return one_delivery(path, person, loaded)
    zone = course.settings.time_zone
    return read_delivery(path, loaded, lambda: work, chosen=asked.chosen, zone=zone)


def _times(
    course: CourseFolder, asked: TakeIn
) -> Callable[[Sequence[Person]], Mapping[str, dt.datetime]] | None:
    if asked.submitted is None:
        return None
    path = asked.submitted

    def times(people: Sequence[Person]) -> Mapping[str, dt.datetime]:
        from grader.course.course_class import names_of
        from grader.course.timelist import read_times

        return read_times(path, names_of(people), course.settings.time_zone).times

    return times


def _what_came(plan: ImportPlan, delivery: Delivery, asked: TakeIn) -> Iterator[str]:
    from grader.report.text import counted

    would = "would be " if asked.dry_run else ""
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
