"""What a notebook cell shows: what to fix, as an HTML fragment that takes the notebook's colours.

Notebooks style lists, tables, paragraphs and code of their own accord, each in its way. So the
fragment has none but `div`, `span`, `b`, `code` and `details`, and sets what it needs on classes of
its own. Text has the colour that is there, washes and rules let what is below shine through: it
reads on a light theme and on a dark one, whoever draws it. Without its style, too, it is in order.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import Final

from grader.model.result import Audience, CheckResult, Outcome, Result
from grader.report.card_text import CardLine, card_lines, check_facts, first_of, text_of, title_of
from grader.report.cards import Card
from grader.report.check_view import SourceLine
from grader.report.remarks import notes_of, ungraded
from grader.report.strings import Lang, Texts
from grader.report.student_view import StudentView, student_view
from grader.report.text import one_line

_STYLE: Final = """
.grader-answer { font: 13px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; \
max-width: 56rem; color: inherit; text-align: left; overflow-wrap: anywhere; }
.grader-answer .ga-sum { font-weight: 600; margin: 2px 0 6px; }
.grader-answer .ga-card { border: 1px solid rgba(128, 128, 128, 0.4); border-left: 4px solid \
#c4272e; border-radius: 6px; padding: 8px 12px; margin: 0 0 8px; }
.grader-answer .ga-card.error { border-left-color: #b45309; }
.grader-answer .ga-card:is(.missing, .skipped) { border-left-color: #6b7280; }
.grader-answer .ga-card.internal { border-left-color: #7a3ec8; }
.grader-answer .ga-badge { display: inline-block; padding: 0 7px; margin-right: 6px; \
border-radius: 4px; font-size: 12px; font-weight: 600; color: #fff; background: #c4272e; \
white-space: nowrap; }
.grader-answer .ga-badge.passed { background: #1a7f37; }
.grader-answer .ga-badge.error { background: #a04700; }
.grader-answer .ga-badge:is(.missing, .skipped) { background: #57606a; }
.grader-answer .ga-badge.internal { background: #7a3ec8; }
.grader-answer :is(.ga-head, .ga-check) { font-weight: 600; }
.grader-answer .ga-line { margin: 4px 0 0; white-space: pre-line; }
.grader-answer .ga-line.ga-sum { margin-bottom: 6px; }
.grader-answer .ga-fact { display: flex; flex-wrap: wrap; gap: 0 10px; }
.grader-answer .ga-fact .ga-label { flex: none; min-width: 8em; }
.grader-answer .ga-fact .ga-label + span { flex: 1 1 14em; min-width: 0; }
.grader-answer .ga-label { opacity: 0.85; }
.grader-answer :is(.ga-aside, .ga-note) { opacity: 0.85; font-weight: 400; }
.grader-answer .ga-mono { font: 12px/1.5 ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", \
monospace; color: inherit; background: rgba(128, 128, 128, 0.12); border: 0; border-radius: 3px; \
padding: 1px 4px; white-space: pre-wrap; }
.grader-answer .ga-mono.received { background: rgba(209, 68, 75, 0.16); }
.grader-answer .ga-mono.expected { background: rgba(45, 164, 78, 0.16); }
.grader-answer .ga-source { display: block; padding: 6px 8px; margin: 4px 0 0; overflow: auto; \
max-height: 320px; white-space: pre; }
.grader-answer .ga-marked { display: block; background: rgba(217, 130, 43, 0.25); }
.grader-answer .ga-n { display: inline-block; min-width: 2.5em; padding-right: 1em; \
text-align: right; opacity: 0.75; user-select: none; }
.grader-answer summary { cursor: pointer; display: list-item; list-style: disclosure-closed \
inside; text-align: left; }
.grader-answer details[open] > summary { list-style-type: disclosure-open; }
"""
_MONO: Final = ("check.call", "check.where", "check.received", "check.expected")


def fragment(result: Result, *, audience: Audience = "student", lang: Lang = "en") -> str:
    """The checks of a self-check as an HTML fragment with scoped style, no script and no ids."""
    texts = Texts(lang)
    view = student_view(result, audience)
    body = "".join([*_top(view, texts), *_cards(view, texts), *_internal(view, texts)])
    return f'<div class="grader-answer"><style>{_STYLE}</style>{body}{_passed(view, texts)}</div>'


def plain(result: Result, *, audience: Audience = "student", lang: Lang = "en") -> str:
    """The same in plain text."""
    texts = Texts(lang)
    view = student_view(result, audience)
    if not result.graded:
        return "\n".join(ungraded(view.result, texts))
    lines = [texts("checks_passed", passed=view.passed, total=view.total)]
    lines += notes_of(view, texts)
    for card in view.cards:
        lines += ["", *text_of(card_lines(card, texts, audience, points=False))]
    for part in view.parts:
        for check in part.internal:
            head = CardLine("head", title_of(check.check), texts.outcome(Outcome.INTERNAL))
            lines += ["", *text_of((head, *check_facts(check, texts, audience)))]
    first = first_of(view.cards, texts)
    return "\n".join([*lines, *([f"\n{first}"] if first else [])])


def _top(view: StudentView, texts: Texts) -> Iterator[str]:
    if not view.result.graded:
        yield from (_div("ga-line", escape(line)) for line in ungraded(view.result, texts))
        return
    passed = texts("checks_passed", passed=view.passed, total=view.total)
    yield _div("ga-sum", escape(passed))
    for note in view.result.notes:
        yield _div("ga-line", _labelled(texts("notes"), one_line(note)))
    if first := first_of(view.cards, texts):
        yield _div("ga-line ga-sum", escape(first))


def _cards(view: StudentView, texts: Texts) -> Iterator[str]:
    """The first one open, the others folded: one thing first."""
    for card in view.cards:
        head, *lines = card_lines(card, texts, view.audience, points=False)
        body = "".join(_line(line, texts) for line in lines) + _code(card, texts)
        number = f"{card.number}. " if len(view.cards) > 1 else ""
        title = (
            f"{number}{_badge(card.outcome, texts)}"
            f'<span class="ga-head">{escape(head.text)}</span> {_aside(head.aside)}'
        )
        if card.number > 1:
            body = f"<details><summary>{title}</summary>{body}</details>"
        else:
            body = f"<div>{title}</div>{body}"
        yield _div(f"ga-card {card.outcome}", body)


def _internal(view: StudentView, texts: Texts) -> Iterator[str]:
    for check in (check for part in view.parts for check in part.internal):
        title = f'<span class="ga-head">{escape(title_of(check.check))}</span>'
        lines = check_facts(check, texts, view.audience)
        body = "".join(_line(line, texts) for line in lines)
        head = f"<div>{_badge(Outcome.INTERNAL, texts)}{title}</div>"
        yield _div(f"ga-card {Outcome.INTERNAL}", head + body)


def _passed(view: StudentView, texts: Texts) -> str:
    checks = [check.check for part in view.parts for check in part.passed]
    if not checks:
        return ""
    is_open = " open" if not view.cards and len(checks) <= 12 else ""
    summary = f"{_badge(Outcome.PASSED, texts)}{escape(texts('n_checks', n=len(checks)))}"
    items = "".join(_passed_check(check, texts) for check in checks)
    return f"<details{is_open}><summary>{summary}</summary>{items}</details>"


def _passed_check(check: CheckResult, texts: Texts) -> str:
    notes = "".join(_aside(one_line(note)) for note in check.notes)
    names = ", ".join(map(one_line, check.follow_through))
    followed = _aside(texts("check.follow_through", names=names)) if names else ""
    return _div("ga-line", f"{escape(title_of(check))} {followed}{notes}")


def _line(line: CardLine, texts: Texts) -> str:
    if line.kind == "fact":
        kind = next((key for key in _MONO if line.label == texts(key)), "")
        mono = f"ga-mono {kind.partition('.')[2]}"
        value = f'<code class="{mono}">{escape(line.text)}</code>' if kind else escape(line.text)
        label = f'<span class="ga-label">{escape(line.label)}</span>'
        return _div("ga-line ga-fact", f"{label} <span>{value}</span>")
    if line.kind == "code":
        return _div("ga-line", f'<code class="ga-mono">{escape(line.text)}</code>')
    if line.kind == "cause":
        return _div("ga-line", f"<b>{escape(line.text)}</b> {escape(line.aside)}")
    return _div(f"ga-line ga-{line.kind}", _labelled(line.label, line.text))


def _code(card: Card, texts: Texts) -> str:
    view = card.shown
    if view is None or not view.source or card.is_todo:
        return ""
    lines = "\n".join(map(_source_line, view.source))
    title = escape(texts("check.source", name=one_line(card.what, 80)))
    return (
        f'<details class="ga-line"><summary>{title}</summary>'
        f'<code class="ga-mono ga-source" tabindex="0">{lines}</code></details>'
    )


def _source_line(line: SourceLine) -> str:
    shown = f'<span class="ga-n">{line.number}</span>{escape(line.text)}'
    return f'<span class="ga-marked">{shown}</span>' if line.marked else shown


def _labelled(label: str, text: str) -> str:
    return f"<b>{escape(label)}</b> {escape(text)}" if label else escape(text)


def _badge(outcome: Outcome, texts: Texts) -> str:
    return f'<span class="ga-badge {outcome}">{escape(texts.outcome(outcome))}</span> '


def _aside(text: str) -> str:
    return f'<span class="ga-aside">{escape(text)}</span>' if text else ""


def _div(kind: str, body: str) -> str:
    return f'<div class="{kind}">{body}</div>'
