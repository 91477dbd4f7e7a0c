"""Which platform's export lies at a path, if any; refused where it can be read in two ways."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from grader.course.listing import ListedName, Listing
from grader.course.platforms.blackboard import BLACKBOARD
from grader.course.platforms.brightspace import BRIGHTSPACE
from grader.course.platforms.canvas import CANVAS
from grader.course.platforms.github_clones import GITHUB
from grader.course.platforms.google_forms import GOOGLE_FORMS
from grader.course.platforms.gradescope import GRADESCOPE
from grader.course.platforms.moodle import MOODLE
from grader.course.platforms.nbgrader_tree import NBGRADER
from grader.course.platforms.numbered_versions import SUBMITTY, TEAMS
from grader.course.platforms.platform import Fit, Platform
from grader.model.errors import InputError, UsageError

PLATFORMS: Final = (
    CANVAS, MOODLE, GRADESCOPE, BLACKBOARD, BRIGHTSPACE, SUBMITTY, TEAMS, NBGRADER, GITHUB,
    GOOGLE_FORMS,
)  # fmt: skip
PLAIN: Final = "plain"
"""The word for folders that no platform made."""
_LOOSE: Final = (
    ".csv", ".tsv", ".xls", ".xlsx", ".ods", ".txt", ".md", ".html", ".htm", ".toml", ".json",
    ".yml", ".yaml", ".pdf", ".docx", ".log", ".db",
)  # fmt: skip
"""Endings of files that instructors keep beside an export."""


class Recognised(NamedTuple):
    """A platform whose export it is, and what showed that."""

    platform: Platform
    fit: Fit


def platform_named(word: str) -> Platform | None:
    """The platform of that id; None for `plain`.

    Raises:
        UsageError: there is none.
    """
    known = {platform.id: platform for platform in PLATFORMS}
    if word not in {*known, PLAIN}:
        raise UsageError(f"--from {word}: expected one of {', '.join([*known, PLAIN])}.")
    return known.get(word)


def recognise(listing: Listing) -> Recognised | None:
    """The platform whose export this is; None where it is none's.

    Every platform is asked. Its names have to be more than half of all, so that no student's choice
    of a name decides how the others are read.

    Raises:
        InputError: it may be of several, or cannot be listed.
    """
    names = listing.names()
    found = [
        Recognised(platform, fit)
        for platform in PLATFORMS
        if (fit := platform.fit(listing, names)) and _is_most(fit)
    ]
    if len(found) > 1:
        ways = "; or ".join(
            f"{each.platform.title} ({each.fit.entries} names such as {_example(each, names)})"
            for each in found
        )
        raise InputError(
            f"{listing.shown}: can be read in several ways: {ways}.",
            hint=f"Say which it is: --from {' or --from '.join(e.platform.id for e in found)}.",
        )
    return found[0] if found else None


def is_export(listing: Listing) -> bool:
    """Whether it is an export, of whatever platform, of at least two entries."""
    try:
        found = recognise(listing)
    except InputError:
        return True
    return found is not None and found.fit.entries > 1


def countable(names: Sequence[ListedName]) -> list[ListedName]:
    """The entries that are not files which an instructor keeps beside submissions."""
    return [each for each in names if each.is_folder or not each.name.lower().endswith(_LOOSE)]


def _is_most(fit: Fit) -> bool:
    return fit.entries > len([o for o in fit.others if not o.lower().endswith(_LOOSE)])


def _example(found: Recognised, names: Sequence[ListedName]) -> str:
    others = set(found.fit.others)
    return next((each.name for each in sorted(names) if each.name not in others), "")
