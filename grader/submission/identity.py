"""What a submission is called: its identity, its file names, and how people refer to it.

The identity of a submission is the name of its own entry, whole, so that nothing that lies beside
it can change it: marks, times and results stay with the entry that they were given to.
"""

from __future__ import annotations

import difflib
import hashlib
import os
import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Final

from grader.model.errors import InputError
from grader.submission.source import Source

_MAX_BYTES: Final = 120
"""Of a file's stem: with an ending and a temporary name it stays below what any system allows."""
_DIGITS: Final = 16
_UNIQUE: Final = re.compile(rf"-[0-9a-f]{{{_DIGITS}}}$")
_OUTER_SPACES: Final = re.compile(r"^ +| +$")
_PLAIN: Final = frozenset("abcdefghijklmnopqrstuvwxyz0123456789_-. ")
_UNSAFE: Final = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f]+|[. ]+$|^[. ~-]+')
"""What some file system or shell refuses or misreads in a name."""
_RESERVED: Final = re.compile(
    r"(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9¹²³])(?=\.|$)", re.I
)
"""What Windows takes for a device, whatever the ending."""
_MAX_LISTED: Final = 5
_MAX_QUOTED: Final = 60


def entry_id(name: str) -> str:
    """The identity of an entry of that name: the name, with what cannot be printed spelt out.

    Two names never have the same identity, also where they look alike or are not text.
    """
    text = "".join(map(_spelt, name))
    return _OUTER_SPACES.sub(lambda match: r"\x20" * len(match[0]), text)


def file_stem(submission: str) -> str:
    """A file name for an identity, without ending; another one has another, on any file system.

    Names of small letters, digits and letters without case stay as they are. Any other one ends
    with a hash: what differs in capitals, accents or width may be one name to a file system.
    """
    if _is_plain(submission):
        return submission
    digest = hashlib.sha256(submission.encode(errors="surrogatepass")).hexdigest()
    text = submission.encode(errors="replace").decode()
    text = _UNSAFE.sub("_", "".join(c if c.isprintable() else "_" for c in text))
    text = f"_{text}" if _RESERVED.match(text) else text
    short = text.encode()[: _MAX_BYTES - _DIGITS - 1].decode(errors="ignore")
    return f"{short or '_'}-{digest[:_DIGITS]}"


class Names:
    """Finds the submission that a person means: by its whole name, or by the short one."""

    def __init__(self, sources: Iterable[Source], also: Mapping[str, Iterable[str]] = {}) -> None:
        """`also` has what else a submission goes by: numbers and e-mails of its people."""
        self.ids: list[str] = []
        """Every identity."""
        self._meant: dict[str, list[str]] = {}
        self._folders: set[str] = set()
        for source in sources:
            self.ids.append(source.id)
            for key in {*map(_key, (source.id, source.name, *also.get(source.id, ())))}:
                self._meant.setdefault(key, []).append(source.id)
            if os.path.isdir(source.path):
                self._folders.add(source.id)

    def find(self, text: str, where: str) -> str | None:
        """The identity that `text` means; None if nobody goes by it.

        `name/` means the folder of exactly that name.

        Raises:
            InputError: it may mean several; `where` says where it stands.
        """
        found = self.candidates(text)
        if len(found) > 1:
            raise InputError(
                f"{where}: {text[:_MAX_QUOTED]!r} may be any of {self.listed(found)}.",
                hint="Write the whole name, with its ending, or with a / at the end for a folder; "
                "where that does not tell them apart, rename one of them.",
            )
        return found[0] if found else None

    def candidates(self, text: str) -> list[str]:
        """Every identity that `text` may mean."""
        if text.endswith("/"):
            return [text[:-1]] if text[:-1] in self._folders else []
        return self._meant.get(_key(text), [])

    def near(self, text: str) -> list[str]:
        """Names that are almost like `text`."""
        return difflib.get_close_matches(_key(text), self._meant, n=3, cutoff=0.7)

    def listed(self, ids: Iterable[str]) -> str:
        """Some identities as a person would write them to be understood."""
        shown = [f"{id}/" if id in self._folders else id for id in ids]
        more = f" and {len(shown) - _MAX_LISTED} more" if len(shown) > _MAX_LISTED else ""
        return ", ".join(shown[:_MAX_LISTED]) + more


def _spelt(character: str) -> str:
    if character == "\\":
        return r"\\"
    if character.isprintable():
        return character
    number = ord(character)
    return f"\\x{number:02x}" if number < 0x100 else f"\\u{{{number:x}}}"


def _is_plain(name: str) -> bool:
    """Whether a name is its own file name, and no other name can be the same to a file system."""
    return (
        0 < len(name.encode(errors="replace")) <= _MAX_BYTES
        and all(character in _PLAIN or _is_caseless(character) for character in name)
        and not (_UNSAFE.search(name) or _RESERVED.match(name) or _UNIQUE.search(name))
    )


def _is_caseless(character: str) -> bool:
    """Whether it is a letter that has no capital, accent or width that might be lost."""
    forms = {unicodedata.normalize("NFKD", character), unicodedata.normalize("NFC", character)}
    forms |= {character.upper(), character.casefold()}
    return unicodedata.category(character) == "Lo" and forms == {character}


def _key(text: str) -> str:
    return unicodedata.normalize("NFC", " ".join(text.split()))
