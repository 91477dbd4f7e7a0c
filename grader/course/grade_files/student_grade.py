"""What one student is to be given, whatever the platform."""

from __future__ import annotations

from typing import Final

import msgspec

from grader.model.person import Person

EXCUSED: Final = "excused"
NOTHING: Final = "submitted nothing"
"""Why a student of the class has no points; the reasons that mean something to platforms."""


class StudentGrade(msgspec.Struct, frozen=True, kw_only=True):
    """A student of the class, with the points of one assignment."""

    person: Person
    points: float | None = None
    """None where there are none to give; `why` says the reason."""
    max_points: float = 0.0
    why: str = ""
    """Why there are no points: `submitted nothing`, `could not be read: ...`."""
    waiting: int = 0
    """Written answers that nobody has marked yet."""
    submission: str = ""
    """What was graded, by its identity; empty where nothing was. Shared by a team."""

    @property
    def label(self) -> str:
        """The student, for people to read."""
        return self.person.name or self.person.key


def points_text(points: float, *, comma: bool = False) -> str:
    """Points as a platform reads them, to the hundredth: `87.5`, or `87,5` with a decimal comma."""
    text = f"{points:.2f}".rstrip("0").rstrip(".")
    text = "0" if text == "-0" else text
    return text.replace(".", ",") if comma else text


def points_of(text: str) -> float | None:
    """Points as a platform or a spreadsheet writes them, with either sign; None if they are not."""
    digits = text.strip().rstrip("%").strip()
    last = max(digits.rfind(","), digits.rfind("."))
    whole, sign, rest = (digits[:last], ".", digits[last + 1 :]) if last >= 0 else (digits, "", "")
    whole = "".join(character for character in whole if character not in ",. '\u00a0\u202f")
    try:
        return float(f"{whole}{sign}{rest}")
    except ValueError:
        return None
