"""Loading a submission's modules, whatever stands at their top.

Code there may train, sleep or end the process. The worker says which statement it is about to run;
where none comes after it, that statement is left out, and of what follows it in its file only
definitions are kept. What was found out stays known while workers of the submission come and go.

What the worker says decides nothing but which of the student's own statements are left out.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Sequence
from typing import Final

import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from grader.model.contract import Contract
from grader.model.submission import SourceFile, Submission
from grader.protocol import toplevel
from grader.student.proxy import Reply, Request
from grader.submission.parse import Unparsable, parse

_MOST_STOPPED: Final = 12
"""Statements that are left out before a submission is given up."""
_MOST_TIMED: Final = 10_000
"""Statements whose times are kept: a worker may tell of any number."""
_MOST_SHOWN: Final = 60
_Place = tuple[str, int]
"""A file, and the number of a statement of its first level."""


class Loading:
    """What is known of how one submission loads."""

    def __init__(
        self,
        submission: Submission,
        contract: Contract | None = None,
        gradient_checkers: Sequence[str] = (),
    ) -> None:
        """`contract` and `gradient_checkers` say whose calls the worker counts."""
        known = contract or Contract({})
        self._counted = {
            "callers": [name for name in known if known.forward_of(name)],
            "called": sorted(known.forwards),
            "checkers": list(gradient_checkers),
        }
        self.files = dict(submission.files)
        """As they are loaded: with as many lines as the submission's."""
        self.stopped: list[str] = []
        """What was left out: `layers.py, line 395: ...`."""
        self._submission = submission
        self._announced = False
        """Whether every statement of every file is announced."""
        self._running: _Place | None = None
        self._since = 0.0
        self._seconds: Counter[_Place] = Counter()
        self._suspects: set[_Place] = set()

    def request(self, substitute: Sequence[str]) -> Request:
        """What has a worker load the modules."""
        self.is_done()
        submission = self._submission
        return {
            "op": "load",
            "files": {
                path: (_as_bytes(file.text), file.floor_division, file.acts or self._announced)
                for path, file in self.files.items()
            },
            "package": submission.package_name,
            "import_names": submission.import_names,
            "modules": submission.modules,
            "locations": submission.locations,
            "expected": {**submission.locations, **submission.missing},
            "also": submission.imported_later,
            "substitute": list(substitute),
            "counted": self._counted,
        }

    def heard(self, message: Reply, now: float) -> None:
        """Take note of which statement a worker says is about to run; nonsense is none."""
        if self._running is not None and len(self._seconds) < _MOST_TIMED:
            self._seconds[self._running] += now - self._since  # type: ignore[assignment]
        file, number = message.get("file"), message.get("statement")
        self._running = None
        if isinstance(file, str) and file in self.files and type(number) is int and number >= 0:
            self._running = file, number
        self._since = now

    def is_done(self) -> None:
        """No statement is running any more."""
        self._running = None
        self._seconds.clear()

    @property
    def is_running(self) -> bool:
        """Whether a statement was announced, and no end of it."""
        return self._running is not None

    def blame(self, why: str, now: float, *, slow: bool, sure: bool) -> bool:
        """Leave out the statement for which a worker has ended; False if there is none to blame.

        Args:
            why: what became of it: `was stopped: it used more than 5 seconds of CPU time`.
            now: when that was, on the clock of `heard`.
            slow: whether time ran out: then it is the one that used most of it, else the last.
            sure: whether it was its own doing. If not, it is left out the second time.
        """
        place = self._running
        self.heard({}, now)
        if slow and self._seconds:
            place = max(self._seconds, key=self._seconds.__getitem__)
        self.is_done()
        if place is None or (not self._announced and self._is_import(place)):
            announced, self._announced = self._announced, True
            return not announced
        if not sure and place not in self._suspects:
            self._suspects.add(place)
            return True
        return self._leave_out(*place, why)

    def _statements(self, file: str) -> list[ast.stmt]:
        try:
            return parse(self.files[file].text).body
        except Unparsable:
            return []

    def _is_import(self, place: _Place) -> bool:
        """Whether a statement may stand for one of another file that was not announced."""
        file, number = place
        body = self._statements(file)
        return number < len(body) and isinstance(body[number], (ast.Import, ast.ImportFrom))

    def _leave_out(self, file: str, number: int, why: str) -> bool:
        body = self._statements(file)
        if not 0 <= number < len(body) or len(self.stopped) >= _MOST_STOPPED:
            return False
        used = toplevel.names_used(body)
        later = [each for each in body[number + 1 :] if not toplevel.defines(each, used)]
        text = self.files[file].text
        line, column = toplevel.start_of(body[number])
        shown = text.split("\n")[line - 1].encode()[column:].decode(errors="replace")
        rest = "; of what follows it in the file, only the definitions were loaded" if later else ""
        self.stopped.append(f"{file}, line {line}: `{_shortened(shown)}` {why}{rest}.")
        text = toplevel.without(text, [body[number], *later])
        self.files[file] = replace(self.files[file], text=text)
        return True


def loaded_as(submission: Submission, loading: Loading) -> Submission:
    """The submission, less what must not be run at the top of its modules."""
    files: dict[str, SourceFile] = loading.files
    return replace(submission, files=files)


def _shortened(line: str) -> str:
    line = line.strip()
    return line if len(line) <= _MOST_SHOWN else line[: _MOST_SHOWN - 1] + "…"


def _as_bytes(text: str) -> NDArray[np.uint8]:
    """A text as an array: only those may be long."""
    return np.frombuffer(text.encode("utf-8", "replace"), dtype=np.uint8)
