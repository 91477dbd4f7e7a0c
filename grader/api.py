"""Grading from Python: what the commands do, as functions."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from grader.engine.batch import Batch, default_jobs
from grader.engine.client import Engine
from grader.engine.outbox import Outbox
from grader.grading import Settings
from grader.result import Result
from grader.submission import discover, single


def grade(
    path: str | Path, *, assignment: str = "numpynn", settings: Settings | None = None
) -> Result:
    """Grade one submission.

    Args:
        path: its folder or archive.
        assignment: name of an assignment, or path of a rubric; ignored if `settings` is given.
        settings: everything else.

    Raises:
        InputError: there is nothing there.
        GraderError: the harness cannot grade here (no sandbox, a wrong rubric).
    """
    source = single(Path(path))
    with Engine(settings or Settings(assignment=assignment)) as engine:
        return engine.grade(source)


def batch(
    path: str | Path,
    *,
    out: str | Path | None = None,
    assignment: str = "numpynn",
    jobs: int | None = None,
    settings: Settings | None = None,
) -> Iterator[Result]:
    """Grade a folder of submissions; yields each result when it is ready.

    Args:
        path: folder of folders or archives.
        out: folder for results, reports, class page and gradebook; none are written without.
        assignment: name of an assignment, or path of a rubric; ignored if `settings` is given.
        jobs: how many at once; one a processor unless given.
        settings: everything else.

    Raises:
        InputError: there is nothing there.
        GraderError: the harness cannot grade here.
    """
    sources = discover(Path(path))
    chosen = settings or Settings(assignment=assignment)
    outbox = Outbox(Path(out), title=Path(path).resolve().name) if out is not None else None
    with Engine(chosen, workers=jobs or default_jobs()) as engine:
        for step in Batch(sources, engine, jobs=jobs, outbox=outbox).run():
            yield step.result
