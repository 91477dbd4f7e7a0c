"""Grading from Python: what the commands do, as functions."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from grader.assignment.composed import open_assignment
from grader.assignment.layout import find_rubric
from grader.batches.download import brought
from grader.batches.executor_choice import open_executor
from grader.batches.grading_client import Engine
from grader.batches.output import BatchOutput
from grader.batches.result_cache import Cache
from grader.batches.run import Batch
from grader.course.export import refuse_class
from grader.course.late_policy import Lateness
from grader.course.open_class import open_class
from grader.grading import Settings
from grader.model.result import Result
from grader.submission import single


def grade(path: str | Path, *, assignment: str = "", settings: Settings | None = None) -> Result:
    """Grade one submission.

    Args:
        path: its folder or archive.
        assignment: name of an assignment, or path of a rubric; the one whose folder one
            stands in by default. Ignored if `settings` is given.
        settings: everything else.

    Raises:
        InputError: there is nothing there, or it is a whole class.
        GraderError: the harness cannot grade here (no sandbox, a wrong rubric).
    """
    source = single(Path(path))
    chosen = settings or _settings(assignment)
    refuse_class(Path(path), open_assignment(chosen.assignment).form)
    with Engine(chosen) as engine:
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
    platform: str = "",
    into: Literal["", "add", "replace"] = "",
) -> Iterator[Result]:
    """Grade a class; yields each result when it is ready.

    Args:
        path: a platform's export, or a folder of folders or archives; or its URL.
        out: folder (or URL) for results, reports, class page and gradebook; none without.
        assignment: name of an assignment, or path of a rubric; the one whose folder one
            stands in by default. Ignored if `settings` is given.
        jobs: how many at once; one a processor unless given.
        settings: everything else.
        executor: `local`, or `dask://HOST:PORT`.
        cache: folder of results that batches share.
        platform: whose export it is, where that is not to be guessed: see docs/exports.md.
        into: `add` to a class that is in `out` already, or `replace` it; refused by default.

    Raises:
        InputError: there is nothing there, it can be read in two ways, or another class is in
            `out`.
        GraderError: the harness cannot grade here.
    """
    chosen = settings or _settings(assignment)
    loaded = open_assignment(chosen.assignment)
    with (
        brought(path) as here,
        open_class(here, loaded, chosen=platform, lang=chosen.lang) as those,
        contextlib.ExitStack() as stack,
    ):
        output = None
        if out is not None:
            named = loaded.rubric.title.in_language(chosen.lang)
            output = BatchOutput(out, title=here.resolve().name, assignment=named, into=into)
            stack.callback(output.close)
            output.take(those.sources.ids(), those.class_list)
        shared = Cache(Path(cache)) if cache is not None else None
        worth = Lateness(loaded.rubric, those.times).of
        opened = open_executor(executor, chosen, jobs)
        with contextlib.closing(opened):
            batch = Batch(those.sources, opened, output=output, cache=shared, worth=worth)
            for step in batch.run():
                yield step.result


def _settings(assignment: str) -> Settings:
    """The usual ones, for an assignment that is named or near."""
    return Settings(assignment=str(find_rubric(assignment)))
