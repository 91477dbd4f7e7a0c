"""A student's code on the desk, and comments on its lines."""

from __future__ import annotations

import re
from typing import Any

from msgspec.structs import replace

from grader.model.course_records import StoredAttempt
from grader.web.paths import address
from tests.web.desk_room import ABSENT, ADA, BO, HW, Browser

FILE = "numpynn/layers.py"


def _stored(browser: Browser, person: str = ADA) -> StoredAttempt:
    with browser.desk.reading() as view:
        (stored,) = view.attempts_of(person)[HW]
    return stored


def _code(browser: Browser, person: str = ADA, **query: str | int) -> Any:
    asked: dict[str, str | int] = {"file": FILE, **query}
    return browser.get(address("/a/{}/s/{}/code", HW, person, **asked))


def _comment(browser: Browser, person: str = ADA, **form: str) -> Any:
    sent = {"file": FILE, "line": "8", "text": "Broadcast <b>this</b>.", **form}
    return browser.act(address("/a/{}/s/{}/comment", HW, person), sent)


def test_code_is_shown_line_by_line_and_only_shown(reader: Browser) -> None:
    page = _code(reader).text
    lines = re.findall(r'<li id="L\d+">.*?<code>(.*?)</code>', page, re.S)
    assert lines[0] == "# 1"
    assert lines[8] == "    out = x * w"
    assert 'a class="number"' not in page
    assert "numpynn/__init__.py" in page


def test_a_comment_is_seen_by_the_student_without_who_made_it(
    assistant: Browser, reader: Browser
) -> None:
    assert '<textarea id="text"' in _code(assistant, line=8).text
    done = _comment(assistant)
    assert done.status_code == 303
    assert done.headers["location"].endswith("#L8")
    shown = _code(reader).text
    assert "Broadcast &lt;b&gt;this&lt;/b&gt;." in shown
    assert "1 comment" in shown
    copy = reader.get(address("/a/{}/s/{}/copy/student", HW, ADA)).text
    assert "Comments on your code" in copy
    assert "numpynn/layers.py, line 8" in copy
    assert "Broadcast &lt;b&gt;this&lt;/b&gt;." in copy
    assert "assistant" not in copy
    assert (
        "Comments on your code" not in reader.get(address("/a/{}/s/{}/copy/student", HW, BO)).text
    )
    with reader.desk.reading() as view:
        assert [(e.who, e.what, e.person) for e in view.log(HW)][-1] == (
            "assistant", "commented on numpynn/layers.py, line 8 (comment 1)", ADA,
        )  # fmt: skip


def test_a_comment_is_taken_back_by_the_page_that_has_it(
    instructor: Browser, reader: Browser
) -> None:
    _comment(instructor)
    form = {"number": "1", "line": "8", "file": FILE}
    there = address("/a/{}/s/{}/comment/take-back", HW, BO)
    assert instructor.act(there, form).status_code == 400
    here = address("/a/{}/s/{}/comment/take-back", HW, ADA)
    assert instructor.act(here, form).status_code == 303
    assert "Broadcast" not in _code(reader).text
    assert instructor.act(here, form).status_code == 400


def test_a_comment_goes_with_its_attempt_and_reaches_the_whole_team(instructor: Browser) -> None:
    stored = _stored(instructor)
    together = replace(stored.attempt, members=[ADA, BO])
    with instructor.desk.course.changing() as change:
        (theirs,) = change.attempts_of(BO)[HW]
        alone = replace(theirs.attempt, counted=False)
        team = [replace(stored, attempt=together), replace(theirs, attempt=alone)]
        change.put_attempts(HW, team, "teamed up")
    _comment(instructor)
    for person in (ADA, BO):
        copy = instructor.get(address("/a/{}/s/{}/copy/student", HW, person)).text
        assert "numpynn/layers.py, line 8" in copy
    older = _code(instructor, BO, attempt=theirs.attempt.key).text
    assert "Broadcast" not in older


def test_what_is_not_there_is_not_commented_on(instructor: Browser) -> None:
    for wrong, status in (
        ({"line": "9999"}, 400),
        ({"line": "0"}, 400),
        ({"line": "x"}, 400),
        ({"file": "../../course.toml"}, 400),
        ({"file": "/etc/passwd"}, 400),
        ({"text": "  "}, 400),
        ({"text": "x" * 4001}, 400),
        ({"attempt": "1:nobody"}, 404),
        ({"attempt": _stored(instructor, BO).attempt.key}, 404),
    ):
        assert _comment(instructor, **wrong).status_code == status, wrong
    assert _comment(instructor, ABSENT).status_code == 404
    assert _code(instructor, file="../../course.toml").status_code == 404
    assert _code(instructor, file="/etc/passwd").status_code == 404
    assert _code(instructor, line="-1").status_code == 200
    with instructor.desk.reading() as view:
        assert view.line_comments(HW) == {}
