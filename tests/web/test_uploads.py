"""Uploads: streamed to disk within a size, in a folder of their own, by whoever may."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from grader.course.accounts import Account
from grader.course.course_folder import CourseFolder
from grader.web.desk import Desk
from grader.web.handler import form_of
from grader.web.uploads import safe_name, upload, upload_of
from tests.web.desk_room import Browser

LIMIT = 200_000


@upload("grade", at_most=LIMIT)
def _kept(request: Request, desk: Desk, account: Account) -> Response:
    found = upload_of(request)
    size = len(found.path.read_bytes())
    return PlainTextResponse(f"{found.path.name} {size} {form_of(request).text('note')}")


@pytest.fixture
def uploader(instructor: Browser) -> Browser:
    instructor.app.router.routes.append(Route("/up", _kept, methods=["POST"]))  # type: ignore[attr-defined]
    return instructor


def _sent(browser: Browser, name: str, content: bytes, **fields: str) -> Any:
    return browser.post("/up", data=fields, files={"file": (name, content)})


def _left(course: CourseFolder) -> list[Path]:
    return [*(course.path / "uploads").glob("*")]


def test_a_file_comes_whole_and_nothing_is_left(uploader: Browser) -> None:
    content = bytes(range(256)) * 700
    done = _sent(uploader, "class 1.zip", content, csrf=uploader.csrf, note="hello")
    assert done.text == f"class 1.zip {len(content)} hello"
    assert _left(uploader.desk.course) == []


def test_more_than_the_limit_is_refused_and_nothing_is_left(uploader: Browser) -> None:
    done = _sent(uploader, "a.zip", b"x" * (LIMIT + (2 << 20)), csrf=uploader.csrf)
    assert done.status_code == 413
    assert _left(uploader.desk.course) == []


def test_so_is_what_does_not_say_how_long_it_is(uploader: Browser) -> None:
    def body() -> Iterator[bytes]:
        yield b'--b\r\nContent-Disposition: form-data; name="csrf"\r\n\r\n'
        yield uploader.csrf.encode()
        yield b'\r\n--b\r\nContent-Disposition: form-data; name="f"; filename="a"\r\n\r\n'
        for _ in range(100):
            yield b"x" * 65_536
        yield b"\r\n--b--\r\n"

    headers = {"content-type": "multipart/form-data; boundary=b"}
    assert uploader.post("/up", content=body(), headers=headers).status_code == 413
    assert _left(uploader.desk.course) == []


@pytest.mark.parametrize("csrf", ["", "wrong"])
def test_a_forged_upload_is_not_written(
    uploader: Browser, csrf: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.setattr("grader.web.uploads.safe_name", opened.append)
    done = _sent(uploader, "a.zip", b"x", csrf=csrf)
    assert opened == []
    assert done.status_code == 403
    assert "Load it again" in done.text


def test_who_may_not_grade_uploads_nothing(uploader: Browser, assistant: Browser) -> None:
    assistant.app.router.routes.append(Route("/up", _kept, methods=["POST"]))  # type: ignore[attr-defined]
    assert _sent(assistant, "a.zip", b"x", csrf=assistant.csrf).status_code == 403


@pytest.mark.parametrize(
    "body", [b"", b"--b\r\n", b"--b\r\nno header", b"--b\r\n\r\n\r\n--b--", b"\x00" * 5000]
)
def test_what_is_no_form_is_refused(uploader: Browser, body: bytes) -> None:
    headers = {"content-type": "multipart/form-data; boundary=b", "x-csrf-token": uploader.csrf}
    assert uploader.post("/up", content=body, headers=headers).status_code == 400
    headers["content-type"] = "multipart/form-data"
    assert uploader.post("/up", content=body, headers=headers).status_code == 400


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("../../etc/passwd", "passwd"),
        ("..\\..\\boot.ini", "boot.ini"),
        ("C:evil.zip", "C_evil.zip"),
        (".htaccess", "htaccess"),
        ("..", "upload"),
        ("", "upload"),
        ("a\x00b\nc.zip", "a[U+0000]b c.zip"),
        ("\u202egpj.exe", "[U+202E]gpj.exe"),
        ("x" * 500 + ".zip", "x" * 116 + ".zip"),
        ("作业.zip", "作业.zip"),
    ],
)
def test_the_name_of_a_file_leads_nowhere(name: str, safe: str) -> None:
    assert safe_name(name) == safe
