"""Every page of the desk in a real browser: accessible in each view, quiet, usable by keyboard.

Needs what `tests/report/test_browser.py` needs.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import threading
from pathlib import Path
from typing import Any, Final

import pytest

from grader.course.course_folder import CourseFolder
from grader.web.app import ROUTES
from grader.web.sessions import now
from tests.report.test_browser import CHROMIUM, SCRIPTS, lacking
from tests.support import SECONDS
from tests.web.desk_room import BO
from tests.web.test_server import Served

pytestmark = pytest.mark.skipif(bool(lacking()), reason=lacking() or "has what it needs")

SAMPLES: Final = {
    "assignment": "hw", "person": BO.replace(" ", "%20"), "notebook": "Work", "question": "1",
}  # fmt: skip
ELSEWHERE: Final = {
    "/static/{file}": "no page",
    "/a/{assignment}/s/{person:key}/copy/{audience}": "a report, in a frame",
    "/a/{assignment}/similar/{pair:int}": "nothing was compared here; see test_similar.py",
    "/a/{assignment}/similar/{pair:int}/programs": "a report, in a frame",
    "/a/{assignment}/import/{key}": "nothing was uploaded here; see test_evening.py",
    "/people/roster/{key}": "nothing was uploaded here; see test_evening.py",
    "/a/{assignment}/grading/live": "a piece of the page above it",
    "/a/{assignment}/marking/{notebook:key}/{question:key}/unit": "a piece of a page",
    "/a/{assignment}/marking/{notebook:key}/{question:key}/cells": "a piece of a page",
    "/a/{assignment}/marking/{notebook:key}/{question:key}/here": "a piece of a page",
}
"""Addresses that are not looked at here, and why."""


def pages() -> list[str]:
    """An address for each page of the desk that is whole."""
    found = []
    for route in ROUTES:
        pattern = getattr(route, "path", "")
        if "GET" in (getattr(route, "methods", None) or ()) and pattern not in ELSEWHERE:
            plain = pattern.replace(":key}", "}").replace(":int}", "}")
            found.append(plain.format(**SAMPLES))
    return found


@pytest.fixture
def views(course: CourseFolder) -> list[dict[str, Any]]:
    """What came of each page in each view."""
    with course.changing("setup") as change:
        token = change.new_session("owner", now() + dt.timedelta(days=1))
    server = Served(course)
    thread = threading.Thread(target=server.run, args=([server.socket],), daemon=True)
    thread.start()
    try:
        return _looked_at(f"http://127.0.0.1:{server.port}", token)
    finally:
        server.should_exit = True
        thread.join(SECONDS)


def _looked_at(origin: str, token: str) -> list[dict[str, Any]]:
    done = subprocess.run(
        ["node", Path(SCRIPTS) / "desk.mjs", origin, token, *pages()],
        capture_output=True,
        text=True,
        timeout=SECONDS,
        env={**os.environ, "CHROMIUM": CHROMIUM or ""},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def test_pages_are_accessible_quiet_and_reached_by_keyboard(views: list[dict[str, Any]]) -> None:
    assert {view["page"] for view in views} == set(pages())
    bad = [
        (view["page"], view["view"], what, view[what])
        for view in views
        for what in ("violations", "incidents", "focus", "overflow")
        if view[what] and view[what] != 0
    ]
    assert not bad, json.dumps(bad, indent=1)
