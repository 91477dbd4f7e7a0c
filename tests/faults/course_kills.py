"""Killing commands of a course at random moments, or filling its disk, and looking at what is left.

    python -m tests.faults.course_kills [--kills 1000] [--full 100] [--seed 1]

Each command is first run on a copy of the course, to know what it makes of it. Then it is run on
the course itself, in a process that is killed at a moment that the seed chooses, or on a disk that
is full but for some kilobytes. What is left must be the course as it was or as it should become, in
every table and file; and the same command again must make it that.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple
from unittest import mock

import msgspec

from grader.cli.app import app
from grader.course.course_folder import CourseFolder
from grader.course.kept_files import digest_of
from grader.course.marks import Mark
from grader.grading import Settings
from grader.model.attempt import DeliveredFile
from grader.model.errors import GraderError
from grader.model.result import Result
from tests.course.course_room import SETTINGS, MadeUp, work
from tests.faults import tiny

STUDENTS: Final = 6
DISK: Final = "24m"
_LONG: Final = 40
"""How much is done to a course before another one takes its place."""
_AGAIN: Final = 0.1
"""How often what is done is done again, if that changes nothing."""
_EARLIER: Final = 1.1
"""How far after its usual end a command may be killed, as a share of how long it takes."""


class Deed(NamedTuple):
    """Something that is done to a course; the same every time."""

    name: str
    do: Callable[[Path], None]
    """Is given the folder of the course."""
    again: bool
    """Whether doing it twice is as good as once."""


class Course:
    """A course under fire, and what lies beside it for commands to read."""

    def __init__(self, folder: Path, scratch: Path) -> None:
        self.path = folder / "course"
        self._scratch = scratch
        self._size = STUDENTS
        shutil.rmtree(self.path, ignore_errors=True)
        self.path.mkdir()
        rubric = json.dumps(str(scratch / "toy.toml"))
        settings = SETTINGS.replace('"numpynn-notebooks"', rubric)
        (self.path / "course.toml").write_text(settings, encoding="utf-8")

    def draw(self, chance: random.Random) -> Deed:
        """What is done next."""
        return chance.choice(self._deeds)(chance)

    def every(self, chance: random.Random) -> Iterator[Deed]:
        """Everything that can be done, in an order in which it can."""
        return (deed(chance) for deed in self._deeds)

    @property
    def _deeds(self) -> tuple[Callable[[random.Random], Deed], ...]:
        return (
            self._deed_roster,
            self._deed_override,
            self._deed_revoke,
            self._deed_extend,
            self._deed_marks,
            self._deed_import,
            self._deed_grade,
        )

    def _deed_roster(self, chance: random.Random) -> Deed:
        self._size += 1
        lines = ["name,canvas id,section"]
        lines += [f"Student {n},{n},{chance.choice('AB')}" for n in range(self._size)]
        path = self._scratch / "roster.csv"
        path.write_text("\n".join(lines), encoding="utf-8")
        return Deed("roster", _command("course", "roster", str(path)), again=True)

    def _deed_override(self, chance: random.Random) -> Deed:
        student, points = str(chance.randrange(STUDENTS)), str(chance.randrange(10))
        words = ("override", student, "--for", "hw", "--points", points, "--why", "drawn")
        return Deed("override", _command(*words), again=False)

    def _deed_revoke(self, chance: random.Random) -> Deed:
        with CourseFolder.open(self.path).reading() as view:
            there = [n for n, each in view.overrides().items() if not each.revoked]
        if not there:
            return self._deed_override(chance)
        return Deed("revoke", _command("override", "--revoke", str(there[-1])), again=False)

    def _deed_extend(self, chance: random.Random) -> Deed:
        words = ("extend", "--section", "A", "--hours", str(1 + chance.randrange(90)))
        return Deed("extend", _command(*words), again=False)

    def _deed_marks(self, chance: random.Random) -> Deed:
        given = {n: chance.randrange(8) / 2 for n in range(STUDENTS)}

        def enter(path: Path) -> None:
            people = {n: f"Student {n}_{n}" for n in given}
            marks = {
                (people[n], "Dropout", "1"): Mark(
                    submission=people[n], notebook="Dropout", question="1", points=points
                )
                for n, points in given.items()
            }
            with CourseFolder.open(path).changing() as change:
                change.enter_marks("hw", marks)

        return Deed("marks", enter, again=True)

    def _deed_import(self, chance: random.Random) -> Deed:
        export = self._scratch / "export"
        shutil.rmtree(export, ignore_errors=True)
        for n in range(STUDENTS):
            if chance.random() < 0.7:
                name = f"student{n}_{n}_{chance.randrange(900, 999)}_hw.zip"
                work(export / name, chance.randrange(10), "x" * chance.randrange(200_000))
        if not export.exists():
            return self._deed_import(chance)
        return Deed("import", _command("course", "import", "hw", str(export)), again=True)

    def _deed_grade(self, chance: random.Random) -> Deed:
        return Deed("grade", _command("batch", "--for", "hw"), again=True)


def _command(*words: str) -> Callable[[Path], None]:
    def do(path: Path) -> None:
        with mock.patch("grader.batches.executor_choice.open_executor", _made_up):
            code = app([*words, "--course", str(path)], standalone_mode=False)
        assert not code, code

    return do


def _made_up(_executor: str, settings: Settings, _jobs: int) -> MadeUp:
    return MadeUp(settings)


def state(path: Path) -> dict[str, Any]:
    """All that a course holds, without when it was done; whatever lies there must be whole.

    Raises:
        AssertionError: a file or a row is torn, or belongs to somebody else.
    """
    with CourseFolder.open(path).reading() as view:
        runs = view.runs("hw")
        for run in runs:
            for given in view.run_results(run.id):
                assert view.result(given.content).submission == given.submission
        in_force = view.run_in_force("hw")
        results = view.run_results(in_force.id) if in_force else []
        attempts = view.attempts("hw")
        for stored in attempts:
            place = path / stored.attempt.entry
            file = DeliveredFile(name=stored.files[0].name, path=place.name)
            assert digest_of(place.parent, [file]) == stored.digest
            assert _owner(place) == stored.attempt.owner
        found = {
            "people": view.people(),
            "attempts": attempts,
            "overrides": _without_times(view.overrides()),
            "extensions": _without_times(view.extensions()),
            "marks": view.marks("hw"),
            "history": len(view.mark_history()),
            "results": {e.submission: _told(view.result(e.content)) for e in results},
        }
    for written in (path / "out" / "hw" / "results").glob("*.json"):
        Result.load(written)
    return found


def _without_times(decisions: Mapping[int, Any]) -> list[tuple[Any, bool]]:
    """Decisions, and whether each is revoked."""
    return [
        (msgspec.structs.replace(each, when=None, revoked=None), bool(each.revoked))
        for each in decisions.values()
    ]


def _owner(place: Path) -> str:
    """Whose folder it is, by the hash in its name."""
    return place.parent.parent.name.rpartition("-")[0]


def _told(result: Result) -> tuple[str, float, str]:
    return result.submission, result.score, result.error_kind


class Fire:
    """Does deeds, and lets something happen meanwhile."""

    def __init__(self, root: Path, seed: int, scratch: Path | None = None) -> None:
        self._root = root
        scratch = scratch or root / "scratch"
        scratch.mkdir(exist_ok=True)
        self._scratch = scratch
        self._copy = scratch / "copy"
        tiny.make(scratch, {"right": "return x * w"})
        self.course = Course(root, scratch)
        self._chance = random.Random(seed)
        self._done = 0
        self._load_everything()
        self.met: Counter[str] = Counter()
        """Commands that were killed or refused, by what they do."""

    def _load_everything(self) -> None:
        """Import what commands need here, so that their processes only have to fork."""
        for deed in self.course.every(random.Random(0)):
            assert _exit_code(deed, self.course.path) == 0, deed.name

    def once(self, happens: Callable[[Deed, float, random.Random], int]) -> None:
        """Do something to the course, while something happens to the command.

        `happens` does the deed, and gives back its exit code, or -1 if it was killed.
        """
        if self._done and not self._done % _LONG:  # what is looked at grows all the time
            self.course = Course(self._root, self._scratch)
            self._load_everything()
        self._done += 1
        deed = self.course.draw(self._chance)
        before = state(self.course.path)
        after, seconds = self._calm(deed)
        code = happens(deed, seconds, self._chance)
        now = state(self.course.path)
        told = (deed.name, code)
        assert now in (before, after), (told, _difference(now, before), _difference(now, after))
        assert code or now == after, (told, "said that it was done", _difference(now, after))
        self.met[deed.name] += code != 0
        if now != after or (deed.again and self._chance.random() < _AGAIN):
            assert _child(deed, self.course.path) == 0, (told, "cannot be done again")
        assert state(self.course.path) == after, (told, _difference(state(self.course.path), after))

    def _calm(self, deed: Deed) -> tuple[dict[str, Any], float]:
        shutil.rmtree(self._copy, ignore_errors=True)
        shutil.copytree(self.course.path, self._copy)
        begun = time.monotonic()
        assert _child(deed, self._copy) == 0, deed.name
        return state(self._copy), time.monotonic() - begun

    def kill(self, deed: Deed, seconds: float, chance: random.Random) -> int:
        """Kill the command somewhere between its first moment and some time after its last."""
        return _child(deed, self.course.path, kill_after=chance.uniform(0, _EARLIER * seconds))

    def fill(self, deed: Deed, _seconds: float, chance: random.Random) -> int:
        """Leave the command some kilobytes of room."""
        filler = self._root / "filler"
        free = shutil.disk_usage(self._root).free
        room = chance.choice((0, 4, 16, 64, 200, 400)) * 1024
        with filler.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, max(free - room, 1))
        try:
            return _child(deed, self.course.path)
        finally:
            filler.unlink()


def _child(deed: Deed, path: Path, kill_after: float | None = None) -> int:
    """Do it in a process of its own; its exit code, -1 if it was killed."""
    pid = os.fork()
    if not pid:
        os._exit(_exit_code(deed, path))
    if kill_after is not None:
        time.sleep(kill_after)
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    _, status = os.waitpid(pid, 0)
    return -1 if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)


def _exit_code(deed: Deed, path: Path) -> int:
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):
        try:
            deed.do(path)
        except GraderError as error:
            return int(error.exit_code)
        except BaseException as error:
            sys.stderr.write(f"{deed.name}: {type(error).__name__}: {error}\n")
            return 99
    return 0


def _difference(ours: dict[str, Any], theirs: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    return {key: (ours[key], theirs[key]) for key in ours if ours[key] != theirs[key]}


@contextlib.contextmanager
def small_disk(folder: Path) -> Iterator[bool]:
    """A small disk at a folder; False where it cannot be had."""
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK}", "none", str(folder)]
    done = subprocess.run(mount, capture_output=True, check=False)
    try:
        yield done.returncode == 0
    finally:
        if done.returncode == 0:
            subprocess.run(["umount", str(folder)], check=True)


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--full", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    wanted = parser.parse_args()
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="course-kills-") as folder:
        fire = Fire(Path(folder), wanted.seed)
        while fire.met.total() < wanted.kills:
            fire.once(fire.kill)
            if not fire.met.total() % 50:
                sys.stdout.write(f"{fire.met.total()} killed\n")
                sys.stdout.flush()
    sys.stdout.write(f"killed: {dict(fire.met)}\n")
    if wanted.full:
        _fill_disks(wanted.full, wanted.seed)
    sys.stdout.write(f"{time.monotonic() - begun:.0f} seconds\n")


def _fill_disks(times: int, seed: int) -> None:
    with tempfile.TemporaryDirectory(prefix="course-full-") as folder:
        disk, scratch = Path(folder, "disk"), Path(folder, "scratch")
        disk.mkdir()
        with small_disk(disk) as there:
            if not there:
                sys.stdout.write("no small disk can be mounted here: none was filled\n")
                return
            fire = Fire(disk, seed, scratch)
            while fire.met.total() < times:
                fire.once(fire.fill)
    sys.stdout.write(f"refused on a full disk: {dict(fire.met)}\n")


if __name__ == "__main__":
    main()
