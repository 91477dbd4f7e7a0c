"""A class that answers three questions, graded without running anything."""

from __future__ import annotations

import csv
import json
import zipfile
from collections.abc import Mapping
from concurrent.futures import Future
from pathlib import Path
from typing import Any, Final

import pytest
from msgspec.structs import replace

from grader.batches.fingerprint import Fingerprint
from grader.grading import Settings
from grader.model.errors import InputError
from grader.model.notebook_records import NotebookResult, WrittenAnswer
from grader.model.result import Outcome, Result
from grader.report.atomic_write import result_file, student_page_of
from grader.submission import Source
from tests.report import sample
from tests.support import in_process

_SAMPLE: Final = sample.result()
BASE: Final = replace(
    _SAMPLE,
    checks=[check for check in _SAMPLE.checks if check.outcome is not Outcome.INTERNAL],
    penalty=0.0,
    submitted_at="",
)
"""A result in which nothing of ours broke: it is not graded again."""


class Canned:
    """A executor whose results are made up: the answers are those in the submission's module."""

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
        texts = json.loads(_module(source.path))
        answers = [
            WrittenAnswer(
                question=str(number), asked=f"What of {number}?",
                state="answered" if text else "empty",
                words=len(text.split()), text=text, points=2.0,
            )
            for number, text in enumerate(texts, start=1)
        ]  # fmt: skip
        book = NotebookResult(id="Dropout", title="Dropout", path="Dropout.ipynb", answers=answers)
        return replace(BASE, submission=source.id, name=source.name, notebooks=[book])

    def running(self) -> Mapping[str, float]:
        return {}

    def check(self) -> None: ...

    def close(self) -> None: ...


def _module(path: Path) -> str:
    if path.is_dir():
        return (path / "numpynn" / "layers.py").read_text("utf-8")
    with zipfile.ZipFile(path) as archive:
        return archive.read("numpynn/layers.py").decode()


class Room:
    """A folder with a class and what was made of it."""

    def __init__(self, folder: Path, monkeypatch: Any) -> None:
        self.folder = folder
        self.out = folder / "out"
        self.executor = Canned(Settings(assignment="numpynn"))
        monkeypatch.setattr("grader.batches.executor_choice.open_executor", self.open_executor)

    def open_executor(self, _executor: str, settings: Settings, _jobs: int | None) -> Canned:
        self.executor = Canned(settings)
        return self.executor

    def hand_in(self, name: str, *answers: str) -> None:
        path = self.folder / "class" / name
        path.parent.mkdir(exist_ok=True)
        if name.endswith(".zip"):
            with zipfile.ZipFile(path, "w") as archive:
                archive.writestr("numpynn/layers.py", json.dumps(answers))
            return
        module = path / "numpynn" / "layers.py"
        module.parent.mkdir(parents=True, exist_ok=True)
        module.write_text(json.dumps(answers), encoding="utf-8")

    def batch(self, *options: str | Path, code: int = 0) -> str:
        """Everything that is said."""
        command: list[str | Path] = [
            "batch",
            self.folder / "class",
            "-o",
            self.out,
            "-a",
            "numpynn-notebooks",
        ]
        return " ".join(in_process(*command, *options, code=code).split())

    def refused(self, *options: str | Path) -> str:
        """Why these options are not taken."""
        with pytest.raises(InputError) as caught:
            self.batch(*options)
        return str(caught.value)

    def rows(self, name: str = "written.csv") -> list[dict[str, str]]:
        with (self.out / name).open(encoding="utf-8-sig", newline="") as file:
            return list(csv.DictReader(file))

    def fill(
        self, marks: Mapping[tuple[str, str], str | tuple[str, str]], name: str = "written.csv",
        to: str = "", **how: Any
    ) -> Path:  # fmt: skip
        """Fill in marks (and comments) by submission and question, as a spreadsheet saves them."""
        rows = self.rows(name)
        for row in rows:
            mark = marks.get((row["submission"], row["question"]), "")
            row["mark"], row["comment"] = (mark, "") if isinstance(mark, str) else mark
        path = self.out / (to or name)
        with path.open("w", encoding=how.pop("encoding", "utf-8"), newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]), **how)
            writer.writeheader()
            writer.writerows(rows)
        return path

    def result(self, name: str) -> Result:
        return Result.load(self.out / result_file(name))

    def gradebook(self) -> dict[str, dict[str, str]]:
        with (self.out / "gradebook.csv").open(encoding="utf-8-sig", newline="") as file:
            return {row["submission"]: row for row in csv.DictReader(file)}

    def class_json(self) -> str:
        return (self.out / "class.json").read_text("utf-8")

    def people(self) -> set[str]:
        return {person["key"] for person in json.loads(self.class_json())["people"]}

    def report(self, name: str) -> str:
        return (self.out / student_page_of(name)).read_text("utf-8")
