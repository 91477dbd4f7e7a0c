"""Grading on Dask: scheduler and workers are processes of these tests, on this machine."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import signal
import subprocess
import sys
import threading
import zipfile
from collections.abc import Callable, Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest

from grader.batches.executor_choice import open_executor
from grader.batches.executors import LocalExecutor
from grader.batches.fingerprint import Fingerprints
from grader.batches.output import BatchOutput
from grader.batches.run import Batch, Progress
from grader.grading import Settings
from grader.model.errors import InputError, UsageError
from grader.submission import discover
from tests.batch import toy
from tests.support import FORM, grader, until

pytestmark = [
    pytest.mark.skipif(find_spec("distributed") is None, reason="needs distributed"),
    pytest.mark.skipif(sys.platform != "linux", reason="needs a sandbox and signals"),
    pytest.mark.filterwarnings("default"),  # of the cluster's library
]


class Cluster:
    """A scheduler, and workers that can be killed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._file = folder / "scheduler.json"
        self.scheduler = self._start("scheduler", "--host", "127.0.0.1", "--port", "0")
        self.address = until(self._announced)
        self.workers: dict[str, subprocess.Popen[bytes]] = {}
        self._numbers = itertools.count()

    def _announced(self) -> str:
        """Where the scheduler listens, as soon as all of its file is written."""
        with contextlib.suppress(FileNotFoundError, json.JSONDecodeError):
            return str(json.loads(self._file.read_bytes())["address"])
        return ""

    @property
    def url(self) -> str:
        return self.address.replace("tcp://", "dask://")

    def add(self) -> None:
        """Start one more worker."""
        name = f"w{next(self._numbers)}"
        options = ("--nthreads", "1", "--no-nanny", "--name", name, "--host", "127.0.0.1")
        place = ("--local-directory", str(self.folder / name))
        self.workers[name] = self._start("worker", *options, *place)

    def close(self) -> None:
        for process in (*self.workers.values(), self.scheduler):
            process.kill()
            process.wait()

    def _start(self, kind: str, *options: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "dask", kind, "--no-dashboard", *options]
        with (self.folder / "log").open("ab") as log:
            return subprocess.Popen(
                [*command, "--scheduler-file", str(self._file)],
                stdout=log,
                stderr=log,
                cwd=self.folder,
                env={**os.environ, "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "1"},
            )


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    made = Cluster(tmp_path_factory.mktemp("cluster"))
    try:
        made.add()
        made.add()
        yield made
    finally:
        made.close()


@pytest.fixture(scope="module")
def rubric(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return toy.assignment(tmp_path_factory.mktemp("assignment") / "toy")


def run(
    cluster: Cluster, folder: Path, rubric: Path, seen: Callable[[Progress], None] = lambda _: None
) -> dict[str, float]:
    """Grade `folder/class` on the cluster; the scores."""
    executor = open_executor(cluster.url, Settings(assignment=str(rubric)))
    scores = {}
    for step in Batch(
        discover(folder / "class", FORM), executor, output=BatchOutput(folder / "out")
    ).run():
        assert step.result.submission == step.summary.submission
        scores[step.summary.submission] = step.summary.score
        seen(step)
    return scores


def test_the_same_as_here_without_a_shared_folder(
    cluster: Cluster, rubric: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "class"
    toy.hand_in(folder, "right")
    toy.hand_in(folder, "wrong", toy.WRONG)
    toy.hand_in(folder, "raises", "def scale(x, w):\n    return x['w']\n")
    toy.hand_in(folder, "link").rename(folder / "link" / "moved.py")
    (folder / "link" / "toy" / "layers.py").symlink_to(folder / "link" / "moved.py")
    toy.hand_in(folder, "outside").unlink()
    (folder / "outside" / "toy" / "layers.py").symlink_to(Path(sys.executable))
    (folder / "empty").mkdir()
    with zipfile.ZipFile(folder / "packed.zip", "w") as archive:
        archive.writestr("toy/layers.py", toy.WRONG)
    (folder / "cut.zip").write_bytes(b"PK\3\4")
    sources = discover(folder, FORM)
    settings = Settings(assignment=str(rubric))
    list(Batch(sources, LocalExecutor(settings, 1), output=BatchOutput(tmp_path / "local")).run())
    remote = Batch(
        sources, open_executor(cluster.url, settings), output=BatchOutput(tmp_path / "remote")
    )
    rubric.parent.rename(rubric.parent.with_name("elsewhere"))
    try:
        done = list(remote.run())
    finally:
        rubric.parent.with_name("elsewhere").rename(rubric.parent)
    assert len(done) == len(sources) == 8
    local = toy.timeless(tmp_path / "local")
    assert {name: result["score"] for name, result in local.items()}["wrong.json"] == 2.0
    assert toy.timeless(tmp_path / "remote") == local
    assert not list(cluster.folder.glob("w*/**/submissions/*"))


def test_a_worker_that_dies_costs_nobody_anything(
    cluster: Cluster, rubric: Path, tmp_path: Path
) -> None:
    names = [f"s{n}" for n in range(6)]
    for name in names:
        toy.hand_in(tmp_path / "class", name, toy.slow(0.4))
    killed: list[subprocess.Popen[bytes]] = []

    def kill_one(step: Progress) -> None:
        if not killed:
            name = next(iter(cluster.workers))
            killed.append(cluster.workers.pop(name))
            killed[0].send_signal(signal.SIGKILL)
            killed[0].wait()

    assert run(cluster, tmp_path, rubric, kill_one) == dict.fromkeys(names, 4.0)
    assert sorted(path.stem for path in (tmp_path / "out" / "results").iterdir()) == names


def test_what_kills_every_worker_is_one_row(cluster: Cluster, rubric: Path, tmp_path: Path) -> None:
    toy.hand_in(tmp_path / "class", "killer", toy.slow(30))
    toy.hand_in(tmp_path / "class", "victim", toy.slow(0.1))
    inputs = Fingerprints(Settings(assignment=str(rubric)))
    (killer,) = (s for s in discover(tmp_path / "class", FORM) if s.id == "killer")
    key = f"grade-{inputs.of(killer).digest}"
    ended = threading.Event()
    killed: list[str] = []

    def kill() -> None:
        """Whatever worker has it: as if it took all memory."""
        distributed = import_module("distributed")  # it takes long: not where tests are collected
        with distributed.Client(cluster.address, set_as_default=False) as client:
            while not ended.wait(0.05):
                workers = client.scheduler_info(n_workers=-1)["workers"]
                for address, keys in client.processing().items():
                    name = workers.get(address, {}).get("name")
                    if name in cluster.workers and any(k.startswith(key) for k in keys):
                        process = cluster.workers.pop(name)
                        process.kill()
                        process.wait()
                        killed.append(name)
                        cluster.add()

    cluster.add()
    watch = threading.Thread(target=kill)
    watch.start()
    try:
        scores = run(cluster, tmp_path, rubric)
    finally:
        ended.set()
        watch.join()
    assert len(killed) == 4  # each time that it is submitted it may fail twice here
    assert scores == {"killer": 0.0, "victim": 4.0}
    row = toy.timeless(tmp_path / "out")["killer.json"]
    assert row["error_kind"] == "internal"
    assert "Each worker that was given it died" in row["error"]


def test_without_workers_or_scheduler_a_batch_ends_and_goes_on_elsewhere(
    rubric: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ["a", "b", "c"]
    for name in names:
        toy.hand_in(tmp_path / "class", name, toy.slow(0.4))
    (tmp_path / "cluster").mkdir()
    cluster = Cluster(tmp_path / "cluster")
    try:
        with monkeypatch.context() as hasty:
            hasty.setattr("grader.batches.dask_cluster.LONELY_SECONDS", 0)
            hasty.setattr("grader.batches.run._LOOK_AROUND_SECONDS", 0.1)
            with pytest.raises(InputError, match="has had no workers for 0 seconds"):
                run(cluster, tmp_path, rubric)
        cluster.add()
        with pytest.raises(InputError, match="connection to the scheduler is lost"):
            run(cluster, tmp_path, rubric, lambda _: cluster.scheduler.kill())
    finally:
        cluster.close()
    kept = len(list((tmp_path / "out" / "results").iterdir()))
    assert 0 < kept < len(names)
    options = ("--out", tmp_path / "out", "--assignment", rubric)
    done = grader("batch", "-a", "numpynn", tmp_path / "class", *options)
    assert f"3 of 3 graded, {kept} of them unchanged" in done.stdout


def test_no_scheduler_is_said(monkeypatch: pytest.MonkeyPatch, rubric: Path) -> None:
    from grader.batches import dask_cluster

    monkeypatch.setattr(dask_cluster, "CONNECT_SECONDS", 0.2)
    with pytest.raises(InputError, match="no Dask scheduler answers"):
        open_executor("dask://127.0.0.1:9", Settings(assignment=str(rubric)))


def test_without_the_library_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "grader.batches.dask_cluster", raising=False)
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(UsageError, match=r"gradewall\[dask\]"):
        open_executor("dask://127.0.0.1:9", Settings(assignment="numpynn"))


def test_another_executor_is_refused() -> None:
    with pytest.raises(UsageError, match="expected local or dask"):
        open_executor("slurm", Settings(assignment="numpynn"))
