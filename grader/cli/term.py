"""`grader term`: statistics over the term of a course."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grader.cli import arguments, options

if TYPE_CHECKING:
    from grader.model.term_records import Term
    from grader.report.strings import Lang


def command(
    course: options.CourseName = "",
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Folder for page and CSV; COURSE/term.")
    ] = None,
    lang: options.Language = "en",
) -> None:
    """What everybody has over the term: a page, and the same as CSV.

    Totals with what is dropped, scores by assignment and section, the hardest checks with the
    students behind each, mistakes that come back. Everything is worked out anew from the course.
    """
    from grader.assignment.composed import open_assignment
    from grader.course.course_folder import CourseFolder
    from grader.course.course_term import course_term
    from grader.report.text import counted

    opened, language = CourseFolder.open(course), arguments.language(lang)
    now = dt.datetime.now(dt.UTC)
    loaded = {
        each.id: open_assignment(opened.grader(each.id)).rubric
        for each in opened.settings.assignments
    }
    with opened.reading() as view:
        term = course_term(opened, view, loaded.__getitem__, now, language)
    folder = out or opened.path / "term"
    _write(term, folder, language, opened.settings.time_zone)
    totals = [row.total for row in term.rows if row.total is not None]
    mean = f", mean total {sum(totals) / len(totals):.2f} %" if totals else ""
    students = counted(len(term.rows), "student")
    assignments = counted(len(term.assignments), "assignment")
    typer.echo(f"{students}, {assignments}{mean}.")
    typer.echo(f"Term: {folder / 'index.html'}, {folder / 'totals.csv'}")


def _write(term: Term, folder: Path, lang: Lang, zone: dt.tzinfo) -> None:
    from grader.report import term_page
    from grader.report.atomic_write import write_atomically, write_pieces

    made = dt.datetime.now(zone).strftime("%Y-%m-%d %H:%M")
    page = term_page.term_page(term, made=made, lang=lang)
    write_atomically(folder / "index.html", page.encode())
    for name, pieces in (
        ("totals.csv", term_page.totals_csv(term)),
        ("sections.csv", term_page.sections_csv(term)),
        ("checks.csv", term_page.checks_csv(term)),
        ("mistakes.csv", term_page.mistakes_csv(term)),
    ):
        write_pieces(folder / name, pieces)
