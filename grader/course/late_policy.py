"""What lateness costs without a course: what the rubric says, and by its due time."""

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
        self._deadline = rubric_deadline(rubric)
        self._times = times

    def of(self, source: Source) -> Worth:
        """What decides what a submission is worth."""
        return Worth(submitted=self._submitted(source), deadline=self._deadline)

    def _submitted(self, source: Source) -> dt.datetime | None:
        """When it was submitted: as the platform or a list says, or, where the rubric trusts it,
        as a `timestamp.txt` in its folder does."""
        known = self._times.get(source.id)
        if known is not None or not self._trusts_files:
            return known
        return time_in_folder(source.path)


def rubric_deadline(rubric: Rubric, due: dt.datetime | None = None) -> Deadline:
    """The deadline by a rubric's policy and, where no other is known, by its own due time."""
    due = due or rubric.due
    return Deadline(due=due if due is None or due.tzinfo else due.astimezone(), policy=rubric.late)
