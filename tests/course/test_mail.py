"""Mail: to each student once, through TLS, to nobody else; against a server on this machine."""

from __future__ import annotations

import email
import email.policy
import socket
import ssl
import subprocess
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from grader.course.mail import Letter, message_of, plan, send, server_of
from grader.model.errors import InputError, UsageError
from grader.model.person import Person

controller: Any = pytest.importorskip("aiosmtpd.controller")
smtp: Any = pytest.importorskip("aiosmtpd.smtp")


def letter(name: str, address: str = "", version: str = "1", page: bytes = b"") -> Letter:
    """A message to somebody."""
    person = Person(key=name, name=name, email=address or f"{name}@u.edu")
    return Letter(person, version, f"Dear {name}", page or f"<p>{name}</p>".encode())


CLASS = [letter(name) for name in ("ann", "bob", "eve")]


class Inbox:
    """What came, and what the server says to each address."""

    def __init__(self) -> None:
        self.came: list[tuple[list[str], EmailMessage]] = []
        self.answers: dict[str, str] = {}
        self.secure: list[bool] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        (to,) = envelope.rcpt_tos
        answer = self.answers.get(to, "250 OK")
        if answer.startswith("250"):
            text = email.message_from_bytes(envelope.content, policy=email.policy.default)
            assert isinstance(text, EmailMessage)
            self.came.append((envelope.rcpt_tos, text))
            self.secure.append(session.ssl is not None)
        if answer.startswith("421"):
            server.transport.close()
        return answer

    @property
    def who(self) -> list[str]:
        """Who has got something, in order."""
        return [to for (to,), _ in self.came]


