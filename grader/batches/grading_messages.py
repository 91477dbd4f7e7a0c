"""What the grading server and its client say to each other.

It stands apart from both, so that the client need not import what the server grades with.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

import msgspec

from grader.model.result import SandboxInfo
from grader.submission import Source

MANY: Final = "many"
"""Argument of a server that grades a class: it takes its time to start, and less for each."""
MAX_MESSAGE: Final = 1 << 20


class Ready(msgspec.Struct, tag=True):
    """The server's first message."""

    sandbox: SandboxInfo
    checks: int
    digest: str


class Job(msgspec.Struct, frozen=True):
    """A submission to grade: a `Source` that can be sent."""

    id: str
    name: str
    path: str
    problem: str
    note: str = ""

    @classmethod
    def of(cls, source: Source) -> Job:
        """The job of grading `source`."""
        return cls(source.id, source.name, os.fspath(source.path), source.problem, source.note)

    def source(self) -> Source:
        """What is to be graded."""
        return Source(
            id=self.id, name=self.name, path=Path(self.path), problem=self.problem, note=self.note
        )


class Refused(msgspec.Struct, tag=True):
    """The server's first message if it cannot grade at all."""

    message: str
    hint: str
    exit_code: int
