"""Written answers: found by their question, looked at for being there at all, never marked.

What belongs to a question is what stands between it and the next one: the rest of its cell, cells
of text, and where there are none, comments in cells of code.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Final

import msgspec
from msgspec.structs import replace

from grader.model.notebook_records import WrittenAnswer
from grader.notebooks.answer_images import Pictures, without_pictures
from grader.notebooks.questions import Asked, assign, questions_in
from grader.submission.notebook_cells import Cell, Notebook
from grader.submission.pasted_code import mask_magics

_NAMES: Final = (
    r"(?:(?:your|my)\s+)?(?:answers?|ans|solution|response)(?:\s+here)?|"
    r"我的(?:答案|回答)|你的(?:回答|答案)|回答|答案|解答|答"
)
_LABEL: Final = re.compile(
    rf"^[\W_]*(?:{_NAMES})[\W_]*[:：][*_]*\s*|"
    rf"^[ ]{{0,3}}#{{1,6}}[\s*_]*(?:{_NAMES})[\s*_#]*$|"
    rf"^[ ]{{0,3}}(?:\*\*|__)(?:{_NAMES})(?:\*\*|__)\s*$|"
    r"^\W*\$\\color\{\w+\}\{\\textit\s*Your Answer:?\}\$[*_]*\s*",
    re.IGNORECASE | re.MULTILINE,
)
_PLACEHOLDER: Final = re.compile(
    r"(?:(?:please\s+)?(?:write|fill\s+in|put|type|enter)\s+(?:in\s+)?(?:your\s+)?(?:answers?|this)?"
    r"(?:\s+(?:here|in))?|(?:your\s+)?answers?\s+(?:goes\s+)?here|fill\s+this\s+in|todo|tbd|n/?a|"
    r"\.{3,}|…+|请?在(?:此|这里|此处)(?:处)?(?:填写|作答|回答|写下)(?:你的)?(?:答案|回答)?|"
    r"填写(?:你的)?答案|待(?:填写?|完成|补充)|略)",
    re.IGNORECASE,
)
_EDGES: Final = re.compile(
    r"^[\s*_\[\]()（）【】<>#.。,，:：-]+|[\s*_\[\]()（）【】<>#.。,，:：-]+$"
)
_WORD: Final = re.compile(r"[\u4e00-\u9fff]|[^\W_\u4e00-\u9fff]+(?:['’-][^\W_\u4e00-\u9fff]+)*")
_UNREAD: Final = re.compile(r"<[^<>\n]{1,500}>|https?://\S{1,500}")
_TODO: Final = re.compile(r"\b(?:todo|your code|implement)\b|#{5,}", re.IGNORECASE)
_MAX_TEXT: Final = 20_000
_MAX_ASKED: Final = 4_000
_FEW_WORDS: Final = 4
"""A comment with fewer words explains the code, and answers nothing."""


def written_answers(
    book: Notebook,
    release: Notebook,
    points: Mapping[str, float],
    *,
    unreadable: bool = False,
    left_out: Collection[str] = (),
) -> list[WrittenAnswer]:
    """The answers to the questions that `points` names, in its order.

    Args:
        book, release: the student's notebook, and the assignment's.
        points: for each question.
        unreadable: whether there is a notebook in which nothing could be looked for.
        left_out: questions that the student's notebook was given out without. They are not
            missing, and the others have lower numbers there.
    """
    looked_at = _Notebook(book, release, list(points), left_out)
    found, asked = looked_at.answers(), looked_at.asked
    pictures = Pictures(book.beside)
    answers = []
    for question, worth in points.items():
        place = found.get(question)
        if place is None and question in left_out:
            continue
        if place is None:
            state = "unreadable" if unreadable else "missing"
            answer = WrittenAnswer(question=question, state=state, points=worth)
        else:
            answer = replace(place.judged(question, worth), pictures=pictures.of(place.cells()))
        answers.append(replace(answer, asked=asked.get(question, "")))
    return answers


def count_answered(book: Notebook, release: Notebook, questions: Iterable[str]) -> int:
    """How many of the questions have an answer."""
    found = _Notebook(book, release, list(questions)).answers()
    return sum(place.judged(name, 0.0).state == "answered" for name, place in found.items())


def word_count(text: str) -> int:
    """Words, every Chinese character being one; links, tags and pictures are none."""
    return len(_WORD.findall(_UNREAD.sub(" ", without_pictures(text))))


class _Place(msgspec.Struct):
    """What a student wrote to one question."""

    given: str = ""
    """Of the cell for the answer, as it was given out."""
    parts: list[Cell] = []
    """Cells of text, cut to what answers the question."""
    comments: list[Cell] = []
    """Comments of cells of code."""

    def cells(self) -> list[Cell]:
        """What counts, blank parts left out; all of it where all is blank."""
        told = [cell for cell in self.parts if self._state(cell.source) == "answered"]
        return told or self.comments or self.parts

    def judged(self, question: str, points: float) -> WrittenAnswer:
        """The answer's record."""
        parts = [_LABEL.sub("", cell.source.strip(), count=1).strip() for cell in self.cells()]
        text = "\n\n".join(filter(None, parts))
        state = self._state(text)
        return WrittenAnswer(
            question=question,
            state=state,
            words=word_count(text) if state == "answered" else 0,
            text=without_pictures(text, data_only=True)[:_MAX_TEXT],
            points=points,
        )

    def _state(self, text: str) -> str:
        said = _EDGES.sub("", _LABEL.sub("", text.strip(), count=1))
        if not said:
            return "empty"
        if _PLACEHOLDER.fullmatch(said):
            return "placeholder"
        if self.given and said.split() == _LABEL.sub("", self.given, count=1).split():
            return "unchanged"
        return "answered"


