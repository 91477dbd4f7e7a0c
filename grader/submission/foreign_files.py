"""What a file is that is no Python: named, with what to do about it."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable
from typing import Final, NamedTuple

PLAIN_TEXT: Final = "save the code as plain text with the ending .py, and hand that in"
_AGAIN: Final = "copy the file itself, and submit it again"
_UNPACK: Final = "unpack it and submit the .py files"

_MAGIC: Final = (
    (b"%PDF-", "a PDF document", PLAIN_TEXT),
    (b"{\\rtf", "a rich-text document (RTF)", PLAIN_TEXT),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Office document", PLAIN_TEXT),
    (b"Rar!", "a RAR archive", _UNPACK),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", _UNPACK),
    (b"\x1f\x8b", "a gzip archive", _UNPACK),
    (b"\x89PNG", "a picture (PNG)", PLAIN_TEXT),
    (b"\xff\xd8\xff", "a picture (JPEG)", PLAIN_TEXT),
    (b"bplist00", "a placeholder of iCloud", "wait until it is downloaded, and submit it again"),
    (
        b"version https://git-lfs.github.com/spec/",
        "a Git LFS pointer",
        "run `git lfs pull`, and submit what comes",
    ),
    (b"[InternetShortcut]", "a link to a web page", _AGAIN),
    (b"L\x00\x00\x00\x01\x14\x02\x00", "a Windows shortcut", _AGAIN),
)
_PYC: Final = re.compile(rb"..\r\n", re.DOTALL)
_HTML: Final = re.compile(rb"\s*<(?:!doctype html|html|head|body|\?xml)\b", re.IGNORECASE)
_NOTEBOOK: Final = re.compile(rb'\s*\{\s*"(?:cells|metadata|nbformat)[\w"]*')
_ONLY_LINK: Final = re.compile(rb"\s*(?:https?://\S+|(?:\.\.?/)[\w./ -]+)\s*")
_HEAD: Final = 4096

_ENDINGS: Final = {
    ".rar": ("a RAR archive", "which cannot be read: pack the folder as a zip"),
    ".7z": ("a 7z archive", "which cannot be read: pack the folder as a zip"),
    ".zipx": ("a zipx archive", "which cannot be read: pack the folder as an ordinary zip"),
    ".gz": ("a single packed file", "which cannot be read: pack the folder as a zip"),
    ".ipynb": ("a notebook", "which is not the package: the .py files have to be submitted too"),
    ".pyc": ("compiled Python", "which cannot be graded: submit the .py file of that name"),
    ".icloud": ("a placeholder of iCloud", "whose file was not downloaded before it was packed"),
    ".lnk": ("a Windows shortcut", "not the file that it leads to"),
    ".url": ("a link to a web page", "not the file that it leads to"),
    ".webloc": ("a link to a web page", "not the file that it leads to"),
    ".gdoc": ("a link to a Google document", "not the file that it leads to"),
    ".crdownload": ("an unfinished download", "not the file"),
    ".part": ("an unfinished download", "not the file"),
    ".pdf": ("a PDF document", "which is not code: submit the .py files"),
    ".doc": ("a Word document", "which is not code: submit the .py files"),
    ".docx": ("a Word document", "which is not code: submit the .py files"),
    ".pages": ("a Pages document", "which is not code: submit the .py files"),
    ".odt": ("a text document", "which is not code: submit the .py files"),
    ".rtf": ("a rich-text document", "which is not code: submit the .py files"),
    ".html": ("a web page", "which is not code: submit the .py files"),
    ".htm": ("a web page", "which is not code: submit the .py files"),
    ".png": ("a picture", "which is not code: submit the .py files"),
    ".jpg": ("a picture", "which is not code: submit the .py files"),
    ".txt": ("a text file", "which is not read as code: its name has to end in .py"),
}
"""What a file is by its ending, the likeliest to explain why there is no Python first."""


class Foreign(NamedTuple):
    """Something else than Python."""

    what: str
    """`a PDF document`"""
    advice: str

    def __str__(self) -> str:
        return f"is {self.what}, not Python: {self.advice}"


def foreign(data: bytes) -> Foreign | None:
    """What the content of a file called `.py` is, if it is known and not Python."""
    head = data[:_HEAD].removeprefix(b"\xef\xbb\xbf")
    for magic, what, advice in _MAGIC:
        if head.lstrip().startswith(magic) or head.startswith(magic):
            return Foreign(what, advice)
    if head.startswith(b"PK\x03\x04"):
        is_word = b"word/" in data or b"[Content_Types]" in data
        what, advice = ("a Word document", PLAIN_TEXT) if is_word else ("a zip archive", _UNPACK)
        return Foreign(what, advice)
    if _PYC.match(head) and b"\0" in head:
        return Foreign("compiled Python (.pyc)", "submit the .py file that it was made from")
    if _HTML.match(head):
        advice = "download the file itself (on GitHub: Raw), and hand that in"
        return Foreign("a web page (HTML)", advice)
    if _NOTEBOOK.match(head):
        return Foreign("a notebook", "download it as Python (.py), and hand that in")
    if _ONLY_LINK.fullmatch(data) and data.strip():
        return Foreign("only a link or a path", _AGAIN)
    return None


def named(paths: Iterable[str]) -> str:
    """What files are by their endings, the most telling kind of them: `hw2.rar is a RAR archive`.

    Empty where none of them is known.
    """
    kinds: dict[str, list[str]] = {}
    for path in paths:
        kinds.setdefault(posixpath.splitext(path)[1].casefold(), []).append(path)
    for ending, (what, advice) in _ENDINGS.items():
        if found := kinds.get(ending):
            more = f" ({len(found) - 1} more like it)" if len(found) > 1 else ""
            return f"{found[0]} is {what}, {advice}{more}"
    return ""
