"""Marks, times and results stay with the entry that they were given to, whatever arrives later."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

import grader
from grader.model.errors import InputError
from tests.course.room import Room

TIMES = "submission,submitted\n"
ON_TIME, LATE = "2020-01-01T12:00:00+00:00", "2030-01-01T12:00:00+00:00"


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Room:
    """One archive, marked."""
    room = Room(tmp_path, monkeypatch)
    room.hand_in("ann.zip", "Because.")
    room.batch()
    room.batch("--marks", room.fill({("ann.zip", "1"): ("2", "Well said.")}))
    return room


def _times(room: Room, *rows: str) -> Path:
    path = room.folder / "times.csv"
    path.write_text(TIMES + "\n".join(rows), encoding="utf-8")
    return path


@pytest.mark.parametrize("name", ["ann", "ANN.zip", "ann.zip.zip", "Ann"])
def test_a_neighbour_takes_neither_mark_nor_result_nor_page(room: Room, name: str) -> None:
    before = room.result("ann.zip"), room.report("ann.zip")
    room.hand_in(name, "Copied.")
    room.batch()
    assert (room.result("ann.zip"), room.report("ann.zip")) == before
    assert room.executor.graded == [name]
    assert room.result("ann.zip").notebooks[0].answers[0].mark == 2
    assert room.result(name).notebooks[0].answers[0].mark is None
    assert set(room.gradebook()) == {"ann.zip", name}


def test_names_that_one_file_system_takes_for_one_are_all_there(room: Room) -> None:
    names = ["a\u0301", "á", "A", "a", "a.", "ａ", "a b", "a\x01b"]
    for name in names:
        room.hand_in(name, name)
    room.batch()
    for folder in ("results", "reports", "instructor"):
        stems = {path.stem.casefold() for path in (room.out / folder).iterdir()}
        assert len(stems) == len(names) + 1


def test_a_sheet_by_plain_names_is_taken_until_somebody_else_goes_by_one(room: Room) -> None:
    sheet = room.folder / "mine.csv"
    sheet.write_text("submission,notebook,question,mark\nann,Dropout,1,1\n", encoding="utf-8")
    room.batch("--marks", sheet)
    assert room.result("ann.zip").notebooks[0].answers[0].mark == 1
    room.hand_in("ann", "Copied.")
    said = room.refused("--marks", sheet)
    assert "mine.csv, row 2: 'ann' may be any of ann/, ann.zip." in said
    with closing(sqlite3.connect(room.out / "batch.sqlite", timeout=0)) as another:
        another.execute("BEGIN EXCLUSIVE")  # whoever was refused has let go of it
    sheet.write_text("submission,notebook,question,mark\nann/,Dropout,1,0.5\n", encoding="utf-8")
    room.batch("--marks", sheet)
    marks = [room.result(name).notebooks[0].answers[0].mark for name in ("ann", "ann.zip")]
    assert marks == [0.5, 1]


def test_a_time_by_plain_name_is_taken_until_somebody_else_goes_by_it(room: Room) -> None:
    said = room.refused("--submitted", _times(room, f"ann,{ON_TIME}", f"nobody,{LATE}"))
    assert "times.csv, line 3: 'nobody' is nobody who submitted here." in said
    times = _times(room, f"ann,{ON_TIME}", "nobody,")
    room.batch("--submitted", times)
    assert room.result("ann.zip").submitted_at == ON_TIME
    room.hand_in("ann", "Late.")
    said = room.refused("--submitted", times)
    assert "times.csv, line 2: 'ann' may be any of ann/, ann.zip." in said
    room.batch("--submitted", _times(room, f"ann.zip,{ON_TIME}", f"ann/,{LATE}"))
    assert room.result("ann.zip").submitted_at == ON_TIME
    assert room.result("ann").submitted_at == LATE


def test_marks_of_one_who_handed_in_under_another_name_are_said_to_be_left(room: Room) -> None:
    room.hand_in("ann-2.zip", "Because.")
    (room.folder / "class" / "ann.zip").unlink()
    assert "ann.zip" in room.refused()
    said = room.batch("--replace")
    assert "Marks are kept for submissions that are not here: ann.zip." in said
    assert room.result("ann-2.zip").notebooks[0].answers[0].mark is None


def test_two_times_for_one_are_refused(room: Room) -> None:
    said = room.refused("--submitted", _times(room, f"ann,{ON_TIME}", f"ann.zip,{LATE}"))
    assert "times.csv, line 3: 'ann.zip' has another time in line 2" in said


def test_a_second_class_does_not_drop_the_first_unless_that_is_said(room: Room) -> None:
    (room.folder / "class").rename(room.folder / "first")
    room.hand_in("bob.zip", "Therefore.")
    said = room.refused()
    assert "holds results of 1 submissions that are not in this class: ann.zip." in said
    assert set(room.gradebook()) == {"ann.zip"}
    room.batch("--add")
    assert set(room.gradebook()) == {"ann.zip", "bob.zip"}
    assert room.result("ann.zip").notebooks[0].answers[0].mark == 2
    assert room.people() == {"ann.zip", "bob.zip"}
    assert "ann.zip" in room.refused()
    room.batch("--replace")
    assert set(room.gradebook()) == room.people() == {"bob.zip"}
    room.batch()


def test_an_export_can_be_graded_again_with_more_in_it(room: Room) -> None:
    room.hand_in("leebob_341_209_hw.zip", "One.")
    room.hand_in("smithann_340_208_hw.zip", "Two.")
    (room.folder / "class" / "ann.zip").unlink()
    said = room.batch("--replace")
    assert "Read as an export of Canvas" in said
    room.batch("--marks", room.fill({("smithann_340", "1"): "1"}))
    room.hand_in("smithann_340_210_hw-1.zip", "Three.")
    room.batch()
    assert room.result("smithann_340").notebooks[0].answers[0].text == "Three."
    assert set(room.gradebook()) == {"leebob_341", "smithann_340"}
    assert "Attempt 2 of 2 counts" in room.class_json()


def test_from_python_an_export_is_read_and_another_class_is_refused_in_the_same_way(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("grader.api.open_executor", room.open_executor)
    export = room.folder / "canvas"
    (room.folder / "class").rename(export)
    (export / "ann.zip").rename(export / "smithann_340_208_hw.zip")
    shutil.copy(export / "smithann_340_208_hw.zip", export / "leebob_341_209_hw.zip")
    found = {result.submission for result in grader.batch(export, assignment="numpynn-notebooks")}
    assert found == {"smithann_340", "leebob_341"}
    with pytest.raises(InputError, match=r"not in this class: ann\.zip"):
        list(grader.batch(export, out=room.out, assignment="numpynn-notebooks"))
    list(grader.batch(export, out=room.out, assignment="numpynn-notebooks", into="add"))
    assert room.people() == {"ann.zip", "smithann_340", "leebob_341"}
    with pytest.raises(InputError, match="whole class"):
        grader.grade(export, assignment="numpynn-notebooks")
