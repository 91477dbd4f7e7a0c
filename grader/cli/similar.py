"""`grader similar`: which submissions are alike, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, NamedTuple

import typer

from grader.cli import arguments, options
from grader.model.errors import UsageError

if TYPE_CHECKING:
    from grader.assignment.folder import Assignment
    from grader.course.course_folder import CourseFolder
    from grader.model.similar_pairs import SimilarityReport
    from grader.model.submission_form import SubmissionForm
    from grader.similarity.compared_class import ComparedSource
    from grader.similarity.comparison import Comparison
    from grader.similarity.given_code import FileChoice, GivenCode

_NAMED: Final = 3
"""Submissions that are named of those with which the same is wrong."""
_SHOWN: Final = 10


def command(
    submissions: Annotated[
        Path | None, typer.Argument(help="The class: a folder of folders or archives.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            help="Pages go to DIR/similar. May be the output of a batch; a course has its own.",
        ),
    ] = None,
    for_: options.ForAssignment = "",
    course: options.CourseName = "",
    against: Annotated[
        list[Path] | None,
        typer.Option(
            "--against",
            help="Another section or an earlier year: a folder, or with --for also a course "
            "(repeatable).",
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
    by: options.By = "",
    lang: options.Language = "en",
) -> None:
    """Find similar submissions, in this class and across sections and years.

    What was given to everybody is subtracted. Names, comments and layout do not count; a passage
    counts the more the fewer others have it. Nothing is run, and nothing is shown to students.
    """
    from grader.batches.executors import default_jobs
    from grader.similarity.given_code import FileChoice, given_code
    from grader.similarity.similar_folder import write_similar

    language = arguments.language(lang)
    others = [arguments.existing(path) for path in against or ()]
    given = [arguments.existing(path) for path in templates or ()]
    if for_:
        found = _of_course(submissions, course, for_, assignment, others, out)
    elif submissions is None or out is None:
        raise UsageError("Name the submissions and --out, or an assignment of a course with --for.")
    elif course:
        raise UsageError("--course needs --for: the assignment whose submissions are compared.")
    else:
        found = _of_folder(submissions, assignment, others, out)
    comparison = _compared(
        found,
        given_code(found.assignments, given),
        FileChoice(found.assignments, files or ()),
        jobs or default_jobs(),
    )
    report, pairs = comparison.report(most)
    index = write_similar(found.out / "similar", report, pairs, title=found.title, lang=language)
    _show(report)
    typer.echo(f"Report: {index} (for instructors)")
    if found.course is not None:
        with found.course.changing(by) as change:
            change.put_comparison(for_, report)


class _ToCompare(NamedTuple):
    """What is compared, and where the pages go."""

    sources: Sequence[ComparedSource]
    assignments: Sequence[Assignment]
    title: str
    out: Path
    course: CourseFolder | None = None


def _of_folder(submissions: Path, assignment: str, others: Sequence[Path], out: Path) -> _ToCompare:
    from grader.similarity.compared_class import compared_class

    assignments, form = _opened(assignment)
    compared = compared_class(arguments.existing(submissions), others, form)
    return _ToCompare(compared, assignments, submissions.resolve().name, out)


def _of_course(
    submissions: Path | None,
    folder: str,
    id: str,
    assignment: str,
    others: Sequence[Path],
    out: Path | None,
) -> _ToCompare:
    from grader.assignment.composed import members_of, open_assignment
    from grader.cli.course_batch import grader_of
    from grader.course.course_folder import CourseFolder
    from grader.similarity.compared_course import compared_course, other_classes

    if submissions is not None:
        hint = f"Take them in first: grader course import {id} {submissions}"
        raise UsageError("With --for, the course has the submissions.", hint=hint)
    course = CourseFolder.open(folder)
    loaded = open_assignment(grader_of(folder, id, assignment))
    classes = other_classes(course, id, others)
    compared = compared_course(course, id, loaded.rubric, loaded.form, classes)
    for path in compared.left_out:
        typer.echo(f"{path}: has no assignment {id}; it was left out.", err=True)
    title = f"{course.settings.title}: {course.settings.assignment(id).title or id}"
    where = out or course.out(id)
    return _ToCompare(compared.sources, members_of(loaded), title, where, course)


def _compared(found: _ToCompare, given: GivenCode, chosen: FileChoice, jobs: int) -> Comparison:
    from rich.console import Console

    from grader.cli.verify import progress_bar
    from grader.similarity.comparison import Comparison

    with progress_bar(Console(stderr=True)) as progress:
        return Comparison(
            found.sources,
            given,
            chosen,
            results=found.out,
            jobs=jobs,
            told=partial(progress, "reading"),
        )


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
    for pair in report.repeats[:_SHOWN]:
        one, other = names[pair.first], names[pair.second]
        typer.echo(
            f"{one_line(one.shown)} submitted what they had submitted before "
            f"({one_line(other.other)}): {percent(pair.score)} % alike."
        )
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
    by_problem: dict[str, list[str]] = {}
    for each in names:
        if each.problem:
            by_problem.setdefault(each.problem, []).append(each.shown)
    for problem, whose in by_problem.items():
        more = f" and {len(whose) - _NAMED} more" if len(whose) > _NAMED else ""
        said = one_line(f"{', '.join(whose[:_NAMED])}{more}: {problem}")
        typer.echo(f"Not compared, or not wholly: {said}", err=True)
