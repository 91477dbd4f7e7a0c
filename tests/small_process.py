"""A process beside the tests that holds none of them, and so can be forked at little cost."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from typing import ParamSpec, TypeVar

from grader.assignment.folder import Assignment
from grader.authoring.completion import complete
from grader.authoring.new_assignment import Made, new_assignment
from grader.verify.proof import Proof
from grader.verify.prove import Wanted, prove

_Arguments = ParamSpec("_Arguments")
_Result = TypeVar("_Result")


def proof_of(assignment: Assignment, wanted: Wanted) -> Proof:
    """The proof of an assignment's bank."""
    return _called(_prove, str(assignment.path), wanted)


def new_folder(folder: Path, reference: Path | None, jobs: int) -> Made:
    """An assignment, written as `grader new` writes it."""
    return _called(_new, folder, reference, jobs)


def _prove(path: str, wanted: Wanted) -> Proof:
    return prove(Assignment.load(path), wanted, lambda what, done, total: None)


def _new(folder: Path, reference: Path | None, jobs: int) -> Made:
    return new_assignment(folder, reference, jobs, lambda *_: None, complete)


def _called(
    function: Callable[_Arguments, _Result], *args: _Arguments.args, **kwargs: _Arguments.kwargs
) -> _Result:
    return _process().submit(function, *args, **kwargs).result()


@cache
def _process() -> ProcessPoolExecutor:
    return ProcessPoolExecutor(1, mp_context=get_context("spawn"))
