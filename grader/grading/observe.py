"""What the assignment's plugin learns of a submission by asking its code."""

from __future__ import annotations

from msgspec.structs import replace

from grader.assignment.folder import Assignment
from grader.assignment.plugin import CallForm
from grader.model.release import Release
from grader.model.submission import Submission
from grader.student.proxy import Channel, Student


def observed(assignment: Assignment, submission: Submission, channel: Channel) -> Submission:
    """The submission, its release as the plugin finds it to be once the code has been asked.

    Raises:
        PluginError: the plugin fails.
    """
    plugin, contract = assignment.plugin, assignment.contract

    def student(release: Release | None) -> Student:
        return Student(channel, contract, CallForm(release, plugin))

    return replace(submission, release=plugin.observe(submission.release, student))
