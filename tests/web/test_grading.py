"""Grading on the desk: begun, watched, previewed, put in force, undone, stopped."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from grader.batches.grading_job import grading_job, job_folder
from grader.batches.grading_progress import JobOptions, job_state
from grader.cli.app import app
from grader.model.errors import ExitCode
from grader.model.worth import Override
from tests.web.desk_room import ADA, HW, Browser, MadeUpGrading

URL = f"/a/{HW}/grading"


class Done:
    """A process that has ended."""

    pid = os.getpid()

    def __init__(self, folder: Path, words: list[str]) -> None:
        self.words = words
        ran = CliRunner().invoke(app, ["batch", *words])
        assert ran.exit_code in (ExitCode.OK, ExitCode.INPUT), ran.output

    def poll(self) -> int:
        return 0

    def wait(self) -> int:
        return 0


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[Done]:
    """The processes that the desk starts: here they grade in this one."""
    every: list[Done] = []

    def start(folder: Path, words: list[str]) -> Done:
        every.append(Done(folder, words))
        return every[-1]

    monkeypatch.setattr("grader.batches.job_process._started", start)
    monkeypatch.setattr(
        "grader.batches.executor_choice.open_executor",
        lambda _executor, settings, _jobs: MadeUpGrading(settings),
    )
    return every


def _do(browser: Browser, what: str, **fields: Any) -> str:
    done = browser.act(f"{URL}/start", {"do": what, **fields})
    assert done.status_code == 303, done.text
    return str(browser.get(URL).text)


def _text(page: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", page).split())


def test_what_changes_is_previewed_put_in_force_and_undone(
    instructor: Browser, started: list[Done]
) -> None:
    course = instructor.desk.course
    with course.changing("ann") as change:
        found = Override(assignment=HW, person=ADA, scope="part", id="scale", points=0.5, why="x")
        change.override(found)
    page = _text(_do(instructor, "preview"))
    assert "Previewed" in page
    assert "What would change" in page
    assert "Ada Byron an override, extension or slip days 6 → 4.5 −1.5" in page

    page = _text(_do(instructor, "accept"))
    assert "The preview is in force" in page
    assert "What would change" not in page
    assert "Go back to it Run 1" in page
    assert re.search(r"Run 2 .{16} instructor in force", page)

    page = _text(_do(instructor, "undo", run="1"))
    assert "The earlier run is in force again" in page
    assert re.search(r"Run 1 .{16} \S+ in force", page)
    assert [done.words[2] for done in started] == ["--by=instructor"] * 3


def test_it_is_graded_again_with_what_was_graded_with(
    instructor: Browser, started: list[Done]
) -> None:
    page = _text(_do(instructor, "fresh", lang="zh", requests_to="ta@x.edu"))
    assert "12 of 12" in page
    assert "by instructor" in page
    assert "--fresh" in started[-1].words
    _do(instructor, "grade")
    assert {"--lang=zh", "--requests-to=ta@x.edu"} <= set(started[-1].words)
    assert 'value="ta@x.edu"' in instructor.get(URL).text


@pytest.mark.parametrize(
    "fields",
    [
        {"do": ""},
        {"do": "--fresh"},
        {"do": "undo", "run": "-1"},
        {"do": "grade", "lang": "en", "requests_to": "--out=/x"},
        {"do": "grade", "lang": "en", "requests_to": "a@b --out=/x"},
    ],
)
def test_what_is_not_offered_starts_nothing(
    instructor: Browser, started: list[Done], fields: dict[str, str]
) -> None:
    assert instructor.act(f"{URL}/start", fields).status_code == 400
    assert not started


def test_rows_come_in_while_it_runs(instructor: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = job_folder(instructor.desk.course, HW)
    monkeypatch.setattr("grader.batches.grading_progress.is_locked", lambda _path: True)
    with grading_job(folder, "grade", "ann", JobOptions()) as job:
        job.begin(12)
        page = instructor.get(URL).text
        assert "Preview a regrade" not in page
        (poll,) = re.findall(r'hx-get="([^"]*)" hx-trigger="every 1s"', page)
        poll = poll.replace("&amp;", "&")
        assert instructor.get(poll).status_code == 204
        job.progress.done, job.progress.running = 3, {"slow one": 61.0}
        job.write()
        piece = instructor.get(poll)
        assert piece.status_code == 200
        assert "3 of 12" in piece.text
        assert "slow one 61 s" in piece.text
        assert "<html" not in piece.text
        assert 'id="stop"' in piece.text
        refused = instructor.act(f"{URL}/start", {"do": "grade"})
        assert refused.status_code == 409
        assert "is being graded already by ann" in refused.text
    monkeypatch.undo()
    over = instructor.get(poll)
    assert (over.status_code, over.headers["hx-refresh"]) == (204, "true")
    assert instructor.act(f"{URL}/stop").status_code == 400


def test_a_process_that_is_gone_is_noticed(instructor: Browser, started: list[Done]) -> None:
    folder = job_folder(instructor.desk.course, HW)
    with grading_job(folder, "grade", "ann", JobOptions()) as job:
        job.begin(12)
        written = (folder / "progress.json").read_bytes()
    (folder / "progress.json").write_bytes(written)
    assert job_state(folder).is_gone
    page = instructor.get(URL).text
    assert "It was cut off; what was graded is kept" in page
    assert ">Go on<" in page
    assert "Graded by instructor" in _text(_do(instructor, "grade"))


def test_where_nothing_was_submitted_there_is_nothing_to_grade(instructor: Browser) -> None:
    page = instructor.get("/a/later/grading").text
    assert "Not graded yet" in page
    assert "Nothing was submitted yet." in page
    assert instructor.get("/a/later/grading/live").status_code == 204
