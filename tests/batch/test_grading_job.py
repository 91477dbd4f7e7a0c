"""Grading a course's assignment in a process of its own: seen from outside, stopped, and killed."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.batches.grading_job import grading_job, job_folder
from grader.batches.grading_progress import (
    ROWS,
    GradingProgress,
    JobOptions,
    JobState,
    job_stamp,
    job_state,
    latest_rows,
)
from grader.batches.job_process import start_job, stop_job
from grader.course.course_folder import CourseFolder
from grader.model.errors import InputError, UsageError
from tests.batch import toy
from tests.support import in_process, until

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="locks and signals")
OPTIONS = JobOptions(lang="zh", requests_to="ta@x.y", jobs=1)


@pytest.fixture
def course(tmp_path: Path) -> Iterator[CourseFolder]:
    """Of three who submitted; grading the last takes longer than any test."""
    rubric = toy.assignment(tmp_path / "toy")
    with rubric.open("a") as file:
        file.write("\n[limits]\ncall_wait_seconds = 600\n")
    for name in ("a", "b"):
        toy.hand_in(tmp_path / "class", name)
    toy.hand_in(tmp_path / "class", "slow", toy.slow(600))
    folder = tmp_path / "nets"
    folder.mkdir()
    (folder / "course.toml").write_text(
        f'title = "Nets"\n[[assignments]]\nid = "hw"\ngrader = {json.dumps(str(rubric))}\n'
    )
    in_process("course", "import", "hw", tmp_path / "class", "--course", folder)
    opened = CourseFolder.open(folder)
    yield opened
    if _state(opened).running:
        os.kill(_progress(opened).pid, signal.SIGKILL)


def _state(course: CourseFolder) -> JobState:
    return job_state(job_folder(course, "hw"))


def _progress(course: CourseFolder) -> GradingProgress:
    progress = _state(course).progress
    assert progress is not None
    return progress


def test_it_is_seen_stopped_and_gone_on_with(
    course: CourseFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("grader.batches.grading_job._PATIENCE", 0.0)
    folder = job_folder(course, "hw")
    start_job(course, "hw", "grade", "Ann Lee", OPTIONS)
    stamp = job_stamp(folder)
    until(lambda: _progress(course).done == 2)
    assert job_stamp(folder) != stamp
    progress = _progress(course)
    assert _state(course).running
    assert (progress.kind, progress.who, progress.total) == ("grade", "Ann Lee", 3)
    assert progress.options == OPTIONS
    assert [row.submission for row in latest_rows(folder, 1)] == ["b"]
    refused = f"graded already by Ann Lee, process {progress.pid}"
    with pytest.raises(InputError, match=refused):
        start_job(course, "hw", "grade", "Bob", OPTIONS)
    with pytest.raises(InputError, match=refused):
        in_process("batch", "--for", "hw", "--course", course.path)

    stop_job(course, "hw")
    until(lambda: not _state(course).running)
    assert _progress(course).end == "stopped"
    with pytest.raises(UsageError, match="is not being graded"):
        stop_job(course, "hw")

    start_job(course, "hw", "grade", "Ann Lee", OPTIONS)
    until(lambda: _progress(course).reused == 2)
    os.kill(_progress(course).pid, signal.SIGKILL)
    until(lambda: not _state(course).running)
    assert _state(course).is_gone


def test_why_it_cannot_begin_is_said(tmp_path: Path) -> None:
    text = 'title = "Nets"\n[[assignments]]\nid = "hw"\ngrader = "nowhere"\n'
    (tmp_path / "course.toml").write_text(text)
    with pytest.raises(InputError, match="nowhere"):
        start_job(CourseFolder.open(tmp_path), "hw", "grade", "ann", OPTIONS)


def test_what_ends_it_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError), grading_job(tmp_path, "accept", "ann", OPTIONS):
        raise InputError("x.csv: is not there.", hint="Look again.")
    progress = job_state(tmp_path).progress
    assert progress is not None
    assert (progress.end, progress.problem) == ("failed", "x.csv: is not there.")
    assert progress.hint == "Look again."
    assert not job_state(tmp_path).is_gone
    with grading_job(tmp_path, "grade", "ann", OPTIONS):
        pass
    assert getattr(job_state(tmp_path).progress, "end", None) == "finished"


def test_half_a_line_and_a_file_that_is_not_ours(tmp_path: Path) -> None:
    assert job_state(tmp_path) == JobState(None, False, "")
    (tmp_path / ROWS).write_bytes(b'{"submission":"a","name":"A","points":1,"max_points":2}\n{"sub')
    assert [row.name for row in latest_rows(tmp_path, 9)] == ["A"]
    (tmp_path / "progress.json").write_bytes(b"{")
    with pytest.raises(InputError, match="cannot be read"):
        job_state(tmp_path)
