"""What the terminal shows, as Rich renderables: nothing here prints."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from grader.model.result import WRITTEN, Audience, Outcome, PartResult, Result
from grader.report.card_text import CardLine, Kind, card_lines, check_facts, first_of, title_of
from grader.report.cards import Card
from grader.report.remarks import followed, notes_of, ungraded
from grader.report.strings import Lang, Texts
from grader.report.student_view import StudentView, student_view
from grader.report.summary import Register, Summary
from grader.report.text import clip, number, one_line, visible

STYLES: Final[dict[Outcome, str]] = {
    Outcome.PASSED: "green",
    Outcome.FAILED: "red",
    Outcome.ERROR: "yellow",
    Outcome.MISSING: "dim",
    Outcome.SKIPPED: "dim",
    Outcome.INTERNAL: "magenta",
}
CARDS: Final = 12
"""Cards spelt out in a summary; of the rest only the number is said."""
_STYLES: Final[dict[Kind, str]] = {"head": "bold", "check": "bold", "cause": "bold", "note": "dim"}


def summary(
    result: Result,
    *,
    audience: Audience = "instructor",
    lang: Lang = "en",
    cards: int = CARDS,
    points: bool = True,
) -> RenderableType:
    """One result: score, parts, notes, and what to fix, with message, place and hint.

    Without `points` only checks are counted: those of a self-check are not all there are.
    """
    texts = Texts(lang)
    view = student_view(result, audience)
    if not result.graded:
        reason = (*_reason(result, texts), *_worth(view.result, texts))
        return Group(_heading(view, texts, points=points), *reason)
    return Group(
        _heading(view, texts, points=points),
        *_worth(view.result, texts),
        _parts_table([part.part for part in view.parts if part.asked], texts, points=points),
        *map(Text, notes_of(view, texts)),
        *_cards(view, texts, cards, points=points),
        *_internal(view, texts, points=points),
        *(Text(f"\n{line}", "dim") for line in followed(view, texts)),
        *_first(view.cards, texts),
    )


def result_line(result: Result | Summary, *, lang: Lang = "en", width: int = 32) -> Text:
    """One result on one line, for a batch: name, score, and how many checks ended how."""
    summary = result if isinstance(result, Summary) else Register().summary(result)
    texts = Texts(lang)
    line = Text(one_line(summary.submission))
    line.truncate(width, overflow="ellipsis", pad=True)
    if not summary.graded:
        style = _style_of(summary.error_kind)
        return line.append(f" {'–':>7}  ").append(one_line(summary.error), style)
    line.append(f" {number(summary.final):>7}", "bold")
    line.append(f" / {number(summary.max_score)} ", "dim")
    for outcome, n in summary.counts.items():
        if outcome is not Outcome.PASSED and n:
            line.append(f"  {n} {texts.outcome(outcome).lower()}", STYLES[outcome])
    if summary.penalty:
        line.append(f"  {texts('late_short')} -{number(summary.penalty)}", "yellow")
    return line


def rendered(lines: Iterable[CardLine], outcome: Outcome) -> Iterator[RenderableType]:
    """The lines of a card or a check, in the colours of how it ended."""
    for line in lines:
        is_head = line.kind == "head"
        colon = ": " if line.label.isascii() else "："
        label = f"{line.label}{colon if is_head else '  '}" if line.label else ""
        told = Text.assemble(
            (label, f"bold {STYLES[outcome]}" if is_head else "dim"),
            (line.text, _STYLES.get(line.kind, "")),
            (f"  {line.aside}" if line.aside else "", "" if line.kind == "cause" else "dim"),
        )
        yield told if is_head else Padding(told, (0, 0, 0, 4), expand=False)


def _heading(view: StudentView, texts: Texts, *, points: bool) -> Text:
    result = view.result
    line = Text(one_line(result.submission), "bold")
    if result.graded:
        if points:
            line.append(f"  {number(result.final)} / {number(result.max_score)}", "bold cyan")
        tally = texts("checks_passed", passed=view.passed, total=view.total)
        line.append(f"  {tally}", "dim")
        line.append(_lateness(view, texts), "yellow")
    line.append(_how(result, texts), "dim")
    return line


def _lateness(view: StudentView, texts: Texts) -> str:
    if not view.lateness:
        return ""
    score, penalty = view.result.score, view.result.penalty
    return f"\n{texts('late', score=number(score), penalty=number(penalty))}"


def _worth(result: Result, texts: Texts) -> Iterator[RenderableType]:
    """Each step from the points for the work to those that count."""
    for step in result.steps:
        moved = f"{number(step.before)} → " if step.before != step.after else ""
        staff = f" ({one_line(step.staff)})" if step.staff else ""
        kind = texts(f"worth.kind.{step.kind}")
        yield Text.assemble(
            (f"{kind}{texts.colon}", "dim"), clip(visible(step.reason)), (staff, "dim"),
            f"  {moved}{number(step.after)}",
        )  # fmt: skip
    if result.excused:
        yield Text(texts("worth.excused"), "yellow")


def _how(result: Result, texts: Texts) -> str:
    facts = []
    if result.release:
        facts.append(f"{texts('how.template')}{texts.colon}{one_line(result.release.title, 60)}")
    facts += [texts("how.python2")] * result.python2
    facts += [
        f"{one_line(key, 40)} {one_line(value, 40)}" for key, value in result.environment.items()
    ][:3]
    if result.sandbox:
        kind = one_line(result.sandbox.kind, 40)
        named = f"{texts('how.sandbox')}{texts.colon}{kind}"
        facts.append(named if result.sandbox.isolated else texts("how.sandbox_off"))
    return f"\n{texts.comma.join(facts)}" if facts else ""


def _style_of(error_kind: str) -> str:
    if error_kind == "absent":
        return "dim"
    return STYLES[Outcome.INTERNAL if error_kind == "internal" else Outcome.ERROR]


def _reason(result: Result, texts: Texts) -> Iterator[RenderableType]:
    said, *more = ungraded(result, texts)
    yield Text(said, f"bold {_style_of(result.error_kind)}")
    yield from (Text(f"    {line}") for line in more)


def _parts_table(parts: Iterable[PartResult], texts: Texts, *, points: bool) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", pad_edge=False)
    table.add_column(texts("part"))
    if points:
        table.add_column(texts("points"), justify="right")
    table.add_column(texts("checks"), justify="right")
    for part in parts:
        full = part.points >= part.max_points if part.id == WRITTEN else part.passed >= part.total
        style = "green" if full else ""
        earned = Text(f"{number(part.points)} / {number(part.max_points)}", style)
        tally = f"{part.passed} / {part.total}"
        if part.id == WRITTEN:
            tally = texts("nb.marked", passed=part.passed, total=part.total)
        passed = Text(tally, "" if points else style)
        table.add_row(Text(one_line(part.title)), *[earned] * points, passed)
    return table


def _first(cards: Sequence[Card], texts: Texts) -> Iterator[RenderableType]:
    if line := first_of(cards, texts):
        yield Text(f"\n{line}", "bold")


def _cards(
    view: StudentView, texts: Texts, limit: int, *, points: bool
) -> Iterator[RenderableType]:
    for card in view.cards[:limit]:
        yield Text("")
        yield from rendered(card_lines(card, texts, view.audience, points=points), card.outcome)
    if len(view.cards) > limit:
        rest = texts("card.rest", n=len(view.cards) - limit)
        yield Text(f"\n{rest}", "dim")


def _internal(view: StudentView, texts: Texts, *, points: bool) -> Iterator[RenderableType]:
    for check in (check for part in view.parts for check in part.internal):
        worth = f"{number(check.points)} / {number(check.max_points)}" if points else ""
        label = texts.outcome(Outcome.INTERNAL)
        head = CardLine("head", title_of(check.check), label, worth)
        yield Text("")
        lines = (head, *check_facts(check, texts, view.audience))
        yield from rendered(lines, Outcome.INTERNAL)
