"""What was submitted becomes attempts of the students of the course, and of nobody else."""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
from pathlib import Path

import pytest

from grader.course.kept_files import digest_of
from grader.model.attempt import DeliveredFile
from grader.model.errors import GraderError, InputError
from tests.course.course_room import ANN, BOB, CHO, SETTINGS, CourseRoom, work


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CourseRoom:
    return CourseRoom(tmp_path, monkeypatch)


def test_an_export_is_taken_in_once(room: CourseRoom) -> None:
    export = room.canvas("one", {"leeann_1_900_hw.zip": 7, "libob_LATE_2_901_hw.zip": 8})
    said = room.run("course import hw", export, "--dry-run")
    assert "2 attempts of 2 students would be new, 0 as before." in said
    assert room.attempts() == []
    assert "2 attempts of 2 students new" in room.run("course import hw", export)
    assert "0 attempts of 0 students new, 2 as before." in room.run("course import hw", export)
    again = room.canvas("two", {"leeann_1_950_hw-1.zip": 9})
    shutil.copy(export / "libob_LATE_2_901_hw.zip", again)
    assert "1 attempt of 1 student new, 1 as before." in room.run("course import hw", again)
    assert room.attempts() == [(ANN, 1, False), (ANN, 2, True), (BOB, 1, True)]
    with room.course.reading() as view:
        (bob,) = [each for each in view.attempts("hw") if each.attempt.owner == BOB]
        assert bob.attempt.late is True
        assert (room.folder / bob.attempt.entry).is_file()


def test_who_is_not_in_the_course_is_listed_and_left_out(room: CourseRoom) -> None:
    export = room.canvas("one", {"leeann_1_900_hw.zip": 7, "doejo_77_901_hw.zip": 8})
    said = room.run("course import hw", export, code=3)
    assert "it is not clear whose it is: 1. doejo (canvas 77): nobody in the course" in said
    assert room.attempts() == [(ANN, 1, True)]
    said = room.run("course import hw", export, "--add")
    assert "1 student taken from the export." in said
    assert ("doejo_77", 1, True) in room.attempts()


def test_a_name_is_no_proof_where_the_id_says_otherwise(room: CourseRoom) -> None:
    export = room.canvas("one", {"leeann_99_900_hw.zip": 7})
    said = room.run("course import hw", export, code=3)
    assert f"its name is that of somebody with another canvas id; near: {ANN}" in said
    assert room.attempts() == []


