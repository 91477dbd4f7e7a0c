"""The bank under other seeds: what a check says of code must not depend on the numbers it draws."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

import msgspec

from grader.model.errors import InternalError
from grader.model.result import CheckResult
from grader.sandbox.forked_tasks import Done, Send, run_forked
from grader.verify.analysis import flakes_of
from grader.verify.in_memory import InMemoryBank
from grader.verify.programs import Program
from grader.verify.proof import Flake, Flip

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and how much there is."""


class SeedTrial(NamedTuple):
    """Runs the bank under many seeds, each run in a process of its own."""

    bench: InMemoryBank
    files: Mapping[str, str]
    """The reference, text by path."""
    jobs: int
    cpu_seconds: int
    """For one run."""
    progress: Progress

    def flakes(self, count: int) -> Iterator[Flake]:
        """The checks that the reference fails under some seed.

        Raises:
            InternalError: the bank does not run to its end.
        """
        seeds = _seeds(count)

        def work(seed: str, send: Send) -> None:
            for flake in flakes_of(seed, self.bench.judge_reference(seed)):
                send(msgspec.json.encode(flake) + b"\n")

        runs = run_forked(seeds, work, jobs=self.jobs, cpu_seconds=self.cpu_seconds)
        for done, ended in enumerate(runs, 1):
            self.progress("seeds", done, len(seeds))
            if ended.ending:
                text = f"The bank does not run with seed {ended.task}: {ended.ending}."
                raise InternalError(text)
            for line in ended.said.splitlines():
                yield msgspec.json.decode(line, type=Flake)

    def flips(self, cases: Sequence[Program], count: int) -> list[Flip]:
        """The checks that end in more than one way on one of the cases."""
        seeds = _seeds(count)
        for done, seed in enumerate(seeds):
            self.progress("references", done, len(seeds))
            self.bench.record(seed)
        tasks = [(case, seed) for case in cases for seed in seeds]

        def work(task: tuple[Program, str], send: Send) -> None:
            def tell(result: CheckResult) -> None:
                send(msgspec.json.encode([result.id, result.outcome.value]) + b"\n")

            case, seed = task
            self.bench.judge({**self.files, **case.changed}, case.checks, tell, seed)

        seen: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
        runs = run_forked(tasks, work, jobs=self.jobs, cpu_seconds=self.cpu_seconds)
        for done, ended in enumerate(runs, 1):
            self.progress("mistakes under other seeds", done, len(tasks))
            _count(ended, seen)
        return [
            Flip(check=check, subject=subject, outcomes=dict(outcomes))
            for (subject, check), outcomes in sorted(seen.items())
            if len(outcomes) > 1
        ]


def _seeds(count: int) -> list[str]:
    return [f"verify-{number}" for number in range(count)]


def _count(ended: Done[tuple[Program, str]], seen: dict[tuple[str, str], Counter[str]]) -> None:
    case, _ = ended.task
    outcomes = dict(msgspec.json.decode(line) for line in ended.said.splitlines())
    for check in case.checks:
        seen[case.subject.id, check][outcomes.get(check, "")] += 1
