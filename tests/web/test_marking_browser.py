"""Marking in a real browser: by keyboard alone, and while the desk does not answer.

`ANSWERS=100` marks as many.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from msgspec.structs import replace

from grader.course.marking.marking_acts import put_scheme_item
from grader.course.marking.scheme import SchemeItem
from tests.chromium import needs_browser, run_script
from tests.web.marking_room import make_course, sign_in
from tests.web.served_desk import served_desk

pytestmark = needs_browser
ANSWERS: Final = int(os.environ.get("ANSWERS", "6"))
ITEM: Final = SchemeItem(notebook="BatchNorm", question="1", text="Gradient", points=0.5)


def test_two_keys_mark_an_answer_and_a_closed_lid_loses_none(tmp_path: Path) -> None:
    course = make_course(tmp_path / "nets", people=2 * ANSWERS + 10, markers=("ann",))
    with course.changing("setup") as change:
        for text in ("Gradient", "Activations", "Noise"):
            put_scheme_item(change, "hw", replace(ITEM, text=text), 2)
    token = sign_in(course, ("ann",))["ann"]
    with served_desk(course) as desk:
        address = f"{desk.origin}/a/hw/marking/BatchNorm/1"
        found = run_script("marking.mjs", address, token, str(ANSWERS))
    assert (found["marked"], found["keys"], found["kept"]) == (ANSWERS, 2 * ANSWERS, 1)
    assert found["said"] == "Undone: 1 answer is as it was before."
    assert found["draft"] == [1, "Why?"]
    assert (found["help"], found["sandbox"], found["incidents"]) == (True, "allow-scripts", [])
    with course.reading() as view:
        marks = view.marks("hw").values()
        assert len(marks) == ANSWERS + 1  # the last was marked while the desk did not answer
        assert {mark.points for mark in marks} == {0.5}
        history = view.mark_history("hw")
        assert [entry.taken_back for entry in history].count(True) == 1
        assert len(history) == ANSWERS + 3
