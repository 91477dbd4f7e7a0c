"""The desk may be killed while four people mark: nothing is lost, nothing is there twice.

Here a few times; `make faults` kills it 200 times.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from grader.course.course_folder import CourseFolder
from grader.course.marks import Mark
from tests.faults import desk_kills
from tests.web.marking_room import make_course

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs fork")


def test_a_desk_that_is_killed_loses_no_mark_and_has_none_twice(tmp_path: Path) -> None:
    found = desk_kills.run(tmp_path, kills=3, people=8, questions=4)
    assert found.kills
    assert found.marked - found.undone > 8


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ([], "what was confirmed is not what there is"),
        ([["ann", "marked", "", "one", 1], ["ann", "marked", "", "two", 1]], "is not what there"),
    ],
)
def test_a_mark_too_few_or_too_many_is_noticed(
    tmp_path: Path, told: list[list[object]], said: str
) -> None:
    """The witness itself: it would not be worth much if it saw nothing."""
    course: CourseFolder = make_course(tmp_path / "course", people=1, markers=("ann",))
    with course.changing("ann") as change:
        (person,) = (each.key for each in change.people())
        mark = Mark(submission=person, notebook="BatchNorm", question="1", points=1, comment="one")
        change.enter_marks("hw", {mark.place: mark})
    with pytest.raises(AssertionError, match=said):
        desk_kills._compare(course, told)
