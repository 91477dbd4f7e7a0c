"""What the terminal shows, as Rich renderables: nothing here prints."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from grader.model.result import WRITTEN, Audience, Cause, Outcome, PartResult, Result
from grader.report.strings import Lang, Texts
from grader.report.student_view import (
    CheckView,
    Lead,
    StudentView,
    case_of,
    first_lines,
    student_view,
)
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
FAILURES: Final = 30
"""Checks spelt out in a summary; of the rest only the number is said."""


def summary(
    result: Result,
    *,
    audience: Audience = "instructor",
    lang: Lang = "en",
    failures: int = FAILURES,
    points: bool = True,
) -> RenderableType:
    """One result: score, parts, notes, and each failed check with message, place and hint.

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
        *_notes(view, texts),
        *_leads(view.leads, texts),
        *_problems(view, texts, failures, points=points),
        *_follow_through(view, texts),
    )


def remarks(
    result: Result, *, audience: Audience = "student", lang: Lang = "en"
) -> Iterator[RenderableType]:
    """What is said beside score and checks: notes and what to fix first, or why there is none."""
    texts = Texts(lang)
    view = student_view(result, audience)
    if result.graded:
        yield from _notes(view, texts)
        yield from _leads(view.leads, texts)
        yield from _follow_through(view, texts)
    else:
        yield from _reason(view.result, texts)


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


def check_lines(
    view: CheckView, texts: Texts, audience: Audience, *, points: bool
) -> Iterator[RenderableType]:
    """A check that did not pass: its title, then what is wrong, where, and what to try."""
    check = view.check
    head = Text.assemble(
        (f"{texts.outcome(check.outcome)}: ", f"bold {STYLES[check.outcome]}"),
        (one_line(check.title), "bold"),
        (f" [{one_line(case_of(check), 40)}]" if case_of(check) else "", "dim"),
        (f"  {number(view.points)} / {number(view.max_points)}" if points else "", "dim"),
    )
    yield head
    for label, value in _facts(view, texts, audience):
        yield Padding(
            Text.assemble((f"{label}  " if label else "", "dim"), value), (0, 0, 0, 4), expand=False
        )


def _facts(view: CheckView, texts: Texts, audience: Audience) -> Iterator[tuple[str, str]]:
    check, finding = view.check, view.finding
    if check.outcome is Outcome.INTERNAL:
        yield "", texts("student.internal_check")
    for group in view.cause_groups:
        if group.label:
            yield "", texts(group.label, n=len(group.causes))
        yield from (("", clip(visible(_cause(cause, texts)))) for cause in group.causes)
    if check.message:
        yield "", clip(visible(check.message))
    if view.withheld and audience == "student":
        yield "", texts("student.hidden_why")
    facts = {
        "check.call": finding.call,
        "check.where": view.where,
        "check.received": finding.received,
        "check.expected": finding.expected,
        "check.how_much": view.wrong,
        "check.error": view.error,
        "check.kind": view.pattern,
    }
    yield from ((texts(key), one_line(value)) for key, value in facts.items() if value)
    for frame in finding.traceback[-3:]:
        place = texts("check.frame", file=frame.file, line=frame.line, function=frame.function)
        yield "", one_line(f"{place}: {frame.source.strip()}" if frame.source else place)
    if view.alike:
        yield "", texts("check.alike", n=len(view.alike))
    if check.hint:
        yield texts("check.hint"), clip(visible(check.hint))
    yield from ((texts("notes"), one_line(note)) for note in check.notes)


def _cause(cause: Cause, texts: Texts) -> str:
    minor = f" ({texts('cause.minor')})" if cause.severity == "minor" else ""
    place = f" ({cause.function})" if cause.kind == "mistake" else ""
    return f"{cause.title}{minor}{place}. {cause.words}".strip()


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
            (f"{kind}: ", "dim"), clip(visible(step.reason)), (staff, "dim"),
            f"  {moved}{number(step.after)}",
        )  # fmt: skip
    if result.excused:
        yield Text(texts("worth.excused"), "yellow")


def _how(result: Result, texts: Texts) -> str:
    facts = []
    if result.release:
        facts.append(f"{texts('how.template')}: {one_line(result.release.title, 60)}")
    facts += [texts("how.python2")] * result.python2
    facts += [
        f"{one_line(key, 40)} {one_line(value, 40)}" for key, value in result.environment.items()
    ][:3]
    if result.sandbox:
        kind = one_line(result.sandbox.kind, 40)
        named = f"{texts('how.sandbox')}: {kind}"
        facts.append(named if result.sandbox.isolated else texts("how.sandbox_off"))
    return "".join(f"\n{fact}" if at == 0 else f", {fact}" for at, fact in enumerate(facts))


def _style_of(error_kind: str) -> str:
    if error_kind == "absent":
        return "dim"
    return STYLES[Outcome.INTERNAL if error_kind == "internal" else Outcome.ERROR]


def _reason(result: Result, texts: Texts) -> Iterator[RenderableType]:
    kind = result.error_kind if result.error_kind in ("absent", "internal") else "input"
    yield Text(texts(f"student.ungraded_{kind}"), f"bold {_style_of(kind)}")
    if kind != "absent":
        yield Text(f"    {one_line(result.error)}")
    yield Text(f"    {texts(f'student.ungraded_{kind}_help')}", "dim")


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


def _notes(view: StudentView, texts: Texts) -> Iterator[RenderableType]:
    for note in view.result.notes:
        yield Text.assemble((f"{texts('notes')}: ", "dim"), clip(visible(note)))
    if view.internal:
        yield Text(texts("student.internal", n=view.internal), STYLES[Outcome.INTERNAL])


def _leads(leads: Iterable[Lead], texts: Texts) -> Iterator[RenderableType]:
    for line in first_lines(leads, texts):
        yield Text.assemble((f"{texts('first.title')}: ", "bold"), one_line(line))


def _follow_through(view: StudentView, texts: Texts) -> Iterator[RenderableType]:
    for replaced, n in view.followed:
        names = ", ".join(one_line(name, 80) for name in replaced)
        yield Text(f"\n{one_line(texts('followed', names=names, n=n))}", "dim")


def _problems(
    view: StudentView, texts: Texts, limit: int, *, points: bool
) -> Iterator[RenderableType]:
    every = [
        check
        for part in view.parts
        for check in (*part.problems, *part.internal, *part.missing, *part.skipped)
    ]
    for check in every[:limit]:
        yield Text("")
        yield from check_lines(check, texts, view.audience, points=points)
    if len(every) > limit:
        yield Text(texts("terminal.more", n=len(every) - limit), "dim")
