"""When submissions were handed in, and what lateness costs."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Mapping
from pathlib import Path

from grader.course.lateness import Deadline
from grader.course.submission_worth import Worth
from grader.model.errors import InputError
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
        due = rubric.due and _aware(rubric.due)
        self._deadline = Deadline(due=due, policy=rubric.late)
        self._times = times

    def of(self, source: Source) -> Worth:
        """What decides what a submission is worth."""
        return Worth(submitted=self.submitted(source), deadline=self._deadline)

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


def _time(where: str, text: str) -> dt.datetime:
    try:
        return _aware(dt.datetime.fromisoformat(text))
    except (ValueError, OverflowError):
        hint = "Expected ISO 8601, such as 2026-03-01T23:59:00+01:00."
        raise InputError(f"{where}: {text!r} is not a valid time.", hint=hint) from None


def _aware(time: dt.datetime) -> dt.datetime:
    return time if time.tzinfo else time.astimezone()
