"""What a result depends on, each part by its hash: equal parts need no second grading."""

from __future__ import annotations

import hashlib
import platform
from functools import cache
from pathlib import Path
from typing import Final

import msgspec
import numpy as np
from msgspec.structs import replace

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
        assignment = Assignment.load(settings.assignment)
        mistakes = sorted(assignment.layout.mistakes.rglob("*.toml"))
        key = assignment.layout.key
        self._shared = Fingerprint(
            submission="",
            rubric=digest([assignment.path, *filter(None, [assignment.layout.base])]),
            bank=assignment.bank_digest,
            reference=digest(mistakes, assignment.reference_digest),
            key=digest([key]) if key.is_file() else "",
            assignment=assignment.digest,
            settings=_settings_hash(settings),
            harness=harness_hash(),
        )

    def of(self, source: Source) -> Fingerprint:
        """The inputs of a submission's result.

        Raises:
            InputError: something in it cannot be read.
        """
        return replace(self._shared, submission=submission_hash(source))


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
