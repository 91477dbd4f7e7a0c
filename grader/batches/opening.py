"""From settings to all that grading needs: assignment, key, checks and sandbox, opened once."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack

from grader.assignment.composed import member_of
from grader.assignment.folder import Assignment
from grader.diagnosis.mutated_package import Catalogue
from grader.grading.context import GradingContext, Notebooks
from grader.grading.settings import Settings, select
from grader.model.errors import InputError
from grader.runner.agreement import require_agreement
from grader.runner.answer_key import Key
from grader.runner.check import Check
from grader.runner.recording import record_key
from grader.runner.reference import LocalCode, reference_files
from grader.runner.session import run_session
from grader.sandbox.background import OpeningSandbox


def obtain_key(assignment: Assignment, settings: Settings, *, many: bool = False) -> Key:
    """The recorded answers for the settings' seed: from the file, or recorded now.

    Args:
        assignment: whose key.
        settings: how to grade.
        many: whether so many are graded that what makes each faster is worth finding out.

    Raises:
        InputError: the file is stale and there is no reference to record it again.
    """
    seed = settings.seed_for(assignment.rubric)
    if assignment.layout.key.is_file():
        key = Key.load(assignment.layout.key)
        digest = assignment.bank_digest + assignment.reference_digest
        enough = settings.public_only or not key.public_only
        if key.seed == seed and key.digest.startswith(digest) and enough:
            return key
    if not assignment.reference_digest:
        raise InputError(
            f"{assignment.layout.key}: the answer key does not fit what is to be checked.",
            hint="This is a student's installation: use `grader check`, with the current kit.",
        )
    return record_key(assignment, seed, analyse=many)


def open_context(
    settings: Settings,
    use: Callable[[GradingContext], None],
    assignment: Assignment | None = None,
    sandbox: OpeningSandbox | None = None,
    *,
    many: bool = False,
) -> None:
    """Prepare everything, then call `use`; pytest's session ends when it returns.

    Args:
        settings: how to grade.
        use: what is done with it.
        assignment: the one that the settings name, if it is open already.
        sandbox: one that the settings ask for, if it was begun earlier; the caller closes it.
        many: see `obtain_key`.

    Raises:
        GraderError: nothing can be graded so; says why.
    """
    with ExitStack() as stack:
        opening = sandbox or stack.enter_context(OpeningSandbox(sandbox_kind(settings)))
        assignment = assignment or member_of(settings.assignment, settings.member)
        key = obtain_key(assignment, settings, many=many)
        require_agreement(assignment, key.checks)
        chosen = {check.id: check for check in select(settings, assignment.rubric, key.checks)}
        reference, catalogue = _reference(assignment)
        notebooks = _notebooks(assignment, settings)
        if notebooks is not None:
            stack.callback(notebooks.close)

        def loop(found: list[Check]) -> None:
            checks = [check for check in found if check.id in chosen]
            opened = opening.wait()
            use(
                GradingContext(
                    assignment, settings, key, opened, checks, reference, catalogue, notebooks
                )
            )

        if chosen:
            run_session(assignment, loop, files={check.file for check in chosen.values()})
        else:
            loop([])


def sandbox_kind(settings: Settings) -> str:
    """The kind of sandbox that the settings ask for."""
    return settings.sandbox if settings.fork else "none"


def _reference(
    assignment: Assignment,
) -> tuple[Callable[[str], object] | None, Catalogue | None]:
    """The reference's functions and the known mistakes in them, where they are at hand."""
    if not assignment.reference_digest:
        return None, None
    catalogue = Catalogue(
        assignment.layout,
        assignment.contract,
        reference_files(assignment),
        assignment.package_names,
    )
    return LocalCode(assignment.reference, assignment).resolve, catalogue


def _notebooks(assignment: Assignment, settings: Settings) -> Notebooks | None:
    """What runs notebooks; None where none are asked for, or only some checks are."""
    some = settings.public_only or settings.parts or settings.keyword
    if assignment.rubric.notebooks is None or not settings.notebooks or some:
        return None
    from grader.notebooks.notebook_grading import NotebookBench

    kind = sandbox_kind(settings)
    seed = settings.seed_for(assignment.rubric)
    return NotebookBench(assignment, sandbox=kind, lang=settings.lang, seed=seed)
