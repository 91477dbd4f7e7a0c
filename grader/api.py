"""Grading from Python: what the commands do, as functions."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from grader.assignment.composed import open_assignment
from grader.assignment.layout import find_rubric
from grader.batches.download import brought
from grader.batches.executor_choice import open_executor
from grader.batches.grading_client import Engine
from grader.batches.output import BatchOutput
from grader.batches.result_cache import Cache
from grader.batches.run import Batch
from grader.grading import Settings
from grader.model.result import Result
from grader.submission import discover, single


def grade(path: str | Path, *, assignment: str = "", settings: Settings | None = None) -> Result:
    """Grade one submission.

    Args:
        path: its folder or archive.
        assignment: name of an assignment, or path of a rubric; the one whose folder one
            stands in by default. Ignored if `settings` is given.
        settings: everything else.

    Raises:
        InputError: there is nothing there.
        GraderError: the harness cannot grade here (no sandbox, a wrong rubric).
    """
    source = single(Path(path))
    with Engine(settings or _settings(assignment)) as engine:
        return engine.grade(source)


def batch(
    path: str | Path,
    *,
    out: str | Path | None = None,
    assignment: str = "",
    jobs: int | None = None,
    settings: Settings | None = None,
    executor: str = "local",
    cache: str | Path | None = None,
) -> Iterator[Result]:
    """Grade a folder of submissions; yields each result when it is ready.

    Args:
        path: folder of folders or archives, or its URL.
        out: folder (or URL) for results, reports, class page and gradebook; none without.
        assignment: name of an assignment, or path of a rubric; the one whose folder one
            stands in by default. Ignored if `settings` is given.
        jobs: how many at once; one a processor unless given.
        settings: everything else.
        executor: `local`, or `dask://HOST:PORT`.
        cache: folder of results that batches share.

    Raises:
        InputError: there is nothing there.
        GraderError: the harness cannot grade here.
    """
    chosen = settings or _settings(assignment)
    with brought(path) as here:
        sources = discover(here, open_assignment(chosen.assignment).form)
        output = BatchOutput(out, title=here.resolve().name) if out is not None else None
        shared = Cache(Path(cache)) if cache is not None else None
        opened = open_executor(executor, chosen, jobs)
        with contextlib.closing(opened):
            for step in Batch(sources, opened, output=output, cache=shared).run():
                yield step.result


def _settings(assignment: str) -> Settings:
    """The usual ones, for an assignment that is named or near."""
    return Settings(assignment=str(find_rubric(assignment)))
