"""From bytes to the text of a Python file."""

from __future__ import annotations

import codecs
import io
import re
import tokenize
from typing import Final

from grader.submission.foreign_files import foreign

MAX_FILE_BYTES: Final = 2 * 1024 * 1024
"""More than any hand-written module; what is longer is not read."""

_CODECS: Final = ("utf-8", "ascii", "iso8859", "cp125", "cp437", "cp850", "koi8", "mac-")
_CODECS_ASIA: Final = ("gb", "big5", "cp936", "cp949", "cp950", "shift_jis", "euc_", "hz")
_UTF16: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_CONTROL: Final = re.compile(r"[\x00-\x08\x0e-\x1f]")
"""Characters of no text."""
_SAMPLE: Final = 4096
_GARBAGE: Final = 0.1
"""Share of control characters above which a text is none."""


class Unreadable(Exception):
    """A file that cannot be Python source, and why: `layers.py holds NUL bytes`."""


def decode(data: bytes) -> str:
    """The text of a Python file, with `\\n` as the only end of line.

    Raises:
        Unreadable: the bytes are no text.
    """
    data = data.rstrip(b"\0") if not _is_utf16(data) else data
    text = _decode_utf16(data) if _is_utf16(data) else _decode_as_declared(data)
    if "\0" in text or _is_garbage(text):
        raise Unreadable(str(foreign(data) or "holds binary data, not the text of a program"))
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def _is_utf16(data: bytes) -> bool:
    """By its mark, or since every other byte of what is mostly ASCII is 0."""
    return data.startswith(_UTF16) or _without_mark(data) is not None


def _without_mark(data: bytes) -> str | None:
    head = data[:_SAMPLE]
    half = len(head) // 2
    for codec, zeros in (("utf-16-le", head[1::2]), ("utf-16-be", head[::2])):
        others = len(head) - len(zeros) - (head.count(0) - zeros.count(0))
        if half and zeros.count(0) > 0.7 * half and others > 0.7 * half:
            return codec
    return None


def _decode_utf16(data: bytes) -> str:
    try:
        has_mark = data.startswith(_UTF16)
        return data.decode("utf-16" if has_mark else _without_mark(data) or "utf-16")
    except UnicodeDecodeError:
        raise Unreadable("holds binary data, not the text of a program") from None


def _decode_as_declared(data: bytes) -> str:
    for encoding in (_declared(data), "utf-8", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return data.decode("latin-1")


def _declared(data: bytes) -> str:
    """The encoding that the file names for itself, where it is an ordinary one.

    Some codecs that Python knows take quadratic time; a submission does not choose among those.
    """
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        name = codecs.lookup(encoding).name
    except (SyntaxError, LookupError, UnicodeDecodeError):
        return "utf-8"
    return encoding if name.startswith(_CODECS + _CODECS_ASIA) else "utf-8"


def _is_garbage(text: str) -> bool:
    return len(_CONTROL.findall(text)) > _GARBAGE * len(text)


def is_foreign(data: bytes) -> bool:
    """Whether what a file called `.py` holds is of another kind: nobody knows what was meant."""
    try:
        decode(data)
    except Unreadable:
        return True
    return foreign(data) is not None


def expand_tabs(text: str) -> str:
    """Tabs of the indentation as Python 2 read them: to the next multiple of eight."""
    return "\n".join(_expand(line) for line in text.split("\n"))


def _expand(line: str) -> str:
    body = line.lstrip(" \t")
    return line[: len(line) - len(body)].expandtabs(8) + body
