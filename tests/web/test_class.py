"""The class pages: what is shown of whom, found, sorted, counted, and to whom."""

from __future__ import annotations

import dataclasses
import datetime as dt
from pathlib import Path

import pytest
from msgspec.structs import replace

from grader.batches.fingerprint import Fingerprint
from grader.batches.state import NAME, BatchState, StateEntry
from grader.batches.state_reader import StateReader
from grader.course.course_folder import CourseFolder
from grader.course.marks import Mark
from grader.model.person import Person
from grader.model.result import PartResult
from grader.model.worth import Override
from grader.report.summary import Summary
from grader.web.attention import attention
from grader.web.class_numbers import check_rows, fitting_bins, score_spread
from grader.web.class_query import ClassQuery, find_rows
from grader.web.class_rows import ClassView, StudentRow
from grader.web.paging import ON_A_PAGE, whole_number
from tests.web.desk_room import ABSENT, ADA, BO, BROKEN, HW, PEOPLE, Browser


def view_of(browser: Browser, name: str) -> ClassView:
    with browser.desk.reading() as view:
        account = view.accounts()[name]
    return browser.desk.class_view(HW, account)


def named(view: ClassView, key: str) -> StudentRow:
    return next(row for row in view.rows if row.person.key == key)


def keys(view: ClassView, **asked: str) -> list[str]:
    return [row.person.key for row in find_rows(view, ClassQuery.of(asked)).rows]


def test_everybody_has_a_row_with_a_state(owner: Browser) -> None:
    view = view_of(owner, "owner")
    assert {row.person.key for row in view.rows} == set(PEOPLE)
    states = {row.person.key: row.state for row in view.rows}
    assert states.pop(ABSENT) == "absent"
    assert states.pop(BROKEN) == "failed"
    assert set(states.values()) == {"graded"}
    assert [part.id for part in view.parts] == ["scale", "shift", "work"]


def test_what_was_decided_since_the_batch_is_shown(owner: Browser, course: CourseFolder) -> None:
    before = named(view_of(owner, "owner"), BO)
    assert before.summary is not None
    assert (before.score, "waiting" in before.notes) == (4, True)
    with course.changing("x") as change:
        mark = Mark(submission=BO, notebook="Work", question="1", points=2)
        change.enter_marks(HW, {mark.place: mark})
    marked = named(view_of(owner, "owner"), BO)
    assert (marked.score, "waiting" in marked.notes) == (6, False)
    with course.changing("x") as change:
        override = Override(assignment=HW, person=BO, scope="total", points=1, why="y", who="x")
        change.override(override)
    decided = named(view_of(owner, "owner"), BO)
    assert (decided.score, "override" in decided.notes) == (1, True)


def test_finding(owner: Browser) -> None:
    view = view_of(owner, "owner")
    assert keys(view, text="oz CEM") == ["Cem Öz_3"], "accents, case and order do not matter"
    assert keys(view, text="s2@uni") == [BO]
    assert set(keys(view, section="B")) == {
        key for key, section in PEOPLE.items() if section == "B"
    }
    assert keys(view, state="failed") == [BROKEN]
    assert ABSENT in keys(view)
    assert ABSENT not in keys(view, part="scale")
    lost = keys(view, part="scale")
    assert lost == keys(view, check="layers::scale")
    assert BO in lost
    assert ADA not in lost
    assert keys(view, text="nobody") == []
    assert keys(view, state="nonsense") == keys(view), "what is not known is not asked for"


def test_sorting_puts_those_without_a_value_last(owner: Browser) -> None:
    view = view_of(owner, "owner")
    for down in ("", "1"):
        found = find_rows(view, ClassQuery.of({"sort": "score", "down": down})).rows
        scores = [row.score for row in found]
        known = [score for score in scores if score is not None]
        assert known == sorted(known, reverse=bool(down))
        assert scores[len(known) :] == [None, None]
    assert keys(view, down="1") == keys(view)[::-1]
    assert set(keys(view, sort="part:shift")[-2:]) == {ABSENT, BROKEN}


