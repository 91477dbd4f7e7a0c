"""Kernels that are started ahead: each is used once, and none stays, whoever is killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from grader.model.errors import InternalError
from grader.model.result import Outcome
from grader.notebooks.kernel import SandboxedKernel
from grader.notebooks.notebook_grading import NotebookBench
from tests.notebooks import courses
from tests.wall.sandboxes import eventually, is_running, open_or_skip

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs a sandbox and /proc")

HOLDER = """\
import asyncio, json, os, signal, sys
from grader.notebooks.kernel import manager_of
from grader.notebooks.kernel_queue import KernelPool

pool = KernelPool(sys.argv[1])
child = os.fork()
if child == 0:
    with pool.row(3) as kernels:
        held = [kernels.take(), kernels.take(), kernels._next.result()]
        asyncio.run(manager_of(held[0]).start_kernel())
        print(json.dumps([kernel.worker.pid for kernel in held] + [os.getpid()]), flush=True)
        signal.pause()
os.waitpid(child, 0)
signal.pause()
"""
"""Has two kernels and one ahead, in a fork of the process that opened the pool."""


def test_the_next_one_is_there_while_one_is_used_and_none_is_left(bench: NotebookBench) -> None:
    folder = Path(bench.pool._sockets.path)
    with bench.pool.row(3) as kernels:
        first = kernels.take()
        ahead = _ahead(kernels)
        second = kernels.take()
        assert ahead is second
        third = _ahead(kernels)
        pids = [kernel.worker.pid for kernel in (first, second, third)]
        assert len(set(pids)) == 3
        assert len(list(folder.iterdir())) == 12
    assert [is_running(pid) for pid in pids] == [True, True, False]
    first.close()
    second.close()
    assert not any(map(is_running, pids))
    assert not list(folder.iterdir())


def _ahead(kernels: Any) -> SandboxedKernel:
    found: SandboxedKernel = kernels._next.result()
    return found


def test_no_more_are_started_than_there_are_notebooks(bench: NotebookBench) -> None:
    with bench.pool.row(1) as kernels:
        kernels.take().close()
        assert kernels._next is None
    with bench.pool.row(0) as kernels:
        assert kernels._next is None


@pytest.fixture(scope="module")
def bench() -> Iterator[NotebookBench]:
    with courses.small_bench() as bench:
        yield bench


@pytest.fixture
def path(tmp_path: Path) -> Path:
    notebook = json.dumps(courses.content(courses.GIVEN)).encode()
    return courses.hand_in(tmp_path / "ann", notebook)


def outcomes(bench: NotebookBench, path: Path) -> list[Outcome]:
    return [check.outcome for check in courses.graded(bench, path).checks]


@pytest.mark.parametrize("when", ["while it waited", "before it took the files"])
def test_a_kernel_that_is_killed_costs_nobody_a_point(
    bench: NotebookBench, path: Path, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    usual = outcomes(bench, path)
    assert Outcome.PASSED in usual
    start, settle, started = bench.pool.start, SandboxedKernel.settle, []

    def unlucky() -> SandboxedKernel:
        kernel = start()
        started.append(kernel)
        if when == "while it waited" and len(started) == 1:
            _kill(kernel)
        return kernel

    def hit(kernel: SandboxedKernel, request: dict[str, Any]) -> list[str]:
        if when != "while it waited" and len(started) == 1:
            _kill(kernel)
        return settle(kernel, request)

    monkeypatch.setattr(bench.pool, "start", unlucky)
    monkeypatch.setattr(SandboxedKernel, "settle", hit)
    assert outcomes(bench, path) == usual
    assert len(started) == 2


def _kill(kernel: SandboxedKernel) -> None:
    os.kill(kernel.worker.pid, signal.SIGKILL)
    assert eventually(kernel.worker.ending)


def test_a_notebook_that_kills_every_kernel_is_run_twice_and_no_more(
    bench: NotebookBench, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cells = courses.with_own({"end": "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)"})
    (path / f"{courses.NAME}.ipynb").write_text(json.dumps(courses.content(cells)))
    start, started = bench.pool.start, []

    def counted() -> SandboxedKernel:
        started.append(start())
        return started[-1]

    monkeypatch.setattr(bench.pool, "start", counted)
    graded = courses.graded(bench, path)
    assert len(started) == 2
    assert [cell.outcome.value for cell in graded.notebooks[0].cells[-2:]] == ["died", "not_run"]


def test_without_its_sandbox_a_notebook_is_not_judged_and_a_new_one_serves(
    bench: NotebookBench, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = outcomes(bench, path)
    settle = SandboxedKernel.settle

    def hit(kernel: SandboxedKernel, request: dict[str, Any]) -> list[str]:
        problems = settle(kernel, request)
        process = bench.sandbox._process  # type: ignore[attr-defined]
        process.kill()
        process.wait()
        assert eventually(kernel.worker.ending)
        return problems

    with monkeypatch.context() as patch:
        patch.setattr(SandboxedKernel, "settle", hit)
        with pytest.raises(InternalError, match="its kernel ended with its sandbox"):
            outcomes(bench, path)
    with pytest.raises(InternalError, match="does not answer"):
        outcomes(bench, path)
    bench.renew()
    assert outcomes(bench, path) == usual


@pytest.mark.parametrize(("kind", "first"), [("bubblewrap", "owner"), ("landlock", "fork")])
def test_whoever_is_killed_no_kernel_and_no_socket_stays(
    tmp_path: Path, kind: str, first: str
) -> None:
    open_or_skip(kind).close()
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, kind],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    ) as owner:
        assert owner.stdout is not None
        *kernels, fork = json.loads(owner.stdout.readline())
        assert all(map(is_running, [*kernels, fork]))
        assert list(tmp_path.glob("*/*"))
        victims = [owner.pid, fork] if first == "owner" else [fork, owner.pid]
        os.kill(victims[0], signal.SIGKILL)
        if first == "fork":
            assert eventually(lambda: not any(map(is_running, kernels)))
        os.kill(victims[1], signal.SIGKILL)
    assert eventually(lambda: not any(map(is_running, kernels)))
    assert eventually(lambda: not list(tmp_path.iterdir())), list(tmp_path.iterdir())
