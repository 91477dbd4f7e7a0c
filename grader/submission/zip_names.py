"""Names in zip files of Windows, which do not say what their bytes mean."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Sequence
from typing import Final

_UTF8_FLAG: Final = 0x800


def decode_names(entries: Sequence[zipfile.ZipInfo]) -> list[str]:
    """The names of a zip file's entries.

    `zipfile` reads names that are not marked as UTF-8 as those of DOS. Windows writes them in its
    own encoding: Chinese ones in GBK, Japanese ones in Shift-JIS. Which it was is read off all
    names together: the first in which nearly every character is a common one.
    """
    raw = {at: entry.filename.encode("cp437") for at, entry in enumerate(entries) if _is_dos(entry)}
    joined = b"\n".join(name for name in raw.values() if not name.isascii())
    encoding = _encoding_of(joined) if joined else "cp437"
    names = [entry.filename for entry in entries]
    for at, name in raw.items():
        names[at] = name.decode(encoding, "replace")
    return names


def _is_dos(entry: zipfile.ZipInfo) -> bool:
    try:
        entry.filename.encode("cp437")
    except UnicodeEncodeError:
        return False
    return not entry.flag_bits & _UTF8_FLAG


def _encoding_of(joined: bytes) -> str:
    for encoding, is_common, share in _ENCODINGS:
        try:
            text = joined.decode(encoding)
        except UnicodeDecodeError:
            continue
        special = [character for character in text if not character.isascii()]
        common = sum(is_common(character) for character in special)
        if special and common >= share * len(special) and _hangs_together(text, encoding):
            return encoding
    return "cp437"


def _hangs_together(text: str, encoding: str) -> bool:
    """Whether it is written without an alphabet: `Château` would be Japanese for its one `ât`."""
    return encoding != "shift_jis" or _TWO_SPECIAL.search(text) is not None


def _any(_character: str) -> bool:
    return True


def _is_european(character: str) -> bool:
    return character in "äöüÄÖÜßéèêëáàâåÅÉæÆçÇñÑíìîïóòôúùûÿ"


def _is_japanese(character: str) -> bool:
    """Kana, and characters of the first level of JIS."""
    if "\u3040" <= character <= "\u30ff":
        return True
    data = character.encode("shift_jis", "ignore")
    return len(data) == 2 and 0x88 <= data[0] <= 0x97


def _is_chinese(character: str) -> bool:
    """Characters of the first level of GB 2312, and full-width marks."""
    data = character.encode("gb2312", "ignore")
    return len(data) == 2 and (0xB0 <= data[0] <= 0xD7 or data[0] in (0xA1, 0xA3))


def _is_traditional(character: str) -> bool:
    data = character.encode("big5", "ignore")
    return len(data) == 2 and 0xA4 <= data[0] <= 0xC6


_TWO_SPECIAL: Final = re.compile(r"[^\x00-\x7f]{2}")
_ENCODINGS: Final[tuple[tuple[str, Callable[[str], bool], float], ...]] = (
    ("utf-8", _any, 1.0),
    ("shift_jis", _is_japanese, 0.75),
    ("cp437", _is_european, 1.0),
    ("gbk", _is_chinese, 0.65),
    ("big5", _is_traditional, 0.75),
)
"""Each with what is common in it, and the share that has to be. EUC-KR is not among them: the
common names of Korea and of China have the same bytes."""
