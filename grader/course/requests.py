"""Regrade requests: files and e-mails that students made on their pages, read with suspicion."""

from __future__ import annotations

import base64
import datetime as dt
import email
import email.policy
import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from grader.model.course_records import RegradeRequest
from grader.model.errors import InputError
from grader.model.result import Result

KEY: Final = "requests.key"
"""In the output folder, beside what is handed out: the secret from which tokens are made."""
_MAX_BYTES: Final = 1 << 18
_MAX_TEXT: Final = 4_000
_MAX_FILES: Final = 10_000
_TOKEN: Final = re.compile(r"[a-z2-7]{26}")
_FIELD: Final = re.compile(r"^[>\s]*(token|about):[ \t]*(\S*)[ \t]*$", re.MULTILINE)
_HINT: Final = "Ask for the file that the button on the student's own page saves."


class ReadRequest(NamedTuple):
    """What a file asks for, before anybody has looked whose it is."""

    token: str
    about: str
    text: str
    asked: dt.datetime | None


class _RequestFile(msgspec.Struct, frozen=True):
    token: str
    text: str
    about: str = ""
    asked: dt.datetime | None = None


def new_key() -> bytes:
    """A secret for the tokens of one class."""
    return secrets.token_hex(32).encode()


def token_of(key: bytes, submission: str) -> str:
    """What only the page of this submission has; it is neither guessed nor made from another."""
    digest = hmac.digest(key, submission.encode(errors="surrogatepass"), hashlib.sha256)
    return base64.b32encode(digest[:16]).decode().rstrip("=").lower()


def request_files(places: Iterable[Path]) -> list[Path]:
    """The files that are named, and those in the folders that are named.

    Raises:
        InputError: something is not there, or is neither; or there are too many.
    """
    files: list[Path] = []
    for place in places:
        if place.is_dir():
            files += sorted(path for path in place.iterdir() if path.is_file())
        elif place.is_file():
            files.append(place)
        else:
            raise InputError(f"{place}: is not a file or a folder.")
    if len(files) > _MAX_FILES:
        raise InputError(f"There are {len(files)} files; more than {_MAX_FILES} are not read.")
    return files


def read_request(path: Path) -> ReadRequest:
    """What a file asks for: JSON as a page saves it, a mail as it was saved, or its text.

    Raises:
        InputError: it is not a request; says why.
    """
    try:
        with path.open("rb") as file:
            content = file.read(_MAX_BYTES + 1)
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}.") from None
    if len(content) > _MAX_BYTES:
        raise InputError(f"{path}: is longer than {_MAX_BYTES >> 10} KB.")
    try:
        found = _of_json(content) if content.lstrip()[:1] == b"{" else _of_mail(content)
    except (msgspec.DecodeError, ValueError, LookupError, RecursionError) as error:
        raise InputError(f"{path}: is not a regrade request: {error}.", hint=_HINT) from None
    if fault := _fault(found):
        raise InputError(f"{path}: {fault}.", hint=_HINT)
    return found


def must_be_about(about: str, result: Result | None, where: str) -> None:
    """Make sure that a request is about something that its submission has.

    Raises:
        InputError: it is not; begins with `where`.
    """
    if not about or result is None:
        return
    known = {check.id for check in result.checks} | {part.id for part in result.parts}
    if about not in known:
        raise InputError(f"{where}: there is no check or part {about[:80]!r}.", hint=_HINT)


def regrade_request(
    request: ReadRequest, *, assignment: str, person: str, who: str, at: dt.datetime
) -> RegradeRequest:
    """The request of somebody, as it is kept."""
    return RegradeRequest(
        assignment=assignment,
        person=person,
        about=request.about,
        text=request.text,
        asked=request.asked,
        who=who,
        at=at,
    )


def title_of(about: str, result: Result | None) -> str:
    """What a request is about, in words."""
    if result is None or not about:
        return about or "the whole"
    titles = {check.id: check.title for check in result.checks}
    titles |= {part.id: part.title for part in result.parts}
    return titles.get(about, about)


def _of_json(content: bytes) -> ReadRequest:
    found = msgspec.json.decode(content, type=_RequestFile)
    asked = found.asked if found.asked and found.asked.tzinfo else None
    return ReadRequest(found.token.strip(), found.about.strip(), found.text.strip(), asked)


def _of_mail(content: bytes) -> ReadRequest:
    """Of a mail, or of its text alone: two lines with token and check, and what stands below."""
    message = email.message_from_bytes(content, policy=email.policy.default)
    text, asked = content.decode("utf-8"), None
    if message.get("from") is not None:
        body = message.get_body(("plain",))
        if body is None:
            raise ValueError("the mail has no plain text")
        text = body.get_content()
        asked = _date(message["date"])
    fields = list(_FIELD.finditer(text.replace("\r\n", "\n")))
    values = {field[1]: field[2] for field in reversed(fields)}
    if "token" not in values:
        raise ValueError("it has no line that begins with `token:`")
    below = text.replace("\r\n", "\n")[fields[-1].end() :]
    return ReadRequest(values["token"], values.get("about", ""), below.strip(), asked)


def _date(header: object) -> dt.datetime | None:
    found = getattr(header, "datetime", None)
    return found if isinstance(found, dt.datetime) and found.tzinfo else None


def _fault(request: ReadRequest) -> str:
    if not _TOKEN.fullmatch(request.token):
        return "its token is not one that a page holds"
    if not request.text:
        return "it says nothing"
    if len(request.text) > _MAX_TEXT:
        return f"its text has more than {_MAX_TEXT:,} characters"
    return ""
