"""`grader similar`: which submissions are alike, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from grader.cli import arguments, options
from grader.model.errors import UsageError

if TYPE_CHECKING:
    from grader.assignment.folder import Assignment
    from grader.model.similar_pairs import SimilarityReport
    from grader.model.submission_form import SubmissionForm

_SHOWN: Final = 10


def command(
    submissions: Annotated[
        Path, typer.Argument(help="The class: a folder of folders or archives.")
    ],
    out: Annotated[
        Path,
        typer.Option(
            "--out", "-o", help="Pages go to DIR/similar. May be the output folder of a batch."
        ),
    ],
    others: Annotated[
        list[Path] | None,
        typer.Option(
            "--with", "-w", help="Folder of another section or an earlier year (repeatable)."
        ),
    ] = None,
    templates: Annotated[
        list[Path] | None,
        typer.Option(
            "--template",
            "-t",
            help="Another template to subtract: a folder, an archive or a file (repeatable).",
        ),
    ] = None,
    files: Annotated[
        list[str] | None,
        typer.Option("--files", "-f", help="Compare only files of this name (repeatable)."),
    ] = None,
    assignment: options.AssignmentName = "",
    most: Annotated[int, typer.Option(min=1, help="Make at most so many pages of pairs.")] = 60,
    jobs: Annotated[
        int, typer.Option("--jobs", "-j", min=0, help="Parallel jobs; 0 = one per CPU.")
    ] = 0,
    lang: options.Language = "en",
) -> None:
    """Find similar submissions, in this class and across sections and years.

    What was given to everybody is subtracted. Names, comments and layout do not count; a passage
    counts the more the fewer others have it. Nothing is run, and nothing is shown to students.
    """
    from rich.console import Console

    from grader.batches.executors import default_jobs
    from grader.cli.verify import progress_bar
    from grader.similarity.compared_class import compared_class
    from grader.similarity.comparison import Comparison
    from grader.similarity.given_code import FileChoice, given_code
    from grader.similarity.similar_folder import write_similar

    language = arguments.language(lang)
    assignments, form = _opened(assignment)
    folders = [arguments.existing(path) for path in (submissions, *(others or ()))]
    compared = compared_class(folders[0], folders[1:], form)
    with progress_bar(Console(stderr=True)) as progress:
        comparison = Comparison(
            compared,
            given_code(assignments, [arguments.existing(path) for path in templates or ()]),
            FileChoice(assignments, files or ()),
            results=out,
            jobs=jobs or default_jobs(),
            told=partial(progress, "reading"),
        )
        report, pairs = comparison.report(most)
    index = write_similar(
        out / "similar", report, pairs, title=submissions.resolve().name, lang=language
    )
    _show(report)
    typer.echo(f"Report: {index} (for instructors)")


def _opened(name: str) -> tuple[Sequence[Assignment], SubmissionForm]:
    """The assignment, or its members, and what submissions look like; nothing is known without one.

    Raises:
        UsageError: it was named and is not there.
    """
    from grader.assignment.composed import members_of, open_assignment
    from grader.model.submission_form import UNKNOWN

    try:
        opened = open_assignment(name)
    except UsageError:
        if name:
            raise
        return [], UNKNOWN
    return members_of(opened), opened.form


def _show(report: SimilarityReport) -> None:
    """The highest pairs, and what could not be compared, in the terminal."""
    from grader.report.similar_page import percent
    from grader.report.text import one_line

    names = report.submissions
    for pair in report.pairs[:_SHOWN]:
        mark = "!" if pair.stands_out else " "
        shown = f"{one_line(names[pair.first].shown)} ~ {one_line(names[pair.second].shown)}"
        same = "  identical files" if pair.identical else ""
        typer.echo(f"{mark} {percent(pair.score):>5} %  {shown}{same}")
    spread = report.spread
    typer.echo(
        f"{spread.outside:,} of {spread.pairs:,} pairs stand out "
        f"(from {percent(spread.threshold)} %; the median is {percent(spread.median)} %)."
    )
    for each in names:
        if each.problem:
            said = one_line(f"{each.shown}: {each.problem}")
            typer.echo(f"Not compared, or not wholly: {said}", err=True)
