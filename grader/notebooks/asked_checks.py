"""What does not count of a notebook that was made from another release's."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from msgspec.structs import replace

from grader.model.release import Release
from grader.model.result import CheckResult, Finding, Outcome
from grader.runner.check_run import NOT_ASKED_KIND

FALLS_SHORT: Final = "is asked for."
"""How the message ends of a value that was reached, but not high enough."""

REPLACED: Final = "puts something else in its place."
"""How the message ends of a value that was there until a later cell ran."""


def as_asked(
    check: CheckResult, calls: Collection[str], release: Release, *, stand_in: bool
) -> CheckResult:
    """A check that fails does not count if the student's notebooks were given out without it.

    That is for their release to say, never for what is missing. One that tries nothing but what was
    given complete, or is not asked for, does not count either, whether it fails or not.

    Args:
        check: of a cell or a value of the assignment's notebook.
        calls: contract names that this cell calls, or that the value comes from.
        release: that of the student's notebook.
        stand_in: whether other data were served than that notebook was written for.
    """
    title = release.title or release.id
    whose = f"The notebooks of {title}"
    if calls and not any(map(release.counts, calls)):
        text = f"{title} does not ask for {', '.join(sorted(calls))}; this does not count."
    elif check.outcome is Outcome.PASSED:
        return check
    elif untried := release.not_tried(sorted(calls)):
        text = f"{whose} do not try {', '.join(untried)}; this does not count."
    elif release.lacks(*_place(check)):
        text = f"{whose} do not have this; it does not count."
    elif stand_in and release.own_data and check.message.endswith(FALLS_SHORT):
        text = f"{check.message} {whose} train on other data, so this does not count."
    elif release.own_data and check.message.endswith(REPLACED):
        text = f"{check.message} Nobody asked that it be kept, so this does not count."
    else:
        return check
    return replace(
        check, outcome=Outcome.SKIPPED, message=text, finding=Finding(kind=NOT_ASKED_KIND)
    )


def _place(check: CheckResult) -> tuple[str, str]:
    """The notebook and what it is about, of `notebooks::Nets[plot]`."""
    notebook, _, rest = check.id.partition("::")[2].partition("[")
    return notebook, rest.removesuffix("]")
