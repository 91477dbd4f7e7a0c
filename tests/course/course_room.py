"""A course of three students, whose work is graded without running anything."""

from __future__ import annotations

import csv
import json
import zipfile
from collections.abc import Mapping
from concurrent.futures import Future
from pathlib import Path
from typing import Any, Final

from grader.batches.fingerprint import Fingerprint
from grader.course.course_folder import CourseFolder
from grader.grading import Settings
from grader.model.notebook_records import NotebookResult, WrittenAnswer
from grader.model.result import CheckResult, Outcome, PartResult, Result
from grader.report.atomic_write import result_file, student_page_of
from grader.submission import Source
from tests.support import in_process

ROSTER: Final = """\
name,canvas id,email,section
Ann Lee,1,ann@x.y,A
Bob Li,2,b@x.y,B
Cho,3,c@x.y,A
"""
ANN, BOB, CHO = "Ann Lee_1", "Bob Li_2", "Cho_3"
SETTINGS: Final = """\
title = "Nets"
zone = "Europe/Berlin"

[[assignments]]
id = "hw"
grader = "numpynn-notebooks"
"""


class MadeUp:
    """An executor whose results are what the submission's module says: a score, and answers."""

    width = 1

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.graded: list[str] = []

    def submit(self, source: Source, inputs: Fingerprint) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_result(None)
        return future

    def result(self, source: Source, future: Future[Any]) -> Result:
        self.graded.append(source.id)
        if source.problem:
            return _result(source, 0, [], error=source.problem, error_kind="input")
        said = json.loads(_module(source.path))
        return _result(source, said["score"], said.get("answers", []))

    def running(self) -> Mapping[str, float]:
        return {}

    def check(self) -> None: ...

    def close(self) -> None: ...


def _module(path: Path) -> str:
    if path.is_dir():
        (module,) = path.rglob("layers.py")
        return module.read_text("utf-8")
    with zipfile.ZipFile(path) as archive:
        return archive.read("numpynn/layers.py").decode()


def _result(source: Source, score: float, texts: list[str], **more: Any) -> Result:
    check = CheckResult(
        id="layers::x", title="x", part="layers", targets=[], points=score, max_points=10,
        outcome=Outcome.PASSED if score == 10 else Outcome.FAILED,
    )  # fmt: skip
    part = PartResult(
        id="layers", title="L", points=score, max_points=10, passed=int(score == 10), total=1
    )
    answers = [
        WrittenAnswer(
            question=str(number), state="answered", words=len(text.split()), text=text, points=2
        )
        for number, text in enumerate(texts, start=1)
    ]
    book = NotebookResult(id="Dropout", title="Dropout", path="Dropout.ipynb", answers=answers)
    graded = {} if more else {"checks": [check], "parts": [part], "notebooks": [book]}
    return Result(
        submission=source.id,
        assignment="hw",
        name=source.name,
        score=score,
        max_score=10,
        **{"checks": [], "parts": [], **graded, **more},
    )


def work(path: Path, score: float, *answers: str) -> Path:
    """A submission as a zip."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        said = {"score": score, "answers": answers}
        archive.writestr("numpynn/layers.py", json.dumps(said))
    return path


class CourseRoom:
    """A course folder, exports beside it, and somebody who types commands."""

    def __init__(
        self, folder: Path, monkeypatch: Any, settings: str = SETTINGS, roster: str = ROSTER
    ) -> None:
        self.folder = folder / "nets"
        self.exports = folder / "exports"
        self.folder.mkdir()
        self.settings(settings)
        self.executor = MadeUp(Settings())
        monkeypatch.setattr("grader.batches.executor_choice.open_executor", self._open)
        if roster:
            (folder / "roster.csv").write_text(roster, encoding="utf-8")
            self.run("course roster", folder / "roster.csv")

    def _open(self, _executor: str, settings: Settings, _jobs: int) -> MadeUp:
        self.executor = MadeUp(settings)
        return self.executor

    def settings(self, text: str) -> None:
        (self.folder / "course.toml").write_text(text, encoding="utf-8")

    def canvas(self, export: str, scores: Mapping[str, float | tuple[Any, ...]]) -> Path:
        """An export of Canvas, of names of entries to scores, or scores and answers."""
        for name, said in scores.items():
            work(self.exports / export / name, *(said if isinstance(said, tuple) else (said,)))
        return self.exports / export

    def run(self, command: str, *words: str | Path, code: int = 0) -> str:
        """What a command says."""
        line = [*command.split(), *words, "--course", self.folder]
        return " ".join(in_process(*line, code=code).split())

    def grade(self, *words: str | Path, code: int = 0) -> str:
        return self.run("batch --for hw", *words, code=code)

    @property
    def course(self) -> CourseFolder:
        return CourseFolder.open(self.folder)

    @property
    def out(self) -> Path:
        return self.folder / "out" / "hw"

    def rows(self, name: str = "gradebook.csv") -> list[dict[str, str]]:
        with (self.out / name).open(encoding="utf-8-sig", newline="") as file:
            return list(csv.DictReader(file))

    def finals(self) -> dict[str, str]:
        return {row["submission"]: row["final"] or row["status"] for row in self.rows()}

    def result(self, person: str) -> Result:
        return Result.load(self.out / result_file(person))

    def page(self, person: str) -> str:
        return (self.out / student_page_of(person)).read_text("utf-8")

    def attempts(self) -> list[tuple[str, int, bool]]:
        """Owner, number and whether it counts."""
        with self.course.reading() as view:
            found = [stored.attempt for stored in view.attempts("hw")]
        return [(each.owner, each.number, each.counted) for each in found]
