"""What grades, feedback and published pages are made of: a batch's output, or a course's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, NamedTuple

import typer

from grader.model.errors import UsageError

if TYPE_CHECKING:
    from grader.batches.graded_class import GradedClass

Output = Annotated[
    Path | None, typer.Argument(help="What `grader batch` wrote; or name an assignment with --for.")
]
Partial = Annotated[
    bool, typer.Option("--partial", help="Leave out who does not fit, in place of refusing.")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")]
_SHOWN: Final = 40


class Opened(NamedTuple):
    """A class that was graded."""

    graded: GradedClass
    whole_class: bool
    """Whether everybody of a roster is in it."""
    platform_ids: dict[str, str]
    """The assignment's ids on platforms."""
    home: Path
    """Where what is kept over assignments lies."""


def opened(output: Path | None, for_: str, course: str) -> Opened:
    """The class in an output folder, or an assignment's of a course.

    Raises:
        UsageError: neither is named, or both.
        GraderError: it cannot be read.
    """
    from grader.batches.graded_class import graded_class

    if bool(output) == bool(for_):
        raise UsageError("Name the folder that `grader batch` wrote, or an assignment with --for.")
    if output is not None:
        return Opened(graded_class(output), False, {}, output)
    return _of_course(for_, course)


def _of_course(id: str, course: str) -> Opened:
    from grader.batches.graded_class import graded_class
    from grader.course.course_folder import CourseFolder

    found = CourseFolder.open(course)
    asked = found.settings.assignment(id)
    entries: dict[str, list[str]] = {}
    with found.reading() as view:
        people = view.people(id)
        for stored in view.attempts(id):
            for member in stored.attempt.members if stored.attempt.counted else ():
                entries.setdefault(member, []).append(stored.source)
    graded = graded_class(found.out(id), people, entries)
    graded = graded._replace(assignment=id, title=asked.title or graded.title)
    return Opened(graded, True, asked.platform_ids, found.path)


def listing(lines: Iterable[str]) -> Iterator[str]:
    """Lines below a heading; not all of very many."""
    every = list(lines)
    yield from (f"  {line}" for line in every[:_SHOWN])
    if len(every) > _SHOWN:
        yield f"  and {len(every) - _SHOWN} more"


def say(lines: Iterable[str]) -> None:
    """Print lines that name students: whatever is in a name, it stays on its line."""
    from grader.report.text import visible

    for line in lines:
        typer.echo(" ".join(visible(line).split("\n")))
