"""Students' pages by mail: to each student once, and to nobody else.

A log beside the results has a line before and after each message. What is in it as sent is not sent
again. What had only begun, when a machine or a connection failed, may have arrived: it is named,
and not sent again unless somebody says so.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import re
import smtplib
import ssl
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from pathlib import Path
from typing import Final, Literal, NamedTuple
from urllib.parse import unquote, urlsplit

import msgspec

from grader.course.grade_files.row_matching import listed
from grader.model.errors import InputError, UsageError, reason_of
from grader.model.person import Person

LOG: Final = "mail.jsonl"
PASSWORD: Final = "GRADER_SMTP_PASSWORD"
"""The environment variable with the password: what is on a command line is seen by others."""
_ADDRESS: Final = re.compile(r"[^\s@,;<>\"()\[\]\\\\:]+@[^\s@,;<>\"()\[\]\\\\:]+")
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_SECONDS: Final = 60


class Letter(NamedTuple):
    """A message to one student."""

    person: Person
    version: str
    """Of the page: the same page is not sent twice."""
    text: str
    page: bytes = b""
    """Attached; empty where the text has a link."""


class LogLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the log."""

    state: Literal["begun", "sent", "refused"]
    person: str
    version: str
    email: str
    at: str
    why: str = ""


class MailPlan(NamedTuple):
    """What is to be done."""

    letters: list[Letter]
    sent_before: list[Person]
    uncertain: list[Person]
    """Begun earlier, and not known to have been sent."""
    without_address: list[Person]


class Server(NamedTuple):
    """An SMTP server."""

    host: str
    port: int
    implicit_tls: bool
    user: str = ""

    @property
    def local(self) -> bool:
        """Whether nothing leaves this machine, so that it may do without TLS."""
        return self.host in _LOOPBACK


def server_of(url: str) -> Server:
    """The server that a URL names.

    Raises:
        UsageError: it names none.
    """
    hint = "Expected smtp://USER@HOST:587 (STARTTLS) or smtps://USER@HOST:465."
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise UsageError(f"--smtp {url}: is not an address.", hint=hint) from None
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname or parts.path.strip("/"):
        raise UsageError(f"--smtp {url}: is not an SMTP server.", hint=hint)
    if parts.password:
        raise UsageError(
            "--smtp: a password on the command line is seen by everybody on this machine.",
            hint=f"Put it into the environment variable {PASSWORD}.",
        )
    implicit = parts.scheme == "smtps"
    user = unquote(parts.username or "")
    return Server(parts.hostname, port or (465 if implicit else 587), implicit, user)


def plan(letters: Sequence[Letter], log: Path, again: Sequence[str] = ()) -> MailPlan:
    """Who is to get a message, of all for whom there is one.

    Args:
        letters: for everybody.
        log: of earlier runs.
        again: keys of students whose message was begun and is to be sent all the same.

    Raises:
        InputError: the log cannot be read, an address is not one, or two students have the same.
    """
    _must_be_addresses(letters)
    states = _states(log)
    done = [e for e in letters if states.get((e.person.key, e.version)) == "sent"]
    begun = [
        e
        for e in letters
        if states.get((e.person.key, e.version)) == "begun" and e.person.key not in again
    ]
    without = [e for e in letters if not e.person.email]
    skipped = {e.person.key for e in (*done, *begun, *without)}
    return MailPlan(
        letters=[e for e in letters if e.person.key not in skipped],
        sent_before=[e.person for e in done],
        uncertain=[e.person for e in begun],
        without_address=[e.person for e in without],
    )


def send(
    letters: Sequence[Letter],
    server: Server,
    log: Path,
    *,
    sender: str,
    subject: str,
    ca: Path | None = None,
) -> Iterator[LogLine]:
    """Send each, and yield what became of it; after an interrupt, `plan` leaves out what was sent.

    Raises:
        InputError: the server cannot be reached, has no TLS, refuses us, or went away.
    """
    _must_be_address(sender, "--from")
    with contextlib.closing(_Log(log)) as told, _trouble(server):
        done = {place for place, state in _states(log).items() if state == "sent"}
        waiting = [e for e in letters if (e.person.key, e.version) not in done]
        with _connected(server, ca) as client:
            for letter in waiting:
                yield _sent(client, letter, told, sender, subject)


def _sent(client: smtplib.SMTP, letter: Letter, log: _Log, sender: str, subject: str) -> LogLine:
    message = message_of(letter, sender, subject)
    log.write("begun", letter)
    try:
        client.send_message(message, sender, [letter.person.email])
    except (smtplib.SMTPRecipientsRefused, smtplib.SMTPDataError) as error:
        with contextlib.suppress(smtplib.SMTPException):
            client.rset()
        return log.write("refused", letter, _said(error))
    return log.write("sent", letter)


