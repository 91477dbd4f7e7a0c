"""Marking in a real browser: by keyboard alone, and while the desk does not answer.

Needs what `tests/report/test_browser.py` needs. `ANSWERS=100` marks as many.
"""

from __future__ import annotations

import json
import os
import subprocess
import threading
from pathlib import Path
from typing import Final

import pytest
from msgspec.structs import replace

from grader.course.marking.marking_acts import put_scheme_item
from grader.course.marking.scheme import SchemeItem
from tests.report.test_browser import CHROMIUM, SCRIPTS, lacking
from tests.support import SECONDS
from tests.web.marking_room import make_course, sign_in
from tests.web.test_server import Served

pytestmark = pytest.mark.skipif(bool(lacking()), reason=lacking() or "has what it needs")
ANSWERS: Final = int(os.environ.get("ANSWERS", "6"))
ITEM: Final = SchemeItem(notebook="BatchNorm", question="1", text="Gradient", points=0.5)


def test_two_keys_mark_an_answer_and_a_closed_lid_loses_none(tmp_path: Path) -> None:
    course = make_course(tmp_path / "nets", people=2 * ANSWERS + 10, markers=("ann",))
    with course.changing("setup") as change:
        for text in ("Gradient", "Activations", "Noise"):
            put_scheme_item(change, "hw", replace(ITEM, text=text), 2)
    token = sign_in(course, ("ann",))["ann"]
    server = Served(course)
    thread = threading.Thread(target=server.run, args=([server.socket],), daemon=True)
    thread.start()
    address = f"http://127.0.0.1:{server.port}/a/hw/marking/BatchNorm/1"
    done = subprocess.run(
        ["node", SCRIPTS / "marking.mjs", address, token, str(ANSWERS)],
        capture_output=True,
        text=True,
        timeout=SECONDS,
        env={**os.environ, "CHROMIUM": CHROMIUM or ""},
        check=False,
    )
    server.should_exit = True
    thread.join(SECONDS)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
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
