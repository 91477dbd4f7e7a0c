"""What is said beside score and checks, in plain lines: notes, what is first, why it failed."""

from __future__ import annotations

from collections.abc import Iterator

from grader.model.result import Audience, Result
from grader.report.card_text import first_of
from grader.report.strings import Lang, Texts
from grader.report.student_view import StudentView, student_view
from grader.report.text import clip, one_line, visible


def remarks(result: Result, *, audience: Audience = "student", lang: Lang = "en") -> Iterator[str]:
    """All of it."""
    texts = Texts(lang)
    view = student_view(result, audience)
    if not result.graded:
        yield from ungraded(view.result, texts)
        return
    yield from notes_of(view, texts)
    if first := first_of(view.cards, texts):
        yield first
    yield from followed(view, texts)


def notes_of(view: StudentView, texts: Texts) -> Iterator[str]:
    """The notes on a submission, and how many checks could not be judged."""
    for note in view.result.notes:
        yield f"{texts('notes')}{texts.colon}{clip(visible(note))}"
    if view.internal:
        yield texts("student.internal", n=view.internal)


def followed(view: StudentView, texts: Texts) -> Iterator[str]:
    """Which functions the reference's stood in for."""
    for replaced, n in view.followed:
        names = ", ".join(one_line(name, 80) for name in replaced)
        yield one_line(texts("followed", names=names, n=n))


def ungraded(result: Result, texts: Texts) -> Iterator[str]:
    """Why there is no score, and what to do."""
    kind = result.error_kind if result.error_kind in ("absent", "internal") else "input"
    yield texts(f"student.ungraded_{kind}")
    if kind != "absent":
        yield one_line(result.error)
    yield texts(f"student.ungraded_{kind}_help")
