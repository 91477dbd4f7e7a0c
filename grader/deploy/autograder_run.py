"""What Gradescope runs for each submission: `run_autograder` starts this.

It writes `results/results.json` only with a result that is the student's. Where the fault is ours
there is none, and the exit code is not 0: Gradescope then says that the autograder failed, staff
see why in what was printed, and the student has no zero.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

import msgspec

from grader.assignment.folder import Assignment
from grader.batches.grading_client import Engine
from grader.course.late_policy import rubric_deadline
from grader.course.submission_worth import Worth
from grader.deploy.gradescope_metadata import SubmissionMetadata, read_metadata
from grader.deploy.gradescope_results import HiddenChecks, gradescope_results
from grader.grading import Settings
from grader.model.errors import ExitCode, GraderError, InputError, InternalError
from grader.model.result import Outcome, Result
from grader.report.atomic_write import write_atomically
from grader.report.strings import Lang
from grader.submission import single

SETTINGS: Final = "autograder.json"
_ATTEMPTS: Final = 2
"""A fault of ours may have been the machine's."""


class AutograderSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How an autograder was made; it lies beside its scripts."""

    assignment: str
    """Id of a shipped one, or the rubric's place from here."""
    lang: Lang = "en"
    seed: str = ""
    sandbox: str = "auto"
    notebooks: bool = True
    hidden_checks: HiddenChecks = "hidden"
    leaderboard: bool = False


def autograde(root: Path) -> None:
    """Grade the submission that lies below `root`, laid out as Gradescope does.

    Raises:
        GraderError: there is no result to be had, through no fault of the student's.
    """
    target = root / "results" / "results.json"
    target.unlink(missing_ok=True)
    settings = _settings(root / "source")
    metadata = read_metadata(root / "submission_metadata.json")
    if metadata is None:
        print("submission_metadata.json cannot be read: neither lateness nor groups are known.")
    assignment = _assignment(root / "source", settings)
    result = _graded(root / "submission", assignment, settings)
    result = _worth(assignment, metadata).applied(result, settings.lang)
    content = gradescope_results(
        result,
        lang=settings.lang,
        hidden_checks=settings.hidden_checks,
        leaderboard=settings.leaderboard,
        members=metadata.members if metadata else (),
    )
    _say_scale(result, metadata)
    write_atomically(target, msgspec.json.format(msgspec.json.encode(content), indent=2))


def _settings(source: Path) -> AutograderSettings:
    path = source / SETTINGS
    try:
        return msgspec.json.decode(path.read_bytes(), type=AutograderSettings)
    except (OSError, msgspec.MsgspecError) as error:
        raise InputError(f"{path}: cannot be read: {error}.") from None


def _assignment(source: Path, settings: AutograderSettings) -> str:
    own = source / settings.assignment
    return str(own) if own.exists() else settings.assignment


def _worth(assignment: str, metadata: SubmissionMetadata | None) -> Worth:
    """What lateness costs: by the rubric's policy, and the due time that Gradescope knows."""
    rubric = Assignment.load(assignment).rubric
    told = metadata or SubmissionMetadata()
    return Worth(
        submitted=told.created_at,
        deadline=rubric_deadline(rubric, told.due),
    )


def _graded(submission: Path, assignment: str, asked: AutograderSettings) -> Result:
    """The result, if it is the student's.

    Raises:
        InternalError: it is ours: something of the harness failed, also the second time.
    """
    settings = Settings(
        assignment=assignment,
        lang=asked.lang,
        seed=asked.seed,
        sandbox=asked.sandbox,
        notebooks=asked.notebooks,
    )
    with Engine(settings) as engine:
        for _ in range(_ATTEMPTS):
            result = engine.grade(single(submission))
            if result.sound:
                return result
    failed = [check.id for check in result.checks if check.outcome is Outcome.INTERNAL]
    what = result.error or f"the harness failed in {', '.join(failed[:5])}"
    raise InternalError(f"There is no result: {what.rstrip('.')}.")


def _say_scale(result: Result, metadata: SubmissionMetadata | None) -> None:
    there = metadata.assignment.total_points if metadata else None
    if result.graded and there and abs(there - result.max_score) > 0.005:
        print(
            f"The assignment is worth {there:g} points on Gradescope, and "
            f"{result.max_score:g} here. Set its autograder points to {result.max_score:g}."
        )


def main(root: str) -> int:
    """Run once; what went wrong is printed, for staff."""
    try:
        autograde(Path(root))
    except GraderError as error:
        print(f"grader: {error}", file=sys.stderr)
        return int(error.exit_code)
    except Exception as error:
        print(f"grader: {type(error).__name__}: {error}", file=sys.stderr)
        return int(ExitCode.INTERNAL)
    return int(ExitCode.OK)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