def test_pages(owner: Browser) -> None:
    view = view_of(owner, "owner")
    many = dataclasses.replace(
        view,
        rows=[
            row._replace(person=Person(key=f"{n}", name=f"{n}"))
            for n in range(ON_A_PAGE + 1)
            for row in view.rows[:1]
        ],
    )
    first = find_rows(many, ClassQuery())
    assert (len(first.rows), first.found, first.pages) == (ON_A_PAGE, ON_A_PAGE + 1, 2)
    last = find_rows(many, ClassQuery.of({"page": "999"}))
    assert (last.page, [row.person.key for row in last.rows]) == (2, [f"{ON_A_PAGE}"])


@pytest.mark.parametrize("said", ["", "²", "-1", "1.0", "9" * 5000, "x"])
def test_what_is_no_number_asks_for_nothing(owner: Browser, said: str) -> None:
    assert whole_number(said) is None
    if len(said) < 100:
        for url in (
            "/a/hw",
            "/people",
            "/log",
            f"/a/hw/s/{BO}/code",
            "/a/hw/marking/Work/1/here",
        ):
            asked = {"page": said, "before": said, "line": said, "seen": said}
            assert owner.get(url, params=asked).status_code == 200, url


def test_an_assistant_sees_their_sections_alone(owner: Browser, assistant: Browser) -> None:
    view = view_of(assistant, "assistant")
    assert {row.person.section for row in view.rows} == {"A"}
    for url in ("/a/hw", "/a/hw/attention", "/a/hw/checks", "/", "/a/hw?check=layers%3A%3Ascale"):
        page = assistant.get(url)
        assert page.status_code == 200, url
        assert "Bo Lin" not in page.text, url
    assert "Bo Lin" in owner.get("/a/hw").text
    totals = [sum(row.failing for row in check_rows(view_of(b, n))) for b, n in
              ((owner, "owner"), (assistant, "assistant"))]  # fmt: skip
    assert totals[1] < totals[0]


def test_names_are_text(owner: Browser) -> None:
    page = owner.get("/a/hw").text
    assert "Kit &amp; &lt;b&gt;Co&lt;/b&gt;" in page
    assert "<b>Co" not in page


def test_from_a_check_to_its_students_and_back(owner: Browser) -> None:
    page = owner.get("/a/hw/checks").text
    link = "/a/hw?check=layers%3A%3Ascale"
    assert link in page
    found = owner.get(link).text
    assert "Students who did not pass: `scale` multiplies" in found
    assert "/a/hw/checks" in found
    assert "Ada Byron" not in found


def test_checks_are_counted(owner: Browser) -> None:
    rows = {row.check.id: row for row in check_rows(view_of(owner, "owner"))}
    scale = rows["layers::scale"]
    graded = [key for key in PEOPLE if key not in (ABSENT, BROKEN)]
    failing = [key for key in graded if int(key.rpartition("_")[2]) % 2 == 0]
    assert (scale.failing, scale.judged) == (len(failing), len(graded))


def test_attention(owner: Browser) -> None:
    found = attention(view_of(owner, "owner"))
    assert [row.person.key for row in found.failed] == [BROKEN]
    (waiting,) = found.waiting
    assert (waiting.question, waiting.waiting) == ("1", waiting.answered)
    assert found.lowest == sorted(found.lowest, key=lambda row: row.score or 0)
    assert "layers.py: invalid syntax" in owner.get("/a/hw/attention").text


def test_the_same_files_from_two_who_are_no_team(owner: Browser, course: CourseFolder) -> None:
    assert attention(view_of(owner, "owner")).same == []
    with course.changing("x") as change:
        stored = {each.attempt.owner: each for each in change.attempts(HW)}
        change.put_attempts(HW, [replace(stored[BO], digest=stored[ADA].digest)], "test")
    (same,) = attention(view_of(owner, "owner")).same
    assert [row.person.key for row in same.rows] == [ADA, BO]


