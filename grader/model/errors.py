"""The errors a user can meet, grouped by what they can do about it.

    GraderError                exit code  what the reader does
    ├── UsageError                     2  correct the command
    ├── InputError                     3  correct the named file or folder
    │   └── RubricError                3  correct the named key of the rubric
    ├── PluginError                    3  correct the named line of the assignment's plugin
    └── InternalError                  4  report it: the harness is at fault

A student's mistake is never an exception at this level: it is a `CheckResult`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from enum import IntEnum
from typing import ClassVar


class ExitCode(IntEnum):
    """What the commands return to the shell."""

    OK = 0
    CHECKS_FAILED = 1
    USAGE = 2
    INPUT = 3
    INTERNAL = 4
    INTERRUPTED = 130


class GraderError(Exception):
    """Something the user must know: what happened, where, and what to do next."""

    exit_code: ClassVar[ExitCode] = ExitCode.INTERNAL

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message, hint)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}" if self.hint else self.message

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild, (type(self), self.message, self.hint))


def _rebuild(cls: type[GraderError], message: str, hint: str) -> GraderError:
    return cls(message, hint=hint)


class UsageError(GraderError):
    """The command's words do not fit together."""

    exit_code = ExitCode.USAGE


class InputError(GraderError):
    """A file or folder that we were given cannot be used; the message names it."""

    exit_code = ExitCode.INPUT


class RubricError(InputError):
    """A rubric is wrong; the message names the file, the line or key, and what was expected."""


class PluginError(GraderError):
    """A plugin of the assignment is wrong, its author's fault and nobody else's; names the line."""

    exit_code = ExitCode.INPUT


class InternalError(GraderError):
    """The harness itself failed. Never costs a student points."""


def reason_of(error: BaseException) -> str:
    """What a library says of its error, in one line; or the name of its class."""
    said = getattr(error, "strerror", None) or error
    return " ".join(str(said).split()) or type(error).__name__


def exit_code_of(deed: Callable[[], object]) -> int:
    """Do it: 0, or the exit code of what went wrong, which is said on stderr."""
    try:
        deed()
    except GraderError as error:
        print(error, file=sys.stderr)
        return int(error.exit_code)
    return 0