def message_of(letter: Letter, sender: str, subject: str) -> EmailMessage:
    """The message, to one address and no other."""
    message = EmailMessage()
    message["From"] = sender
    local, _, domain = letter.person.email.rpartition("@")
    name = " ".join(letter.person.name.split())
    message["To"] = Address(name, local, domain)
    message["Subject"] = " ".join(subject.split())
    message["Date"] = format_datetime(dt.datetime.now(dt.UTC))
    message["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2])
    message.set_content(letter.text)
    if letter.page:
        message.add_attachment(
            letter.page, maintype="text", subtype="html", filename="feedback.html"
        )
    return message


class _Log:
    """Lines that are on the disk before anything else happens; one run at a time writes them."""

    def __init__(self, path: Path) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = path.open("a+b")
            lock(self._file.fileno())
            self._drop_torn_line()
        except BlockingIOError:
            self._file.close()
            raise InputError(f"{path}: another run is sending mail at this moment.") from None
        except OSError as error:
            raise InputError(f"Cannot write {path}: {error.strerror or error}.") from None

    def _drop_torn_line(self) -> None:
        """One that was being written when the machine stopped: nothing had followed from it."""
        self._file.seek(0)
        content = self._file.read()
        self._file.truncate(content.rfind(b"\n") + 1)

    def write(
        self, state: Literal["begun", "sent", "refused"], letter: Letter, why: str = ""
    ) -> LogLine:
        now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
        who = letter.person
        line = LogLine(
            state=state, person=who.key, version=letter.version, email=who.email, at=now, why=why
        )
        self._file.write(msgspec.json.encode(line) + b"\n")
        self._file.flush()
        os.fsync(self._file.fileno())
        return line

    def close(self) -> None:
        self._file.close()


def lock(descriptor: int) -> None:
    """Have a file to oneself until it is closed, where the system can do that.

    Raises:
        BlockingIOError: somebody else has it.
    """
    try:
        import fcntl
    except ImportError:  # Windows
        return
    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _states(log: Path) -> Mapping[tuple[str, str], str]:
    """What became last of each message."""
    try:
        content = log.read_bytes()
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise InputError(f"{log}: cannot be read: {error.strerror or error}.") from None
    *lines, _torn = content.split(b"\n")
    states: dict[tuple[str, str], str] = {}
    for number, line in enumerate(lines, start=1):
        try:
            entry = msgspec.json.decode(line, type=LogLine)
        except msgspec.MsgspecError:
            hint = "It says who has got mail. Take it back from a copy."
            raise InputError(f"{log}, line {number}: is damaged.", hint=hint) from None
        states[entry.person, entry.version] = entry.state
    return states


@contextlib.contextmanager
def _connected(server: Server, ca: Path | None) -> Iterator[smtplib.SMTP]:
    tls = ssl.create_default_context(cafile=str(ca) if ca else None)
    ours = "localhost" if server.local else None  # else looked up, which may take long
    made: smtplib.SMTP = (
        smtplib.SMTP_SSL(server.host, server.port, ours, timeout=_SECONDS, context=tls)
        if server.implicit_tls
        else smtplib.SMTP(server.host, server.port, ours, timeout=_SECONDS)
    )
    with made as client:
        client.ehlo()
        if not server.implicit_tls:
            if client.has_extn("starttls"):
                client.starttls(context=tls)
                client.ehlo()
            elif not server.local:
                raise InputError(
                    f"{server.host}: offers no TLS, so everybody on the way could read the pages.",
                    hint="Use smtps://, or the port of STARTTLS, usually 587.",
                )
        if server.user:
            client.login(server.user, _password(server))
        yield client


def _password(server: Server) -> str:
    password = os.environ.get(PASSWORD, "")
    if not password:
        raise InputError(f"{server.host}: there is no password.", hint=f"Set {PASSWORD}.")
    return password


@contextlib.contextmanager
def _trouble(server: Server) -> Iterator[None]:
    try:
        yield
    except smtplib.SMTPAuthenticationError:
        raise InputError(f"{server.host}: refuses user {server.user!r} or the password.") from None
    except (OSError, smtplib.SMTPException) as error:
        raise InputError(
            f"{server.host}, port {server.port}: {_said(error)}.",
            hint="Run the same command again to go on with those who have got nothing yet.",
        ) from None


def _said(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, text = next(iter(error.recipients.values()))
        return f"{code} {text.decode(errors='replace')}"
    if isinstance(error, smtplib.SMTPResponseException):
        told: bytes | str = error.smtp_error
        shown = told.decode(errors="replace") if isinstance(told, bytes) else told
        return f"{error.smtp_code} {shown}"
    return reason_of(error)


def _must_be_addresses(letters: Sequence[Letter]) -> None:
    for letter in letters:
        if letter.person.email:
            _must_be_address(letter.person.email, letter.person.name)
    count = Counter(e.person.email.casefold() for e in letters if e.person.email)
    shared = [e.person.name for e in letters if count[e.person.email.casefold()] > 1]
    if shared:
        raise InputError(
            f"{listed(shared)} have the same e-mail address.",
            hint="One would get the other's page. Correct the roster.",
        )


def _must_be_address(text: str, whose: str) -> None:
    if not _ADDRESS.fullmatch(text) or not text.isprintable():
        raise InputError(f"{whose}: {text!r} is not an e-mail address.")