def test_without_a_roster_the_export_says_who_is_in_the_course(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = CourseRoom(tmp_path, monkeypatch, roster="")
    export = room.canvas("one", {"leeann_1_900_hw.zip": 7, "libob_2_901_hw.zip": 8})
    assert "2 students taken from the export." in room.run("course import hw", export)
    (tmp_path / "later.csv").write_text("name,canvas id\nAnn Lee,1\n", encoding="utf-8")
    assert "0 new, 1 changed" in room.run("course roster", tmp_path / "later.csv")
    assert room.attempts() == [("leeann_1", 1, True), ("libob_2", 1, True)]


def test_a_plain_folder_is_filed_by_ids_or_names(room: CourseRoom) -> None:
    for name in ("Ann Lee", "2.zip", "bob li.zip"):
        work(room.exports / "plain" / (name if name.endswith("zip") else f"{name}/hw.zip"), 5)
    said = room.run("course import hw", room.exports / "plain", code=3)
    assert "Read as a plain folder." in said
    assert "bob li: nobody in the course matches" in said
    assert room.attempts() == [(ANN, 1, True), (BOB, 1, True)]


def test_one_submission_needs_its_student(room: CourseRoom) -> None:
    path = work(room.exports / "mail.zip", 6)
    with pytest.raises(InputError, match=r"does not say whose.*--student"):
        room.run("course import hw", path)
    room.run("course import hw", path, "--student", "c@x.y")
    assert room.attempts() == [(CHO, 1, True)]


def test_hostile_names_lie_where_they_belong(room: CourseRoom, tmp_path: Path) -> None:
    evil = ["..", "a\nb", "\udc81", "CON", "x" * 200, "$(id)", "leebob_2_9_hw.zip", "-rf"]
    for number, name in enumerate(evil):
        room.canvas("one", {f"leeann_1_{900 + number}_{name}.zip": number})
    room.canvas("one", {"libob_2_999_hw.zip": 8})
    room.run("course import hw", room.exports / "one")
    with room.course.reading() as view:
        stored = view.attempts("hw")
    assert {each.attempt.owner for each in stored} == {ANN, BOB}
    below = (room.folder / "submissions" / "hw").resolve()
    for each in stored:
        assert (room.folder / each.attempt.entry).resolve().is_relative_to(below)
    assert next(each for each in stored if each.attempt.owner == BOB).attempt.counted
    assert sorted(path.name for path in tmp_path.iterdir()) == ["exports", "nets", "roster.csv"]


def test_a_link_is_not_followed(room: CourseRoom, tmp_path: Path) -> None:
    secret = tmp_path / "secret.zip"
    work(secret, 10)
    room.canvas("one", {"libob_2_901_hw.zip": 8})
    (room.exports / "one" / "leeann_1_900_hw.zip").symlink_to(secret)
    room.run("course import hw", room.exports / "one")
    room.grade(code=3)
    assert room.finals()[ANN] == "unreadable"
    assert room.finals()[BOB] == "8"


def test_times_of_a_list_are_for_those_who_have_none(room: CourseRoom, tmp_path: Path) -> None:
    times = tmp_path / "times.csv"
    times.write_text("email,submitted\nann@x.y,2026-03-01 12:00\nc@x.y,-\n", encoding="utf-8")
    export = room.canvas("one", {"leeann_1_900_hw.zip": 7})
    room.run("course import hw", export, "--submitted", times)
    with room.course.reading() as view:
        (stored,) = view.attempts("hw")
    assert stored.attempt.time_source == "list"
    assert stored.attempt.submitted == dt.datetime(2026, 3, 1, 11, 0, tzinfo=dt.UTC)


@pytest.mark.parametrize("trusted", [True, False])
def test_a_students_own_timestamp_counts_where_it_is_trusted(
    trusted: bool, room: CourseRoom
) -> None:
    room.settings(SETTINGS.replace("zone", f"trust_timestamps = {str(trusted).lower()}\nzone"))
    folder = room.exports / "plain" / "Ann Lee"
    (folder / "numpynn").mkdir(parents=True)
    (folder / "numpynn" / "layers.py").write_text(json.dumps({"score": 1}), encoding="utf-8")
    (folder / "timestamp.txt").write_text("2026-03-01 12:00:00 Asia/Tokyo", encoding="utf-8")
    work(room.exports / "plain" / "Bob Li.zip", 2)
    room.run("course import hw", room.exports / "plain")
    with room.course.reading() as view:
        attempt = next(e.attempt for e in view.attempts("hw") if e.attempt.owner == ANN)
    told = dt.datetime(2026, 3, 1, 3, 0, tzinfo=dt.UTC) if trusted else None
    assert attempt.submitted == told


def test_a_full_disk_is_no_fault_of_a_student(
    room: CourseRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    export = room.canvas("one", {"leeann_1_900_hw.zip": 7, "leeann_1_901_more.py": 1})

    def full(*_: object, **__: object) -> None:
        raise OSError(28, os.strerror(28))

    with monkeypatch.context() as patched:
        patched.setattr("shutil.copyfile", full)
        with pytest.raises(GraderError, match="No space left"):
            room.run("course import hw", export)
    assert room.attempts() == []
    assert not list((room.folder / "submissions").glob(".incoming-*"))
    room.run("course import hw", export)
    assert room.attempts() == [(ANN, 1, True)]


def test_what_files_are_is_told_by_names_and_content(tmp_path: Path) -> None:
    def digest(**files: str) -> str:
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        folder.mkdir()
        for name, text in files.items():
            (folder / name).write_text(text, encoding="utf-8")
        return digest_of(folder, [DeliveredFile(name=name, path=name) for name in files])

    assert digest(a="1", b="2") == digest(b="2", a="1")
    every = [digest(a="1"), digest(b="1"), digest(a="1", b=""), digest(a="", b="1"), digest()]
    assert len(set(every)) == len(every)
