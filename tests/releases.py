"""Calling code in the form of a release of our own assignment."""

from __future__ import annotations

from msgspec.structs import replace

from grader.assignment.folder import Assignment
from grader.assignment.plugin import CallForm


def form_of(release: str, **readings: str) -> CallForm:
    """The form of a release, with some of its readings changed."""
    plugin = Assignment.load("numpynn").plugin
    found = plugin.releases[release]
    return CallForm(replace(found, readings={**found.readings, **readings}), plugin)
