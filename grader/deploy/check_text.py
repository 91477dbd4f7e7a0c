"""One check, or a whole result, as plain text for a student."""

from __future__ import annotations

import io
from collections.abc import Iterable

from rich.console import Console, RenderableType

from grader.model.result import CheckResult, Outcome
from grader.report.check_view import case_of, check_view
from grader.report.strings import Lang, Texts
from grader.report.terminal import check_lines

_WIDTH = 100


def check_text(check: CheckResult, lang: Lang) -> str:
    """What is to be said of a check, which has nothing left in it that its reader may not see."""
    texts = Texts(lang)
    if check.outcome is Outcome.PASSED:
        return "\n".join(check.notes)
    return as_text(check_lines(check_view(check), texts, "student"))


def check_title(check: CheckResult) -> str:
    """A check's title with its case, where it has several."""
    case = case_of(check)
    return f"{check.title} [{case}]" if case else check.title


def as_text(lines: Iterable[RenderableType]) -> str:
    """What a terminal would show, without its colours."""
    out = io.StringIO()
    console = Console(file=out, width=_WIDTH, no_color=True, force_terminal=False, highlight=False)
    for line in lines:
        console.print(line, soft_wrap=True)
    return "\n".join(line.strip() for line in out.getvalue().splitlines()).strip()
