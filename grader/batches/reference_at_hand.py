"""What grading has where the reference is at hand: its answers, its mistakes, its notebooks.

`grader.batches.opening` asks for this module by its name, and only where there is a reference: a
student's kit has neither that nor what works on it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from grader.assignment.folder import Assignment
from grader.diagnosis.mutated_package import Catalogue
from grader.diagnosis.reference_explainer import ReferenceExplainer
from grader.grading.context import Notebooks
from grader.grading.settings import Settings
from grader.runner.answer_key import Key
from grader.runner.recording import record_key
from grader.runner.reference import LocalCode, reference_files


def new_key(assignment: Assignment, seed: str, *, analyse: bool) -> Key:
    """The reference's answers, recorded now; see `record_key`."""
    return record_key(assignment, seed, analyse=analyse)


def functions_of(assignment: Assignment) -> Callable[[str], Any]:
    """Resolves a contract name to the reference's function."""
    return LocalCode(assignment.reference, assignment).resolve


def known_mistakes(assignment: Assignment) -> ReferenceExplainer:
    """The catalogue beside the reference."""
    files, names = reference_files(assignment), assignment.package_names
    return ReferenceExplainer(Catalogue(assignment.layout, assignment.contract, files, names))


def notebooks_of(assignment: Assignment, settings: Settings, sandbox: str) -> Notebooks | None:
    """What runs notebooks; None where none are asked for, or only some checks are.

    Args:
        assignment: whose.
        settings: how to grade.
        sandbox: the kind that kernels run in.
    """
    some = settings.public_only or settings.parts or settings.keyword
    if assignment.rubric.notebooks is None or not settings.notebooks or some:
        return None
    from grader.notebooks.notebook_grading import NotebookBench

    seed = settings.seed_for(assignment.rubric)
    return NotebookBench(assignment, sandbox=sandbox, lang=settings.lang, seed=seed)