@pytest.fixture
def started() -> Iterator[Callable[..., tuple[Inbox, str]]]:
    """Starts servers, which end with the test."""
    running = []

    def start(**options: Any) -> tuple[Inbox, str]:
        inbox = Inbox()
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        made = controller.Controller(
            inbox, hostname="127.0.0.1", port=port, server_hostname="localhost", **options
        )
        made.start()
        running.append(made)
        return inbox, f"smtp://localhost:{port}"

    yield start
    for each in running:
        each.stop()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for this machine, with its key."""
    folder = tmp_path_factory.mktemp("tls")
    command = [
        "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
        "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
        "-keyout", "key.pem", "-out", "cert.pem",
    ]  # fmt: skip
    try:
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
    except OSError:
        pytest.skip("needs openssl")
    return folder / "cert.pem"


def sent(letters: list[Letter], url: str, log: Path, ca: Path | None = None) -> list[str]:
    """What became of each message."""
    lines = send(letters, server_of(url), log, sender="staff@u.edu", subject="Homework 1", ca=ca)
    return [line.state for line in lines]


def test_each_gets_their_own_page_and_nobody_gets_it_twice(
    tmp_path: Path, started: Callable[..., tuple[Inbox, str]]
) -> None:
    inbox, url = started()
    log = tmp_path / "mail.jsonl"
    assert sent(plan(CLASS, log).letters, url, log) == ["sent"] * 3
    for (to,), message in inbox.came:
        name = to.partition("@")[0]
        assert message["To"].addresses[0].addr_spec == to
        assert message["Cc"] is message["Bcc"] is None
        (attached,) = message.iter_attachments()
        assert attached.get_content().strip() == f"<p>{name}</p>"
        assert f"Dear {name}" in message.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    again = plan(CLASS, log)
    assert again.letters == []
    assert len(again.sent_before) == 3
    assert sent(CLASS, url, log) == []  # nor if somebody plans before another run has sent
    assert len(inbox.came) == 3


def test_a_new_page_is_a_new_message(
    tmp_path: Path, started: Callable[..., tuple[Inbox, str]]
) -> None:
    inbox, url = started()
    log = tmp_path / "mail.jsonl"
    sent(CLASS, url, log)
    changed = [CLASS[0], letter("bob", version="2"), CLASS[2]]
    assert sent(plan(changed, log).letters, url, log) == ["sent"]
    assert inbox.who == ["ann@u.edu", "bob@u.edu", "eve@u.edu", "bob@u.edu"]


def test_one_address_that_is_refused_stops_nobody_else(
    tmp_path: Path, started: Callable[..., tuple[Inbox, str]]
) -> None:
    inbox, url = started()
    inbox.answers["bob@u.edu"] = "550 no such user"
    log = tmp_path / "mail.jsonl"
    assert sent(CLASS, url, log) == ["sent", "refused", "sent"]
    inbox.answers.clear()
    assert [e.person.key for e in plan(CLASS, log).letters] == ["bob"]


def test_what_may_have_arrived_is_named_and_not_sent_again(
    tmp_path: Path, started: Callable[..., tuple[Inbox, str]]
) -> None:
    inbox, url = started()
    inbox.answers["bob@u.edu"] = "421 going down"
    log = tmp_path / "mail.jsonl"
    with pytest.raises(InputError, match="go on with those"):
        sent(CLASS, url, log)
    inbox.answers.clear()
    later = plan(CLASS, log)
    assert [e.person.key for e in later.letters] == ["eve"]
    assert [person.key for person in later.uncertain] == ["bob"]
    assert [e.person.key for e in plan(CLASS, log, again=["bob"]).letters] == ["bob", "eve"]


def test_a_kill_at_any_byte_of_the_log_sends_nothing_twice(tmp_path: Path) -> None:
    """Whatever part of the log was written: who has got the page is not sent it again."""
    whole = tmp_path / "whole.jsonl"
    lines = [
        f'{{"state":"{state}","person":"{e.person.key}","version":"1","email":"x","at":"t"}}\n'
        for e in CLASS
        for state in ("begun", "sent")
    ]
    whole.write_text("".join(lines))
    content = whole.read_bytes()
    for end in range(len(content) + 1):
        log = tmp_path / "torn.jsonl"
        log.write_bytes(content[:end])
        begun = sum(content[:end].count(line.encode()) for line in lines[::2])
        found = plan(CLASS, log)
        assert len(found.letters) == 3 - begun
        assert len(found.uncertain) + len(found.sent_before) == begun


def test_a_torn_line_does_not_spoil_the_next(
    tmp_path: Path, started: Callable[..., tuple[Inbox, str]]
) -> None:
    _, url = started()
    log = tmp_path / "mail.jsonl"
    log.write_text('{"state":"begun","pers')
    assert sent(CLASS, url, log) == ["sent"] * 3
    assert len(plan(CLASS, log).sent_before) == 3
    log.write_text('{"state":"beg\n' + log.read_text())
    with pytest.raises(InputError, match="line 1: is damaged"):
        plan(CLASS, log)


def test_two_runs_at_once_do_not_both_send(
    tmp_path: Path, started: Callable[..., tuple[Inbox, str]]
) -> None:
    inbox, url = started()
    log = tmp_path / "mail.jsonl"
    first = send(CLASS, server_of(url), log, sender="s@u.edu", subject="x")
    next(first)
    with pytest.raises(InputError, match="another run is sending"):
        sent(CLASS, url, log)
    assert len(list(first)) == 2
    assert len(inbox.came) == 3


def test_tls_is_used_and_checked(
    tmp_path: Path, started: Callable[..., tuple[Inbox, str]], certificate: Path
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, certificate.with_name("key.pem"))
    inbox, url = started(tls_context=context)
    with pytest.raises(InputError, match="certificate"):
        sent(CLASS, url, tmp_path / "a.jsonl")
    assert inbox.came == []
    assert sent(CLASS, url, tmp_path / "b.jsonl", certificate) == ["sent"] * 3
    assert inbox.secure == [True] * 3
    direct, url = started(ssl_context=context)
    smtps = url.replace("smtp:", "smtps:")
    assert sent(CLASS, smtps, tmp_path / "c.jsonl", certificate) == ["sent"] * 3
    assert len(direct.came) == 3


def test_without_tls_nothing_leaves_this_machine(
    tmp_path: Path, started: Callable[..., tuple[Inbox, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    inbox, url = started()
    monkeypatch.setattr("grader.course.mail._LOOPBACK", frozenset())
    with pytest.raises(InputError, match="offers no TLS"):
        sent(CLASS, url, tmp_path / "mail.jsonl")
    assert inbox.came == []


@pytest.mark.filterwarnings("ignore:Requiring AUTH")
def test_a_password_comes_from_the_environment(
    tmp_path: Path, started: Callable[..., tuple[Inbox, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def known(_server: Any, _session: Any, _envelope: Any, _kind: str, data: Any) -> Any:
        right = data.login == b"ann" and data.password == b"secret"
        return smtp.AuthResult(success=right, handled=False)

    inbox, url = started(authenticator=known, auth_require_tls=False, auth_required=True)
    named = url.replace("//", "//ann@")
    monkeypatch.delenv("GRADER_SMTP_PASSWORD", raising=False)
    with pytest.raises(InputError, match="GRADER_SMTP_PASSWORD"):
        sent(CLASS, named, tmp_path / "mail.jsonl")
    monkeypatch.setenv("GRADER_SMTP_PASSWORD", "wrong")
    with pytest.raises(InputError, match="refuses user 'ann'"):
        sent(CLASS, named, tmp_path / "mail.jsonl")
    monkeypatch.setenv("GRADER_SMTP_PASSWORD", "secret")
    assert sent(CLASS, named, tmp_path / "mail.jsonl") == ["sent"] * 3
    assert len(inbox.came) == 3
    with pytest.raises(UsageError, match="seen by everybody"):
        server_of(url.replace("//", "//ann:secret@"))


@pytest.mark.parametrize(
    "address", ["no address", "a@b@c", "a@b, eve@x.org", "a@b\nBcc: eve@x.org", "<a@b>", "a @b"]
)
def test_what_is_no_address_is_refused(tmp_path: Path, address: str) -> None:
    with pytest.raises(InputError, match="is not an e-mail address"):
        plan([letter("ann", address)], tmp_path / "mail.jsonl")


def test_a_name_writes_no_header() -> None:
    person = Person(key="x", name="Ann\r\nBcc: eve@x.org", email="ann@u.edu")
    made = message_of(Letter(person, "1", "text"), "staff@u.edu", "one\nX-Two: two")
    assert made["Bcc"] is made["X-Two"] is None
    assert [each.addr_spec for each in made["To"].addresses] == ["ann@u.edu"]


def test_an_address_of_two_people_is_nobodys(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="ann, bob have the same e-mail address"):
        plan([letter("ann", "x@u.edu"), letter("bob", "X@u.edu")], tmp_path / "mail.jsonl")


def test_who_has_no_address_is_said(tmp_path: Path) -> None:
    nobody = Letter(Person(key="zoe", name="Zoe"), "1", "text")
    found = plan([*CLASS, nobody], tmp_path / "mail.jsonl")
    assert [person.key for person in found.without_address] == ["zoe"]
    assert len(found.letters) == 3


@pytest.mark.parametrize(
    "url", ["mail.u.edu", "http://u.edu", "smtp://", "smtp://u.edu:x", "smtp://u/p"]
)
def test_what_is_no_server_is_refused(url: str) -> None:
    with pytest.raises(UsageError, match="--smtp"):
        server_of(url)
