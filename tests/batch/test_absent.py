"""Who submitted nothing is a row in the gradebook and on the class page, and no error."""

from __future__ import annotations

import csv
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest

from grader.batches.fingerprint import Fingerprint
from grader.batches.output import BatchOutput
from grader.batches.run import Batch
from grader.cli.batch_progress import Count
from grader.course.submission_worth import Worth
from grader.grading import Settings
from grader.model.errors import ExitCode
from grader.model.worth import Override
from grader.report.atomic_write import student_page_of
from grader.submission import Source

ABSENT = Source(id="Ann_1", name="Ann", path=Path("nowhere"), problem="nothing", absent=True)


class Idle:
    """An executor that has nothing to do."""

    width = 1

    def __init__(self) -> None:
        self.settings = Settings(assignment="numpynn")

    def submit(self, source: Source, inputs: Fingerprint) -> Future[Any]:
        raise AssertionError(f"{source.id} submitted nothing")

    def close(self) -> None: ...


def _row(out: Path) -> dict[str, str]:
    with (out / "gradebook.csv").open(encoding="utf-8-sig", newline="") as file:
        (row,) = csv.DictReader(file)
    return row


@pytest.mark.parametrize("resume", [True, False])
def test_nothing_submitted(resume: bool, tmp_path: Path) -> None:
    for origin in ("", "here" if resume else ""):
        output, count = BatchOutput(tmp_path), Count()
        batch: Any = Batch([ABSENT], Idle(), output=output, resume=resume)  # type: ignore[arg-type]
        (step,) = batch.run()
        count.add(step)
        assert step.origin == origin
        assert step.result.max_score == 100
        assert (count.total, count.graded, count.absent) == (1, 0, 1)
        assert count.exit_code is ExitCode.OK
    row = _row(tmp_path)
    assert (row["submission"], row["status"], row["final"]) == ("Ann_1", "not submitted", "")
    assert "Nothing submitted" in (tmp_path / "index.html").read_text("utf-8")
    page = (tmp_path / student_page_of("Ann_1")).read_text("utf-8")
    assert "Nothing was submitted" in page
    assert "could not be graded" not in page


def test_a_person_may_decide_what_nothing_is_worth(tmp_path: Path) -> None:
    given = Override(person="Ann_1", assignment="hw", scope="total", points=40, why="oral exam")
    batch: Any = Batch(
        [ABSENT],
        Idle(),  # type: ignore[arg-type]
        output=BatchOutput(tmp_path),
        worth=lambda _source: Worth(overrides=[given]),
    )
    (step,) = batch.run()
    assert step.result.final == 40
    assert (_row(tmp_path)["status"], _row(tmp_path)["final"]) == ("not submitted", "40")
