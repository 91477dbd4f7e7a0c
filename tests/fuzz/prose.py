"""Targets that read what students write for people: pages, notebooks, the sheet of answers."""

from __future__ import annotations

import csv
import html
import io
import re
from collections.abc import Callable, Iterable
from html.parser import HTMLParser
from pathlib import Path
from typing import Final, TypeVar

import latex2mathml.converter  # noqa: F401 - otherwise it comes too late to be watched
import msgspec
import nh3
from markupsafe import Markup

from grader.course.marking_sheet import Line, filled, read_sheet, sheet
from grader.course.marks import Marks
from grader.model.errors import InputError
from grader.model.notebook_records import CellOutcome, CellOutput, NotebookCell
from grader.notebooks.answers import written_answers
from grader.notebooks.saved_outputs import compare_saved, order_notes
from grader.report import markup
from grader.report.formulas import formula
from grader.report.summary import AnswerSummary
from grader.submission import Source
from grader.submission.identity import Names, entry_id
from grader.submission.notebook_cells import Cell, Notebook, read_notebook
from tests.fuzz.scratch import scratch

_GROWTH: Final = 200
"""A page is at most so many times longer than what it shows."""
_MATH: Final = re.compile(r"<math.*?</math>", re.DOTALL)
_MATHML: Final = re.compile(
    r"(?:</?m[a-z]+(?: [a-z]+=\"[a-zA-Z0-9.+-]*\"| class=\"[a-z ]+\")*>|[^<>]+)*", re.ASCII
)
_COLOURED: Final = re.compile(r"(?:<span(?: class=\"[\w -]+\")?>|</span>|[^<>])*", re.ASCII)
_CALCULATED: Final = re.compile(r"(?:^|;\s*)[=+\-@＝＋－＠]")
_QUESTIONS: Final = {("Dropout", "1"): 2.0, ("Dropout", "2"): 3.0}
_CLASS: Final = ("ann", "007", "=1+1")
T = TypeVar("T")
_RELEASE: Final = Notebook(path="", cells=[Cell(id="1", code=False, source="", question="1")])


def text_of(data: bytes) -> str:
    """Any text, with surrogates on their own among others, as JSON can hold them."""
    return data.decode("utf-8", "surrogateescape")


def fuzz_markdown(data: bytes) -> None:
    """Markdown and TeX of a student."""
    text = text_of(data)
    for make in (markup.markdown, markup.latex):
        page = make(text)
        for made in _MATH.findall(page):
            assert _MATHML.fullmatch(made), made
        _acts_not(Markup(_MATH.sub("", page)), text)


def fuzz_html(data: bytes) -> None:
    """HTML that a notebook put out."""
    text = text_of(data)
    _acts_not(markup.clean(text), text)


def fuzz_colours(data: bytes) -> None:
    """Code, and what was printed."""
    text = text_of(data)
    for make in (markup.code, markup.ansi):
        page = make(text)
        assert _COLOURED.fullmatch(page), page
        _fits(page, text)


def fuzz_formula(data: bytes) -> None:
    """TeX, without its delimiters."""
    text = text_of(data)
    for block in (True, False):
        made = formula(text, block=block)
        assert made is None or _MATHML.fullmatch(made), made
        _fits(made or Markup(), text)


def _acts_not(page: Markup, text: str) -> None:
    """Nothing in it but tags of the list, and a browser reads it as it was written."""
    _fits(page, text)
    seen = _Seen()
    seen.feed(page)
    seen.close()
    assert seen.tags <= markup.TAGS, seen.tags
    assert seen.attributes <= {"colspan", "rowspan", "scope"}, seen.attributes
    assert _letters(nh3.clean(page, tags=set())) == _letters(re.sub(r"<[^>]*>", "", page))


def _letters(page: str) -> list[str]:
    """In any order, since a browser moves what stands in a table where no text can stand."""
    return sorted(html.unescape(page).replace("\n", ""))


class _Seen(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        assert all(value and value.isalnum() for _, value in attrs), attrs


def _fits(page: Markup, text: str) -> None:
    assert len(page) <= _GROWTH * len(text) + 1000, (len(page), len(text))
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", page), page


def fuzz_notebook(data: bytes) -> None:
    """A notebook, and the answers and saved outputs that are in it."""
    book = _read(lambda: read_notebook(data, "work.ipynb"), "work.ipynb")
    if book is not None:
        answers = written_answers(book, _RELEASE, {"1": 2.0, "2": 3.0})
        cells = compare_saved(book, [_ran(cell) for cell in book.cells])
        msgspec.json.encode([answers, cells, book.notes, order_notes(book)])


def _ran(cell: Cell) -> NotebookCell:
    """A cell as if it had been run."""
    outputs = [CellOutput(mime="stream/stdout", data="error: 1 2 3")]
    return NotebookCell(
        id=cell.id, role=cell.role, source=cell.run, outcome=CellOutcome.OK, outputs=outputs,
        error=cell.broken, notes=cell.notes,
    )  # fmt: skip


def fuzz_sheet(data: bytes) -> None:
    """The instructor's sheet of written answers."""
    path = scratch() / "written.csv"
    path.write_bytes(data)
    marks = _read(lambda: read_sheet(path, _QUESTIONS, _names(_CLASS)), path.name)
    entered = filled(data)
    if marks:
        assert entered is None or entered
        for place, mark in marks.items():
            assert mark is None or mark.points is None or 0 <= mark.points <= _QUESTIONS[place[1:]]
        kept = Marks().with_(marks).to_json()
        assert Marks.from_json(kept, "marks.json").to_json() == kept


def fuzz_answers(data: bytes) -> None:
    """What students wrote, in the sheet that we write: no row moves, and no cell is calculated."""
    texts = data.decode("utf-8", "replace").split("\x00")
    names = list(dict.fromkeys(map(entry_id, texts[:3])))
    lines = [
        Line(name, _answer(question, texts[-1]), f"file:///{name}.html#1")
        for question in _QUESTIONS
        for name in names
    ]
    content = b"".join(sheet(lines))
    assert filled(content) == set()
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    assert len(rows) == len(lines) + 1
    assert not [cell for row in rows for cell in row if _CALCULATED.search(cell)]
    at = rows[0].index("mark")
    for row in rows[1:]:
        row[at] = "1"
    path = scratch() / "written.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    marks = read_sheet(path, _QUESTIONS, _names(names))
    assert set(marks) == {(name, *question) for name in names for question in _QUESTIONS}


def _names(ids: Iterable[str]) -> Names:
    return Names(Source(id=id, path=Path(id)) for id in ids)


def _answer(place: tuple[str, str], text: str) -> AnswerSummary:
    notebook, question = place
    return AnswerSummary(
        notebook=notebook, question=question, points=2.0, state="answered", words=1, text=text,
        version="0" * 12, anchor="a1", mark=None, comment="", outdated=False,
    )  # fmt: skip


def _read(read: Callable[[], T], name: str) -> T | None:
    """What is read; None where it is refused, in one short line that names the file."""
    try:
        return read()
    except InputError as error:
        said = error.message
    assert name in said, said
    assert said.isprintable(), said
    assert len(said) < 600, said
    return None
