"""From settings to all that grading needs: assignment, key, checks and sandbox, opened once."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from importlib import import_module
from types import ModuleType

from grader.assignment.composed import member_of
from grader.assignment.folder import Assignment
from grader.diagnosis.compiled_catalogue import CompiledCatalogue, PrintExplainer
from grader.grading.context import GradingContext, KnownMistakes
from grader.grading.settings import Settings, select
from grader.model.errors import InputError
from grader.runner.agreement import require_agreement
from grader.runner.answer_key import Key
from grader.runner.check import Check
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
        if key.seed == seed and _fits(key, assignment, settings):
            return key
    more = _reference_at_hand(assignment)
    if more is None:
        raise InputError(
            f"{assignment.layout.key}: the answer key does not fit what is to be checked.",
            hint="This is a student's installation: use `grader check`, with the current kit.",
        )
    made: Key = more.new_key(assignment, seed, analyse=many)
    return made


def _fits(key: Key, assignment: Assignment, settings: Settings) -> bool:
    """Whether a key is of this bank and reference, and has what is asked."""
    if key.public_only:  # of a kit, whose wheel has the bank that it was made of, and no reference
        return settings.public_only and not assignment.reference_digest
    return key.digest.startswith(assignment.bank_digest + assignment.reference_digest)


def _reference_at_hand(assignment: Assignment) -> ModuleType | None:
    """`grader.batches.reference_at_hand`; None where there is no reference.

    It is imported by its name, since a student's kit has this module, and not that one.
    """
    if not assignment.reference_digest:
        return None
    return import_module("grader.batches.reference_at_hand")


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
        more = _reference_at_hand(assignment)
        reference = more.functions_of(assignment) if more else None
        catalogue = known_mistakes(assignment)
        kind = sandbox_kind(settings)
        notebooks = more.notebooks_of(assignment, settings, kind) if more else None
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


def known_mistakes(assignment: Assignment) -> KnownMistakes | None:
    """What names the mistakes behind failed checks: by the reference, or as a kit has them."""
    more = _reference_at_hand(assignment)
    if more is not None:
        found: KnownMistakes = more.known_mistakes(assignment)
        return found
    path = assignment.layout.compiled_mistakes
    if not path.is_file():
        return None
    return PrintExplainer(CompiledCatalogue.load(path), assignment.contract)
