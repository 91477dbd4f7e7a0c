"""Killing the processes of a batch at random, seeded, and looking at what is left.

    python -m tests.faults.kills [--kills 200] [--seed 1] [--sandbox bubblewrap] [--notebooks]

Each run of the batch is hit once, at a moment and in a process that the seed chooses. If the batch
itself was hit, the next run goes on where it stopped. After a few hits it is left in peace, and
what is in the output folder must be what a run without any hit gives.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from grader.model.result import Result
from tests.faults import processes, tiny
from tests.support import SECONDS

HITS: Final = 4
"""Hits before a batch is left in peace."""
FINISHED: Final = 3
"""Exit code of a batch that is through: an empty folder is among the submissions."""
SIGNALS: Final = {
    "batch": (signal.SIGKILL, signal.SIGTERM, signal.SIGINT),
    "server": (signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV),
}


class Hit(NamedTuple):
    """What is to be killed, how, and when."""

    role: str
    number: signal.Signals
    delay: float
    """Seconds after the batch was started, at the least."""
    pick: float
    """Which of several, 0 to 1."""
    results: int = 0
    """How many results must be written before."""


class Outcome(NamedTuple):
    """What became of a run that was hit."""

    hit: Hit
    met: bool
    """Whether there was such a process before the run was over."""
    code: int


class Range:
    """A tiny class that is graded under fire."""

    def __init__(
        self,
        root: Path,
        *options: str,
        bodies: Mapping[str, str] = tiny.BODIES,
        notebooks: bool = False,
    ) -> None:
        self.root = root
        self._options = ("-j", "3", *options)
        self._scratch = root / "tmp"
        self._scratch.mkdir()
        tiny.make(root, bodies, notebooks=notebooks)
        tiny.grade(root, root / "first", *self._options)  # whose sandbox is the one for all
        first = tiny.verdicts(root / "first")
        self._options += ("--sandbox", first["right"]["sandbox"]["kind"])
        started = time.monotonic()
        done = tiny.grade(root, root / "calm", *self._options, env=self._environment())
        assert done.returncode == FINISHED, (done.stdout, done.stderr)
        self._usual = time.monotonic() - started
        self.calm = tiny.verdicts(root / "calm")

    def _environment(self) -> dict[str, str]:
        return {**os.environ, "TMPDIR": str(self._scratch)}

    def volley(self, hits: Iterable[Hit]) -> list[Outcome]:
        """Hit a batch each time that it goes on, then let it finish, and look at everything.

        Raises:
            AssertionError: something was lost, torn or left behind.
        """
        out = self.root / "out"
        outcomes: list[Outcome] = []
        for hit in hits:
            outcomes.append(self._shoot(out, hit))
            if outcomes[-1].code == FINISHED:  # nothing is left to go on with
                self._inspect(out, outcomes)
        done = tiny.grade(self.root, out, *self._options, env=self._environment())
        assert done.returncode == FINISHED, (outcomes, done.returncode, done.stdout, done.stderr)
        self._inspect(out, outcomes)
        return outcomes

    def _inspect(self, out: Path, outcomes: list[Outcome]) -> None:
        """Look at the output of a batch that is through, and remove it."""
        differences = _differences(tiny.verdicts(out), self.calm)
        assert not differences, (outcomes, differences)
        assert _names(out) == _names(self.root / "calm"), outcomes
        assert not list(self._scratch.iterdir()), (outcomes, list(self._scratch.iterdir()))
        shutil.rmtree(out)

    def aim(self, chance: random.Random) -> Hit:
        """Any process, at any moment of a run."""
        role = chance.choice(processes.ROLES)
        number = chance.choice(SIGNALS.get(role, (signal.SIGKILL,)))
        return Hit(role, number, chance.uniform(0, self._usual), chance.random())

    def _shoot(self, out: Path, hit: Hit) -> Outcome:
        with tempfile.TemporaryFile() as said:
            process = subprocess.Popen(
                tiny.command(self.root, out, *self._options),
                stdout=said,
                stderr=said,
                env=self._environment(),
            )
            seen, met = _strike(process, hit, out / "results")
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(SECONDS)
            _until(lambda: not processes.alive(seen), f"still there after {hit}", seen)
            said.seek(0)
            text = said.read().decode(errors="replace")
        in_python_itself = "KeyboardInterrupt" in text and "/grader/" not in text
        assert "Traceback" not in text or in_python_itself, (hit, text)
        assert process.returncode is not None, (hit, text)
        for path in (out / "results").glob("*.json"):
            Result.load(path)  # never a torn one, also where nobody has gone on yet
        return Outcome(hit, met, process.returncode)


def _strike(process: subprocess.Popen[bytes], hit: Hit, results: Path) -> tuple[set[int], bool]:
    """Watch the batch and kill what is to be killed; the processes seen, and whether it was."""
    seen: set[int] = set()
    start = time.monotonic()
    met = False
    while process.poll() is None:
        roles = processes.by_role(process.pid)
        seen |= {pid for pids in roles.values() for pid in pids}
        targets = roles[hit.role]
        due = time.monotonic() - start >= hit.delay and _has(results, hit.results)
        if not met and targets and due:
            target = targets[int(hit.pick * len(targets))]
            with contextlib.suppress(ProcessLookupError):
                os.kill(target, hit.number)
                met = True
        assert time.monotonic() - start < SECONDS, (hit, "the batch hangs")
        time.sleep(0.01)
    return seen - {process.pid}, met


def _has(results: Path, count: int) -> bool:
    """Whether so many results are written."""
    return not count or len(list(results.glob("*.json"))) >= count


def _differences(ours: Any, theirs: Any, at: str = "") -> list[str]:
    """Where two trees of plain values differ, and how."""
    if isinstance(ours, dict) and isinstance(theirs, dict) and ours.keys() == theirs.keys():
        return [d for key in ours for d in _differences(ours[key], theirs[key], f"{at}.{key}")]
    if isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        pairs = enumerate(zip(ours, theirs, strict=True))
        return [d for i, (a, b) in pairs for d in _differences(a, b, f"{at}[{i}]")]
    return [] if ours == theirs else [f"{at}: {ours!r}, not {theirs!r}"[:1000]]


def _names(out: Path) -> list[str]:
    return sorted(str(path.relative_to(out)) for path in out.rglob("*"))


def _until(true: Callable[[], bool], what: str, seen: set[int]) -> None:
    deadline = time.monotonic() + SECONDS
    while not true():
        assert time.monotonic() < deadline, (what, processes.alive(seen))
        time.sleep(0.01)


def bombard(
    root: Path, kills: int, seed: int, *options: str, notebooks: bool = False
) -> Counter[str]:
    """Hit batches until `kills` processes were killed; how many of each role."""
    field = Range(root, *options, notebooks=notebooks)
    met: Counter[str] = Counter()
    volley = 0
    while met.total() < kills:
        chance = random.Random(f"{seed}/{volley}")
        volley += 1
        outcomes = field.volley(field.aim(chance) for _ in range(HITS))
        met.update(f"{o.hit.role} {o.hit.number.name}" for o in outcomes if o.met)
    return met


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--sandbox", default="")
    parser.add_argument("--notebooks", action="store_true")
    wanted = parser.parse_args()
    start = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="kills-") as folder:
        options = ["--sandbox", wanted.sandbox] if wanted.sandbox else []
        met = bombard(Path(folder), wanted.kills, wanted.seed, *options, notebooks=wanted.notebooks)
    for what, count in sorted(met.items()):
        sys.stdout.write(f"{what}: {count}\n")
    sys.stdout.write(f"{met.total()} kills in {time.monotonic() - start:.0f} seconds\n")


if __name__ == "__main__":
    main()
