"""What `course.toml` says, and where it is wrong: with file and line."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from pathlib import Path

import pytest

from grader.course.course_folder import CourseFolder
from grader.course.course_settings import load_course_settings
from grader.model.errors import InputError, UsageError
from grader.model.rubric_fault import line_of

FULL = """\
title = "Nets"
zone = "America/New_York"
counts = "best"
drop_lowest = 1

[late]
percent_per_day = 10

[slip_days]
budget = 3

[[assignments]]
id = "hw1"
grader = "numpynn"
due = 2026-03-07T23:59:00

[[assignments]]
id = "hw2"
opens = 2026-03-08T00:00:00
due = 2026-03-15T23:59:00+01:00
counts = "latest"

[assignments.late]
percent_per_day = 20
"""


def _written(folder: Path, text: str) -> Path:
    path = folder / "course.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_times_are_in_the_zone_of_the_course(tmp_path: Path) -> None:
    settings = load_course_settings(_written(tmp_path, FULL))
    first, second = settings.assignments
    assert first.due is not None
    assert first.due.tzinfo == zoneinfo.ZoneInfo("America/New_York")
    assert first.due.isoformat() == "2026-03-07T23:59:00-05:00"
    assert second.opens is not None
    assert second.opens.utcoffset() == dt.timedelta(hours=-5)  # winter time ends at 2 that night
    assert second.due is not None
    assert second.due.utcoffset() == dt.timedelta(hours=1)
    assert second.late is not None
    assert second.late.percent_per_day == 20
    assert settings.late is not None
    assert (settings.slip_days.budget, settings.counts, second.counts) == (3, "best", "latest")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('title = "Nets"', "", "it lacks the key `title`"),
        ('title = "Nets"', 'title = " "', "line 1: key `title` is empty"),
        ("New_York", "NewYork", "line 2: key `zone` is 'America/NewYork'"),
        ('"best"', '"first"', "line 3: key `counts` is 'first'; expected latest or best or"),
        ("drop_lowest = 1", "drop_lowest = 3", "line 4: key `drop_lowest` is 3, but only 2 of"),
        ("drop_lowest", "drop_loest", "line 4: key `drop_loest` is not known. Did you mean"),
        ("percent_per_day = 10", "percent_per_day = -1", "line 7: key `late.percent_per_day` is"),
        ("budget = 3", "budget = -3", "line 10: key `slip_days.budget` is negative"),
        (
            "2026-03-07T23:59:00",
            '"7 March"',
            "line 15: key `due` of assignment hw1 is not valid; expected a time such as 2026-03",
        ),
        ("2026-03-07T23:59:00", "2026-03-07 23:59", "TOML.*Times are written 2026-03-15T23:59:00"),
        ("2026-03-07T23:59:00", "2026-03-07", "line 15: key `due` of assignment hw1 is a date"),
        ('"hw2"', '"HW1"', "line 18: key `id` of assignment HW1 differs from 'hw1' only in case"),
        ('"hw2"', '"../x"', "line 18: key `id` of assignment ../x is '../x'"),
        ("opens = 2026-03-08", "opens = 2026-03-18", "line 20: key `due` .*is before `opens`"),
        ("percent_per_day = 20", "percent = 20", "line 24: key `late.percent` of assignment hw2"),
        ('id = "hw2"', "", "line 17: assignment number 2 lacks the key `id`"),
        ("[[assignments]]", "[assignments]", "cannot declare|Cannot"),
    ],
)
def test_a_fault_is_named_with_its_line(old: str, new: str, said: str, tmp_path: Path) -> None:
    path = _written(tmp_path, FULL.replace(old, new, 1))
    with pytest.raises(InputError, match=said) as caught:
        load_course_settings(path)
    assert str(path) in str(caught.value)


def test_a_fault_in_a_list_in_one_line_names_that_line(tmp_path: Path) -> None:
    path = _written(tmp_path, 'title = "x"\nassignments = [{id = "a"}, {id = "b", du = 1}]\n')
    with pytest.raises(InputError, match=r"line 2: key `du` of assignment b .*Did you mean `due`"):
        load_course_settings(path)


def test_lines_of_lists_of_tables() -> None:
    assert line_of(FULL, ["assignments", "1", "due"]) == (3, 15)
    assert line_of(FULL, ["assignments", "2", "due"]) == (3, 20)
    assert line_of(FULL, ["assignments", "2", "late", "percent_per_day"]) == (4, 24)


def test_the_course_is_the_nearest_one_above(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _written(tmp_path, FULL)
    below = tmp_path / "out" / "hw1"
    below.mkdir(parents=True)
    monkeypatch.chdir(below)
    course = CourseFolder.open()
    assert course.path == tmp_path
    assert course.out("hw1") == below
    assert CourseFolder.open(tmp_path / "course.toml").path == tmp_path
    with pytest.raises(UsageError, match=r"grader course new .*out"):
        CourseFolder.open(tmp_path / "out")


def test_an_assignment_is_found_by_its_id(tmp_path: Path) -> None:
    _written(tmp_path, FULL)
    course = CourseFolder.open(tmp_path)
    assert course.grader("hw1") == "numpynn"
    (tmp_path / "hw2").mkdir()
    assert course.grader("hw2") == str(tmp_path / "hw2")
    with pytest.raises(UsageError, match=r"'hw3' is not an assignment of 'Nets'. Did you mean"):
        course.out("hw3")
