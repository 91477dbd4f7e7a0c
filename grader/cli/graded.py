"""What grades, feedback and published pages are made of: a batch's output, or a course's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from grader.model.errors import UsageError

if TYPE_CHECKING:
    from grader.batches.hand_back import ClassToReturn

Output = Annotated[
    Path | None, typer.Argument(help="What `grader batch` wrote; or name an assignment with --for.")
]
Partial = Annotated[
    bool, typer.Option("--partial", help="Leave out who does not fit, in place of refusing.")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")]
_SHOWN: Final = 40


def opened(output: Path | None, for_: str, course: str) -> ClassToReturn:
    """The class in an output folder, or an assignment's of a course.

    Raises:
        UsageError: neither is named, or both.
        GraderError: it cannot be read.
    """
    from grader.batches.hand_back import class_in_folder, class_of_course
    from grader.course.course_folder import CourseFolder

    if bool(output) == bool(for_):
        raise UsageError("Name the folder that `grader batch` wrote, or an assignment with --for.")
    if output is not None:
        return class_in_folder(output)
    return class_of_course(CourseFolder.open(course), for_)


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
