"""Run a made-up term through the grader's commands, and compare every grade with what it must be.

python -m benchmarks.term.run --students 300 --seed 1
"""

from __future__ import annotations

import argparse
import csv
import re
import sys
import tempfile
import time
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

from typer.testing import CliRunner

from benchmarks.term import expectation, world
from benchmarks.term.exports import email, write_exports, write_rosters
from benchmarks.term.world import Task, World
from grader.cli.app import app

_BANK = """\
import numpy as np
import pytest
from grader.checks import assert_close, check

{checks}
"""
_CHECK = """
@check("f{n} is right", part="p{n}", targets="f{n}")
def test_f{n}(student, reference, inputs):
    x = inputs.normal(3)
    assert_close("out", student.f{n}(x), reference.f{n}(x))
"""


class Term:
    """A course in a folder, driven by commands as an instructor would type them."""

    def __init__(self, world: World, folder: Path) -> None:
        self.world = world
        self.folder = folder
        self.course = folder / "course"
        self.said: list[str] = []

    def run(self) -> None:
        """From the empty folder to the term's last grade."""
        self._settings()
        write_rosters(self.world, self.folder)
        self._grader("course", "roster", self.folder / "roster.csv")
        worksheet = self.folder / "moodle.csv"
        for task in self.world.tasks:
            if task.platform == "moodle":
                self._grader("course", "roster", worksheet, "--for", task.id)
        for task in self.world.tasks:
            self._delays(task)
            for export, times in write_exports(self.world, task, self.folder):
                listed = ("--submitted", times) if times else ()
                self._grader("course", "import", task.id, export, *listed)
            self._grader("batch", "--for", task.id)
        for task in self.world.tasks:
            self._decisions(task)
        for task in self.world.tasks:  # what is decided of one may move slip days of another
            self._grader("batch", "--for", task.id)
        self._grader("course", "roster", self.folder / "left.csv", "--withdraw")
        self._grader("term", "--out", self.folder / "term")

    def _grader(self, *arguments: str | Path) -> str:
        words = [*map(str, arguments), "--course", str(self.course)]
        done = CliRunner().invoke(app, words)
        self.said.append(f"$ grader {' '.join(words)}\n{done.output}")
        if done.exit_code not in (0, 1) or not isinstance(done.exception, SystemExit | None):
            print("\n".join(self.said[-2:]), file=sys.stderr)
            raise SystemExit(f"exit code {done.exit_code}: {done.exception!r}")
        return done.output

    def _settings(self) -> None:
        self.course.mkdir(parents=True)
        text = [
            'title = "A made-up term"', 'zone = "Europe/Berlin"',
            f"drop_lowest = {self.world.drop_lowest}", "[slip_days]",
            f"budget = {self.world.budget}", f'spend = "{self.world.spend}"',
        ]  # fmt: skip
        for task in self.world.tasks:
            _assignment(task, self.folder / task.id)
            text += _settings(task)
        (self.course / "course.toml").write_text("\n".join(text) + "\n", encoding="utf-8")

    def _delays(self, task: Task) -> None:
        for delay in self.world.delays:
            if delay.task == task.id:
                if isinstance(delay.whom, int):
                    whom = ("--student", email(delay.whom))
                else:
                    whom = ("--section", delay.whom)
                words = ("--for", task.id, *whom, "--hours", str(delay.hours), "--why", "ill")
                self._grader("extend", *words)

    def _decisions(self, task: Task) -> None:
        for each in self.world.decisions:
            if each.task != task.id:
                continue
            part = () if each.part is None else ("--part", f"p{each.part}")
            points = ("--outcome", each.outcome)
            if each.points is not None:
                points = ("--points", str(float(each.points)))
            words = (email(each.student), "--for", task.id, *part, *points, "--why", "decided")
            self._grader("override", *words)

    def differences(self) -> Iterator[str]:
        """Every grade that is not what it must be."""
        wanted = expectation.expected(self.world)
        for task in self.world.tasks:
            rows = self._rows(self.course / "out" / task.id / "gradebook.csv")
            for student, must in wanted.items():
                if student in self.world.withdrawn:
                    continue
                yield from _compared(
                    f"{task.id} of {email(student)}", rows.get(student), "final",
                    must.finals[task.id],
                )  # fmt: skip
        rows = self._rows(self.folder / "term" / "totals.csv")
        for student, must in wanted.items():
            if student not in self.world.withdrawn:
                name = f"the term of {email(student)}"
                yield from _compared(name, rows.get(student), "total", must.total)

    def _rows(self, path: Path) -> dict[int, dict[str, str]]:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
        numbers = [
            re.fullmatch(r".*_S(\d{4})", row.get("submission") or row["student"]) for row in rows
        ]
        return {int(found[1]): row for found, row in zip(numbers, rows, strict=True) if found}


def _compared(
    name: str, row: dict[str, str] | None, column: str, must: Fraction | None
) -> Iterator[str]:
    if row is None:
        yield f"{name}: there is no row"
        return
    found = row[column]
    if (Fraction(found) if found else None) != must:
        shown = "" if must is None else f"{float(must):.2f}"
        yield f"{name}: {found!r}, and must be {shown!r} ({row.get('steps', '')})"


def _assignment(task: Task, folder: Path) -> None:
    (folder / "bank").mkdir(parents=True)
    (folder / "reference" / task.id).mkdir(parents=True)
    numbers = range(len(task.points))
    lines = [
        f'id = "{task.id}"', f"points = {float(task.maximum)}", "[title]", f'en = "{task.id}"',
        "[contract]", *(f'f{n} = "work: out"' for n in numbers), "[parts]",
        *(
            f'p{n} = {{ title = {{ en = "Part {n}" }}, points = {float(task.points[n])} }}'
            for n in numbers
        ),
    ]  # fmt: skip
    (folder / "assignment.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    checks = "\n".join(_CHECK.format(n=n) for n in numbers)
    (folder / "bank" / "work.py").write_text(_BANK.format(checks=checks), encoding="utf-8")
    package = folder / "reference" / task.id
    (package / "__init__.py").write_text("", encoding="utf-8")
    code = "\n\n\n".join(
        f"def f{n}(x):\n    out = {n + 2} * x + 1\n    return out" for n in numbers
    )
    (package / "work.py").write_text(code + "\n", encoding="utf-8")


def _settings(task: Task) -> list[str]:
    late = ", ".join(
        f'{name} = "{value}"' if isinstance(value, str) else f"{name} = {value}"
        for name, value in vars(task.policy).items()
        if value is not None
    )
    closes = [f"closes = {task.closes.isoformat()}"] if task.closes else []
    return [
        "[[assignments]]", f'id = "{task.id}"', f'grader = "../{task.id}"',
        f"due = {task.due.isoformat()}", *closes, f"points = {task.weight}",
        f'counts = "{task.counts}"', f"late = {{ {late} }}",
    ]  # fmt: skip


def main() -> None:
    """Run one term and print what differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--students", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--spend", choices=("in order", "best first"), default="in order")
    parser.add_argument("--keep", type=Path, help="a new folder for everything that is made")
    asked = parser.parse_args()
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as made:
        term = Term(world.make(asked.students, asked.seed, asked.spend), asked.keep or Path(made))
        term.run()
        found = list(term.differences())
    print("\n".join(found))
    grades = (asked.students - len(term.world.withdrawn)) * (len(term.world.tasks) + 1)
    seconds = time.perf_counter() - began
    print(f"{len(found)} of {grades} grades differ ({seconds:.0f} s)")
    raise SystemExit(bool(found))


if __name__ == "__main__":
    main()
