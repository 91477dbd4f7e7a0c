"""When submissions were handed in, and what lateness costs."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Mapping
from pathlib import Path

from msgspec.structs import replace

from grader.model.errors import InputError
from grader.model.result import Result
from grader.model.rubric import Rubric
from grader.report.csv import read_csv
from grader.submission import Source
from grader.submission.identity import Names

_COLUMNS = ("submission", "submitted")


def read_times(path: Path, names: Names) -> dict[str, dt.datetime]:
    """Times by submission, from a CSV with the columns `submission` and `submitted` (ISO 8601).

    A time without an offset is taken in this machine's time zone. A name that nobody goes by is
    somebody's who handed nothing in.

    Raises:
        InputError: names the file, and the line where one is wrong.
    """
    times: dict[str, dt.datetime] = {}
    lines: dict[str, int] = {}
    for line, row in read_csv(path, _COLUMNS):
        where = f"{path}, line {line}"
        id, time = names.find(row["submission"], where), _time(where, row["submitted"])
        if id is None:
            continue
        if times.get(id, time) != time:
            raise InputError(f"{where}: {id!r} has another time in line {lines[id]}.")
        times[id], lines[id] = time, line
    return times


class Lateness:
    """The times of a class's submissions, and the rubric that says what being late costs."""

    def __init__(self, rubric: Rubric, times: Mapping[str, dt.datetime]) -> None:
        self._rubric = rubric
        self._times = times

    def of(self, source: Source) -> LateSubmission:
        """What lateness does to a submission."""
        return LateSubmission(self._rubric, self.submitted(source))

    def submitted(self, source: Source) -> dt.datetime | None:
        """When it was handed in: from the list, or from a `timestamp.txt` in its folder."""
        known = self._times.get(source.id)
        stamp = source.path / "timestamp.txt"
        if known is not None or not os.path.isfile(stamp):  # False also where we may not look
            return known
        try:
            with stamp.open("rb") as file:  # a student may have put it there, of any length
                words = file.read(100).decode(errors="replace").split()
            return _aware(dt.datetime.fromisoformat(" ".join(words[:2])))
        except (OSError, ValueError, OverflowError):
            return None


class LateSubmission:
    """The time of one submission, and what that costs it."""

    def __init__(self, rubric: Rubric | None = None, time: dt.datetime | None = None) -> None:
        self._rubric = rubric
        self._time = time
        self.submitted = time.isoformat(timespec="seconds") if time else ""
        """ISO 8601; empty where it is not known."""

    def applied(self, result: Result) -> Result:
        """The result with the points that lateness costs, whatever was taken off it before."""
        result = replace(result, submitted_at="", penalty=0.0)
        if self._rubric is None or self._time is None or not result.graded:
            return result
        penalty = round(result.score * self._rubric.penalty(self._time), 2)
        return replace(result, submitted_at=self.submitted, penalty=penalty)


def _time(where: str, text: str) -> dt.datetime:
    try:
        return _aware(dt.datetime.fromisoformat(text))
    except (ValueError, OverflowError):
        hint = "Expected ISO 8601, such as 2026-03-01T23:59:00+01:00."
        raise InputError(f"{where}: {text!r} is not a valid time.", hint=hint) from None


def _aware(time: dt.datetime) -> dt.datetime:
    return time if time.tzinfo else time.astimezone()
