"""A term: totals, sections, the hardest checks, and mistakes that come back."""

from __future__ import annotations

import csv
import datetime as dt
from typing import Any

from msgspec.structs import replace

from grader.course.term import GradedAssignment, term_of, work_of
from grader.model.person import Person
from grader.model.result import Cause, CheckResult, Outcome, Result
from grader.model.worth import WorthStep
from grader.report.term_page import checks_csv, mistakes_csv, sections_csv, term_page, totals_csv

PEOPLE = [
    Person(key="ann", name="Ann", section="A"),
    Person(key="bob", name="Bob <b>", section="B"),
    Person(key="cy", name="Cy", section="A"),
    Person(key="gone", name="Gone", withdrawn=True),
]


def _result(score: float, *, wrong: str = "", **more: Any) -> Result:
    cause = Cause(id=wrong, kind="mistake", function="f", title=f"It is {wrong}")
    check = CheckResult(
        id="layers::a",
        title="Values of a",
        part="layers",
        targets=["f"],
        outcome=Outcome.FAILED if wrong else Outcome.PASSED,
        points=0.0 if wrong else 1.0,
        max_points=1.0,
        causes=[cause] if wrong else [],
    )
    values: dict[str, Any] = {"score": score, "max_score": 10.0, "parts": [], "checks": [check]}
    return Result(submission="x", assignment="hw", **{**values, **more})


def _assignment(id: str, day: int | None, **more: Any) -> GradedAssignment:
    values: dict[str, Any] = {
        "id": id,
        "title": id.upper(),
        "weight": 10.0,
        "max_points": 10.0,
        "due": dt.datetime(2026, 3, day, tzinfo=dt.UTC) if day else None,
        "may_drop": True,
        "results": {},
        "over": frozenset(("ann", "bob", "cy")),
    }
    return GradedAssignment(**{**values, **more})


FIRST = _assignment(
    "hw1",
    1,
    results={"ann": _result(9.0, wrong="flipped"), "bob": _result(5.0), "gone": _result(0.0)},
)
SECOND = _assignment(
    "hw2",
    8,
    weight=20.0,
    results={"ann": _result(7.0, wrong="flipped", penalty=1.0), "cy": _result(8.0)},
)
TERM = term_of("Course", PEOPLE, [SECOND, FIRST], drop=0)


def _rows(pieces: Any) -> list[dict[str, str]]:
    text = b"".join(pieces).decode("utf-8-sig")
    return list(csv.DictReader(text.splitlines()))


def test_totals_are_weighed_and_rounded_once() -> None:
    # ann: (9 * 10 + 6 * 20) / 30 = 7; bob: 5 * 10 / 30 = 1.666...; cy: 8 * 20 / 30 = 5.333...
    totals = {row.person.key: row.total for row in TERM.rows}
    assert totals == {"ann": 70.0, "bob": 16.67, "cy": 53.33}


def test_the_lowest_is_left_out_and_said() -> None:
    term = term_of("Course", PEOPLE, [FIRST, SECOND], drop=1)
    assert [row.total for row in term.rows] == [90.0, 50.0, 80.0]
    rows = {row["student"]: row for row in _rows(totals_csv(term))}
    assert rows["ann"]["hw2:state"] == "dropped"
    assert (rows["ann"]["hw2:points"], rows["bob"]["hw2:state"]) == ("6", "dropped")
    assert "(6)" in term_page(term)


def test_each_state_of_work() -> None:
    step = WorthStep(kind="override", reason="", before=0.0, after=4.0)
    unread: dict[str, Any] = {"error": "Not an archive.", "checks": []}
    results = {
        "graded": _result(5.0),
        "excused": _result(5.0, excused=True),
        "unreadable": _result(0.0, error_kind="input", **unread),
        "given": _result(0.0, error_kind="input", steps=[step], **unread),
        "absent": _result(0.0, error_kind="absent", **unread),
        "failed": _result(0.0, error_kind="internal", **unread),
    }
    assigned = _assignment("hw", 1, results=results, over=frozenset(("absent", "nobody")))
    found = {name: work_of(assigned, name) for name in (*results, "nobody", "later")}
    assert {name: (work.state, work.points) for name, work in found.items()} == {
        "graded": ("graded", 5.0),
        "excused": ("excused", 5.0),
        "unreadable": ("unreadable", 0.0),
        "given": ("graded", 4.0),
        "absent": ("nothing", 0.0),
        "failed": ("failed", 0.0),
        "nobody": ("nothing", 0.0),
        "later": ("pending", 0.0),
    }


def test_what_does_not_count_changes_no_total() -> None:
    later = _assignment("hw3", None, over=frozenset(), results={"bob": _result(1.0, excused=True)})
    term = term_of("Course", PEOPLE, [later, FIRST, SECOND], drop=0)
    assert [row.total for row in term.rows] == [row.total for row in TERM.rows]
    assert [each.id for each in term.assignments] == ["hw1", "hw2", "hw3"]
    nothing = term_of("Course", PEOPLE, [later], drop=1)
    assert [row.total for row in nothing.rows] == [None, None, None]


def test_sections_over_time() -> None:
    rows = _rows(sections_csv(TERM))
    assert [(row["assignment"], row["section"], row["submitted"], row["mean"]) for row in rows] == [
        ("hw1", "", "2", "70"),
        ("hw1", "A", "1", "90"),
        ("hw1", "B", "1", "50"),
        ("hw2", "", "2", "70"),
        ("hw2", "A", "2", "70"),
        ("hw2", "B", "0", ""),
    ]
    assert [row["late"] for row in rows] == ["0", "0", "0", "1", "1", "0"]


def test_the_hardest_checks_name_the_students() -> None:
    rows = _rows(checks_csv(TERM))
    assert [
        (row["assignment"], row["failing"], row["judged"], row["students"]) for row in rows
    ] == [
        *(("hw1", "1", "2", "ann"), ("hw2", "1", "2", "ann")),
    ]


def test_a_mistake_comes_back_in_another_assignment() -> None:
    (row,) = _rows(mistakes_csv(TERM))
    assert (row["mistake"], row["student"], row["assignments"]) == ("flipped", "ann", "hw1; hw2")
    once = term_of("Course", PEOPLE, [FIRST, replace_results(SECOND, ann=_result(1.0))], drop=0)
    assert once.returning == []


def replace_results(assigned: GradedAssignment, **results: Result) -> GradedAssignment:
    return assigned._replace(results=results)


def test_withdrawn_students_are_in_nothing() -> None:
    assert "gone" not in {row.person.key for row in TERM.rows}
    assert TERM.assignments[0].whole.lowest == 50.0


def test_the_page_tells_it_in_both_languages() -> None:
    for lang, told in (("en", "Mistakes that come back"), ("zh", "反复出现的错误")):
        page = term_page(TERM, lang=lang)  # type: ignore[arg-type]
        assert told in page
        assert "Bob &lt;b&gt;" in page
        assert "53.33" in page


def test_an_empty_term_is_a_page_too() -> None:
    assert "Nothing is graded yet." in term_page(replace(TERM, assignments=[], rows=[]))
