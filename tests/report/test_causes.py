"""Causes in reports."""

from __future__ import annotations

import io
import re
from typing import Any

from msgspec.structs import replace
from rich.console import Console

from grader.model.result import Cause, CheckResult, Finding, Outcome, Result, Visibility
from grader.report.cell_output import fragment, plain
from grader.report.class_statistics import statistics_of
from grader.report.html import class_page, student_page
from grader.report.terminal import summary
from tests.report import sample


def cause(id: str = "adam-t-late", **fields: Any) -> Cause:
    values: dict[str, Any] = {
        "id": id,
        "kind": "mistake",
        "function": "adam",
        "title": f"Title of {id}",
        "explanation": f"Explanation of {id}.",
        "source": sample.span("", 31),
    }
    return Cause(**{**values, **fields})


def check(*causes: Cause, id: str = "adam", **fields: Any) -> CheckResult:
    values: dict[str, Any] = {"message": "The value of next_w is wrong.", "causes": list(causes)}
    return sample.check(id, "optim", Outcome.FAILED, **{**values, **fields})


def result(*checks: CheckResult) -> Result:
    return sample.tally(replace(sample.result(), checks=list(checks)))


def texts(shown: Result) -> list[str]:
    """The result as each report shows it, without markup."""
    console = Console(width=300, record=True, file=io.StringIO())
    console.print(summary(shown))
    pages = [student_page(shown), fragment(shown), plain(shown)]
    return [re.sub(r"<[^>]*>", "", page) for page in pages] + [console.export_text()]


def test_a_cause_stands_above_the_message_everywhere() -> None:
    for text in texts(result(check(cause()))):
        places = [
            text.index("Title of adam-t-late"),
            text.index("Explanation of adam-t-late."),
            text.index("The value of next_w is wrong."),
        ]
        assert places == sorted(places), text[-500:]
        assert "most likely" not in text


def test_the_place_is_named() -> None:
    mine = check(cause(), source=sample.span("", 31))
    page = student_page(result(mine))
    assert re.search(r"adam .*, cs231n/layers.py, lines? 3[01]", re.sub("<[^>]*>", "", page))
    elsewhere = check(cause(function="relu_forward"))
    page = student_page(result(elsewhere))
    assert re.search(r"<code>relu_forward</code>, cs231n/layers.py, lines? 3[01]", page)


def test_several_that_may_be_are_told_as_such() -> None:
    offered = [cause("one", certain=False, choice=1), cause("two", certain=False, choice=1)]
    for text in texts(result(check(*offered, cause("three")))):
        order = (
            "Title of three",
            "Possible causes, the most likely",
            "Title of one",
            "Title of two",
        )
        places = [text.index(part) for part in order]
        assert places == sorted(places)


def test_two_that_are_made_are_not_told_as_one_of_two() -> None:
    both = [cause("one", certain=False), cause("two", certain=False)]
    for text in texts(result(check(*both))):
        assert text.index("Several probable causes at once:") < text.index("Title of one")
        assert "most likely" not in text
    alone = student_page(result(check(both[0])))
    assert "Probable cause:" in alone


def test_a_minor_one_is_marked() -> None:
    shown = result(check(cause(severity="minor")))
    assert '<span class="tag">minor</span>' in student_page(shown)
    assert '<span class="tag">轻微</span>' in student_page(shown, lang="zh")
    assert "minor" in texts(shown)[-1]
    assert ">minor<" not in student_page(result(check(cause())))


def test_a_pattern_is_not_said_twice() -> None:
    seen = cause("structure:pattern", kind="structure", title="zero everywhere", explanation="")
    said = check(seen, message="dx is wrong: zero everywhere.")
    unsaid = check(seen, message="dx is wrong.")
    assert student_page(result(said)).count("zero everywhere") == 1
    assert student_page(result(unsaid)).count("zero everywhere") == 1


def test_checks_with_the_same_mistake_share_a_card() -> None:
    one = check(cause(), id="adam_first")
    other = check(cause(), id="adam_steps", message="Something else is wrong.")
    third = check(cause("other"), id="adam_state")
    page = student_page(result(one, other, third))
    assert page.count('<article class="check failed"') == 1
    assert page.count("Title of adam-t-late") == page.count("Title of other") == 1
    assert "1 more check fails the same way" in page


def test_of_a_hidden_check_a_student_reads_the_mistake_but_no_values() -> None:
    causes = [cause(), cause("structure:pattern", kind="structure", title="canary")]
    finding = Finding(kind="values", pattern="canary", received="canary")
    hidden = check(
        *causes, visibility=Visibility.HIDDEN, message="canary", finding=finding
    )  # fmt: skip
    page = student_page(result(hidden), audience="student")
    assert "Title of adam-t-late" in page
    assert "canary" not in page


def test_the_class_reads_what_to_teach() -> None:
    often, seldom = cause("often"), cause("seldom", function="relu_forward", certain=False)
    unlikely = cause("unlikely", certain=False)
    kind = cause("structure:x", kind="structure")
    results = [
        result(check(often, id="a"), check(often, id="b")),
        result(check(often), check(seldom, unlikely, id="c")),
        result(check(kind)),
    ]
    made = statistics_of(results, lambda summary: summary.submission).mistakes
    assert [(mistake.cause.id, mistake.count) for mistake in made] == [("often", 2), ("seldom", 1)]
    page = class_page(results, title="A class")
    assert page.index("Most common mistakes") < page.index("Title of often")
    assert page.index("Title of often") < page.index("Title of seldom")
    assert "Title of unlikely" not in page
    assert "Most common mistakes" not in class_page([result(check())], title="A class")


def test_causes_survive_the_result_file() -> None:
    shown = result(check(cause()))
    assert Result.from_json(shown.to_json()) == shown
