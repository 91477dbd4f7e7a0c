"""`grader batch --for`: who counts, what is worth what, and what is remembered."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from grader.course.marks import Mark
from grader.model.errors import UsageError
from tests.course.course_room import ANN, BOB, CHO, SETTINGS, CourseRoom

ONE = {"leeann_1_900_hw.zip": (7, "because", "so"), "libob_2_901_hw.zip": (10, "no", "yes")}
DUE = f"{SETTINGS}due = 2026-03-10T12:00:00\n[late]\npercent_per_day = 10\n"


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CourseRoom:
    return CourseRoom(tmp_path, monkeypatch)


def _times(room: CourseRoom, **times: str) -> Path:
    path = room.exports / "times.csv"
    path.parent.mkdir(exist_ok=True)
    lines = [f"{name}@x.y,{time}" for name, time in times.items()]
    path.write_text("email,submitted\n" + "\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_everybody_is_a_row(room: CourseRoom) -> None:
    said = room.grade(room.canvas("one", ONE))
    assert "2 attempts of 2 students new" in said
    assert "2 of 3 graded. 1 submitted nothing." in said
    assert room.finals() == {ANN: "7", BOB: "10", CHO: "not submitted"}
    assert "Nothing was submitted" in room.page(CHO)
    assert "2 of 3 submitted, 2 attempts, 2 graded" in room.run("course show")
    assert "2 of them unchanged" not in said
    assert "3 of them unchanged" in room.grade()
    assert room.executor.graded == []


def test_who_withdrew_has_no_row_without_work(room: CourseRoom, tmp_path: Path) -> None:
    (tmp_path / "two.csv").write_text("name,canvas id\nBob Li,2\n", encoding="utf-8")
    room.run("course roster", tmp_path / "two.csv", "--withdraw")
    room.grade(room.canvas("one", ONE))
    assert room.finals() == {ANN: "7", BOB: "10"}


def test_overrides_outlive_grading_again(room: CourseRoom) -> None:
    room.grade(room.canvas("one", ONE))
    room.run("override 1 --for hw --check layers::x --points 9 --why regraded")
    room.run("override 3 --for hw --points 4 --why oral")
    room.grade()
    assert room.finals() == {ANN: "9", BOB: "10", CHO: "4"}
    assert "regraded" in room.page(ANN)
    room.grade("--fresh")
    assert room.executor.graded == [ANN, BOB]
    assert room.finals() == {ANN: "9", BOB: "10", CHO: "4"}
    room.run("override --revoke 1")
    room.grade()
    assert room.finals()[ANN] == "7"
    assert "override 1 revoked" in room.run("history", ANN)


def test_runs_are_recorded_as_graded(room: CourseRoom) -> None:
    room.grade(room.canvas("one", ONE))
    room.run("override 1 --for hw --points 1 --why x")
    room.grade()
    room.grade(room.canvas("two", {"leeann_1_950_hw.zip": 8}))
    with room.course.reading() as view:
        last = view.run_in_force("hw")
        assert last is not None
        given = {each.submission: each for each in view.run_results(last.id)}
        assert view.result(given[ANN].content).score == 8
        assert (given[ANN].attempt, given[CHO].attempt) == (f"2:{ANN}", "")
        scores = [view.result(each.content).score for each in view.results_of("hw", ANN)]
    assert scores[0] == 7
    assert scores[-1] == 8
    room.grade("--undo", "1")
    with room.course.reading() as view:
        again = view.run_in_force("hw")
        assert again is not None
        assert again.id == 1


def test_a_preview_puts_nothing_in_force(room: CourseRoom) -> None:
    room.grade(room.canvas("one", ONE))
    said = room.grade(room.canvas("two", {"leeann_1_950_hw.zip": 8}), "--preview")
    assert "7 → 8" in said
    assert room.finals()[ANN] == "7"
    room.grade("--accept")
    assert room.finals()[ANN] == "8"


def test_marks_are_in_the_course_with_their_history(room: CourseRoom) -> None:
    room.grade(room.canvas("one", ONE))
    sheet = room.out / "written.csv"
    rows = room.rows("written.csv")
    for row in rows:
        row["mark"] = {"1": "2", "2": "0.5"}[row["question"]] if row["submission"] == ANN else ""
    with sheet.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    room.grade("--marks", sheet, "--by", "tutor")
    assert room.result(ANN).final == 9.5
    assert not (room.out / "marks.json").exists()
    said = room.run("history", ANN)
    assert "marked 2 (Dropout, question 1) [tutor]" in said
    room.grade("--fresh")
    assert room.result(ANN).final == 9.5
    assert room.result(BOB).max_score == 14


def test_marks_outlive_putting_a_run_in_force(room: CourseRoom) -> None:
    room.grade(room.canvas("one", ONE))
    mark = Mark(submission=ANN, notebook="Dropout", question="1", points=2)
    with room.course.changing("tutor") as change:
        change.enter_marks("hw", {mark.place: mark})
    said = room.grade("--preview")
    assert "marks of written answers" in said
    room.grade("--accept")
    assert room.result(ANN).final == 9
    room.grade(room.canvas("two", {"leeann_1_950_hw.zip": (8, "because", "so")}))
    assert room.result(ANN).final == 10
    room.grade("--undo", "last")
    assert room.result(ANN).final == 9


def test_the_best_attempt_counts_where_the_course_says_so(room: CourseRoom) -> None:
    room.settings(SETTINGS.replace("zone", 'counts = "best"\nzone'))
    room.run("course import hw", room.canvas("one", ONE))
    said = room.grade(room.canvas("two", {"leeann_1_950_hw-1.zip": 3}))
    assert "The best attempt counts: 2 are graded to find it." in said
    assert room.finals()[ANN] == "7"
    assert (ANN, 1, True) in room.attempts()
    assert (ANN, 2, False) in room.attempts()
    assert "Attempt 1 of 2 counts: the best." in room.run("history", ANN)


def test_before_due_means_the_students_own_due_time(room: CourseRoom) -> None:
    room.settings(DUE.replace("zone", 'counts = "before due"\nzone'))
    room.run("extend --for hw --section A --days 2")
    names = {"ann": "leeann_1", "b": "libob_2"}
    for number, (day, score) in enumerate((("09", 5), ("11", 9)), start=1):
        export = room.canvas(day, {f"{n}_{number}_hw-{number}.zip": score for n in names.values()})
        times = _times(room, **dict.fromkeys(names, f"2026-03-{day} 10:00"))
        room.run("course import hw", export, "--submitted", times)
    room.grade()
    assert room.finals() == {ANN: "9", BOB: "5", CHO: "not submitted"}


def test_lateness_and_extensions_are_those_of_the_course(room: CourseRoom) -> None:
    room.settings(DUE)
    times = _times(room, ann="2026-03-11 10:00", b="2026-03-11 10:00")
    room.grade(room.canvas("one", ONE), "--submitted", times)
    assert room.finals() == {ANN: "6.3", BOB: "9", CHO: "not submitted"}
    room.run("extend --for hw --student 2 --hours 30")
    room.grade()
    assert room.finals()[BOB] == "10"


@pytest.mark.parametrize("spend", ["in order", "best first"])
def test_slip_days_are_spent(spend: str, room: CourseRoom) -> None:
    room.settings(f'{DUE}\n[slip_days]\nbudget = 1\nspend = "{spend}"\n')
    times = _times(room, ann="2026-03-12 10:00", b="2026-03-11 10:00")
    room.grade(room.canvas("one", ONE), "--submitted", times)
    assert room.finals() == {ANN: "6.3", BOB: "10", CHO: "not submitted"}


def test_each_of_a_team_has_a_row(room: CourseRoom) -> None:
    folder = room.exports / "assignment_5_export"
    room.canvas("assignment_5_export", {"submission_9/hw.zip": (6, "a", "b")})
    (folder / "submission_metadata.yml").write_text(
        "submission_9:\n  :submitters:\n  - :name: Ann Lee\n    :email: ann@x.y\n"
        "  - :name: Cho\n    :email: c@x.y\n  :created_at: 2026-03-01 10:00:00 Z\n",
        encoding="utf-8",
    )
    room.grade(folder)
    assert room.finals() == {ANN: "6", BOB: "not submitted", CHO: "6"}
    room.run("override 3 --for hw --points 2 --why absent")
    rows = room.rows("written.csv")
    row = next(row for row in rows if row["submission"] == CHO and row["question"] == "1")
    row["mark"] = "2"
    sheet = room.out / "marked.csv"
    with sheet.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(row))
        writer.writeheader()
        writer.writerow(row)
    room.grade("--marks", sheet)
    assert room.finals() == {ANN: "8", BOB: "not submitted", CHO: "2"}


def test_what_does_not_fit_together(room: CourseRoom) -> None:
    with pytest.raises(UsageError, match="the course grades hw with numpynn-notebooks"):
        room.grade("--assignment", "numpynn")
    with pytest.raises(UsageError, match="'hw2' is not an assignment"):
        room.run("batch --for hw2")
    with pytest.raises(UsageError, match="Name the submissions and --out"):
        room.run("batch")
