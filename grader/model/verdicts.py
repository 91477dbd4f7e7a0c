"""How a check ends when it does not pass.

    Verdict
    ├── Wrong         failed     the student's code ran and is wrong
    ├── CouldNotRun   error      it raised, hung, crashed, or could not be loaded
    ├── NotDone       missing    left as TODO, or not there
    └── NotJudged     skipped    cannot be judged, for a reason that lies elsewhere

Everything else that a check raises is our own fault.
"""

from __future__ import annotations

from typing import ClassVar, Final

from grader.model.result import Finding, Outcome
from grader.model.rubric import Text

NOT_IMPLEMENTED: Final = Text("{name} is not implemented yet.", "{name} 还没有实现。")
"""What is said of what was left as TODO."""


class Verdict(Exception):
    """Ends a check; `message` is for the student and holds no expected value."""

    outcome: ClassVar[Outcome]

    def __init__(self, message: str, finding: Finding | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.finding = finding


class Wrong(Verdict):
    """The student's code ran and is wrong."""

    outcome = Outcome.FAILED


class CouldNotRun(Verdict):
    """The student's code raised, hung, crashed, or could not be loaded."""

    outcome = Outcome.ERROR


class NotDone(Verdict):
    """Left as TODO, or not there at all."""

    outcome = Outcome.MISSING


class NotJudged(Verdict):
    """Cannot be judged, for a reason that lies elsewhere."""

    outcome = Outcome.SKIPPED

    def __init__(
        self, message: str, finding: Finding | None = None, *, because_of: str = ""
    ) -> None:
        """`because_of` is the contract name of another function, whose fault it is."""
        super().__init__(message, finding)
        self.because_of = because_of
