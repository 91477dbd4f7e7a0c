"""Marks for written answers: entered from a sheet, kept, counted everywhere, never lost."""

from __future__ import annotations

import datetime as dt
import io
import json
import re
from pathlib import Path

import pytest
from msgspec.structs import replace
from rich.console import Console

from grader.course.lateness import Deadline
from grader.course.marks import Mark, Marks
from grader.course.overrides import as_graded
from grader.course.submission_worth import Worth
from grader.model.errors import InputError
from grader.model.notebook_records import CellOutput, NotebookResult, WrittenAnswer
from grader.model.result import WRITTEN, Result
from grader.model.worth import LatePolicy
from grader.report.terminal import summary
from tests.course.room import BASE, Room


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Room:
    """Two who answered, graded once."""
    room = Room(tmp_path, monkeypatch)
    room.hand_in("ann", "Less noise.", "It drops.", "")
    room.hand_in("bob", "More noise.", "=cmd|' /C calc'!A0", "Both.")
    room.batch()
    return room


def _written(result: Result) -> tuple[float, float, int, int]:
    [part] = [part for part in result.parts if part.id == WRITTEN]
    return part.points, part.max_points, part.passed, part.total


def test_without_marks_nothing_of_the_score_changes(room: Room) -> None:
    ann = room.result("ann")
    assert (ann.score, ann.max_score) == (BASE.score, BASE.max_score)
    assert WRITTEN not in {part.id for part in ann.parts}
    assert "2 points, marked by hand" in room.report("ann")
    assert room.gradebook()["ann"]["unmarked"] == "2"
    assert "5 written answers are not marked yet" in (room.out / "index.html").read_text("utf-8")


def test_a_filled_in_sheet_changes_scores_gradebook_pages_and_nothing_is_graded(
    room: Room,
) -> None:
    sheet = room.fill({("ann", "1"): ("1.5", "Say *why* <b>."), ("bob", "3"): "2"})
    said = room.batch("--marks", sheet)
    assert "written.csv: 2." in said
    assert room.executor.graded == []
    ann, bob = room.result("ann"), room.result("bob")
    assert _written(ann) == (1.5, 6, 1, 3)
    assert _written(bob) == (2, 6, 1, 3)
    assert ann.score == pytest.approx(BASE.score + 1.5)
    assert ann.max_score == BASE.max_score + 6
    row = room.gradebook()["ann"]
    assert float(row["score"]) == pytest.approx(ann.score, abs=0.01)
    assert (row[f"part:{WRITTEN}"], row["unmarked"]) == ("1.5", "1")
    page = room.report("ann")
    assert "1.5 of 2 points" in page
    assert "Say *why* &lt;b&gt;." in page
    assert "2 points, not marked yet" in page
    assert "1 of 3 marked" in page
    index = (room.out / "index.html").read_text("utf-8")
    assert ">Written answers<" in index
    assert "3 written answers are not marked yet" in index
    console = Console(width=100, record=True, file=io.StringIO())
    console.print(summary(ann))
    assert re.search(r"Written answers +1\.5 / 6 +1 of 3 marked", console.export_text())


def test_marks_stay_without_being_named_again(room: Room) -> None:
    room.batch("--marks", room.fill({("ann", "1"): "1.5"}))
    score = room.result("ann").score
    room.batch()
    assert room.executor.graded == []
    room.batch("--fresh")
    assert sorted(room.executor.graded) == ["ann", "bob"]
    assert room.result("ann").score == score
    (room.out / "batch.sqlite").unlink()
    room.batch()
    assert room.result("ann").score == score


def test_a_mark_outlives_a_change_of_its_answer_and_is_pointed_out(room: Room) -> None:
    room.batch("--marks", room.fill({("ann", "1"): "1.5", ("ann", "2"): "2"}))
    room.hand_in("ann", "Quite another answer.", "It drops.", "")
    said = room.batch()
    assert room.executor.graded == ["ann"]
    answers = room.result("ann").notebooks[0].answers
    assert [(a.mark, a.outdated) for a in answers] == [(1.5, True), (2, False), (None, False)]
    assert _written(room.result("ann"))[:2] == (3.5, 6)
    assert "changed since it was marked" in room.report("ann")
    assert "Written answers to be marked: 4" in said
    noted = {
        (row["submission"], row["question"]): row["note"] for row in room.rows("written-2.csv")
    }
    assert noted["ann", "1"] == "changed since it had 1.5 points"
    assert ("ann", "2") not in noted
    room.batch("--marks", room.fill({("ann", "1"): "1"}, "written-2.csv"))
    assert [a.outdated for a in room.result("ann").notebooks[0].answers] == [False] * 3
    assert _written(room.result("ann"))[0] == 3


