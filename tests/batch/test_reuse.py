"""What is graded again and why, what a cache shares, and that nothing damaged is believed."""

from __future__ import annotations

import contextlib
import gzip
import os
import re
import shutil
import sqlite3
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest

from grader.assignment.folder import Assignment
from grader.batches.executors import LocalExecutor
from grader.batches.fingerprint import Fingerprint, Fingerprints
from grader.batches.output import BatchOutput
from grader.batches.result_cache import Cache
from grader.batches.run import Batch
from grader.batches.state import NAME, BatchState
from grader.grading import Settings
from grader.model.errors import InternalError, UsageError
from grader.model.result import Result
from grader.runner.recording import record_key
from grader.submission import Source, discover
from tests.batch import toy
from tests.support import FORM, grader

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs a sandbox")
NAMES = ["ann", "bob", "cem"]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small class, graded with a cache."""
    folder = tmp_path_factory.mktemp("made")
    toy.assignment(folder / "course")
    for name in NAMES:
        toy.hand_in(folder / "class", name, toy.WRONG if name == "bob" else toy.LAYERS)
    run(folder, "--cache", folder / "cache")
    return folder


@pytest.fixture
def again(made: Path, tmp_path: Path) -> Path:
    """A copy that a test may change."""
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    return tmp_path


def run(folder: Path, *options: str | Path, out: str = "out") -> str:
    rubric = folder / "course" / "toy.toml"
    command: tuple[str | Path, ...] = (
        "batch",
        "-a",
        "numpynn",
        folder / "class",
        "--out",
        folder / out,
    )
    return grader(*command, "-j", "1", "--assignment", rubric, *options).stdout


class Forbidden:
    """A executor that must not be asked."""

    width = 1

    def __init__(self, folder: Path) -> None:
        self.settings = Settings(assignment=str(folder / "course" / "toy.toml"))

    def submit(self, source: Source, inputs: Fingerprint) -> Future[Any]:
        raise AssertionError(f"{source.id} is graded again")

    def result(self, source: Source, future: Future[Any]) -> Result:
        raise AssertionError

    def running(self) -> dict[str, float]:
        return {}

    def check(self) -> None: ...

    def close(self) -> None: ...


def reused(folder: Path, **options: Any) -> list[str]:
    """Take everything from an earlier run."""
    batch = Batch(discover(folder / "class", FORM), Forbidden(folder), **options)
    return sorted(step.result.submission for step in batch.run())


def test_nothing_is_started_where_nothing_changed(again: Path) -> None:
    assert reused(again, output=BatchOutput(again / "out")) == NAMES


def _another_submission(folder: Path) -> None:
    path = folder / "class" / "ann" / "toy" / "layers.py"
    path.write_text(path.read_text(encoding="utf-8") + "\n# later\n", encoding="utf-8")


def _another_rubric(folder: Path) -> None:
    path = folder / "course" / "toy.toml"
    path.write_text(path.read_text(encoding="utf-8").replace('en = "Toy"', 'en = "Toys"'))


def _another_bank(folder: Path) -> None:
    path = folder / "course" / "bank" / "layers.py"
    path.write_text(path.read_text(encoding="utf-8").replace("scale multiplies", "scale scales"))


def _another_reference(folder: Path) -> None:
    path = folder / "course" / "reference" / "toy" / "layers.py"
    path.write_text(path.read_text(encoding="utf-8") + "\n# later\n", encoding="utf-8")


def _a_key(folder: Path) -> None:
    made = Assignment.load(str(folder / "course" / "toy.toml"))
    record_key(made, "another seed").save(made.layout.key)


def _a_torn_result(folder: Path) -> None:
    path = folder / "out" / "results" / "ann.json"
    path.write_bytes(path.read_bytes()[:1000])


def _a_new_one(folder: Path) -> None:
    toy.hand_in(folder / "class", "dan")


CHANGES: dict[str, tuple[Callable[[Path], None], str]] = {
    "submission": (_another_submission, "1 (submission changed)"),
    "rubric": (_another_rubric, "3 (rubric changed)"),
    "bank": (_another_bank, "3 (test bank changed)"),
    "reference": (_another_reference, "3 (reference or known mistakes changed)"),
    "key": (_a_key, "3 (answer key changed)"),
    "torn": (_a_torn_result, "1 (stored result damaged)"),
    "new": (_a_new_one, "1 (new)"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_changed_is_graded_again_and_why_is_said(again: Path, change: str) -> None:
    make, expected = CHANGES[change]
    make(again)
    said = run(again)
    assert f"Graded now: {expected}." in said
    assert reused(again, output=BatchOutput(again / "out")) == sorted({*NAMES, *_names(again)})


def _names(folder: Path) -> list[str]:
    return [path.name for path in (folder / "class").iterdir()]


def test_each_reason_is_told_of_each(again: Path) -> None:
    _another_submission(again)
    said = run(again, "--verbose", "--seed", "other")
    assert re.search(r"^ann .*\[submission changed; settings changed\]$", said, re.MULTILINE)
    assert said.count("[settings changed]") == 2
    assert run(again, "-v", "--seed", "other").count("[unchanged]") == 3
    said = run(again, "--seed", "other", "--fresh", "-v")
    assert said.count("[--fresh]") == 3
    assert "unchanged" not in said


def test_another_harness_grades_all_again(again: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("grader.batches.fingerprint.harness_hash", lambda: "other")
    with pytest.raises(AssertionError, match="graded again"):
        reused(again, output=BatchOutput(again / "out"))


def test_where_the_assignment_lies_does_not_matter(again: Path) -> None:
    (again / "course").rename(again / "moved")
    (again / "moved").rename(again / "course")
    shutil.copytree(again / "course", again / "deep" / "course")
    rubric = again / "deep" / "course" / "toy.toml"
    sources = discover(again / "class", FORM)
    here = Fingerprints(Settings(assignment=str(again / "course" / "toy.toml")))
    there = Fingerprints(Settings(assignment=str(rubric)))
    assert [here.of(s).digest for s in sources] == [there.of(s).digest for s in sources]


@pytest.mark.parametrize("kind", ["absent", "garbage", "cut"])
def test_without_a_sound_state_results_vouch_for_themselves(again: Path, kind: str) -> None:
    path = again / "out" / NAME
    content = path.read_bytes()
    path.unlink()
    if kind != "absent":
        path.write_bytes(b"no state" if kind == "garbage" else content[: len(content) // 2])
    assert reused(again, output=BatchOutput(again / "out")) == NAMES
    assert (again / "out" / "gradebook.csv").is_file()


def test_a_report_that_is_gone_is_made_again(again: Path) -> None:
    (again / "out" / "reports" / "ann.html").unlink()
    assert reused(again, output=BatchOutput(again / "out")) == NAMES
    assert (again / "out" / "reports" / "ann.html").is_file()


def test_other_reports_are_made_of_the_same_results(
    again: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = again / "out" / "reports" / "ann.html"
    path.write_text("of an older version, as long as it was".ljust(path.stat().st_size))
    monkeypatch.setattr("grader.batches.output._page_hash", lambda lang: "newer")
    assert reused(again, output=BatchOutput(again / "out")) == NAMES
    assert "<!doctype html>" in path.read_text(encoding="utf-8")


def test_who_left_the_class_is_not_in_its_pages(again: Path) -> None:
    shutil.rmtree(again / "class" / "bob")
    reused(again, output=BatchOutput(again / "out"))
    assert "bob" not in (again / "out" / "gradebook.csv").read_text(encoding="utf-8")
    assert "bob" not in (again / "out" / "index.html").read_text(encoding="utf-8")


def test_a_new_time_of_submission_needs_no_grading(again: Path) -> None:
    rubric = again / "course" / "toy.toml"
    late = "due = 2026-03-01T00:00:00Z\nlate = { percent_per_day = 25.0 }\n"
    rubric.write_text(late + rubric.read_text(encoding="utf-8"), encoding="utf-8")
    run(again)
    times = again / "times.csv"
    times.write_text("submission,submitted\nann,2026-03-01T12:00:00+00:00\n", encoding="utf-8")
    said = run(again, "--submitted", times)
    assert "3 of 3 graded, 3 of them unchanged" in said
    assert re.search(r"ann +3 / 4 +late -1", said)


def test_a_cache_serves_another_folder(again: Path) -> None:
    cache = Cache(again / "cache")
    assert reused(again, output=BatchOutput(again / "other"), cache=cache) == NAMES
    assert toy.timeless(again / "other") == toy.timeless(again / "out")
    said = run(again, "--cache", again / "cache", out="third")
    assert "From the cache: 3." in said


@pytest.mark.parametrize("damage", ["cut", "garbage", "another's"])
def test_a_damaged_entry_is_graded_again(again: Path, damage: str) -> None:
    paths = sorted((again / "cache").glob("??/*.json.gz"))
    assert len(paths) == len(NAMES)
    content = {
        "cut": paths[0].read_bytes()[:-20],
        "garbage": gzip.compress(b"[]"),
        "another's": paths[1].read_bytes(),
    }
    paths[0].write_bytes(content[damage])
    said = run(again, "--cache", again / "cache", out="other")
    assert "From the cache: 2." in said
    assert "Graded now: 1 (stored result damaged)." in said
    assert reused(again, output=BatchOutput(again / "third"), cache=Cache(again / "cache")) == NAMES


def test_a_cache_that_cannot_be_written_is_done_without(again: Path) -> None:
    (again / "cache2").mkdir()
    for number in range(256):
        (again / "cache2" / f"{number:02x}").touch()
    done = grader(
        *("batch", again / "class", "--out", again / "other", "-j", "1"),
        *("--assignment", again / "course" / "toy.toml", "--cache", again / "cache2"),
    )
    assert "3 of 3 graded." in done.stdout
    assert "The cache was not used" in done.stderr
    with pytest.raises(UsageError, match="is not a folder"):
        Cache(again / "course" / "toy.toml")


def _result(made: Path, digest: str) -> Result:
    from msgspec.structs import replace

    return replace(Result.load(made / "out" / "results" / "ann.json"), digest=digest)


def test_many_writers_and_readers_at_once(made: Path, tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache")
    digests = [f"{n:064x}" for n in range(4)]
    every = {digest: _result(made, digest) for digest in digests}
    damaged: list[str] = []

    def work(seed: int) -> None:
        for n in range(40):
            digest = digests[(seed + n) % 4]
            if n % 2:
                cache.put(every[digest])
            else:
                found = cache.get(digest)
                if found.damaged or found.result not in (None, every[digest]):
                    damaged.append(digest)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert damaged == []
    assert len(list(tmp_path.rglob("*.*"))) == 4


def test_what_was_used_longest_ago_is_pruned(made: Path, tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache", limit_mb=0)
    cache._limit = 3 * 10_000
    for n in range(6):
        result = _result(made, f"{n:064x}")
        cache.put(result)
        path = cache._path(result.digest)
        path.write_bytes(path.read_bytes().ljust(10_000, b"\0"))
        os.utime(path, (n, n))
    os.utime(cache._path(f"{0:064x}"), (100, 100))
    cache.prune()
    assert {path.name[:64] for path in tmp_path.rglob("*.gz")} == {f"{n:064x}" for n in (0, 5)}


def test_two_states_of_one_file(again: Path) -> None:
    """Two batches at once into one folder: each notes what it did."""
    first, second = BatchState(again / "out" / NAME), BatchState(again / "out" / NAME)
    found = first.find("ann")
    assert found is not None
    first.keep("ann")
    second.put(*found)
    first.put(*found)
    first.close()
    second.close()
    with contextlib.closing(sqlite3.connect(again / "out" / NAME)) as db:
        assert db.execute("SELECT count(*) FROM submission").fetchone() == (3,)


def test_a_result_that_somebody_removed_is_missed(again: Path) -> None:
    batch = Batch(
        discover(again / "class", FORM), Forbidden(again), output=BatchOutput(again / "out")
    )
    steps = list(batch.run())
    shutil.rmtree(again / "out" / "results")
    with pytest.raises(InternalError, match="is gone"):
        _ = steps[0].result


def test_a_executor_that_never_had_to_start_ends(again: Path) -> None:
    settings = Settings(assignment=str(again / "course" / "toy.toml"))
    executor = LocalExecutor(settings, 2)
    list(Batch(discover(again / "class", FORM), executor, output=BatchOutput(again / "out")).run())
    assert executor._engine is None
