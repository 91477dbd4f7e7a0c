"""A card in lines of text, for terminal, pytest and notebook."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, Literal

from msgspec import Struct

from grader.model.result import (
    NOTHING,
    Audience,
    Cause,
    CheckResult,
    Finding,
    Outcome,
    SourceSpan,
)
from grader.report.cards import Card
from grader.report.cause_groups import CauseGroup
from grader.report.check_view import CheckView, case_of, check_view
from grader.report.strings import Texts
from grader.report.text import clip, magnitude, number, one_line, visible

_FRAMES: Final = 3
_MORE: Final = 5
"""Further complaints of a function that are told, in a line each."""

Kind = Literal["head", "check", "cause", "text", "fact", "code", "hint", "note"]


class CardLine(Struct, frozen=True):
    """A line of a card, harmless: whatever a student wrote does nothing in it."""

    kind: Kind
    text: str
    label: str = ""
    """What stands in front of it."""
    aside: str = ""
    """What stands behind it, less important."""

    def __str__(self) -> str:
        colon = ": " if self.label.isascii() else "："
        label = f"{self.label}{colon}" if self.label else ""
        if self.kind == "cause":
            stop = ". " if self.text.isascii() else "。"
            return f"{self.text}{stop}{self.aside}".strip()
        return f"{label}{self.text}{f' ({self.aside})' if self.aside else ''}"


def card_lines(
    card: Card, texts: Texts, audience: Audience, *, points: bool, numbered: bool = True
) -> Iterator[CardLine]:
    """A card: what it is about, what is wrong, how that shows, what to try, what waits for it."""
    worth = f"{number(card.points)} / {number(card.max_points)}" if points and card.own else ""
    place = place_of(card.source, texts)
    part = one_line(card.title, 80) if card.title != card.what else ""
    aside = texts.comma.join(filter(None, [part, place, worth]))
    count = f"{card.number}. " if numbered else ""
    yield CardLine("head", one_line(card.what), f"{count}{texts.outcome(card.outcome)}", aside)
    if card.is_todo:
        yield from (CardLine("text", clip(visible(text))) for text in [card.reason] if text)
    else:
        yield from _wrong_lines(card, texts, audience)
    if not card.is_open:
        yield from _waiting_lines(card, texts)


def _wrong_lines(card: Card, texts: Texts, audience: Audience) -> Iterator[CardLine]:
    yield from _causes(card.cause_groups, texts, card.what)
    shown = card.shown
    if shown is not None:
        yield CardLine("check", title_of(shown.check))
        yield from check_facts(shown, texts, audience, causes=shown.structure)
    for view in card.more[:_MORE]:
        said = one_line(view.check.message, 200)
        yield CardLine(
            "text", f"{title_of(view.check)}{f': {said}' if said else ''}", texts("card.more")
        )
    if len(card.more) > _MORE:
        rest = sum(1 + len(view.alike) for view in card.more[_MORE:])
        yield CardLine("note", texts("check.alike", n=rest))


def _waiting_lines(card: Card, texts: Texts) -> Iterator[CardLine]:
    """How much depends on what a card is about."""
    if card.waiting:
        parts = texts.comma.join(one_line(title, 60) for title in card.waiting_in)
        yield CardLine("note", texts("card.waiting", n=len(card.waiting), parts=parts))


def first_of(cards: Sequence[Card], texts: Texts) -> str:
    """What to fix first, in a line; empty where there is no choice."""
    if len(cards) < 2 and not any(card.waiting for card in cards):
        return ""
    place = place_of(cards[0].source, texts)
    what = one_line(cards[0].what) + (f" ({place})" if place else "")
    return texts("card.first_of", what=what)


def check_facts(
    view: CheckView, texts: Texts, audience: Audience, *, causes: Iterable[CauseGroup] | None = None
) -> Iterator[CardLine]:
    """What is wrong as one check shows it, where, and what to try."""
    check, finding = view.check, view.finding
    if check.outcome is Outcome.INTERNAL:
        yield CardLine("text", texts("student.internal_check"))
    yield from _causes(view.cause_groups if causes is None else causes, texts)
    if check.message:
        yield CardLine("text", clip(visible(check.message)))
    if view.withheld and audience == "student":
        yield CardLine("note", texts("student.hidden_why"))
    facts = {
        "check.call": finding.call,
        "check.where": view.where,
        "check.received": finding.received,
        "check.expected": finding.expected,
        "check.how_much": view.wrong,
        "check.error": error_text(finding, texts),
        "check.kind": view.pattern,
    }
    yield from (
        CardLine("fact", one_line(value), texts(key)) for key, value in facts.items() if value
    )
    for frame in finding.traceback[-_FRAMES:]:
        place = texts("check.frame", file=frame.file, line=frame.line, function=frame.function)
        yield CardLine(
            "code", one_line(f"{place}: {frame.source.strip()}" if frame.source else place)
        )
    if view.alike:
        yield CardLine("note", texts("check.alike", n=len(view.alike)))
    if check.hint:
        yield CardLine("hint", clip(visible(check.hint)), texts("check.hint"))
    yield from (CardLine("note", one_line(note), texts("notes")) for note in check.notes)


def told_alone(check: CheckResult, texts: Texts) -> str:
    """A check that did not pass as plain text, for who shows one by one."""
    if check.follows_from and check.outcome is not Outcome.SKIPPED:
        return texts("card.depends", what=one_line(check.follows_from))
    head = CardLine("head", title_of(check), texts.outcome(check.outcome))
    return "\n".join(text_of((head, *check_facts(check_view(check), texts, "student"))))


def error_text(finding: Finding, texts: Texts) -> str:
    """How large the error is, and of what; in the students' own measure, too."""
    if finding.error is None:
        return ""
    told = {"error": magnitude(finding.error), "quantity": finding.quantity}
    if finding.relative_to == NOTHING:
        said = texts("error.of_nothing", **told)
    elif finding.relative_to == "1":
        said = texts("error.of_one", **told)
    elif finding.relative_to:
        said = texts("error.of_scale", scale=finding.relative_to, **told)
    else:
        said = texts("error.of_largest", **told)
    if finding.elementwise is None:
        return said
    elementwise = texts("error.elementwise", error=magnitude(finding.elementwise))
    return texts("error.both", one=said, other=elementwise)