class _Heading(msgspec.Struct):
    """A question where it stands in the student's notebook."""

    number: str
    text: str
    place: _Place
    known: str = ""
    """Its id, where the cell tells."""


class _Notebook:
    """Goes through a notebook once and gives each question what was written to it."""

    def __init__(
        self, book: Notebook, release: Notebook, wanted: list[str], left_out: Collection[str] = ()
    ) -> None:
        self._book = book
        self._wanted = wanted
        self._left_out = left_out
        self._asked = [name for name in wanted if name not in left_out]
        self._given = {cell.question: cell.source for cell in release.cells if cell.question}
        self._released = {cell.id: cell for cell in release.cells}
        self._texts = dict(_question_texts(release, wanted))
        self._headings: list[_Heading] = []
        self._current: _Heading | None = None
        """The question to which unlabelled text belongs here."""
        self._loose: list[Cell] = []
        """Labelled answers that follow no question without one."""

    @property
    def asked(self) -> dict[str, str]:
        """What each question says, within limits."""
        texts = {name: text.strip() for name, text in self._texts.items()}
        return {name: without_pictures(text, data_only=True)[:_MAX_ASKED]
                for name, text in texts.items()}  # fmt: skip

    def answers(self) -> dict[str, _Place]:
        """By question, of those for which there is a place."""
        for cell in self._book.cells:
            if cell.code:
                self._code(cell)
            elif cell.question in self._wanted and self._is_written(cell):
                self._answer_cell(cell)
            else:
                self._text(cell)
        wanted = {name: self._texts.get(name, "") for name in self._asked}
        unknown = [heading for heading in self._headings if not heading.known]
        asked = [Asked(self._known_as(heading.number), heading.text) for heading in unknown]
        for heading, name in zip(unknown, assign(asked, wanted), strict=True):
            number = self._known_as(heading.number)
            heading.known = number if not name and number in self._left_out else name
        return self._by_question()

    def _known_as(self, number: str) -> str:
        """The question with that number in the student's notebook."""
        if not self._left_out:
            return number
        return {str(n): name for n, name in enumerate(self._asked, 1)}.get(number, number)

    def _is_written(self, cell: Cell) -> bool:
        return self._released.get(cell.id, cell).question == cell.question

    def _by_question(self) -> dict[str, _Place]:
        found: dict[str, _Place] = {}
        for heading in self._headings:
            if heading.known:
                place = found.setdefault(heading.known, _Place())
                place.given = place.given or heading.place.given
                place.parts = [*place.parts, *heading.place.parts]
                place.comments = [*place.comments, *heading.place.comments]
        for name in self._asked:
            if name not in found and self._loose:
                found[name] = _Place(parts=[self._loose.pop(0)])
        return found

    def _code(self, cell: Cell) -> None:
        if self._current is None or cell.id in self._released:
            self._current = None
            return
        comment = comments_of(cell.source)
        if word_count(comment) >= _FEW_WORDS:
            place = self._current.place
            place.comments = [*place.comments, replace(cell, source=comment)]

    def _answer_cell(self, cell: Cell) -> None:
        """The cell that the release has for the answer to a question."""
        if self._current is None or self._current.known != cell.question:
            self._begin(_Heading("", "", _Place(), known=cell.question))
        assert self._current is not None
        self._current.place.given = self._given.get(cell.question, "")
        self._add(cell)

    def _text(self, cell: Cell) -> None:
        headings = list(questions_in(cell.source))
        if not headings:
            self._text_without_question(cell)
            return
        if before := cell.source[: headings[0].start].strip():
            self._text_without_question(replace(cell, source=before))
        ends = [heading.start for heading in headings[1:]] + [len(cell.source)]
        for heading, end in zip(headings, ends, strict=True):
            self._question(cell, heading.number, cell.source[heading.end : end])

    def _question(self, cell: Cell, number: str, rest: str) -> None:
        """A question, with what stands behind its heading in its cell."""
        label = _LABEL.search(rest)
        text, answer = (rest[: label.start()], rest[label.start() :]) if label else (rest, "")
        released = self._released.get(cell.id)
        if not label and released and rest.strip() not in released.source:
            text, answer = _split(rest, released.source)
        before = self._current
        if before and not text.strip() and number in ("", before.number or before.known):
            self._add(replace(cell, source=answer))  # "Question 2:" once more, over its answer
            return
        known = self._texts_by_cell(cell) if released else ""
        self._begin(_Heading(number, text, _Place(), known=known))
        if answer:
            self._add(replace(cell, source=answer))

    def _texts_by_cell(self, cell: Cell) -> str:
        """The question that a cell of the release asks; empty where it asks none or several."""
        numbers = {each.number for each in questions_in(self._released[cell.id].source)}
        return numbers.pop() if len(numbers) == 1 and numbers <= {*self._wanted} else ""

    def _text_without_question(self, cell: Cell) -> None:
        source = cell.source.lstrip()
        label = _LABEL.match(source)
        released = self._released.get(cell.id)
        if released is not None and cell.source.strip() in released.source:
            self._current = None
        elif label:
            self._labelled(cell)
        elif source.startswith("#") and not source.startswith("#!"):
            self._current = None
        elif self._current:
            self._add(cell)

    def _labelled(self, cell: Cell) -> None:
        """An answer that says so belongs to the question above, whatever stands between."""
        target = self._current or (self._headings[-1] if self._headings else None)
        if target is None or (self._current is None and _is_told(target.place)):
            self._loose.append(cell)
            return
        self._current = target
        self._add(cell)

    def _begin(self, heading: _Heading) -> None:
        self._headings.append(heading)
        self._current = heading

    def _add(self, cell: Cell) -> None:
        assert self._current is not None
        self._current.place.parts = [*self._current.place.parts, cell]


