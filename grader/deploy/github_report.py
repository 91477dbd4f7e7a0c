"""A self-check as GitHub shows it: annotations in the files, and a summary of the job."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import Final

from grader.deploy.check_text import check_text, check_title
from grader.model.result import CheckResult, Outcome, Result
from grader.report.check_view import asked_for
from grader.report.redact import for_audience
from grader.report.remarks import remarks
from grader.report.strings import Lang, Texts
from grader.report.text import clip, number, one_line

_MOST: Final = 10
"""GitHub shows as many annotations of one step, and drops the rest."""
_SHOWN: Final = frozenset({Outcome.FAILED, Outcome.ERROR})
_MARKDOWN: Final = re.compile(r"([\\`*_{}\[\]()#+!|~-])")
_MAX_SUMMARY: Final = 900_000
"""GitHub drops a summary of more than 1 MB."""


def annotation_lines(result: Result, *, below: str = "", lang: Lang = "en") -> Iterator[str]:
    """Lines that GitHub takes off a job's output: what is wrong, where it stands in the file.

    `below` is the submission's folder in the repository. Checks of one function with the same
    complaint are one annotation.
    """
    shown = for_audience(result, "student")
    if not shown.graded:
        yield _command("error", one_line(shown.error), title=shown.title or shown.assignment)
        return
    folder = "/".join(filter(None, (below, shown.package)))
    said: set[tuple[str, int, str]] = set()
    for check in shown.checks:
        file, line = _place(check)
        what = (file, line, re.sub(r"[\d.]+", "#", check.message))
        if check.outcome not in _SHOWN or check.follows_from or what in said:
            continue
        said.add(what)
        text = clip(check_text(check, lang), 2_000)
        where = {"file": f"{folder}/{file}", "line": str(line)} if file else {}
        yield _command("error", text, title=check_title(check), **where)
        if len(said) == _MOST:
            return


def summary_markdown(result: Result, lang: Lang = "en") -> str:
    """The summary of a job: points of each part and of each check."""
    shown, texts = for_audience(result, "student"), Texts(lang)
    told = "\n".join(remarks(shown, lang=lang))
    lines = [f"## {_plain(shown.title or shown.assignment)}", ""]
    lines += [f"{_plain(line)}\n" for line in told.splitlines() if line.strip()]
    if shown.graded:
        lines += _table(texts, [(p.title, p.points, p.max_points) for p in shown.parts if p.total])
        lines += [f"\n<details><summary>{html.escape(texts('checks'))}</summary>\n"]
        lines += list(_checks(shown, texts))
        lines += ["", "</details>"]
    text = "\n".join([*lines, ""])
    return text.encode()[:_MAX_SUMMARY].decode(errors="ignore")


def _table(texts: Texts, rows: list[tuple[str, float, float]]) -> list[str]:
    body = [f"| {_plain(title)} | {number(a)} / {number(b)} |" for title, a, b in rows]
    total = (sum(points for _, points, _ in rows), sum(most for *_, most in rows))
    return [
        f"| {texts('part')} | {texts('points')} |",
        "|---|---:|",
        *body,
        f"| **{texts('score')}** | **{number(total[0])} / {number(total[1])}** |",
    ]


def _checks(shown: Result, texts: Texts) -> Iterator[str]:
    columns = (texts("check"), texts("outcomes"), texts("points"))
    yield "| {} | {} | {} |".format(*columns)
    yield "|---|---|---:|"
    for check in filter(asked_for, shown.checks):
        points = f"{number(check.points)} / {number(check.max_points)}"
        yield f"| {_plain(check_title(check))} | {texts.outcome(check.outcome)} | {points} |"


def _place(check: CheckResult) -> tuple[str, int]:
    """The line that raised, else where the function begins."""
    frames = check.finding.traceback if check.finding else []
    if frames:
        return frames[-1].file, frames[-1].line
    return (check.source.file, check.source.first_line) if check.source else ("", 0)


def _command(kind: str, text: str, *, title: str, **properties: str) -> str:
    more = "".join(f",{name}={_property(value)}" for name, value in properties.items())
    return f"::{kind} title={_property(title)}{more}::{_data(text)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(one_line(text)).replace(":", "%3A").replace(",", "%2C")


def _plain(text: str) -> str:
    """Text that Markdown shows as it is, also in a table."""
    return _MARKDOWN.sub(r"\\\1", html.escape(one_line(text), quote=False))
