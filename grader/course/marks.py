"""The marks of a class, and a result with those that were given to it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Final

import msgspec
from msgspec.structs import replace

from grader.model.errors import InputError
from grader.model.notebook_records import NotebookResult, WrittenAnswer
from grader.model.result import WRITTEN, PartResult, Result

NAME: Final = "marks.json"
_TITLES: Final = {"en": "Written answers", "zh": "书面回答"}

Place = tuple[str, str, str]
"""Submission, notebook and question."""


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """What a person said of an answer."""

    submission: str
    notebook: str
    question: str
    points: float | None = None
    """None where there is only a comment so far."""
    comment: str = ""
    version: str = ""
    """Of the answer that was read, see `WrittenAnswer.version`; empty where that is not known."""

    @property
    def place(self) -> Place:
        """Which answer it is."""
        return self.submission, self.notebook, self.question


class Marks:
    """All marks of a class.

    As soon as there is one, written answers are part of every total: those without a mark count 0.
    """

    def __init__(self, marks: Iterable[Mark] = (), *, others: bool = False) -> None:
        """`others` says that there are marks beside these."""
        self._others = others
        self._marks: dict[str, dict[Place, Mark]] = {}
        for mark in marks:
            self._marks.setdefault(mark.submission, {})[mark.place] = mark

    @classmethod
    def from_json(cls, content: bytes, name: str) -> Marks:
        """Read what `to_json` gave.

        Raises:
            InputError: it is something else; calls it `name`.
        """
        try:
            return cls(msgspec.json.decode(content, type=list[Mark]))
        except msgspec.DecodeError as error:
            hint = "It holds the marks of the class: put back a copy, or remove it to do without."
            raise InputError(f"{name}: cannot be read: {error}.", hint=hint) from None

    def to_json(self) -> bytes:
        """The marks, in order."""
        every = [mark for marks in self._marks.values() for mark in marks.values()]
        ordered = sorted(every, key=lambda mark: mark.place)
        return msgspec.json.format(msgspec.json.encode(ordered), indent=1)

    def with_(self, marks: Mapping[Place, Mark | None]) -> Marks:
        """These marks with others in place of what there was; None takes one back."""
        found = {place: mark for own in self._marks.values() for place, mark in own.items()}
        merged = {**found, **marks}
        return Marks(mark for mark in merged.values() if mark is not None)

    @property
    def submissions(self) -> set[str]:
        """Those that have a mark or a comment."""
        return set(self._marks)

    @property
    def in_force(self) -> bool:
        """Whether there is a mark."""
        return self._others or any(
            mark.points is not None for marks in self._marks.values() for mark in marks.values()
        )

    def stamp(self, submission: str) -> str:
        """Differs where `applied` makes something else of the same submission."""
        if not self._marks:
            return ""
        own = sorted(self._marks.get(submission, {}).values(), key=lambda mark: mark.place)
        content = msgspec.json.encode((self.in_force, own))
        return hashlib.sha256(content).hexdigest()[:16]

    def applied(self, result: Result, lang: str = "en") -> Result:
        """The result with its marks, whatever marks were in it before."""
        bare = _bare(result)
        books = [self._marked(result.submission, book) for book in bare.notebooks]
        answers = [answer for book in books for answer in book.answers]
        if not answers or not result.graded:
            return bare
        bare = replace(bare, notebooks=books)
        return _added(bare, answers, lang) if self.in_force else bare

    def _marked(self, submission: str, book: NotebookResult) -> NotebookResult:
        own = self._marks.get(submission, {})
        answers = [
            _with_mark(answer, own.get((submission, book.id, answer.question)))
            for answer in book.answers
        ]
        return replace(book, answers=answers)


def _with_mark(answer: WrittenAnswer, mark: Mark | None) -> WrittenAnswer:
    """Marks are kept whatever became of the answer, within what it is worth now."""
    if mark is None:
        return answer
    points = None if mark.points is None else min(mark.points, answer.points)
    changed = bool(mark.version) and mark.version != answer.version
    outdated = points is not None and (changed or points != mark.points)
    return replace(answer, mark=points, comment=mark.comment, outdated=outdated)


def _added(result: Result, answers: list[WrittenAnswer], lang: str) -> Result:
    part = PartResult(
        id=WRITTEN,
        title=_TITLES.get(lang, _TITLES["en"]),
        points=round(sum(answer.mark or 0.0 for answer in answers), 2),
        max_points=round(sum(answer.points for answer in answers), 2),
        passed=sum(answer.mark is not None for answer in answers),
        total=len(answers),
    )
    return replace(
        result,
        parts=[*result.parts, part],
        score=round(result.score + part.points, 2),
        max_score=round(result.max_score + part.max_points, 2),
    )


def _bare(result: Result) -> Result:
    """The result as it was before anybody marked it."""
    own = [part for part in result.parts if part.id == WRITTEN]
    books = [
        replace(book, answers=[_unmarked(answer) for answer in book.answers])
        for book in result.notebooks
    ]
    return replace(
        result,
        notebooks=books,
        parts=[part for part in result.parts if part.id != WRITTEN],
        score=round(result.score - sum(part.points for part in own), 2) if own else result.score,
        max_score=round(result.max_score - sum(part.max_points for part in own), 2)
        if own
        else result.max_score,
    )


def _unmarked(answer: WrittenAnswer) -> WrittenAnswer:
    return replace(answer, mark=None, comment="", outdated=False)
