"""Choosing who grades, as a command line names it."""

from __future__ import annotations

from grader.batches.executors import Executor, LocalExecutor
from grader.grading import Settings
from grader.model.errors import UsageError


def open_executor(executor: str, settings: Settings, jobs: int | None = None) -> Executor:
    """The executor that a command line names: `local`, or `dask://HOST:PORT`.

    Raises:
        UsageError: there is no such executor, or what it needs is not installed.
        GraderError: it cannot be reached.
    """
    if executor == "local":
        return LocalExecutor(settings, jobs)
    if executor.startswith("dask://"):
        try:
            from grader.batches.dask_cluster import DaskExecutor
        except ImportError as error:
            raise UsageError(
                f"--executor {executor} needs Dask: {error}.",
                hint="Run: pip install 'gradewall[dask]'",
            ) from None
        return DaskExecutor(executor, settings)
    raise UsageError(f"--executor {executor}: expected local or dask://HOST:PORT.")
