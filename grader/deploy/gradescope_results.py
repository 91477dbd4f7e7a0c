"""A result in the form of Gradescope's `results.json`.

Everything in it comes from the student's copy of the result, also in what Gradescope is told to
hide: whoever changes a visibility later, or hides it by mistake where students see it, shows no
value of a hidden check.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final, Literal

from grader.deploy.check_text import check_text, check_title
from grader.model.errors import UsageError
from grader.model.result import Outcome, Result, Visibility
from grader.model.rubric import Text
from grader.report.check_view import asked_for
from grader.report.redact import for_audience
from grader.report.remarks import remarks
from grader.report.strings import Lang
from grader.report.text import one_line

HiddenChecks = Literal["hidden", "after_due_date", "after_published", "visible"]
HIDDEN_CHECKS: Final[tuple[HiddenChecks, ...]] = (
    "hidden", "after_due_date", "after_published", "visible",
)  # fmt: skip


_SUBMITTED_BY: Final = Text("Submitted by", "提交者")


def hidden_checks_of(text: str) -> HiddenChecks:
    """The choice that somebody named.

    Raises:
        UsageError: there is no such one.
    """
    for choice in HIDDEN_CHECKS:
        if choice == text:
            return choice
    raise UsageError(f"--hidden-checks {text}: expected one of {', '.join(HIDDEN_CHECKS)}.")


def gradescope_results(
    result: Result,
    *,
    lang: Lang = "en",
    hidden_checks: HiddenChecks = "hidden",
    leaderboard: bool = False,
    members: Sequence[str] = (),
) -> dict[str, Any]:
    """What Gradescope shows of a graded submission.

    Args:
        result: one that is sound: a fault of ours is no result.
        lang: of the texts.
        hidden_checks: when students see title and outcome of hidden checks; of their values they
            never see any.
        leaderboard: whether everybody sees everybody's points, under names that they choose.
        members: who submitted it.
    """
    shown = for_audience(result, "student")
    board = [
        {"name": "Points", "value": round(result.final, 2), "order": "desc"},
        {"name": "Checks passed", "value": _passed(result), "order": "desc"},
    ]
    return {
        "score": round(result.final, 2),
        "execution_time": round(result.duration, 2),
        "output": _output(shown, lang, members),
        "output_format": "text",
        "test_output_format": "text",
        "test_name_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "tests": list(_tests(shown, lang, hidden_checks)),
        **({"leaderboard": board} if leaderboard else {}),
    }


def _passed(result: Result) -> int:
    return sum(check.outcome is Outcome.PASSED for check in result.checks if asked_for(check))


def _output(shown: Result, lang: Lang, members: Sequence[str]) -> str:
    """What stands above the tests. No points: where some are hidden, so is what they add up to."""
    label, names = _SUBMITTED_BY.in_language(lang), one_line(", ".join(members))
    who = [f"{label}: {names}"] if len(members) > 1 else []
    late = [step.reason for step in shown.steps]
    return "\n".join([*who, *late, *remarks(shown, lang=lang)])


def _tests(shown: Result, lang: Lang, hidden_checks: HiddenChecks) -> Iterator[dict[str, Any]]:
    parts = {part.id: number for number, part in enumerate(shown.parts, start=1)}
    titles = {part.id: part.title for part in shown.parts}
    counts = dict.fromkeys(titles, 0)
    for check in shown.checks:
        if not asked_for(check):
            continue
        counts[check.part] = counts.get(check.part, 0) + 1
        hidden = check.visibility is Visibility.HIDDEN
        yield {
            "name": f"{titles.get(check.part, check.part)}: {check_title(check)}",
            "number": f"{parts.get(check.part, len(parts) + 1)}.{counts[check.part]}",
            "score": round(check.points, 6),
            "max_score": round(check.max_points, 6),
            "status": "passed" if check.outcome is Outcome.PASSED else "failed",
            "output": check_text(check, lang),
            "visibility": hidden_checks if hidden else "visible",
        }
