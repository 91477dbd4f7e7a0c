"""The numbers of the class page."""

from __future__ import annotations

import re

import pytest
from msgspec.structs import replace

from grader.model.result import Outcome, Result
from grader.report.class_statistics import ClassStatistics, report_href, statistics_of
from grader.report.student_view import bar, stretches
from tests.report import sample


def _statistics(results: list[Result]) -> ClassStatistics:
    return statistics_of(results, lambda result: report_href(result.submission))


def _scored(*scores: float) -> list[Result]:
    return [replace(sample.result(f"s{at}"), score=score) for at, score in enumerate(scores)]


def test_mean_median_and_range_are_of_the_graded() -> None:
    spread = _statistics([*_scored(10, 40, 100), sample.ungraded("u", "e")]).spread
    assert (spread.mean, spread.median, spread.lowest, spread.highest) == (50, 40, 10, 100)


def test_numbers_are_of_the_score_less_the_penalty() -> None:
    spread = _statistics([replace(result, penalty=5.0) for result in _scored(52, 100)]).spread
    assert (spread.mean, spread.highest, spread.mean_percent) == (71, 95, 71)
    assert [bin.count for bin in spread.bins][4] == 1


def test_every_score_is_in_one_bin() -> None:
    bins = _statistics(
        _scored(0, 9.99, 10, 30.000000000000004, 29.999999999999996, 99, 100)
    ).spread.bins
    assert [bin.count for bin in bins] == [2, 1, 0, 2, 0, 0, 0, 0, 0, 2]
    assert [bin.low for bin in bins] == list(range(0, 100, 10))


def test_nobody_graded_has_no_mean() -> None:
    made = _statistics([sample.ungraded("u", "e")])
    assert made.spread.mean is None
    assert (made.graded, len(made.ungraded)) == (0, 1)
    assert made.hardest == []


def _with(name: str, *outcomes: tuple[str, Outcome]) -> Result:
    checks = [sample.check(id, "layers", outcome) for id, outcome in outcomes]
    return replace(sample.result(name), checks=checks)


def test_the_hardest_check_is_the_one_most_of_those_judged_did_not_pass() -> None:
    results = [
        _with("a", ("x", Outcome.FAILED), ("y", Outcome.PASSED), ("z", Outcome.PASSED)),
        _with("b", ("x", Outcome.SKIPPED), ("y", Outcome.MISSING), ("z", Outcome.PASSED)),
        _with("c", ("x", Outcome.INTERNAL), ("y", Outcome.ERROR), ("z", Outcome.PASSED)),
    ]
    hardest = _statistics(results).hardest
    assert [(hard.check.id, hard.failing, hard.judged) for hard in hardest] == [
        ("layers::x", 1, 1),
        ("layers::y", 2, 3),
    ]
    assert hardest[0].share == 100
    assert hardest[1].counts[Outcome.MISSING] == 1


def test_releases_and_sandboxes_are_counted() -> None:
    made = _statistics(sample.class_results(40))
    assert sum(each.count for each in made.releases) == made.graded
    assert all(each.python2 == (each.count if each.release == "course-2016" else 0)
               for each in made.releases if each.release != "course-2017")  # fmt: skip
    assert made.sandboxes == [("bubblewrap", made.graded)]


def test_a_part_that_one_submission_lacks_leaves_a_gap() -> None:
    short = sample.result("short")
    short = replace(short, parts=short.parts[1:])
    rows = _statistics([sample.result("long"), short]).rows
    assert rows[1].parts[0] is None
    assert rows[1].parts[1] == short.parts[0]


def test_what_an_era_does_not_ask_for_is_not_counted() -> None:
    unasked = sample.check("layernorm_forward", "norm", Outcome.SKIPPED, max_points=0.0)
    results = [replace(sample.result("a"), checks=[unasked, sample.check("adam", "optim")])]
    made = _statistics(results)
    assert made.counts == {Outcome.PASSED: 1}


def test_a_maximum_is_a_range_where_templates_differ() -> None:
    one, other = sample.result("a"), sample.result("b")
    first = replace(other.parts[0], max_points=17.0)
    other = replace(other, parts=[first, *other.parts[1:]])
    assert _statistics([one, one]).maxima[:2] == [(15.0, 15.0), (10.0, 10.0)]
    assert _statistics([one, other]).maxima[:2] == [(15.0, 17.0), (10.0, 10.0)]


def test_addresses_stay_inside_the_folder_of_reports() -> None:
    for name in ("a b/../c", "javascript:alert(1)", "..", "%2e%2e/x", "/etc"):
        assert re.fullmatch(r"instructor/[\w%-][\w.%-]*-[0-9a-f]{16}\.html", report_href(name))
    assert report_href("a b") == "instructor/a%20b.html"


def test_a_bar_is_points_earned_then_lost_by_outcome() -> None:
    result = sample.result()
    layers = [check for check in result.checks if check.part == "layers"]
    segments = bar(layers, 12, 15)
    assert [(s.outcome, s.start, s.width) for s in segments] == [
        (Outcome.PASSED, 0.0, 80.0),
        (Outcome.FAILED, 80.0, 20.0),
    ]


@pytest.mark.parametrize("points", [0.0, 15.0])
def test_a_bar_of_nothing_or_everything(points: float) -> None:
    assert [s.width for s in bar([], points, 15.0)] == ([100.0] if points else [])
    assert bar([], 0.0, 0.0) == []


def test_stretches_follow_each_other() -> None:
    made = stretches({Outcome.ERROR: 0.5, Outcome.PASSED: 0.25})
    assert [(s.outcome, s.start) for s in made] == [(Outcome.PASSED, 0.0), (Outcome.ERROR, 25.0)]