def _is_told(place: _Place) -> bool:
    return place.judged("", 0.0).state == "answered"


def _split(text: str, given: str) -> tuple[str, str]:
    """What of a text was given out, and what was added to it, line by line."""
    known = {line.strip() for line in given.splitlines()}
    lines = text.splitlines()
    added = [line for line in lines if line.strip() and line.strip() not in known]
    return "\n".join(line for line in lines if line.strip() in known), "\n".join(added)


def _question_texts(release: Notebook, wanted: list[str]) -> Iterator[tuple[str, str]]:
    """What the release's questions say."""
    for cell in release.cells:
        headings = [] if cell.code else list(questions_in(cell.source))
        ends = [heading.start for heading in headings[1:]] + [len(cell.source)]
        for heading, end in zip(headings, ends, strict=False):
            if heading.number in wanted:
                text = cell.source[heading.end : end]
                label = _LABEL.search(text)
                yield heading.number, text[: label.start()] if label else text


def comments_of(source: str) -> str:
    """What a cell of code says in comments and in texts that stand alone; nothing of its code."""
    return "\n".join([*_texts_alone(source), *_comments(source)]).strip()


def _texts_alone(source: str) -> Iterator[str]:
    try:
        tree = ast.parse(mask_magics(source)[0])
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    for node in tree.body:
        value = node.value if isinstance(node, ast.Expr) else None
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            yield value.value


def _comments(source: str) -> Iterator[str]:
    """Comments that fill a line, without the signs of tasks."""
    for line in source.splitlines():
        stripped = line.strip()
        if stripped.startswith("#") and not _TODO.search(stripped):
            yield stripped.lstrip("# ")
