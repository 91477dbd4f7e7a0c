"""What a notebook cell shows: checks as an HTML fragment that takes the notebook's own colours."""

from __future__ import annotations

from collections.abc import Sequence

from grader.model.result import Audience, CheckResult, Outcome
from grader.report.cause_groups import CauseGroup
from grader.report.html import render
from grader.report.redact import redact_check
from grader.report.strings import Lang, Texts
from grader.report.student_view import check_view, first_lines, leads, together
from grader.report.text import one_line


def fragment(
    checks: Sequence[CheckResult], *, audience: Audience = "student", lang: Lang = "en"
) -> str:
    """One or several checks as an HTML fragment with scoped style, no script and no ids.

    Text takes the colour of the notebook around it, so it reads on a light and on a dark theme.
    """
    views = [check_view(redact_check(check, audience)) for check in checks]
    wrong = [view for view in views if view.check.outcome is not Outcome.PASSED]
    return render(
        "notebook.html",
        lang,
        leads=leads(view for view in wrong if view.check.follows_from),
        problems=together(view for view in wrong if not view.check.follows_from),
        passed=[view for view in views if view.check.outcome is Outcome.PASSED],
        total=len(views),
        audience=audience,
    )


def plain(
    checks: Sequence[CheckResult], *, audience: Audience = "student", lang: Lang = "en"
) -> str:
    """The same in plain text, a line or two a check."""
    texts = Texts(lang)
    passed = sum(check.outcome is Outcome.PASSED for check in checks)
    lines = [texts("checks_passed", passed=passed, total=len(checks))]
    following = [check_view(check) for check in checks if check.follows_from]
    lines += [f"{texts('first.title')}: {line}" for line in first_lines(leads(following), texts)]
    for check in (redact_check(check, audience) for check in checks):
        if check.outcome is not Outcome.PASSED and not check.follows_from:
            lines.append(f"{texts.outcome(check.outcome)}: {one_line(check.title)}")
            causes = [
                text for group in check_view(check).cause_groups for text in _told(group, texts)
            ]
            said = (*causes, check.message, check.hint)
            lines += [f"    {one_line(text)}" for text in said if text]
    return "\n".join(lines)


def _told(group: CauseGroup, texts: Texts) -> list[str]:
    """Causes in plain text, below their label."""
    label = [texts(group.label, n=len(group.causes))] if group.label else []
    return [*label, *(f"{cause.title}. {cause.words}" for cause in group.causes)]
