"""The records of an executed notebook: plain data, part of a `Result`."""

from __future__ import annotations

import hashlib
from typing import Final

import msgspec

from grader.model.text_enum import TextEnum

NO_SHELL: Final = "No program can be started here, so shell commands do not work."
"""The error of a cell that tries."""


class CellOutcome(TextEnum):
    """What became of a cell when it was run."""

    OK = "ok"
    ERROR = "error"
    """It raised, or does not parse."""
    TIMEOUT = "timeout"
    """It ran out of time; it was interrupted, or if that did not help its kernel was ended."""
    DIED = "died"
    """Its kernel ended: it exited, crashed or ran out of memory."""
    FLOODED = "flooded"
    """It printed or showed more than a cell may; it was interrupted."""
    NOT_RUN = "not_run"
    """An earlier cell cost the kernel, or the notebook's time was used up."""
    TEXT = "text"
    """Not code, or empty."""


class CellOutput(msgspec.Struct, frozen=True, kw_only=True):
    """One output of a cell, within limits."""

    mime: str
    """`text/plain`, `text/html`, `image/png`, ...; `stream/stdout`, `stream/stderr`; `error` for a
    traceback."""
    data: str
    """Text; base64 for an image."""


class NotebookCell(msgspec.Struct, frozen=True, kw_only=True):
    """One cell as it was run."""

    id: str
    role: str
    """`text`, `given`, `experiment`, `check`, `answer`, `written`; `own` for a student's cell."""
    source: str
    outcome: CellOutcome
    error: str = ""
    """What went wrong, in one line."""
    outputs: list[CellOutput] = []
    restored: str = ""
    """How a given cell differed from the release: `changed`, `missing` or `moved`."""
    notes: list[str] = []
    seconds: float = 0.0
    undone: bool = False
    """Whether it ended at something that the student has not done yet."""


class WrittenAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A written answer. Nobody but a person gives it points."""

    question: str
    asked: str = ""
    """What the question says, as it was given out; empty where that is not known."""
    state: str
    """`answered`, `empty`, `placeholder`, `unchanged`, `missing`; `unreadable` where the notebook
    is."""
    words: int = 0
    """Words, and characters of Chinese."""
    text: str = ""
    pictures: list[CellOutput] = []
    """Those that the text shows."""
    points: float = 0.0
    """What it is worth at most."""
    mark: float | None = None
    """The points that a person gave."""
    comment: str = ""
    """What that person wrote."""
    outdated: bool = False
    """Whether the answer, or what it is worth, has changed since it was marked."""

    @property
    def version(self) -> str:
        """A short hash of what was written, by which it is seen to have changed."""
        parts = [self.text, *(picture.data for picture in self.pictures)]
        return hashlib.sha256("\0".join(parts).encode(errors="surrogatepass")).hexdigest()[:12]


class Curve(msgspec.Struct, frozen=True, kw_only=True):
    """Numbers that a training left behind, as the student's notebook has them."""

    name: str
    train: list[float] = []
    val: list[float] = []
    reference: list[float] = []
    """Of the reference on validation data; empty where that is not recorded."""


class NotebookResult(msgspec.Struct, frozen=True, kw_only=True):
    """One notebook of a submission, executed."""

    id: str
    """The template's name for it: `Regression`."""
    title: str = ""
    path: str = ""
    """Where it is in the submission; empty if it is not there."""
    other_release: bool = False
    """Whether it was made from another notebook than the assignment's."""
    cells: list[NotebookCell] = []
    answers: list[WrittenAnswer] = []
    curves: list[Curve] = []
    notes: list[str] = []
    seconds: float = 0.0

    @property
    def failed(self) -> list[NotebookCell]:
        """The cells that did not end well."""
        good = (CellOutcome.OK, CellOutcome.TEXT)
        return [cell for cell in self.cells if cell.outcome not in good]