def title_of(check: CheckResult) -> str:
    """A check's title with its case, where it has several."""
    case = one_line(case_of(check), 40)
    return f"{one_line(check.title)} [{case}]" if case else one_line(check.title)


def place_of(span: SourceSpan | None, texts: Texts) -> str:
    """Where something stands: `layers.py, lines 12–20`."""
    if span is None:
        return ""
    n = 1 if span.first_line == span.last_line else 2
    lines = texts("lines", n=n, first=span.first_line, last=span.last_line)
    return f"{one_line(span.file)}{texts.comma}{lines}"


def text_of(lines: Iterable[CardLine]) -> Iterator[str]:
    """Lines as they stand below one another: all but a head are indented."""
    for line in lines:
        for piece in str(line).split("\n"):
            yield piece if line.kind == "head" else f"    {piece}"


def _causes(groups: Iterable[CauseGroup], texts: Texts, what: str = "") -> Iterator[CardLine]:
    for group in groups:
        if group.label:
            yield CardLine("note", texts(group.label, n=len(group.causes)))
        for cause in group.causes:
            yield CardLine("cause", _cause(cause, texts, what), aside=clip(visible(cause.words)))


def _cause(cause: Cause, texts: Texts, what: str) -> str:
    minor = f" ({texts('cause.minor')})" if cause.severity == "minor" else ""
    place = f" ({cause.function})" if cause.kind == "mistake" and cause.function != what else ""
    return one_line(f"{cause.title}{minor}{place}")
