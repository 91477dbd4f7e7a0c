"""Making text harmless: whatever a student wrote is shown, and nothing of it acts."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

MAX_LINE: Final = 300
MAX_LINES: Final = 200
MAX_TEXT: Final = 2_000

_ESCAPE_SEQUENCE = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # CSI: colours, cursor
    r"|\x1b[\]PX^_][^\x07\x1b\x9c]{0,4096}(?:\x07|\x1b\\|\x9c)"  # OSC, DCS: titles, links
    r"|\x9b[0-?]*[ -/]*[@-~]"
)
_UNSAFE = re.compile(r"[^\n\t\x20-\x7e\u00a0-\u00ac\u00ae-\u05ff]")
_DIGITS = re.compile(r"\d+")
_SPELT_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def visible(text: str) -> str:
    """`text` without terminal sequences, and with control and direction characters spelt out.

    New lines and tabs stay, a carriage return becomes a new line, `\\x1b[31m` disappears, a
    right-to-left override becomes `[U+202E]`. Calling it twice changes nothing more.
    """
    if text.isascii() and text.isprintable():
        return text
    text = _ESCAPE_SEQUENCE.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    return _UNSAFE.sub(_spell, text)


def _spell(match: re.Match[str]) -> str:
    char = match.group()
    spelt = unicodedata.category(char) in _SPELT_CATEGORIES
    return f"[U+{ord(char):04X}]" if spelt else char


def clip(text: str, limit: int = MAX_TEXT) -> str:
    """`text` cut to `limit` characters, with how many are left out: `abc … (+97)`."""
    return text if len(text) <= limit else f"{text[:limit]} … (+{len(text) - limit})"


def clip_lines(text: str, width: int = MAX_LINE, lines: int = MAX_LINES) -> tuple[list[str], int]:
    """The first `lines` lines, each cut to `width`, and how many lines are left out."""
    every = visible(text).rstrip("\n").split("\n") if text else []
    return [clip(line, width) for line in every[:lines]], max(0, len(every) - lines)


def one_line(text: str, limit: int = MAX_LINE) -> str:
    """`text` harmless and on one line, cut to `limit` characters."""
    return clip(" ".join(visible(text).split()), limit)


def by_name(name: str) -> str:
    """The key that sorts names as people do: case aside, `ada-9` before `ada-10`."""
    return _DIGITS.sub(lambda match: match.group().zfill(20), name.casefold())


def number(value: float) -> str:
    """Points or a percentage as people write it: `12`, `7.5`, `33.33`."""
    rounded = round(value, 2)
    return str(int(rounded)) if rounded == int(rounded) else f"{rounded:.2f}".rstrip("0")


def counted(count: int | str, noun: str) -> str:
    """So many of something, in English: `1 student`, `2 students`."""
    return f"{count} {noun}{'' if str(count) == '1' else 's'}"


def is_target(what: str) -> bool:
    """Whether it is the name of a function, class or method, and not what is wrong with a file."""
    return all(part.isidentifier() for part in what.split("."))


def magnitude(value: float) -> str:
    """An error's size to two digits: `0.021`, `1.3e-06`."""
    return f"{value:.2g}"
