"""The sheet of written answers: written for a spreadsheet, read back with marks in it."""

from __future__ import annotations

import codecs
import csv
import hashlib
import io
import itertools
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple

from grader.errors import InputError
from grader.marking.marks import Mark, Place
from grader.report.csv import safe_cell
from grader.report.summary import Answer, Summary
from grader.report.text import number, one_line

HEADING: Final = (
    "submission", "notebook", "question", "points", "state", "words", "answer", "link", "note",
    "mark", "comment", "code",
)  # fmt: skip
_NEEDED: Final = ("submission", "notebook", "question", "mark")
_WITHDRAWN: Final = "-"
_NUMBER: Final = re.compile(r"[+-]?[0-9]{1,6}(?:[.,][0-9]{0,6})?|[.,][0-9]{1,6}")
_MAX_BYTES: Final = 256 << 20
_MAX_COMMENT: Final = 5_000
_MAX_QUOTED: Final = 60

Questions = Mapping[tuple[str, str], float]
"""What each question of each notebook is worth."""


class Line(NamedTuple):
    """An answer in the sheet."""

    submission: str
    answer: Answer
    link: str

    @property
    def code(self) -> str:
        """Tells answer and version, whatever a spreadsheet makes of names."""
        place = (self.submission, self.answer.notebook, self.answer.question)
        return f"{_id(place)}-{self.answer.version}"


def sheet(lines: Iterable[Line]) -> Iterator[bytes]:
    """The file, a line at a time."""
    yield codecs.BOM_UTF8 + _csv(HEADING)
    for line in lines:
        answer = line.answer
        yield _csv(
            (line.submission, answer.notebook, answer.question, number(answer.points),
             answer.state, str(answer.words), answer.text, line.link, _note(answer), "",
             answer.comment, line.code)
        )  # fmt: skip


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
        rows = list(_rows(content, ""))
    except InputError:
        return None
    if rows and "code" not in rows[0]:
        return None
    return {row.get("code", "") for row in rows if row["mark"] or row.get("comment")}


def read_sheet(
    path: Path, questions: Questions, submissions: Collection[str]
) -> dict[Place, Mark | None]:
    """The marks in a sheet; None where one is taken back.

    Raises:
        InputError: names the file, and the row where one is wrong.
    """
    try:
        with path.open("rb") as file:
            content = file.read(_MAX_BYTES + 1)
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}.") from None
    if len(content) > _MAX_BYTES:
        raise InputError(f"{path}: is longer than {_MAX_BYTES >> 20} MB.")
    return _Reader(path, questions, submissions).read(content)


class _Reader:
    """Reads one file, and knows where it is."""

    def __init__(self, path: Path, questions: Questions, submissions: Collection[str]) -> None:
        self._path = path
        self._questions = questions
        self._row = 1
        places = [(name, *question) for name in submissions for question in questions]
        self._by_code = {_id(place): place for place in places}
        self._names: dict[str, list[str]] = {}
        for name in submissions:
            for spelling in {name, safe_cell(name)}:
                self._names.setdefault(spelling, []).append(name)

    def read(self, content: bytes) -> dict[Place, Mark | None]:
        """Every row with something in it."""
        found: dict[Place, Mark | None] = {}
        rows: dict[Place, int] = {}
        for at, row in enumerate(_rows(content, str(self._path)), start=2):
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
        named = self._names.get(row["submission"], [])
        place = self._by_code.get(code)
        if code:
            if place is None:
                raise self._wrong(
                    f"the answer of {_quoted(row['submission'])} is not in this class.",
                    hint="Remove the row, or put back `code` as it was.",
                )
            if (row["notebook"], row["question"]) != place[1:] or (named and place[0] not in named):
                raise self._wrong(
                    "`code` belongs to another row.", hint="Was only a part of the sheet sorted?"
                )
            return place
        if len(named) != 1:
            known = "is not in this class" if not named else "may be one of several"
            raise self._wrong(f"submission {_quoted(row['submission'])} {known}.")
        if (row["notebook"], row["question"]) not in self._questions:
            raise self._wrong(
                f"the rubric has no question {_quoted(row['question'])} in notebook "
                f"{_quoted(row['notebook'])}."
            )
        return named[0], row["notebook"], row["question"]

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
                f"{_quoted(text)} is no mark.", hint=f"Expected a number, 0 to {most:g}."
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


def _note(answer: Answer) -> str:
    if answer.mark is None:
        return ""
    return f"changed since it had {number(answer.mark)} points"


def _csv(cells: Iterable[str]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerow([safe_cell(cell) for cell in cells])
    return text.getvalue().encode()


def _rows(content: bytes, name: str) -> Iterator[dict[str, str]]:
    """The rows by the names in the heading, whichever sign a spreadsheet puts between cells."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        hint = "Save it as CSV in UTF-8."
        raise InputError(f"{name}: is not text in UTF-8.", hint=hint) from None
    separator = max(",;\t", key=text.partition("\n")[0].count)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        heading = [cell.strip().lower() for cell in next(rows, [])]
        if missing := [needed for needed in _NEEDED if needed not in heading]:
            raise InputError(f"{name}: the heading lacks {', '.join(missing)}.")
        for row in rows:
            cells = [cell.strip() for cell in row] + [""] * len(heading)
            yield dict(zip(heading, cells, strict=False))
    except csv.Error as error:
        raise InputError(f"{name}: cannot be read as CSV: {error}.") from None