def test_late_is_told_from_the_due_time_with_extensions(
    owner: Browser, course: CourseFolder
) -> None:
    due = course.settings.assignment(HW).due
    assert due is not None
    with course.changing("x") as change:
        (stored,) = [each for each in change.attempts(HW) if each.attempt.owner == BO]
        late = replace(stored.attempt, submitted=due + dt.timedelta(days=1, hours=2))
        change.put_attempts(HW, [replace(stored, attempt=late)], "test")
    assert named(view_of(owner, "owner"), BO).late == dt.timedelta(days=1, hours=2)
    assert "1 d 2 h late" in owner.get("/a/hw").text


def test_what_costs_nothing_by_grace_is_not_late(course: CourseFolder) -> None:
    due = course.settings.assignment(HW).due
    assert due is not None
    settings = course.path / "course.toml"
    text = settings.read_text("utf-8")
    settings.write_text(
        text.replace("[[assign", "[late]\ngrace_minutes = 15\n\n[[assign", 1), "utf-8"
    )
    with course.changing("x") as change:
        stored = {each.attempt.owner: each for each in change.attempts(HW)}
        for key, minutes in ((ADA, 15), (BO, 17)):
            late = replace(stored[key].attempt, submitted=due + dt.timedelta(minutes=minutes))
            change.put_attempts(HW, [replace(stored[key], attempt=late)], "test")
    view = view_of(Browser(CourseFolder.open(course.path), "owner"), "owner")
    assert (named(view, ADA).late, "late" in named(view, ADA).notes) == (None, False)
    assert named(view, BO).late == dt.timedelta(minutes=2)


@pytest.mark.parametrize(
    ("scores", "ends", "counts"),
    [
        ([5.0], (5, 6), [1]),
        ([2.0, 4.0, 6.0], (2, 6), [1, 0, 1, 1]),
        ([97.0, 98.5, 99.0, 100.0], (97, 100), [1, 1, 2]),
        ([0.0, 100.0], (0, 100), [1, 0, 0, 0, 1]),
    ],
)
def test_bins_fit_the_scores(
    scores: list[float], ends: tuple[float, float], counts: list[int]
) -> None:
    bins = fitting_bins(scores)
    assert (bins[0].low, bins[-1].high) == ends
    assert [bin.students for bin in bins] == counts


def test_a_spread_of_nobody(owner: Browser) -> None:
    assert score_spread(dataclasses.replace(view_of(owner, "owner"), rows=[])) is None


def test_an_assignment_that_nobody_submitted(owner: Browser) -> None:
    assert "Nothing submitted" in owner.get("/a/later").text
    assert owner.get("/a/later/checks").status_code == 200
    assert owner.get("/a/later/attention").status_code == 200


def test_both_languages(owner: Browser) -> None:
    assert "需要处理" in owner.get("/a/hw/attention?lang=zh").text


def summary_of(name: str, score: float) -> Summary:
    part = PartResult(id="p", title="P", points=score, max_points=9, passed=1, total=1)
    return Summary(
        submission=name, name=name, score=score, penalty=0, max_score=9, parts=[part], roll="",
        marks="", mistakes=[], internal=0, release=None, python2=False, sandbox=None,
        isolated=True, error="", error_kind="", cells=None,
    )  # fmt: skip


def test_only_what_changed_is_read_again(tmp_path: Path, entry: StateEntry) -> None:
    state, reader = BatchState(tmp_path / NAME), StateReader(tmp_path)
    state.register.rolls[""] = []
    for name, score in (("a", 1.0), ("b", 2.0)):
        state.put(entry, summary_of(name, score))
    assert reader.refresh()
    kept = reader.rows["a"]
    assert not reader.refresh()
    state.put(entry, summary_of("b", 3.0))
    assert reader.refresh()
    assert reader.rows["b"][1].score == 3
    assert reader.rows["a"] is kept
    state.forget(["b"])
    state.put(entry, summary_of("c", 4.0))
    assert reader.refresh()
    assert {name: row[1].score for name, row in reader.rows.items()} == {"a": 1, "c": 4}
    state.close()
    (tmp_path / NAME).write_bytes(b"not a database")
    assert reader.refresh()
    assert reader.rows == {}


@pytest.fixture
def entry() -> StateEntry:
    inputs = Fingerprint(**dict.fromkeys(Fingerprint.__struct_fields__, ""))
    return StateEntry(inputs=inputs, page="", stamps=(), worth="")
