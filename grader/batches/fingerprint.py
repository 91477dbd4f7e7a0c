"""What a result depends on, each part by its hash: equal parts need no second grading."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Final

import msgspec
import numpy as np
from msgspec.structs import replace

from grader.assignment.composed import ComposedAssignment, members_of, open_assignment
from grader.assignment.folder import Assignment, digest
from grader.batches.bundle import submission_hash
from grader.grading import Settings, harness_version
from grader.submission import Source

_PACKAGE: Final = Path(__file__).resolve().parents[1]
_NO_PART_OF_A_RESULT: Final = (
    "assignments",
    "checks",
    "cli",
    "course",
    "demo",
    "report",
    "runner",
    "verify",
    "_data",
)
"""Folders of this package that are counted elsewhere, or do not change what a result says."""


class Fingerprint(msgspec.Struct, frozen=True):
    """Hashes of all that a result depends on."""

    submission: str
    """Of what grading reads of it, and of its name."""
    rubric: str
    bank: str
    """Of the checks, of what they are written with, and of the contract."""
    reference: str
    """Of the reference and of the known mistakes in it."""
    key: str
    assignment: str
    """Of the whole assignment, as it says itself."""
    settings: str
    harness: str
    """Of this package's own code, with the versions of Python and NumPy."""

    @property
    def digest(self) -> str:
        """Of all together: the name of the result in a cache."""
        return hashlib.sha256("\0".join(msgspec.structs.astuple(self)).encode()).hexdigest()

    def changed(self, before: Fingerprint) -> tuple[str, ...]:
        """The parts that are not what they were `before`."""
        names = self.__struct_fields__
        found = tuple(name for name in names if getattr(self, name) != getattr(before, name))
        known = {"rubric", "bank", "reference"} & set(found)
        return tuple(name for name in found if name != "assignment" or not known)


class Fingerprints:
    """The inputs of one batch's submissions: what they share is hashed once."""

    def __init__(self, settings: Settings) -> None:
        """Hash assignment, settings and harness.

        Raises:
            GraderError: the assignment cannot be loaded.
        """
        opened = open_assignment(settings.assignment)
        members = members_of(opened)
        layouts = [each.layout for each in members]
        keys = [layout.key for layout in layouts if layout.key.is_file()]
        mistakes = [path for each in layouts for path in sorted(each.mistakes.rglob("*.toml"))]
        self._shared = Fingerprint(
            submission="",
            rubric=digest(_rubrics(opened)),
            bank=_joined(each.bank_digest for each in members),
            reference=digest(mistakes, "".join(each.reference_digest for each in members)),
            key=digest(keys) if keys else "",
            assignment=opened.digest,
            settings=_settings_hash(settings),
            harness=harness_hash(),
        )

    def of(self, source: Source) -> Fingerprint:
        """The inputs of a submission's result.

        Raises:
            InputError: something in it cannot be read.
        """
        return replace(self._shared, submission=submission_hash(source))


def _rubrics(opened: Assignment | ComposedAssignment) -> list[Path]:
    files = [each.path for each in members_of(opened)]
    bases = [each.layout.base for each in members_of(opened)]
    return list(dict.fromkeys([opened.path, *files, *filter(None, bases)]))


def _joined(digests: Iterable[str]) -> str:
    return hashlib.sha256("".join(digests).encode()).hexdigest()


@cache
def harness_hash() -> str:
    """SHA-256 of the code that grades; the same on every machine with the same code."""
    files = sorted(
        path
        for path in _PACKAGE.rglob("*.py")
        if path.relative_to(_PACKAGE).parts[0] not in _NO_PART_OF_A_RESULT
    )
    versions = (harness_version(), platform.python_version(), np.__version__)
    return digest(files, "\0".join(versions))


def _settings_hash(settings: Settings) -> str:
    """Without the assignment's name: its content is counted, and where it lies does not matter."""
    return hashlib.sha256(msgspec.json.encode(replace(settings, assignment=""))).hexdigest()
