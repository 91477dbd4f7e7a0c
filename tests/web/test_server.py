"""The desk as it is served: its address, its first link, and clients that take their time."""

from __future__ import annotations

import contextlib
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.course.accounts import Account
from grader.course.course_folder import CourseFolder
from grader.course.database.course_change import CourseChange
from grader.model.errors import InputError, UsageError
from grader.web import request_body
from grader.web.app import desk_app
from grader.web.desk_settings import DeskSettings, settings_for
from grader.web.impatient_protocol import ImpatientProtocol
from grader.web.server import Serving, first_link, serve, server_config
from tests.support import SECONDS
from tests.web.desk_room import Browser
from tests.web.served_desk import Served, served_desk


@pytest.fixture(scope="module")
def served(made_course: Path) -> Iterator[Served]:
    with served_desk(CourseFolder.open(made_course)) as server:
        yield server


def test_a_page_is_served(served: Served) -> None:
    answer = served.speak(served.head("GET /sign-in", "Connection: close"))
    assert answer.startswith(b"HTTP/1.1 200 OK")
    assert b"server:" not in answer.lower()


@pytest.mark.parametrize("said", [b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: x\r\nA: "])
def test_who_does_not_say_what_they_want_is_hung_up_on(
    served: Served, said: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ImpatientProtocol, "head_seconds", 0.1)
    assert served.speak(said) == b""


def test_a_second_request_is_not_waited_for_either(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_connection(("127.0.0.1", served.port), timeout=SECONDS) as client:
        client.sendall(served.head("GET /static/icon.svg"))
        assert client.recv(65_536).startswith(b"HTTP/1.1 200")
        monkeypatch.setattr(ImpatientProtocol, "head_seconds", 0.1)
        client.sendall(b"GET / HT")
        with contextlib.suppress(ConnectionResetError):
            while client.recv(65_536):
                pass


def test_a_body_that_does_not_come_is_not_waited_for(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(request_body, "_PATIENCE", 0.1)
    origin = f"Origin: http://127.0.0.1:{served.port}"
    form = "Content-Type: application/x-www-form-urlencoded"
    head = served.head("POST /sign-in", origin, form, "Content-Length: 100", "Connection: close")
    assert b" 408 " in served.speak(head, b"name=").split(b"\r\n")[0]


def test_an_answer_that_nobody_reads_is_given_up(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ImpatientProtocol, "unread_seconds", 0.1)
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        client.settimeout(SECONDS)
        client.connect(("127.0.0.1", served.port))
        client.sendall(served.head("GET /static/htmx.min.js") * 200)
        read = client.recv(1)
        while served.server_state.connections:
            time.sleep(0.01)
        with contextlib.suppress(ConnectionResetError):
            while got := client.recv(1 << 20):
                read += got
    assert 0 < read.count(b"HTTP/1.1 200") < 200


@pytest.mark.parametrize(
    "said",
    [b"\x16\x03\x01\x02\x00", b"GET / HTTP/9\r\n\r\n", b"A" * 100_000 + b"\r\n\r\n",
     b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
     b"POST /sign-in HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx",
     b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
     b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX" + b"y" * 64_000 + b": z\r\n\r\n"],
)  # fmt: skip
def test_what_is_no_request_is_refused(served: Served, said: bytes) -> None:
    answer = served.speak(said)
    assert re.match(rb"HTTP/1.1 4\d\d |$", answer), answer[:200]


def test_the_desk_still_answers_after_all_that(served: Served) -> None:
    answer = served.speak(served.head("GET /sign-in", "Connection: close"))
    assert answer.startswith(b"HTTP/1.1 200 OK")


@pytest.mark.parametrize(
    ("host", "port", "written"), [("127.0.0.1", 8080, ":8080"), ("localhost", 80, "")]
)
def test_the_desk_knows_its_names(host: str, port: int, written: str) -> None:
    settings = settings_for(host, port)
    assert settings.hosts == {f"{each}{written}" for each in ("127.0.0.1", "localhost", "[::1]")}
    assert not settings.secure


def test_elsewhere_it_needs_tls_or_a_proxy() -> None:
    with pytest.raises(UsageError, match=r"could read passwords and grades.*--certificate"):
        settings_for("0.0.0.0", 8080)
    own = settings_for("desk.example.org", 443, tls=True)
    assert own == DeskSettings(frozenset({"https://desk.example.org"}), secure=True)
    assert settings_for("::", 8443, tls=True).hosts == {"[::]:8443"}
    assert settings_for("127.0.0.1", 8080, public="https://Desk.example.org/") == own
    assert settings_for("127.0.0.1", 1, public="https://[2001:db8::1]:8443").hosts == {
        "[2001:db8::1]:8443"
    }


@pytest.mark.parametrize(
    "public",
    ["desk.example.org", "http://desk.example.org", "https://", "https://u@desk.example.org",
     "https://desk.example.org/path", "ftp://desk.example.org", "https://desk.example.org:x",
     "https://[::1"],
)  # fmt: skip
def test_what_is_no_address_of_a_desk_is_refused(public: str) -> None:
    with pytest.raises(UsageError, match=r"address of a desk|expected https"):
        settings_for("127.0.0.1", 8080, public=public)


def test_a_certificate_needs_its_key_and_must_be_one(course: CourseFolder, tmp_path: Path) -> None:
    file = tmp_path / "chain.pem"
    file.write_text("no certificate", encoding="utf-8")
    with pytest.raises(UsageError, match="both --certificate and --key"):
        Serving("::", 443, certificate=file).settings()
    said = Serving("::", 443, certificate=file, key=file)
    with pytest.raises(InputError, match=r"chain\.pem: cannot be used for TLS"):
        server_config(desk_app(course, said.settings()), said)


def test_the_first_who_serves_a_course_owns_it(
    course: CourseFolder, stranger: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("grader.web.server.system_user", lambda: "ann")
    with course.changing() as change:
        _without_accounts(change)
    account, token = first_link(course, "")
    assert account == Account(name="ann", role="owner")
    assert stranger.post("/sign-in", data={"link": token}).status_code == 303
    assert "Accounts" in stranger.get("/account").text
    with pytest.raises(UsageError, match=r"no account 'bob'.*Known: ann"):
        first_link(course, "bob")


def _without_accounts(change: CourseChange) -> None:
    from sqlalchemy import delete

    from grader.course.database.tables import accounts, sessions

    for table in (sessions, accounts):
        change._connection.execute(delete(table))


def test_whoever_serves_it_later_signs_in_as_themselves_or_an_owner(
    course: CourseFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("grader.web.server.system_user", lambda: "nobody here")
    assert first_link(course, "")[0].name == "owner"
    assert first_link(course, "reader")[0].name == "reader"
    monkeypatch.setattr("grader.web.server.system_user", lambda: "instructor")
    assert first_link(course, "")[0].name == "instructor"


def test_a_port_that_is_taken_is_an_error_in_one_line(course: CourseFolder) -> None:
    said: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(InputError, match=r"cannot be listened on.*--port"):
            serve(course, Serving("127.0.0.1", port), "owner", said.append)
    assert said[0] == f"The desk of Nets: http://127.0.0.1:{port}"


WITHOUT = """
import sys
for name in ("starlette", "uvicorn", "argon2", "python_multipart"):
    sys.modules[name] = None  # as if it were not installed
from grader.cli.app import main
sys.argv = ["grader", *sys.argv[1:]]
main()
"""


def test_without_the_extra_the_command_says_what_to_install(course: CourseFolder) -> None:
    command = [sys.executable, "-c", WITHOUT, "serve", str(course.path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=SECONDS)
    assert done.returncode == 2
    assert "Install it with: pip install 'gradewall[desk]'" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    command[3:] = ["course", "account", "list", "--course", str(course.path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=SECONDS)
    assert "owner  owner" in done.stdout, done.stderr
