"""A folder for any web server: each student's pages under a name that nobody can guess.

A student's name there is made from a secret that stays beside the results, so it is the same each
time, for every assignment, and tells nothing. What was published of an assignment and is nobody's
page any more is removed.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import quote

import msgspec

from grader.model.errors import InputError, UsageError, reason_of
from grader.model.person import Person
from grader.report.atomic_write import write_atomically
from grader.report.csv import csv_pieces

STATE: Final = "published.json"
LINKS: Final = "links.csv"
_LETTERS: Final = 26
"""Of base 32: 130 bits."""
_NAME: Final = re.compile(r"[a-z2-7]{26}")
_ROBOTS: Final = b"User-agent: *\nDisallow: /\n"
_FRONT: Final = b"<!doctype html><meta charset=utf-8><title>Pages</title>\n"
"""So that a server that lists folders does not list this one."""


class PublishedPage(NamedTuple):
    """A student's page to be published."""

    person: Person
    page: Path


class Link(NamedTuple):
    """Where a student's page is."""

    person: Person
    place: str
    """Below the folder."""
    address: str
    """With the server's, where that is known."""


class PublishState(msgspec.Struct, kw_only=True):
    """What is kept beside the results: never in the published folder."""

    secret: str = msgspec.field(default_factory=lambda: secrets.token_hex(32))
    files: list[str] = []
    """What was published, as places below the folder."""

    def place(self, person: Person, assignment: str) -> str:
        """Where a student's page of an assignment lies."""
        told = hmac.new(bytes.fromhex(self.secret), person.key.encode(), hashlib.sha256).digest()
        name = base64.b32encode(told).decode().lower()[:_LETTERS]
        return f"{name}/{_file_name(assignment)}.html"


def load_state(path: Path) -> PublishState:
    """The state in a file, or a new one.

    Raises:
        InputError: it is there and cannot be read; a new secret would change everybody's address.
    """
    try:
        state = msgspec.json.decode(path.read_bytes(), type=PublishState)
        bytes.fromhex(state.secret)
    except FileNotFoundError:
        return PublishState()
    except (OSError, msgspec.MsgspecError, ValueError) as error:
        raise InputError(
            f"{path}: cannot be read: {error}.",
            hint="It has the secret of everybody's address. Take it back from a copy, or remove it "
            "to publish under new ones.",
        ) from None
    return state


def links_of(
    state: PublishState, pages: Sequence[PublishedPage], assignment: str, base_url: str = ""
) -> list[Link]:
    """Where everybody's page is, or would be.

    Raises:
        UsageError: `base_url` is not the address of a folder.
    """
    if base_url and not re.fullmatch(r"https?://[^\s?#]+", base_url):
        raise UsageError(f"--base-url {base_url}: expected an address such as https://host/pages/.")
    base = f"{base_url.rstrip('/')}/" if base_url else ""
    places = ((page.person, state.place(page.person, assignment)) for page in pages)
    return [
        Link(person, place, f"{base}{quote(place)}" if base else "") for person, place in places
    ]


def publish(
    folder: Path,
    state_path: Path,
    pages: Sequence[PublishedPage],
    assignment: str,
    base_url: str = "",
) -> list[Link]:
    """Write the pages of an assignment; those of before that are nobody's now are removed.

    The secret is written before any page, and each file whole or not at all: after an interrupt
    the same command goes on under the same names.

    Raises:
        InputError: the folder holds something else, or cannot be written; or a page not be read.
        UsageError: `base_url` is not the address of a folder.
    """
    state = load_state(state_path)
    _must_be_ours(folder, state_path)
    links = links_of(state, pages, assignment, base_url)
    name = f"/{_file_name(assignment)}.html"
    wanted = {link.place for link in links}
    old = [file for file in state.files if file.endswith(name) and file not in wanted]
    state.files = sorted({*state.files, *wanted})
    write_atomically(state_path, msgspec.json.encode(state), private=True)
    write_atomically(folder / "robots.txt", _ROBOTS)
    write_atomically(folder / "index.html", _FRONT)
    for link, page in zip(links, pages, strict=True):
        write_atomically(folder / link.place, _read(page.page))
        write_atomically(folder / link.place.partition("/")[0] / "index.html", _FRONT)
    for file in old:
        (folder / file).unlink(missing_ok=True)
    state.files = sorted(set(state.files).difference(old))
    write_atomically(state_path, msgspec.json.encode(state), private=True)
    write_atomically(state_path.with_name(LINKS), links_csv(links), private=True)
    return links


def _read(page: Path) -> bytes:
    try:
        return page.read_bytes()
    except OSError as error:
        raise InputError(f"{page}: cannot be read: {reason_of(error)}.") from None


def links_csv(links: Sequence[Link]) -> bytes:
    """The list for a mail merge."""
    rows = [[e.person.key, e.person.name, e.person.email, e.address or e.place] for e in links]
    return b"".join(csv_pieces([["student", "name", "email", "link"], *rows]))


def _must_be_ours(folder: Path, state_path: Path) -> None:
    """Only what this command made: a folder of results would be published with its results."""
    if folder.resolve() in (state_path.resolve().parent, *state_path.resolve().parents):
        raise InputError(
            f"{folder}: holds the results, which are not for students.", hint="Name another folder."
        )
    others = [
        path.name
        for path in (folder.iterdir() if folder.is_dir() else ())
        if path.name not in ("robots.txt", "index.html") and not _NAME.fullmatch(path.name)
    ]
    if others:
        raise InputError(
            f"{folder}: holds {sorted(others)[0]}, which this command did not write.",
            hint="Name a new folder.",
        )


def _file_name(assignment: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]+", "-", assignment).strip(".-") or "page"
