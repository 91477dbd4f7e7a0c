"""The page with questions for an oral. It is the instructor's: no student's copy has any of it."""

from __future__ import annotations

from collections.abc import Iterator

from grader.model.oral_records import OralSheet
from grader.report.html import render, static_frame
from grader.report.strings import Lang


def oral_page(sheet: OralSheet, *, made: str = "", lang: Lang = "en") -> str:
    """The questions with their answers, complete, self-contained, and to be printed."""
    return render("oral.html", lang, sheet=sheet, made=made, **static_frame("oral.css"))


def oral_lines(sheet: OralSheet) -> Iterator[str]:
    """The same for a terminal."""
    for number, each in enumerate(sheet.questions, start=1):
        yield f"{number}. {each.function}, {each.file}"
        for line in each.lines:
            yield f"   {'>' if line.asked else ' '} {line.number:4}  {line.text}"
        yield f"   {each.question}"
        yield f"   = {each.answer}"
        yield f"     ({each.how})"
        yield ""
