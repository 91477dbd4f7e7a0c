"""Pictures in a written answer: pasted into its cell or its text, or lying beside the notebook."""

from __future__ import annotations

import base64
import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final
from urllib.parse import unquote

from grader.model.notebook_records import CellOutput
from grader.notebooks.outputs import IMAGES
from grader.submission.notebook_cells import Cell

_LINK: Final = re.compile(
    r"!\[[^\]\n]{0,500}\]\(\s*<?(?P<markdown>[^)>\s]{1,500})|"
    r"<img\s[^<>]{0,500}?src\s*=\s*[\"']?(?P<html>[^\"'\s>]{1,500})",
    re.IGNORECASE,
)
_DATA: Final = re.compile(
    r"!\[(?P<alt>[^\]\n]{0,500})\]\(\s*<?data:(?P<mime>image/[a-z+.-]{1,20});base64,(?P<data>[A-Za-z0-9+/=\s]*)>?[^)\n]{0,200}\)|"
    r"<img\s[^<>]{0,500}?src\s*=\s*[\"']?data:(?P<mime2>image/[a-z+.-]{1,20});base64,(?P<data2>[A-Za-z0-9+/=\s]*)[\"']?[^<>]{0,500}>",
    re.IGNORECASE,
)
"""A picture that stands in the text itself."""
_ANY_DATA: Final = re.compile(
    r"data:[a-z]{1,20}/[a-z+.-]{1,40}(?:;[\w=-]{1,40}){0,4},[A-Za-z0-9+/=%\s]*", re.IGNORECASE
)
_ATTACHED: Final = "attachment:"
_KINDS: Final = {
    ".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".gif": "image/gif",
}  # fmt: skip
_MAX_ONE: Final = 6 << 20
_MAX_TOGETHER: Final = 16 << 20
_MAX_COUNT: Final = 20


def without_pictures(text: str, *, data_only: bool = False) -> str:
    """The text without its pictures, or with those whose data it holds replaced by their names."""
    named = _DATA.sub(lambda match: f"[{match['alt'] or 'image'}]", text) if data_only else ""
    kept = named if data_only else _LINK.sub(" ", _DATA.sub(" ", text))
    return _ANY_DATA.sub("", kept)


class Pictures:
    """The pictures of one notebook's answers, as far as there is room."""

    def __init__(self, beside: Mapping[str, bytes]) -> None:
        self._beside = beside
        self._room = _MAX_TOGETHER
        self._count = _MAX_COUNT

    def of(self, cells: Iterable[Cell]) -> list[CellOutput]:
        """Those that the texts of these cells show, in their order, each once."""
        found: dict[tuple[str, str], None] = {}
        for cell in cells:
            for mime, data in self._shown(cell):
                fits = len(data) <= min(_MAX_ONE, self._room) and self._count > 0
                if (mime, data) not in found and fits:
                    self._room -= len(data)
                    self._count -= 1
                    found[mime, data] = None
        return [CellOutput(mime=mime, data=data) for mime, data in found]

    def _shown(self, cell: Cell) -> Iterator[tuple[str, str]]:
        for match in _DATA.finditer(cell.source):
            mime = (match["mime"] or match["mime2"]).lower().replace("image/jpg", "image/jpeg")
            if mime in IMAGES:
                yield mime, "".join((match["data"] or match["data2"]).split())
        for match in _LINK.finditer(cell.source):
            target = unquote(match["markdown"] or match["html"])
            if target.startswith(_ATTACHED):
                forms = cell.attached.get(target.removeprefix(_ATTACHED), {})
                yield from ((mime, forms[mime]) for mime in IMAGES if mime in forms)
                continue
            name = posixpath.normpath(target)
            mime = _KINDS.get(posixpath.splitext(name)[1].lower())
            if mime and name in self._beside:
                yield mime, base64.b64encode(self._beside[name]).decode()
