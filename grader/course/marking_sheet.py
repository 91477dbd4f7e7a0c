"""The sheet of written answers: written for a spreadsheet, read back with marks in it."""

from __future__ import annotations

import hashlib
import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple

from grader.course.marks import Mark, Place
from grader.model.errors import InputError
from grader.report.csv import csv_pieces, read_back, read_csv, rows_of
from grader.report.summary import AnswerSummary, Summary
from grader.report.text import number, one_line
from grader.submission.identity import Names

HEADING: Final = (
    "submission", "notebook", "question", "points", "state", "words", "asked", "answer", "link",
    "note", "mark", "comment", "code",
)  # fmt: skip
_NEEDED: Final = ("submission", "notebook", "question", "mark")
_WITHDRAWN: Final = "-"
_NUMBER: Final = re.compile(r"[+-]?[0-9]{1,6}(?:[.,][0-9]{0,6})?|[.,][0-9]{1,6}")
_MAX_COMMENT: Final = 5_000
_MAX_QUOTED: Final = 60

Questions = Mapping[tuple[str, str], float]
"""What each question of each notebook is worth."""


class Line(NamedTuple):
    """An answer in the sheet."""

    submission: str
    answer: AnswerSummary
    link: str

    @property
    def code(self) -> str:
        """Tells answer and version, whatever a spreadsheet makes of names."""
        place = (self.submission, self.answer.notebook, self.answer.question)
        return f"{_id(place)}-{self.answer.version}"


def sheet(lines: Iterable[Line]) -> Iterator[bytes]:
    """The file, some lines at a time."""
    return csv_pieces(itertools.chain([HEADING], map(_cells, lines)))


def lines(summaries: Iterable[Summary], address: Callable[[str], str]) -> Iterator[Line]:
    """What has no mark, or one for what has changed since: question by question, answered first.

    Goes through the submissions several times. `address` is that of a submission's report.
    """
    asked = {(a.notebook, a.question): None for summary in summaries for a in summary.answers}
    for question, answered in itertools.product(asked, (True, False)):
        for summary in summaries:
            for answer in summary.answers:
                here = (answer.notebook, answer.question) == question
                if here and answer.unmarked and (answer.state == "answered") is answered:
                    link = f"{address(summary.submission)}#{answer.anchor}"
                    yield Line(summary.submission, answer, link)


def filled(content: bytes) -> set[str] | None:
    """The codes of the rows with a mark or comment; None where it is no sheet of ours."""
    try:
        rows = [row.cells for row in rows_of(content, "", _NEEDED)]
    except InputError:
        return None
    if rows and "code" not in rows[0]:
        return None
    return {row.get("code", "") for row in rows if row["mark"] or row.get("comment")}


def read_sheet(path: Path, questions: Questions, names: Names) -> dict[Place, Mark | None]:
    """The marks in a sheet; None where one is taken back.

    Raises:
        InputError: names the file, and the row where one is wrong.
    """
    return _Reader(path, questions, names).read()


class _Reader:
    """Reads one file, and knows where it is."""

    def __init__(self, path: Path, questions: Questions, names: Names) -> None:
        self._path = path
        self._questions = questions
        self._row = 1
        self._names = names
        places = [(id, *question) for id in names.ids for question in questions]
        self._by_code = {_id(place): place for place in places}

    def read(self) -> dict[Place, Mark | None]:
        """Every row with something in it."""
        found: dict[Place, Mark | None] = {}
        rows: dict[Place, int] = {}
        for at, row in read_csv(self._path, _NEEDED):
            self._row = at
            if not (row["mark"] or row.get("comment")):
                continue
            place = self._place(row)
            mark = self._mark(row, place)
            if place in rows and found[place] != mark:
                raise self._wrong(f"the answer of row {rows[place]} again, with another mark.")
            found[place], rows[place] = mark, self._row
        return found

    def _place(self, row: Mapping[str, str]) -> Place:
        code = row.get("code", "").partition("-")[0]
        named = self._names.candidates(row["submission"])
        place = self._by_code.get(code)
        if code:
            if place is None:
                raise self._wrong(
                    f"the answer of {_quoted(row['submission'])} is not in this class.",
                    hint="Remove the row, or put back `code` as it was.",
                )
            is_named = not named or place[0] in named or read_back(place[0]) == row["submission"]
            if (row["notebook"], row["question"]) != place[1:] or not is_named:
                raise self._wrong(
                    "`code` belongs to another row.", hint="Was only a part of the sheet sorted?"
                )
            return place
        submission = self._names.find(row["submission"], f"{self._path}, row {self._row}")
        if submission is None:
            raise self._wrong(f"submission {_quoted(row['submission'])} is not in this class.")
        if (row["notebook"], row["question"]) not in self._questions:
            raise self._wrong(
                f"the rubric has no question {_quoted(row['question'])} in notebook "
                f"{_quoted(row['notebook'])}."
            )
        return submission, row["notebook"], row["question"]

    def _mark(self, row: Mapping[str, str], place: Place) -> Mark | None:
        if row["mark"] == _WITHDRAWN:
            return None
        points = self._points(row["mark"], self._questions[place[1:]]) if row["mark"] else None
        comment = row.get("comment", "")
        if len(comment) > _MAX_COMMENT:
            raise self._wrong(f"the comment is longer than {_MAX_COMMENT} characters.")
        submission, notebook, question = place
        return Mark(
            submission=submission, notebook=notebook, question=question, points=points,
            comment=comment, version=row.get("code", "").partition("-")[2],
        )  # fmt: skip

    def _points(self, text: str, most: float) -> float:
        if not _NUMBER.fullmatch(text):
            raise self._wrong(
                f"{_quoted(text)} is not a valid mark.", hint=f"Expected a number, 0 to {most:g}."
            )
        points = float(text.replace(",", "."))
        if not 0 <= points <= most:
            raise self._wrong(f"a mark of {text} is not within 0 and {most:g} points.")
        return round(points, 2)

    def _wrong(self, what: str, hint: str = "") -> InputError:
        return InputError(f"{self._path}, row {self._row}: {what}", hint=hint)


def _quoted(text: str) -> str:
    return repr(one_line(text, _MAX_QUOTED))


def _id(place: Place) -> str:
    return hashlib.sha256("\0".join(place).encode(errors="surrogatepass")).hexdigest()[:12]


def _note(answer: AnswerSummary) -> str:
    if answer.mark is None:
        return ""
    return f"changed since it had {number(answer.mark)} points"


def _cells(line: Line) -> tuple[str | float, ...]:
    answer = line.answer
    return (
        line.submission, answer.notebook, answer.question, answer.points, answer.state,
        answer.words, answer.asked, answer.text, line.link, _note(answer), "", answer.comment,
        line.code,
    )  # fmt: skip
