"""A term with every trouble at once, against a sum that shares no code with the course."""

from __future__ import annotations

import csv
import datetime as dt
import itertools
import random
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from grader.cli.app import app
from grader.course.course_folder import CourseFolder
from grader.model.attempt import Attempt
from grader.model.course_records import StoredAttempt
from grader.model.person import Person
from grader.model.result import Result
from grader.model.worth import Extension, Override

HOUR = dt.timedelta(hours=1)
DUE = {
    "hw1": dt.datetime(2026, 3, 1, 23, 59, tzinfo=dt.UTC),
    "hw2": dt.datetime(2026, 4, 1, 23, 59, tzinfo=dt.UTC),
    "hw3": dt.datetime(2026, 5, 1, 23, 59, tzinfo=dt.UTC),
}
WEIGHT = {"hw1": Decimal(20), "hw2": Decimal(30), "hw3": Decimal(30)}
COURSE = """
title = "Nets"
zone = "UTC"
drop_lowest = 1
late = { percent_per_day = 12.5, grace_minutes = 30, max_percent = 60.0, cut_off_days = 8 }
slip_days = { budget = 3, spend = "SPEND", at_most = 2 }
""" + "".join(
    f'[[assignments]]\nid = "{id}"\ngrader = "numpynn"\ndue = {due:%Y-%m-%dT%H:%M:%SZ}\n'
    f"points = {WEIGHT[id]}\n"
    for id, due in DUE.items()
)
N = 60


class Student:
    """What happened to one student at each assignment, drawn at random."""

    def __init__(self, number: int, generator: random.Random) -> None:
        self.key = f"s{number}"
        self.section = "AB"[number % 2]
        self.scores: dict[str, Decimal] = {}
        self.late: dict[str, dt.timedelta] = {}
        self.extra: dict[str, int] = {}
        self.fixed: dict[str, Decimal] = {}
        self.excused: set[str] = set()
        for id in DUE:
            kind = generator.random()
            if kind < 0.1:
                continue
            self.scores[id] = Decimal(generator.randint(0, 10_000)) / 100
            if generator.random() < 0.5:
                self.late[id] = generator.randint(1, 24 * 10 * 60) * dt.timedelta(minutes=1)
            if generator.random() < 0.1:
                self.extra[id] = generator.randint(1, 60)
            if generator.random() < 0.05:
                self.fixed[id] = Decimal(generator.randint(0, 1000)) / 10
            elif generator.random() < 0.15:
                self.excused.add(id)


def _fill(course: CourseFolder, students: list[Student]) -> None:
    at = dt.datetime(2026, 6, 1, tzinfo=dt.UTC)
    with course.changing("prof", at) as change:
        people = [Person(key=s.key, name=s.key.upper(), section=s.section) for s in students]
        change.put_people(people, "came")
        for id, due in DUE.items():
            attempts = [_attempt(s, id, due) for s in students if id in s.scores]
            change.put_attempts(id, attempts, "came in")
            run = change.begin_run(id)
            for student in students:
                if id in student.scores:
                    change.put_result(run, _result(student, id), f"{student.key}-1")
            change.accept_run(run)
        for student in students:
            _decide(change, student)


def _attempt(student: Student, id: str, due: dt.datetime) -> StoredAttempt:
    submitted = due + student.late.get(id, -HOUR)
    return StoredAttempt(
        attempt=Attempt(
            key=f"{student.key}-1",
            owner=student.key,
            members=[student.key],
            submitted=submitted,
            counted=True,
        )
    )


def _result(student: Student, id: str) -> Result:
    score = float(student.scores[id])
    return Result(
        submission=student.key, assignment=id, score=score, max_score=100.0, parts=[], checks=[]
    )


def _decide(change: Any, student: Student) -> None:
    for id, hours in student.extra.items():
        change.extend(
            Extension(assignment=id, scope="student", id=student.key, minutes=60.0 * hours)
        )
    said: dict[str, Any] = {"person": student.key, "scope": "total", "why": "so"}
    for id, points in student.fixed.items():
        change.override(Override(assignment=id, points=float(points), **said))
    for id in student.excused:
        change.override(Override(assignment=id, outcome="excused", **said))


def _hundredth(value: Decimal) -> Decimal:
    return value.quantize(Decimal("0.01"), ROUND_HALF_UP)


def _minutes_late(student: Student, id: str) -> int:
    late = student.late.get(id, -HOUR) // dt.timedelta(minutes=1)
    return int(late - 60 * student.extra.get(id, 0))


def _points(student: Student, id: str, slip: int) -> Decimal:
    """What one assignment earns if so many slip days are spent on it."""
    if id in student.fixed:
        return student.fixed[id]
    if id not in student.scores:
        return Decimal(0)
    late, score = _minutes_late(student, id), student.scores[id]
    if late > 8 * 24 * 60:
        return Decimal(0)
    charged = late - 30 - slip * 24 * 60
    days = max(0, -(-charged // (24 * 60)))
    return _hundredth(score * (100 - min(Decimal("12.5") * days, Decimal(60))) / 100)


def _total(student: Student, slip: tuple[int, ...]) -> Decimal:
    """The mean by weight without the lowest; of equal ones without that of more weight."""
    counted = [
        (_points(student, id, days), -WEIGHT[id], id)
        for id, days in zip(DUE, slip, strict=True)
        if id not in student.excused
    ]
    kept = sorted(counted)[1:] if len(counted) > 1 else counted
    weight = sum((WEIGHT[id] for *_, id in kept), Decimal(0))
    return sum((WEIGHT[id] * points for points, _, id in kept), Decimal(0)) / weight


def _needed(student: Student, id: str) -> int:
    late = _minutes_late(student, id)
    free = id in student.fixed or id in student.excused or id not in student.scores
    if free or late > 8 * 24 * 60:
        return 0
    return min(2, max(0, -(-(late - 30) // (24 * 60))))


def _expected(student: Student, spend: str) -> Decimal | None:
    if student.excused == set(DUE):
        return None
    needed = [_needed(student, id) for id in DUE]
    if spend == "in order":
        left, slip = 3, []
        for days in needed:
            slip.append(min(days, left))
            left -= slip[-1]
        return _hundredth(_total(student, tuple(slip)))
    ways = itertools.product(*[range(days + 1) for days in needed])
    return _hundredth(max(_total(student, way) for way in ways if sum(way) <= 3))


@pytest.mark.parametrize("spend", ["in order", "best first"])
def test_totals_agree_with_a_sum_that_shares_no_code(tmp_path: Path, spend: str) -> None:
    (tmp_path / "course.toml").write_text(COURSE.replace("SPEND", spend), encoding="utf-8")
    generator = random.Random(spend)
    students = [Student(number, generator) for number in range(N)]
    _fill(CourseFolder.open(tmp_path), students)
    done = CliRunner().invoke(app, ["term", "--course", str(tmp_path)])
    assert done.exit_code == 0, done.output
    with (tmp_path / "term" / "totals.csv").open(encoding="utf-8-sig", newline="") as file:
        totals = {row["student"]: row["total"] for row in csv.DictReader(file)}
    expected = {student.key: _expected(student, spend) for student in students}
    found = {key: Decimal(total) if total else None for key, total in totals.items()}
    assert found == expected
    assert len(set(expected.values())) > N / 2
