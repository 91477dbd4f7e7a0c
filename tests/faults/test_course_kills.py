"""Commands of a course may be killed, or meet a full disk: all is kept of them, or nothing.

Here a few of each; `make faults` draws a thousand.
"""

from __future__ import annotations

import random
import sys
from pathlib import Path

import pytest

from grader.course.course_folder import CourseFolder
from grader.course.marks import Mark
from tests.faults.course_kills import Deed, Fire, small_disk

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs fork")


def test_a_command_that_is_killed_leaves_the_course_before_or_after(tmp_path: Path) -> None:
    fire = Fire(tmp_path, seed=7)
    while fire.met.total() < 4:
        fire.once(fire.kill)


def test_what_is_half_done_is_noticed(tmp_path: Path) -> None:
    """The witness itself: it would not be worth much if it saw nothing."""
    fire = Fire(tmp_path, seed=7)

    def half(deed: Deed, _seconds: float, _chance: random.Random) -> int:
        deed.do(fire.course.path)
        with CourseFolder.open(fire.course.path).changing() as change:
            torn = Mark(submission="Student 0_0", notebook="Dropout", question="9", points=1)
            change.enter_marks("hw", {torn.place: torn})
        return -1

    with pytest.raises(AssertionError, match="question='9'"):
        fire.once(half)


def test_a_full_disk_leaves_the_course_before_or_after(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    with small_disk(tmp_path / "disk") as there:
        if not there:
            pytest.skip("may not mount a small file system")
        fire = Fire(tmp_path / "disk", seed=8, scratch=tmp_path / "scratch")
        while fire.met.total() < 2:
            fire.once(fire.fill)
