"""What every kind of sandbox must do: start, serve, account for and end workers."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
import traceback
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from grader.model.errors import InternalError
from grader.model.limits import Limits
from grader.sandbox.sandboxes import KINDS
from tests.wall.sandboxes import (
    LIMITS,
    descendants,
    evaluate,
    eventually,
    is_running,
    open_descriptors,
    open_or_skip,
    refusal,
    result,
    tell,
)

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")


@pytest.fixture(scope="module", params=KINDS)
def sandbox(request: pytest.FixtureRequest) -> Iterator[Any]:
    opened = open_or_skip(request.param)
    yield opened
    opened.close()


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import numpy as n; result = float(n.linalg.svd(n.eye(9) * 3)[1].sum())", 27.0),
        ("import numpy as n; result = n.random.RandomState(0).randint(9, size=2).tolist()", [5, 0]),
        ("import numpy as n; result = n.random.default_rng().normal(size=4).shape", [4]),
        ("import numpy as n; n.save('a.npy', n.eye(2)); result = n.load('a.npy').tolist()",
         [[1, 0], [0, 1]]),
        ("import threading as t; r = []; a = t.Thread(target=r.append, args=[1]); a.start(); "
         "a.join(); result = r", [1]),
        ("import time; time.sleep(0.001); result = time.time() > 1e9", True),
        ("import tempfile; f = tempfile.TemporaryFile(); f.write(b'abc'); f.seek(0); "
         "result = f.read().decode()", "abc"),
        ("import os; os.makedirs('p/q'); os.rename('p/q', 'r'); "
         "result = [os.listdir('p'), os.listdir('r')]", [[], []]),
        ("import signal; signal.raise_signal(signal.SIGCONT); result = 'alive'", "alive"),
        ("import sqlite3, ctypes, decimal, multiprocessing, concurrent.futures; result = 1", 1),
        ("print('x' * 100000); import sys; sys.stderr.write('y'); result = 1", 1),
        ("result = [callable(exit), callable(quit)]", [True, True]),
    ],
)  # fmt: skip
def test_python_and_numpy_work_inside(harmless: Any, source: str, expected: object) -> None:
    assert result(harmless, source) == expected


@linux_only
def test_memory_is_limited(worker: Any) -> None:
    assert refusal(worker, "import numpy; numpy.ones(10**9)") == "MemoryError"
    assert refusal(worker, "x = bytearray(600 << 20)") == "MemoryError"
    assert refusal(worker, "import mmap; x = mmap.mmap(-1, 600 << 20)") == "OSError"
    assert evaluate(worker, "len(bytearray(300 << 20))") == 300 << 20


def test_an_exit_ends_that_worker_only(sandbox: Any, worker: Any) -> None:
    other = sandbox.spawn(LIMITS)
    with pytest.raises((EOFError, ConnectionError)):
        tell(other, "import os; os._exit(3)")
    other.kill()
    assert other.ending() == "exit code 3"
    assert evaluate(worker, "1 + 1") == 2


@linux_only
def test_a_crash_is_named(worker: Any) -> None:
    assert worker.ending() == ""
    with pytest.raises((EOFError, ConnectionError)):
        tell(worker, "import ctypes; ctypes.string_at(0)")
    assert eventually(worker.ending)
    before = worker.ending()
    worker.kill()
    assert [before, worker.ending()] == ["killed by SIGSEGV"] * 2


@linux_only
def test_cpu_time_is_counted_and_sleep_is_not(worker: Any) -> None:
    before = worker.cpu_seconds()
    result(worker, "import time\nwhile time.process_time() < 0.3: pass\ntime.sleep(0.3)")
    assert 0.1 < worker.cpu_seconds() - before < 0.6
    worker.kill()
    assert worker.cpu_seconds() >= 0.29


@linux_only
def test_cpu_time_of_threads_counts(worker: Any) -> None:
    source = """
    import threading, time
    def burn():
        while time.thread_time() < 0.1: pass
    threads = [threading.Thread(target=burn) for _ in range(3)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
    """
    before = worker.cpu_seconds()
    result(worker, "\n".join(line[4:] for line in source.splitlines()))
    assert worker.cpu_seconds() - before > 0.29


@linux_only
def test_cpu_time_is_limited(sandbox: Any) -> None:
    worker = sandbox.spawn(Limits(cpu_seconds=1))
    with pytest.raises((EOFError, ConnectionError)):
        tell(worker, "import signal; signal.signal(signal.SIGXCPU, print)\nwhile True: pass")
    worker.kill()
    assert worker.ending() == "used up its CPU time"


@linux_only
@pytest.mark.parametrize(
    "busy",
    [
        "import time; time.sleep(1000)",
        "while True: pass",
        "import signal\nfor s in range(1, 65):\n  try: signal.signal(s, signal.SIG_IGN)\n"
        "  except (OSError, ValueError): pass\nwhile True: pass",
        "import numpy\nwhile True: numpy.ones((900, 900)) @ numpy.ones((900, 900))",
        "sock.close(); import time; time.sleep(1000)",
    ],
)
def test_kill_ends_whatever_it_does(sandbox: Any, busy: str) -> None:
    worker = sandbox.spawn(LIMITS)
    worker.socket.settimeout(0.2)
    with pytest.raises((TimeoutError, EOFError, ConnectionError)):
        tell_without_patience(worker, busy)
    worker.kill()
    worker.kill()
    assert not os.path.exists(f"/proc/{worker.pid}")
    assert worker.socket.fileno() == -1
    assert worker.ending() == "ended by the harness"


def tell_without_patience(worker: Any, source: str) -> None:
    worker.socket.sendall(json.dumps(source).encode() + b"\n")
    if not worker.socket.recv(1):
        raise EOFError


@linux_only
def test_fifty_workers_leak_neither_descriptors_nor_processes(sandbox: Any) -> None:
    sandbox.spawn(LIMITS).kill()
    watched = {os.getpid()} | (descendants(os.getpid()) if os.geteuid() == 0 else set())
    processes = descendants(os.getpid())
    before = {pid: open_descriptors(pid) for pid in watched}
    for _ in range(5 if sandbox.info.kind == "none" else 50):
        worker = sandbox.spawn(LIMITS)
        result(worker, "open('file', 'w').write('x')")
        worker.kill()
    assert eventually(lambda: all(open_descriptors(pid) <= before[pid] for pid in watched))
    assert eventually(lambda: descendants(os.getpid()) <= processes)


def test_nothing_a_worker_wrote_remains(sandbox: Any) -> None:
    worker = sandbox.spawn(LIMITS)
    home = Path(evaluate(worker, "os.getcwd()"))
    assert sandbox.report.private if sandbox.info.kind == "bubblewrap" else home.is_dir()
    result(worker, "import os; os.makedirs('a/b'); open('a/b/c', 'w').close(); os.mkdir('d', 0)")
    worker.kill()
    if sandbox.info.kind != "bubblewrap":
        assert eventually(lambda: not home.exists())


def test_each_worker_starts_in_an_empty_folder(sandbox: Any, worker: Any) -> None:
    result(worker, "open('mine', 'w').close()")
    other = sandbox.spawn(LIMITS)
    assert evaluate(other, "os.listdir('.')") == []
    assert evaluate(other, "os.environ['HOME'] == os.environ['TMPDIR'] == os.getcwd()") is True
    other.kill()


def test_a_worker_that_cannot_start_is_our_fault(sandbox: Any) -> None:
    with pytest.raises(InternalError):
        sandbox.spawn(LIMITS, main="grader.worker.exec_main:missing")
    worker = sandbox.spawn(LIMITS)
    assert evaluate(worker, "2") == 2
    worker.kill()


@linux_only
@pytest.mark.parametrize("kind", KINDS)
def test_close_ends_everything(kind: str) -> None:
    before = descendants(os.getpid())
    sandbox = open_or_skip(kind)
    workers = [sandbox.spawn(LIMITS) for _ in range(3)]
    homes = [Path(evaluate(worker, "os.getcwd()")) for worker in workers]
    assert len(descendants(os.getpid()) - before) >= 3
    sandbox.close()
    sandbox.close()
    assert descendants(os.getpid()) <= before
    if kind != "bubblewrap":
        assert not any(home.exists() for home in homes)
    for worker in workers:
        worker.kill()
    if kind != "none":
        with pytest.raises(InternalError):
            sandbox.spawn(LIMITS)


def in_child(act: Any) -> int:
    """Number of a forked process that does `act` and leaves without cleaning up."""
    pid = os.fork()
    if pid == 0:
        try:
            act()
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    return pid


@linux_only
def test_forked_processes_share_a_sandbox_without_locks(sandbox: Any) -> None:
    def spawn_some() -> None:
        for turn in range(2 if sandbox.info.kind == "none" else 8):
            workers = [sandbox.spawn(LIMITS) for _ in range(2)]
            for number, worker in enumerate(workers):
                token = f"{os.getpid()}-{turn}-{number}"
                assert evaluate(worker, repr(token)) == token
            for worker in workers:
                worker.kill()

    children = [in_child(spawn_some) for _ in range(4)]
    assert [os.waitpid(pid, 0)[1] for pid in children] == [0] * 4


@linux_only
@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "none"])
def test_workers_end_when_the_process_that_asked_for_them_dies(kind: str) -> None:
    sandbox = open_or_skip(kind)
    before = descendants(os.getpid())

    def spawn_and_die() -> None:
        worker = sandbox.spawn(LIMITS)
        worker.socket.sendall(b'"while True: pass"\n')
        os.kill(os.getpid(), signal.SIGKILL)

    os.waitpid(in_child(spawn_and_die), 0)
    assert eventually(lambda: descendants(os.getpid()) <= before)
    sandbox.close()


@linux_only
@pytest.mark.parametrize("kind", KINDS)
def test_everything_ends_when_the_owner_dies(kind: str) -> None:
    open_or_skip(kind).close()
    ours, theirs = os.pipe()

    def open_and_die() -> None:
        sandbox = open_or_skip(kind)
        worker = sandbox.spawn(LIMITS)
        home = evaluate(worker, "os.getcwd()")
        worker.socket.sendall(b'"while True: pass"\n')
        below = descendants(os.getpid())
        os.write(theirs, " ".join([home, *map(str, below)]).encode())
        os.kill(os.getpid(), signal.SIGKILL)

    os.waitpid(in_child(open_and_die), 0)
    os.close(theirs)
    with os.fdopen(ours) as pipe:
        said = pipe.read().split()
    home, *pids = said
    assert pids
    assert eventually(lambda: not any(is_running(int(pid)) for pid in pids))
    if kind != "bubblewrap":
        folder = Path(home).parents[1 if kind == "landlock" else 0]
        assert folder.name.startswith("gradewall-")
        assert eventually(lambda: not folder.exists())


@linux_only
@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "none"])
def test_a_sandbox_outlives_the_thread_that_opened_it(kind: str) -> None:
    with ThreadPoolExecutor(1) as pool:
        sandbox = pool.submit(open_or_skip, kind).result()
    time.sleep(0.2)
    worker = sandbox.spawn(LIMITS)
    assert evaluate(worker, "3") == 3
    worker.kill()
    sandbox.close()
