"""What results mean to the shell."""

from __future__ import annotations

from grader.model.errors import ExitCode, InputError, InternalError
from grader.model.result import Result


def exit_code(result: Result) -> ExitCode:
    """What a single result means to the shell.

    Raises:
        InputError, InternalError: it was not graded.
    """
    if result.error_kind == "input":
        raise InputError(result.error)
    if result.error_kind:
        raise InternalError(result.error)
    outcomes = {check.outcome.value for check in result.checks if check.max_points}
    if any(check.outcome.value == "internal" for check in result.checks):
        return ExitCode.INTERNAL
    return ExitCode.CHECKS_FAILED if outcomes - {"passed"} else ExitCode.OK
