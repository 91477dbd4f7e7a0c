"""Addresses of the desk, with keys of people and of checks in them, whatever these hold."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import quote

from starlette.convertors import Convertor, register_url_convertor

_AWKWARD: Final = re.compile(r"[~%/\\\x00-\x1f\x7f\ud800-\udfff]|^\.+$")
"""What servers and browsers change in a path even where it is percent-encoded: it is spelt `~2F`,
byte for byte."""
_SPELT: Final = re.compile(r"(?:~[0-9A-F]{2})+")


def address(pattern: str, *values: str, **query: str | int | None) -> str:
    """An address of the desk: `address("/a/{}/s/{}", assignment, person, page=2)`.

    Of the query what is empty or None is left out.
    """
    path = pattern.format(*(quote(_AWKWARD.sub(_spelt, value), safe="") for value in values))
    asked = [
        f"{quote(name)}={quote(str(value), safe='', errors='replace')}"
        for name, value in query.items()
        if value not in ("", None)
    ]
    return f"{path}?{'&'.join(asked)}" if asked else path


def is_local(path: str) -> bool:
    """Whether a browser that is sent there stays on the desk."""
    return bool(re.fullmatch(r"/(?![/\\])[\x21-\x7e]*", path)) and "\\" not in path


def _spelt(match: re.Match[str]) -> str:
    return "".join(f"~{byte:02X}" for byte in match[0].encode("utf-8", "surrogatepass"))


def _meant(match: re.Match[str]) -> str:
    content = bytes.fromhex(match[0].replace("~", ""))
    try:
        return content.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return match[0]


class _KeyConvertor(Convertor[str]):
    """One step of a path, as `address` writes it."""

    regex = "[^/]+"

    def convert(self, value: str) -> str:
        return _SPELT.sub(_meant, value)

    def to_string(self, value: str) -> str:
        return _AWKWARD.sub(_spelt, value)


register_url_convertor("key", _KeyConvertor())
