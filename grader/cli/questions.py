"""`grader questions`: what to ask somebody about their own code, with the right answers."""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from grader.cli import arguments, options
from grader.model.errors import InputError, UsageError

if TYPE_CHECKING:
    from collections.abc import Collection

    from grader.model.similar_pairs import SimilarityReport
    from grader.submission import Source


def command(
    submission: Annotated[
        str,
        typer.Argument(help="The submission: a folder or an archive; with --for, a student."),
    ],
    for_: options.ForAssignment = "",
    course: options.CourseName = "",
    number: Annotated[
        int, typer.Option("--number", "-n", min=1, max=50, help="How many questions.")
    ] = 5,
    seed: Annotated[str, typer.Option("--seed", help="Draw other questions.")] = "",
    similar: Annotated[
        Path | None,
        typer.Option(
            "--similar",
            help="similar.json of `grader similar`: what somebody else wrote alike is asked first.",
        ),
    ] = None,
    templates: Annotated[
        list[Path] | None,
        typer.Option(
            "--template",
            "-t",
            help="Another template, of which nothing is asked: a folder, an archive or a file "
            "(repeatable).",
        ),
    ] = None,
    report: Annotated[
        Path | None,
        typer.Option("--report", "-r", show_default="oral/NAME.html", help="Where the page goes."),
    ] = None,
    json: Annotated[Path | None, typer.Option("--json", help="Also write them as JSON.")] = None,
    assignment: options.AssignmentName = "",
    release: options.Release = "auto",
    sandbox: options.SandboxKind = "auto",
    no_sandbox: options.Unsafe = False,
    lang: options.Language = "en",
) -> None:
    """Draw questions for an oral from a student's own code.

    Each answer is computed by running the code with one change, on the inputs of public checks.
    The page is the instructor's, and is published nowhere.
    """
    from rich.console import Console

    from grader.cli.verify import progress_bar
    from grader.oral.oral_sheet import oral_sheet
    from grader.report.atomic_write import write_atomically
    from grader.report.oral_page import oral_lines, oral_page
    from grader.report.text import clip, visible

    language = arguments.language(lang)
    known = _read_report(similar) if similar else None
    asked = _of_course(submission, for_, course, assignment, known) if for_ else None
    if course and not for_:
        raise UsageError("--course needs --for: the assignment whose code is asked about.")
    settings = arguments.settings(
        assignment=asked.grader if asked else assignment,
        release=release,
        sandbox=sandbox,
        unsafe=no_sandbox,
        lang=lang,
    )
    asked = asked or _of_path(submission, settings.assignment, known)
    with progress_bar(Console(stderr=True)) as progress:
        sheet = oral_sheet(
            settings,
            asked.source,
            number,
            seed=seed,
            similar=asked.similar,
            templates=[arguments.existing(path) for path in templates or ()],
            lang=language,
            told=partial(progress, "questions"),
        )
    page = report or asked.page
    made = time.strftime("%Y-%m-%d %H:%M")
    write_atomically(page, oral_page(sheet, made=made, lang=language).encode())
    if json is not None:
        write_atomically(json, sheet.to_json())
    for line in oral_lines(sheet):
        typer.echo(clip(visible(line), 600))
    if len(sheet.questions) < number:
        typer.echo(
            f"{len(sheet.questions)} of {number} questions: no others had a definite answer.",
            err=True,
        )
    typer.echo(f"Page: {page} (for instructors)")


class _Asked(NamedTuple):
    """Whose code is asked about."""

    source: Source
    grader: str
    similar: Collection[str]
    page: Path


def _of_path(path: str, assignment: str, known: SimilarityReport | None) -> _Asked:
    from grader.assignment.composed import open_assignment
    from grader.course.export import refuse_class
    from grader.oral.oral_sheet import similar_functions
    from grader.submission import single
    from grader.submission.identity import file_stem

    source = single(arguments.existing(Path(path)))
    refuse_class(Path(path), open_assignment(assignment).form)
    similar = similar_functions(known, source.id, source.name) if known else ()
    return _Asked(source, assignment, similar, Path("oral", f"{file_stem(source.id)}.html"))


def _of_course(
    student: str, id: str, folder: str, assignment: str, known: SimilarityReport | None
) -> _Asked:
    from grader.assignment.composed import open_assignment
    from grader.cli.course_batch import grader_of
    from grader.course.course_class import open_course_class
    from grader.course.course_folder import CourseFolder
    from grader.course.matching import person_meant
    from grader.oral.oral_sheet import similar_functions
    from grader.submission.identity import file_stem

    course = CourseFolder.open(folder)
    grader = grader_of(folder, id, assignment)
    with course.reading() as view:
        found = open_course_class(course, view, id, open_assignment(grader))
        person = person_meant(student, found.class_list.people)
        stored = view.comparison(id)
    source = next((each for each in found.sources if each.id == person.key), None)
    if source is None or source.problem:
        why = source.problem if source else "They have withdrawn."
        raise InputError(f"{person.name} ({id}): {why}")
    known = known or (stored.report if stored else None)
    page = course.out(id) / "oral" / f"{file_stem(person.key)}.html"
    similar = similar_functions(known, person.key, person.name) if known else ()
    return _Asked(source, grader, similar, page)


def _read_report(path: Path) -> SimilarityReport:
    import msgspec

    from grader.model.similar_pairs import SimilarityReport

    try:
        return SimilarityReport.from_json(arguments.existing(path).read_bytes())
    except (OSError, msgspec.DecodeError):
        hint = "Expected the similar.json that `grader similar` writes."
        raise InputError(f"{path}: cannot be read as what was found alike.", hint=hint) from None
