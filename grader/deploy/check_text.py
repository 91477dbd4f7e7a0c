"""One check as plain text for a student."""

from __future__ import annotations

from grader.model.result import CheckResult, Outcome
from grader.report.card_text import check_facts
from grader.report.check_view import case_of, check_view
from grader.report.strings import Lang, Texts


def check_text(check: CheckResult, lang: Lang) -> str:
    """What is to be said of a check, which has nothing left in it that its reader may not see."""
    if check.outcome is Outcome.PASSED:
        return "\n".join(check.notes)
    return "\n".join(map(str, check_facts(check_view(check), Texts(lang), "student")))


def check_title(check: CheckResult) -> str:
    """A check's title with its case, where it has several."""
    case = case_of(check)
    return f"{check.title} [{case}]" if case else check.title
