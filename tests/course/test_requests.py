"""Regrade requests: made on a page, read with suspicion, shown with their check."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from grader.course.requests import read_request, token_of
from grader.model.errors import ExitCode, InputError, UsageError
from grader.model.result import Outcome
from grader.report.atomic_write import instructor_page, student_page_of
from tests.course.room import BASE, Room
from tests.support import in_process

TOKEN = "a" * 26
CHECK = next(check for check in BASE.checks if check.outcome is Outcome.FAILED)


def _file(folder: Path, content: str | bytes | dict[str, Any], name: str = "request.json") -> Path:
    path = folder / name
    content = json.dumps(content) if isinstance(content, dict) else content
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "token:"),
        (b"\xff\xfe\x00{", "not a regrade request"),
        ("{", "not a regrade request"),
        ("[1]", "token:"),
        ("{" * 100_000, "not a regrade request"),
        ('{"a":' * 100_000 + "1" + "}" * 100_000, "longer than|not a regrade request"),
        ({"token": TOKEN}, "not a regrade request"),
        ({"token": 3, "text": "x"}, "not a regrade request"),
        ({"token": TOKEN, "text": " \n"}, "says nothing"),
        ({"token": TOKEN, "text": "x" * 4001}, "more than 4,000"),
        ({"token": "../../etc/passwd", "text": "x"}, "token is not one"),
        ({"token": TOKEN + "a", "text": "x"}, "token is not one"),
        ({"token": TOKEN, "text": "x", "asked": "yesterday"}, "not a regrade request"),
        ("x" * (1 << 18) + "y", "longer than"),
        ("From: a@b.c\n\nhello", "token:"),
        ("From: a@b.c\nContent-Type: text/html\n\n<p>hello</p>", "no plain text"),
        ("From: a@b.c\nContent-Type: text/plain; charset=nonsense\n\ntoken: x", "request"),
    ],
)
def test_what_is_no_request_is_an_input_error(
    tmp_path: Path, content: str | bytes | dict[str, Any], said: str
) -> None:
    with pytest.raises(InputError, match=said):
        read_request(_file(tmp_path, content))


@pytest.mark.parametrize(
    "content",
    [
        {
            "token": TOKEN,
            "about": "layers::a",
            "text": "It is right.",
            "asked": "2026-03-01T12:00:00Z",
        },
        f"token: {TOKEN}\r\nabout: layers::a\r\n\r\nIt is right.\r\n",
        "From: Ann <ann@example.org>\nTo: ta@example.org\nSubject: Regrade\n"
        "Date: Sun, 1 Mar 2026 13:00:00 +0100\nContent-Type: text/plain; charset=utf-8\n\n"
        f"> token: {TOKEN}\n> about: layers::a\n\nIt is right.\n",
    ],
)
def test_a_file_a_text_and_a_mail_are_read(tmp_path: Path, content: str | dict[str, Any]) -> None:
    found = read_request(_file(tmp_path, content))
    assert (found.token, found.about, found.text) == (TOKEN, "layers::a", "It is right.")


def test_tokens_differ_by_submission_and_class() -> None:
    every = {token_of(key, name) for key in (b"1", b"2") for name in ("ann", "Ann", "ann ")}
    assert len(every) == 6
    assert all(re.fullmatch("[a-z2-7]{26}", token) for token in every)


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Two who may ask for a regrade on their pages."""
    with pytest.MonkeyPatch.context() as patch:
        room = Room(tmp_path_factory.mktemp("room"), patch)
        room.hand_in("ann", "One.")
        room.hand_in("bob", "Two.")
        room.batch("--requests-to", "ta@example.org")
        yield room


def _token(room: Room, name: str) -> str:
    found = re.search(r'data-token="(\w+)"', room.report(name))
    assert found
    return found[1]


def _requests(room: Room, *options: str | Path, code: int = 0) -> str:
    return in_process("requests", "--out", room.out, *options, code=code)


def test_only_the_students_own_page_has_their_token(graded: Room) -> None:
    ann, bob = _token(graded, "ann"), _token(graded, "bob")
    handed_out = {path: path.read_text("utf-8") for path in (graded.out / "reports").iterdir()}
    assert [path.name for path, text in handed_out.items() if ann in text] == ["ann.html"]
    assert ann != bob
    assert "data-token" not in (graded.out / instructor_page("ann")).read_text("utf-8")
    link = re.search(r'href="(mailto:[^"]+)"', graded.report("ann"))
    assert link
    assert f"token: {ann}\nabout: \n\n" in unquote(link[1])


def test_a_request_counts_for_whose_token_it_has_and_appears_with_its_check(graded: Room) -> None:
    folder = graded.folder / "mails"
    folder.mkdir()
    asked = {"token": _token(graded, "ann"), "about": CHECK.id, "text": "<b>Mine</b> is right."}
    _file(folder, asked | {"submission": "bob", "person": "bob"}, "good.json")
    _file(folder, asked | {"token": TOKEN}, "nobody.json")
    _file(folder, asked | {"about": "layers::none"}, "about.json")
    said = _requests(graded, folder, code=ExitCode.INPUT)
    assert f"request 1, of ann, out, {CHECK.title}" in said
    assert "is there already" in _requests(graded, folder / "good.json")
    assert "Mine" in _requests(graded)
    graded.batch("--requests-to", "ta@example.org")
    page = (graded.out / instructor_page("ann")).read_text("utf-8")
    cards = [card for card in re.findall("<article.*?</article>", page, re.S) if "Mine" in card]
    assert len(cards) == 1
    assert CHECK.title.partition("`")[0] in cards[0]
    assert "&lt;b&gt;Mine&lt;/b&gt; is right." in cards[0]
    assert "Mine" not in graded.report("bob")
    _requests(graded, "--decline", "1", "--answer", "The axis is wrong.", "--by", "Prof. Q")
    graded.batch("--requests-to", "ta@example.org")
    assert "The axis is wrong." in graded.report("ann")
    assert "Prof. Q" not in graded.report("ann")
    assert "Open: 0, answered: 1." in _requests(graded)


def test_an_answer_needs_a_request(graded: Room) -> None:
    with pytest.raises(UsageError, match="no regrade request 9"):
        _requests(graded, "--grant", "9")
    with pytest.raises(InputError, match="is not a file or a folder"):
        _requests(graded, graded.folder / "none")


def test_a_class_that_allows_none_takes_none(tmp_path: Path, monkeypatch: Any) -> None:
    room = Room(tmp_path, monkeypatch)
    room.hand_in("ann", "One.")
    room.batch()
    assert "data-token" not in (room.out / student_page_of("ann")).read_text("utf-8")
    with pytest.raises(UsageError, match="No student's page"):
        _requests(room, _file(tmp_path, {"token": TOKEN, "text": "x"}))
