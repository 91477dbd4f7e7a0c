"""What `grader new` makes of references: mutants caught, checks, time; and whether it holds.

    python benchmarks/first_bank.py FOLDER... [--minutes 5] [--jobs 2] [--survivors]

For each folder of a solution: its lines, the mutants, those caught, the checks, seconds of
processor time and of the clock, the points of the solution and of the stripped template when they
are submitted, and what `grader lint` complains of. Processor time counts, as `--minutes` does; on a
busy machine the clock says little.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from grader.assignment.folder import Assignment
from grader.authoring.completion import complete
from grader.authoring.lint import lint
from grader.authoring.new_assignment import Made, new_assignment
from grader.authoring.reference_source import ReferenceSource
from grader.batches.grading_client import Engine
from grader.grading.settings import Settings
from grader.model.errors import GraderError
from grader.submission import single


class Times(NamedTuple):
    """Seconds of processor time, children included, and of the clock."""

    processor: float
    clock: float

    @classmethod
    def now(cls) -> Times:
        """Both, as they stand."""
        used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        return cls(sum(each.ru_utime + each.ru_stime for each in used), time.perf_counter())


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--survivors", action="store_true")
    given = parser.parse_args()
    head = ("lines", "mutants", "caught", "checks", "cpu s", "clock s", "reference", "template")
    print(f"{'package':32}" + "".join(f"{each:>10}" for each in head))
    for folder in given.folders:
        with tempfile.TemporaryDirectory() as name:
            for line in _measured(folder, Path(name) / folder.name, given):
                print(line, flush=True)


def _measured(folder: Path, out: Path, given: argparse.Namespace) -> Iterator[str]:
    name = "/".join(folder.resolve().parts[-2:])
    start = Times.now()
    try:
        made = new_assignment(
            out, folder, given.jobs, lambda *_: None, complete, minutes=given.minutes
        )
    except GraderError as error:
        yield f"{name:32} {error}"
        return
    end = Times.now()
    found = made.survey
    source = ReferenceSource.read(folder)
    lines = sum(text.count("\n") for path, text in source.files.items() if path not in source.given)
    numbers = (
        f"{lines}", f"{found.mutants}", f"{found.share:.1%}", f"{len(found.chosen)}",
        f"{end.processor - start.processor:.0f}", f"{end.clock - start.clock:.0f}",
        *(f"{points:g}" for points in _points(made)),
    )  # fmt: skip
    yield f"{name:32}" + "".join(f"{each:>10}" for each in numbers)
    settings = Settings(assignment=str(out))
    yield from (f"    {complaint.text}" for complaint in lint(str(out), settings))
    if found.untried:
        yield f"    {found.untried} further mutants were not tried."
    for mutant in found.survivors if given.survivors else ():
        subject = mutant.subject
        yield f"    {subject.file}:{subject.line}: {subject.old}  ->  {subject.new}"


def _points(made: Made) -> Iterator[float]:
    """The points of the solution, and of its template."""
    layout = Assignment.load(str(made.folder)).layout
    with Engine(Settings(assignment=str(made.folder))) as engine:
        for folder in (layout.solution, layout.template):
            yield engine.grade(single(folder)).score


if __name__ == "__main__":
    main()
