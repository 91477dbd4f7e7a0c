"""Marking by a scheme: its points, undoing, a scheme that changes, teams, groups, shares."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from msgspec.structs import replace

from grader.course.course_folder import CourseFolder
from grader.course.database.course_change import CourseChange
from grader.course.marking.answer_groups import AnswerText, answer_groups, normalised
from grader.course.marking.marking_acts import (
    AnswerToMark,
    EnteredMarks,
    MarkedMeanwhile,
    count_from,
    mark_answers,
    put_scheme_item,
    scheme_of,
    take_back,
)
from grader.course.marking.scheme import MarkChoice, Scheme, SchemeItem
from grader.course.marking.work_split import AnswerToSplit, MarkingRules, marker_of
from grader.course.marks import Mark
from grader.model.errors import UsageError
from grader.model.person import Person

Q = ("Nets", "1")
PEOPLE = ("ann", "bob", "cho")
RIGHT = SchemeItem(id=1, notebook="Nets", question="1", text="Right idea", points=1.5, position=2)
CHAIN = SchemeItem(id=2, notebook="Nets", question="1", text="No chain rule", points=-1)
REMARK = SchemeItem(id=3, notebook="Nets", question="1", text="Say why", position=3)
SCHEME = Scheme(points=2, items=[RIGHT, CHAIN, REMARK])


@pytest.fixture
def course(tmp_path: Path) -> CourseFolder:
    """Three people and nothing else."""
    (tmp_path / "course.toml").write_text('title = "Nets"', encoding="utf-8")
    course = CourseFolder.open(tmp_path)
    with course.changing("staff") as change:
        change.put_people([Person(key=key, name=key) for key in PEOPLE], "roster")
    return course


def _mark(change: CourseChange, person: str, choice: MarkChoice, **more: object) -> EnteredMarks:
    given = {"key": f"key of {person} {choice}", "seen": 0, "teams": {}, "over": False, **more}
    seen = int(str(given.pop("seen")))
    return mark_answers(
        change, "hw", Q, scheme_of(change, "hw", Q, 2), choice,
        [AnswerToMark(person, "v1", seen)], **given,  # type: ignore[arg-type]
    )  # fmt: skip


@pytest.mark.parametrize(
    ("choice", "zero", "full"),
    [
        (MarkChoice(), 0, 2),
        (MarkChoice(items=[1]), 1.5, 2),
        (MarkChoice(items=[1, 2, 3]), 0.5, 2),
        (MarkChoice(items=[2]), 0, 1),
        (MarkChoice(items=[1, 2], adjustment=-0.125), 0.38, 2),
        (MarkChoice(items=[2], adjustment=-5), 0, 0),
    ],
)
def test_points_are_those_of_the_items_within_the_questions(
    choice: MarkChoice, zero: float, full: float
) -> None:
    assert SCHEME.points_of(choice) == zero
    assert replace(SCHEME, counts_from="full").points_of(choice) == full


def test_the_comment_names_the_items_in_the_schemes_order() -> None:
    choice = MarkChoice(items=[1, 2, 3], comment="See\nme.")
    expected = "\u22121 No chain rule\n+1.5 Right idea\nSay why\nSee\nme."
    assert SCHEME.comment_of(choice) == expected


def test_marking_is_done_once_by_key(course: CourseFolder) -> None:
    with course.changing("ta") as change:
        item = put_scheme_item(change, "hw", replace(RIGHT, id=0), 2)
    choice = MarkChoice(items=[item], comment="Well.")
    for again in (False, True):
        with course.changing("ta") as change:
            assert _mark(change, "ann", choice) == EnteredMarks(1, 1.5, again)
    with course.changing("other") as change, pytest.raises(UsageError, match="belongs to another"):
        _mark(change, "ann", choice)
    with course.reading() as view:
        (entry,) = view.mark_history("hw")
        assert (entry.points, entry.comment, entry.version, entry.who) == (
            1.5, "+1.5 Right idea\nWell.", "v1", "ta",
        )  # fmt: skip
        assert view.marking.made("hw", Q)["ann"].choice == choice
        assert view.marking.used_comments("hw", Q) == ["Well."]


def test_a_mark_of_another_is_not_gone_over_unseen(course: CourseFolder) -> None:
    with course.changing("ta") as change:
        _mark(change, "ann", MarkChoice(adjustment=1))
    with (
        pytest.raises(MarkedMeanwhile, match="ta marked this answer meanwhile: 1 points"),
        course.changing("other") as change,
    ):
        _mark(change, "ann", MarkChoice(adjustment=2))
    with course.changing("ta") as change:  # their own they go over
        _mark(change, "ann", MarkChoice(adjustment=0.5))
        seen = change.marking.last_marks("hw", [("ann", *Q)])["ann", *Q].id
    with course.changing("other") as change:
        _mark(change, "ann", MarkChoice(adjustment=1.5), seen=seen)
        _mark(change, "ann", MarkChoice(adjustment=2), over=True)
        assert change.marks("hw")["ann", *Q].points == 2


def test_a_team_is_marked_as_one(course: CourseFolder) -> None:
    teams = {"ann": ["ann", "bob"], "bob": ["ann", "bob"]}
    with course.changing("ta") as change:
        act = _mark(change, "bob", MarkChoice(adjustment=1), teams=teams).act
        assert {place[0]: m.points for place, m in change.marks("hw").items()} == {
            "ann": 1, "bob": 1,
        }  # fmt: skip
        assert sorted(take_back(change, act, 2).people) == ["ann", "bob"]
        assert change.marks("hw") == {}


def test_what_is_undone_is_as_it_was_before(course: CourseFolder) -> None:
    sheet = Mark(submission="ann", notebook="Nets", question="1", points=0.5, comment="by sheet")
    with course.changing("boss") as change:
        change.enter_marks("hw", {sheet.place: sheet})
    with course.changing("ta") as change:
        first = _mark(change, "ann", MarkChoice(adjustment=1), over=True).act
        second = _mark(change, "ann", MarkChoice(adjustment=2)).act
        for act, points in ((second, 1.0), (first, 0.5)):
            found = change.marking.last_act_of("hw", "ta")
            assert found is not None
            assert found.id == act
            for _ in range(2):  # the second time it is done already
                assert take_back(change, act, 2).people == ["ann"]
            assert change.marks("hw")["ann", *Q].points == points
        assert change.marks("hw")["ann", *Q] == sheet
        assert change.marking.last_act_of("hw", "ta") is None
        assert change.marking.made("hw", Q) == {}


def test_nobody_undoes_what_another_did_or_has_changed_since(course: CourseFolder) -> None:
    with course.changing("ta") as change:
        act = _mark(change, "ann", MarkChoice(adjustment=1)).act
    with course.changing("other") as change:
        with pytest.raises(UsageError, match="nothing of yours"):
            take_back(change, act, 2)
        _mark(change, "ann", MarkChoice(adjustment=2), over=True)
    with course.changing("ta") as change:
        assert take_back(change, act, 2) == ([], 1)
        assert change.marks("hw")["ann", *Q].points == 2


def test_a_scheme_that_changes_marks_anew_what_was_marked_with_it(course: CourseFolder) -> None:
    with course.changing("ta") as change:
        item = put_scheme_item(change, "hw", replace(RIGHT, id=0), 2)
        _mark(change, "ann", MarkChoice(items=[item], adjustment=0.25, comment="Yes."))
        _mark(change, "bob", MarkChoice(adjustment=1))
        _mark(change, "cho", MarkChoice(items=[item]))
    sheet = Mark(submission="cho", notebook="Nets", question="1", points=2)
    with course.changing("boss") as change:
        change.enter_marks("hw", {sheet.place: sheet})
        changed = replace(RIGHT, id=item, points=1, text="The idea")
        put_scheme_item(change, "hw", changed, 2)
        found = {place[0]: mark for place, mark in change.marks("hw").items()}
        assert {name: mark.points for name, mark in found.items()} == {
            "ann": 1.25, "bob": 1, "cho": 2,
        }  # fmt: skip
        assert found["ann"].comment == "+1 The idea\nYes."
        put_scheme_item(change, "hw", replace(changed, removed=True), 2)
        assert change.marks("hw")["ann", *Q].points == 1.25
        count_from(change, "hw", Q, "full", 2)
        assert change.marks("hw")["bob", *Q].points == 2
        assert change.marks("hw")["cho", *Q] == sheet


def test_a_scheme_that_begins_by_taking_off_counts_from_all_points(course: CourseFolder) -> None:
    with course.changing("ta") as change:
        put_scheme_item(change, "hw", replace(CHAIN, id=0), 2)
        put_scheme_item(change, "hw", replace(RIGHT, id=0, position=0), 2)
        scheme = scheme_of(change, "hw", Q, 2)
    assert scheme.counts_from == "full"
    assert [item.text for item in scheme.offered] == ["No chain rule", "Right idea"]


@pytest.mark.parametrize(
    ("item", "said"),
    [
        (replace(RIGHT, id=0, text=" "), "needs a text"),
        (replace(RIGHT, id=0, text="x" * 501), "at most 500"),
        (replace(RIGHT, id=0, points=2.5), "2.5 points are more than the question's 2"),
        (replace(RIGHT, id=99), "no such item"),
    ],
)
def test_an_item_that_is_not_valid_is_refused(
    course: CourseFolder, item: SchemeItem, said: str
) -> None:
    with course.changing("ta") as change, pytest.raises(UsageError, match=said):
        put_scheme_item(change, "hw", item, 2)


def test_a_choice_of_another_scheme_is_refused(course: CourseFolder) -> None:
    with course.changing("ta") as change, pytest.raises(UsageError, match="not in this question"):
        _mark(change, "ann", MarkChoice(items=[7]))
    with course.changing("ta") as change, pytest.raises(UsageError, match="more than the question"):
        _mark(change, "ann", MarkChoice(adjustment=2.5))


def test_equal_answers_differ_in_what_says_nothing() -> None:
    assert normalised("It  scales\nX.") == normalised("it scales x")
    assert normalised("ｘ＝１。") == normalised("x=1")
    for one, other in (("$N$", "$n$"), ("`W`", "`w`"), ("y = -x", "y = x"), ("x²", "x2")):
        assert normalised(one) != normalised(other)


def test_near_answers_lie_in_one_group_whatever_their_order() -> None:
    long = "Each column is multiplied by its own weight, so the shape stays that of x"
    texts = {
        "a": long, "b": long.upper() + ".", "c": long.replace("own ", ""), "d": "Because of ReLU",
        "e": "", "f": "", "g": long,
    }  # fmt: skip
    answers = [
        AnswerText(code, text, "figure" if code == "g" else "") for code, text in texts.items()
    ]
    groups = answer_groups(answers)
    assert [group.codes for group in groups] == [["a", "b", "c"], ["e", "f"], ["d"], ["g"]]
    assert [wording.codes for wording in groups[0].wordings] == [["a", "b"], ["c"]]
    random.Random(3).shuffle(answers)
    assert {g.id: sorted(g.codes) for g in answer_groups(answers)} == {
        g.id: sorted(g.codes) for g in groups
    }


def test_a_marker_that_joins_takes_work_and_moves_no_other() -> None:
    answers = [AnswerToSplit(str(n), ("N", str(n % 3)), str(n // 4), "xyz") for n in range(300)]
    questions = [("N", "0"), ("N", "1"), ("N", "2")]

    def split(by: str, markers: str) -> list[str]:
        rules = MarkingRules(split=by, markers=list(markers))  # type: ignore[arg-type]
        return [marker_of(answer, rules, questions) for answer in answers]

    for by in ("group", "chance"):
        before, after = split(by, "xy"), split(by, "xyz")
        assert {b for b, a in zip(before, after, strict=True) if a != b and a != "z"} == set()
        assert 60 < after.count("z") < 140
    assert split("question", "xy")[:3] == ["x", "y", "x"]
    grouped = split("group", "xy")
    assert all(len(set(grouped[at : at + 4])) == 1 for at in range(0, 300, 4))
    assert set(split("", "xy")) == set(split("chance", "")) == {""}
    mine = AnswerToSplit("1", ("N", "0"), "g", ["y"])
    assert marker_of(mine, MarkingRules(split="question", markers=["x", "y"]), questions) == "y"