def test_a_mark_is_corrected_and_taken_back(room: Room) -> None:
    room.batch("--marks", room.fill({("ann", "1"): "1.5", ("bob", "1"): "1"}, to="a.csv"))
    room.batch("--marks", room.fill({("ann", "1"): "0"}, "a.csv", to="b.csv"))
    assert _written(room.result("ann")) == (0, 6, 1, 3)
    rows = room.out / "c.csv"
    rows.write_text("submission,notebook,question,mark\nann,Dropout,1,-\n", "utf-8")
    room.batch("--marks", rows)
    assert _written(room.result("ann")) == (0, 6, 0, 3)
    rows.write_text("submission;notebook;question;mark\r\nbob;Dropout;1;-\r\n", "utf-8")
    room.batch("--marks", rows)
    assert room.result("ann").max_score == BASE.max_score
    assert room.result("bob").score == BASE.score


def test_of_several_sheets_the_last_one_counts(room: Room) -> None:
    first = room.fill({("ann", "1"): "1", ("ann", "2"): "1"}, to="a.csv")
    second = room.fill({("ann", "1"): "2"}, to="b.csv")
    room.batch("--marks", first, "--marks", second)
    assert _written(room.result("ann"))[0] == 3


def test_a_comment_alone_is_no_mark(room: Room) -> None:
    room.batch("--marks", room.fill({("ann", "1"): ("", "See me.")}))
    assert room.result("ann").max_score == BASE.max_score
    assert "See me." in room.report("ann")
    (room.out / "written.csv").unlink()
    room.batch()
    room.batch("--marks", room.fill({("bob", "1"): "1"}))
    assert _written(room.result("ann")) == (0, 6, 0, 3)


def test_a_wrong_sheet_changes_nothing_and_nothing_is_graded(room: Room) -> None:
    sheet = room.fill({("ann", "1"): "1", ("bob", "1"): "3"})
    room.hand_in("ann", "Changed.", "", "")
    with pytest.raises(InputError, match=r"row 3: a mark of 3 is not within 0 and 2 points"):
        room.batch("--marks", sheet)
    assert room.executor.graded == ["ann", "bob"]
    assert not (room.out / "marks.json").exists()


def test_marks_that_cannot_be_read_stop_the_batch(room: Room) -> None:
    room.batch("--marks", room.fill({("ann", "1"): "1.5"}))
    (room.out / "marks.json").write_text("[{")
    with pytest.raises(InputError, match=r"marks\.json: cannot be read"):
        room.batch()
    assert room.result("ann").notebooks[0].answers[0].mark == 1.5


def test_an_assignment_without_questions_takes_none(room: Room) -> None:
    with pytest.raises(Exception, match="numpynn has no questions"):
        room.batch("--marks", room.out / "written.csv", "-a", "numpynn")


def test_a_cache_holds_results_without_marks(room: Room, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    room.batch("--fresh", "--cache", cache, "--marks", room.fill({("ann", "1"): "1.5"}))
    room.out = tmp_path / "other"
    room.batch("--cache", cache)
    assert room.executor.graded == []
    assert room.result("ann").score == BASE.score


def _result(*texts: str) -> Result:
    answers = [
        WrittenAnswer(question=str(n), state="answered", text=text, points=2)
        for n, text in enumerate(texts, start=1)
    ]
    return replace(BASE, notebooks=[NotebookResult(id="Dropout", answers=answers)])


def _mark(question: str, points: float | None, version: str = "") -> Mark:
    return Mark(
        submission=BASE.submission, notebook="Dropout", question=question, points=points,
        version=version,
    )  # fmt: skip


def test_applying_marks_twice_is_as_once() -> None:
    marks = Marks([_mark("1", 1.1), _mark("2", 0.7)])
    once = marks.applied(_result("a", "b"))
    assert marks.applied(marks.applied(once)) == once
    assert Marks().applied(once) == _result("a", "b")
    assert once.score == pytest.approx(BASE.score + 1.8)


def test_lateness_is_taken_off_the_whole() -> None:
    due = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    deadline = Deadline(due=due, policy=LatePolicy(percent_per_day=10))
    late = Worth(submitted=due + dt.timedelta(hours=30), deadline=deadline)
    once = late.applied(_result("a"))
    marked = late.applied(Marks([_mark("1", 2)]).applied(as_graded(once)))
    assert marked.penalty == pytest.approx((BASE.score + 2) * 0.2, abs=0.01)


def test_a_mark_above_what_the_answer_is_worth_now_is_cut_and_pointed_out() -> None:
    marked = Marks([_mark("1", 5, _result("a").notebooks[0].answers[0].version)]).applied(
        _result("a")
    )
    assert _written(marked)[0] == 2
    assert marked.notebooks[0].answers[0].outdated


def test_another_picture_is_another_answer() -> None:
    answer = _result("a").notebooks[0].answers[0]
    shown = replace(answer, pictures=[CellOutput(mime="image/png", data="eA==")])
    assert shown.version != answer.version


def test_what_could_not_be_graded_gets_no_part() -> None:
    broken = replace(_result("a"), error="gone", error_kind="input", parts=[], checks=[])
    assert Marks([_mark("1", 2)]).applied(broken).parts == []


def test_every_mark_is_stored() -> None:
    marks = Marks([_mark("1", 1.5), _mark("2", None, "abc")])
    stored = marks.to_json()
    assert len(json.loads(stored)) == 2
    assert Marks.from_json(stored, "").to_json() == stored
