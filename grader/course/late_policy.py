"""What lateness costs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from grader.course.lateness import Deadline
from grader.course.submission_worth import Worth
from grader.course.timelist import time_in_folder
from grader.model.rubric import Rubric
from grader.submission import Source


class Lateness:
    """The times of a class's submissions, and the rubric that says what being late costs."""

    def __init__(self, rubric: Rubric, times: Mapping[str, dt.datetime]) -> None:
        self._trusts_files = rubric.trust_timestamps
        due = rubric.due and _aware(rubric.due)
        self._deadline = Deadline(due=due, policy=rubric.late)
        self._times = times

    def of(self, source: Source) -> Worth:
        """What decides what a submission is worth."""
        return Worth(submitted=self.submitted(source), deadline=self._deadline)

    def submitted(self, source: Source) -> dt.datetime | None:
        """When it was submitted: as the platform or a list says, or, where the rubric trusts it,
        as a `timestamp.txt` in its folder does."""
        known = self._times.get(source.id)
        if known is not None or not self._trusts_files:
            return known
        return time_in_folder(source.path)


def _aware(time: dt.datetime) -> dt.datetime:
    return time if time.tzinfo else time.astimezone()
