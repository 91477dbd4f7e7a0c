"""What a cell put out, within limits: as much as a page needs, and never a flood."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from grader.model.notebook_records import CellOutput
from grader.notebooks.cell_limits import NotebookLimits

IMAGES: Final = ("image/png", "image/jpeg", "image/gif")
_SHOWN: Final = (*IMAGES, "image/svg+xml", "text/html", "text/markdown", "text/latex", "text/plain")
"""Best first; of every output one form is kept."""
_LONGEST: Final = 1 << 20
"""Characters of a text, whatever way it came."""
_WIDGET: Final = "application/vnd.jupyter.widget-view+json"
_UNSHOWN: Final = {
    "application/javascript": "(a script, which is not run here)",
    _WIDGET: "(a control, which is not shown here)",
}


class Budget:
    """How much output a notebook has left, and what was left out of a cell."""

    def __init__(self, limits: NotebookLimits) -> None:
        self._limits = limits
        self._images = limits.images_bytes
        self.begin()

    def begin(self) -> None:
        """A new cell begins."""
        self._pieces = self._limits.outputs
        self._text = self._limits.output_bytes
        self.flooded = False
        self.notes: list[str] = []

    def admits(self, message: Mapping[str, Any]) -> bool:
        """Whether an output of the kernel is kept; cuts its text and drops its large images."""
        kind, content = message.get("msg_type"), message.get("content")
        if not isinstance(content, dict):
            return False
        self._pieces -= kind != "stream"  # text comes in as many pieces as it takes time
        if self._pieces < 0 or self._text <= 0:
            self._flood()
            return False
        if kind == "stream":
            content["text"] = self._cut(str(content.get("text", "")))
        elif kind == "error":
            content["traceback"] = [self._cut(str(line)) for line in content.get("traceback", [])]
        elif isinstance(content.get("data"), dict):
            self._admit_data(content["data"])
        return True

    def _admit_data(self, data: dict[str, Any]) -> None:
        for mime in list(data):
            size = len(str(data[mime]))
            if mime not in IMAGES:
                if size > self._text and mime != "text/plain":
                    del data[mime]
                    self._note(f"An output of {_size(size)} ({mime}) was left out.")
                else:
                    data[mime] = self._cut(_text(data[mime]))
            elif size > self._limits.image_bytes or size > self._images:
                del data[mime]
                self._note(f"An image of {_size(size)} was left out.")
            else:
                self._images -= size

    def _cut(self, text: str) -> str:
        kept = text[: max(0, self._text)]
        self._text -= len(text)
        if len(kept) < len(text):
            self._flood()
        return kept

    def _flood(self) -> None:
        self.flooded = True
        self._note("Its output was cut: a cell may not put out so much.")

    def _note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)


def plain_outputs(outputs: Iterable[Mapping[str, Any]]) -> list[CellOutput]:
    """The outputs of a notebook's cell as records; of several forms the best that can be shown."""
    found = [made for output in outputs if (made := _plain(output)) is not None]
    return [CellOutput(mime=whole(made.mime), data=whole(made.data)) for made in found]


def whole(text: str) -> str:
    """The text with question marks for halves of characters, which no UTF-8 can hold."""
    return text.encode("utf-8", "replace").decode()


def _plain(output: Mapping[str, Any]) -> CellOutput | None:
    kind = output.get("output_type")
    if kind == "stream":
        return CellOutput(mime=f"stream/{output.get('name', 'stdout')}", data=_text(output["text"]))
    if kind == "error":
        lines = output.get("traceback") or [f"{output.get('ename')}: {output.get('evalue')}"]
        return CellOutput(mime="error", data="\n".join(map(str, lines))[:_LONGEST])
    data = output.get("data")
    if not isinstance(data, Mapping):
        return None
    remark = next((text for mime, text in _UNSHOWN.items() if mime in data), "")
    for mime in _SHOWN:
        if mime in data and not (remark and mime == "text/plain"):
            text = _text(data[mime])
            return CellOutput(mime=mime, data=text if mime in IMAGES else text[:_LONGEST])
    if _WIDGET in data and data.get("text/plain"):
        remark = f"{_text(data['text/plain'])[:_LONGEST]}\n{remark}"
    return CellOutput(mime="text/plain", data=remark or "(an output that cannot be shown)")


def _text(value: Any) -> str:
    return "".join(map(str, value)) if isinstance(value, list) else str(value)


def _size(count: int) -> str:
    return f"{count / (1 << 20):.1f} MB" if count >= 1 << 20 else f"{count >> 10} kB"
