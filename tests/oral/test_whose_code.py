"""Whose code is asked about: a student's of a course, by name, or what a path holds."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from grader.course.course_folder import CourseFolder
from grader.model.errors import GraderError, UsageError
from grader.model.oral_records import OralQuestion, OralSheet
from grader.model.similar_pairs import (
    ComparedSubmission,
    FunctionPair,
    ScoreSpread,
    SimilarityReport,
    SimilarPair,
)
from grader.submission import Source
from tests.similarity.test_compared_course import ANN, BOB, CHO, Room
from tests.support import in_process


class Asked(NamedTuple):
    """What questions were drawn from."""

    assignment: str
    source: Source
    similar: Collection[str]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Asked]:
    """Filled as questions are asked for; none of them is drawn."""
    found: list[Asked] = []

    def sheet(settings: Any, source: Source, number: int, **more: Any) -> OralSheet:
        found.append(Asked(settings.assignment, source, more["similar"]))
        question = OralQuestion(
            kind="x", function="f", file="f.py", question="Why?", answer="So.", how="", lines=[]
        )
        return OralSheet(
            submission=source.id, name=source.name, assignment="Nets", questions=[question]
        )

    monkeypatch.setattr("grader.oral.oral_sheet.oral_sheet", sheet)
    return found


@pytest.fixture
def room(tmp_path: Path) -> Room:
    room = Room(tmp_path)
    course = room.course("now", ANN, BOB, CHO)
    room.submit(course, [ANN], "def f(): ...\n")
    room.submit(course, [ANN], "def f(): return 2\n", n=2)
    return room


def ask(room: Room, student: str, *words: str | Path) -> str:
    return in_process(
        "questions", student, "--for", "hw", "--course", room.folder / "now", "-n", "1", *words
    )


def alike(*ids: str) -> SimilarityReport:
    return SimilarityReport(
        submissions=[ComparedSubmission(id=id, name=id.partition("_")[0]) for id in ids],
        pairs=[
            SimilarPair(first=0, second=1, score=0.9, stands_out=True,
                        functions=[FunctionPair(first="mine", second="theirs", tokens=50)])
        ],
        groups=[],
        spread=ScoreSpread(pairs=1, bins=[], median=0, ninety_nine=0, threshold=0.5),
    )  # fmt: skip


def test_a_student_of_the_course_is_asked_about_what_counts(room: Room, asked: list[Asked]) -> None:
    said = ask(room, "ann@x.y")
    ((assignment, source, similar),) = asked
    assert (assignment, source.id, set(similar)) == ("numpynn", ANN.key, set())
    assert (source.path / "layers.py").read_text("utf-8") == "def f(): return 2\n"
    (page,) = (room.folder / "now" / "out" / "hw" / "oral").glob("Ann_1*.html")
    assert f"Page: {page}" in said
    assert "Why?" in page.read_text("utf-8")


def test_what_the_course_found_alike_is_asked_first(room: Room, asked: list[Asked]) -> None:
    with CourseFolder.open(room.folder / "now").changing("me") as change:
        change.put_comparison("hw", alike(ANN.key, BOB.key))
    ask(room, "Ann")
    (room.folder / "other.json").write_bytes(alike(CHO.key, ANN.key).to_json())
    ask(room, "Ann", "--similar", room.folder / "other.json")
    assert [each.similar for each in asked] == [{"mine"}, {"theirs"}]


def test_who_has_submitted_nothing_is_said(room: Room, asked: list[Asked]) -> None:
    with pytest.raises(GraderError, match=r"Bob \(hw\): "):
        ask(room, "Bob")
    with pytest.raises(GraderError, match="Zoe"):
        ask(room, "Zoe")
    assert asked == []


def test_a_course_needs_an_assignment(room: Room, asked: list[Asked]) -> None:
    with pytest.raises(UsageError, match="--course needs --for"):
        in_process("questions", room.folder, "-a", "numpynn", "--course", room.folder / "now")
