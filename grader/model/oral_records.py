"""Records of questions for an oral: about a student's own code, with the right answers."""

from __future__ import annotations

import msgspec


class OralLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the student's code."""

    number: int
    text: str
    asked: bool = False
    """Whether the question is about it."""


class OralQuestion(msgspec.Struct, frozen=True, kw_only=True):
    """A question that the author of some code can answer in a minute."""

    kind: str
    """`change`, `left out`, `shape`, `branch`, `used again`; of a change with its operator:
    `change: axis`."""
    function: str
    """Contract name: `scale_forward`, `Net.loss`."""
    file: str
    lines: list[OralLine]
    question: str
    answer: str
    how: str
    """How the answer was computed."""
    similar: bool = False
    """Whether somebody else wrote the function alike."""


class OralSheet(msgspec.Struct, frozen=True, kw_only=True):
    """The questions about one submission."""

    submission: str
    name: str
    assignment: str
    seed: str = ""
    questions: list[OralQuestion]
    tried: int = 0
    """Versions of the code that were run."""
    notes: list[str] = []

    def to_json(self) -> bytes:
        """The sheet as it is kept."""
        return msgspec.json.format(msgspec.json.encode(self), indent=1)
