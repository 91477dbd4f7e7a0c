"""Every page of the desk in a real browser: accessible in each view, quiet, usable by keyboard."""

from __future__ import annotations

import json
from typing import Any, Final

import pytest

from grader.course.course_folder import CourseFolder
from grader.web.app import ROUTES
from tests.chromium import needs_browser, run_script
from tests.web.desk_room import BO
from tests.web.served_desk import served_desk, session_token

pytestmark = needs_browser

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
    token = session_token(course, "owner")
    with served_desk(course) as desk:
        found: list[dict[str, Any]] = run_script("desk.mjs", desk.origin, token, *pages())
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
