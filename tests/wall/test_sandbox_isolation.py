"""What a worker of an isolating sandbox must not be able to do, tried for real."""

from __future__ import annotations

import errno
import os
import platform
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from grader.model.limits import Limits
from grader.sandbox.bubblewrap import open_bubblewrap
from grader.sandbox.landlock_sandbox import open_landlock
from grader.sandbox.probe import ACTS_MAIN, confirm
from grader.worker import privileges
from tests.wall.sandboxes import (
    LIMITS,
    evaluate,
    is_running,
    open_or_skip,
    refusal,
    result,
)

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="no isolating kind elsewhere")
x86_64_only = pytest.mark.skipif(platform.machine() != "x86_64", reason="numbers of x86_64")

REPOSITORY = Path(__file__).parents[2]
OLD_LANDLOCK = {"landlock as of 5.13": 1, "landlock as of 6.2": 3}
"""Versions before landlock judged truncation, and before it judged signals."""
UNNESTED = "bubblewrap without nested namespaces"


@pytest.fixture(scope="module", params=["bubblewrap", UNNESTED, "landlock", *OLD_LANDLOCK])
def sandbox(request: pytest.FixtureRequest) -> Iterator[Any]:
    kind = request.param.split()[0]
    opened = open_or_skip(kind)
    if request.param != kind:
        opened.close()
    if request.param == UNNESTED:
        opened = open_bubblewrap(ACTS_MAIN, private=False)
    elif request.param in OLD_LANDLOCK:
        opened = open_landlock(ACTS_MAIN, OLD_LANDLOCK[request.param])
    yield opened
    opened.close()


@pytest.mark.parametrize(
    "source",
    [
        "import os; os.fork() or os._exit(0)",
        "import subprocess, sys; subprocess.run([sys.executable, '-V'])",
        "import os, sys; os.posix_spawn(sys.executable, [sys.executable, '-V'], {})",
        "import os, sys; os.execv(sys.executable, [sys.executable, '-V'])",
        "import multiprocessing as m; p = m.get_context('fork').Process(target=int); p.start()",
        "import socket; socket.socket()",
        "import socket; socket.socket(socket.AF_UNIX)",
        "import socket; socket.socketpair()",
        "import socket; socket.create_connection(('127.0.0.1', 1))",
        "import os; os.kill(os.getppid(), 0)",
        "import os; os.kill(-1, 0)",
        "import os; os.kill(0, 0)",
        "import os; os.killpg(os.getpgrp(), 0)",
        "import os; os.setsid()",
        "import os; os.nice(1)",
        "import os; os.sched_setaffinity(0, {0})",
        "import os; os.chroot('.')",
        "import os; os.memfd_create('x')",
        "import os; os.pidfd_open(os.getpid())",
        "import os; os.mkfifo('x')",
        "import os; os.symlink('/etc/passwd', 'x')",
        "import os; open('y', 'w'); os.link('y', 'x')",
        "import os; os.chmod('.', 0o777)",
        "import os; os.chown('.', 0, 0)",
        "import os; os.utime('.')",
        "import os; os.setxattr('.', 'user.x', b'1')",
        "import fcntl, os; fcntl.fcntl(3, fcntl.F_SETOWN, os.getppid())",
        "import fcntl, struct, termios; fcntl.ioctl(0, termios.TIOCSTI, b'x')",
        "import os, resource as r; r.prlimit(os.getppid(), r.RLIMIT_CORE)",
    ],
)
def test_the_filter_refuses(harmless: Any, source: str) -> None:
    assert refusal(harmless, source) == "PermissionError"


@pytest.mark.parametrize("limit", ["RLIMIT_AS", "RLIMIT_CPU", "RLIMIT_NOFILE", "RLIMIT_NPROC"])
def test_limits_cannot_be_raised(harmless: Any, limit: str) -> None:
    source = f"import resource as r; r.setrlimit(r.{limit}, (r.RLIM_INFINITY, r.RLIM_INFINITY))"
    assert refusal(harmless, source) in ("ValueError", "PermissionError")


_RAW_CALLS = {
    "ptrace attach": (101, 16, "os.getppid()", 0, 0),
    "process_vm_readv": (310, "os.getppid()", 0, 0, 0, 0, 0),
    "unshare user": (272, 0x10000000),
    "unshare mount": (272, 0x20000),
    "setns": (308, 3, 0),
    "clone a user namespace": (56, 0x10000000 | 17, 0, 0, 0, 0),
    "clone a thread with mounts of its own": (56, 0x20000 | 0x10000, 0, 0, 0, 0),
    "mount": (165, 0, 0, 0, 0, 0),
    "pivot_root": (155, 0, 0),
    "open_tree": (428, -100, 0, 1),
    "memfd_create": (319, 0, 0),
    "shmget": (29, 0, 4096, 0o1600),
    "mq_open": (240, 0, 0, 0, 0),
    "userfaultfd": (323, 0),
    "perf_event_open": (298, 0, 0, 0, 0, 0),
    "bpf": (321, 0, 0, 0),
    "io_uring_setup": (425, 1, 0),
    "keyctl": (250, 0, -3, 0),
    "add_key": (248, 0, 0, 0, 0, -3),
    "seccomp": (317, 0, 0, 0),
    "landlock_create_ruleset": (444, 0, 0, 1),
    "pidfd_getfd": (438, 3, 3, 0),
    "kcmp": (312, 0, 0, 0, 0, 0),
    "capset": (126, 0, 0),
    "setuid": (105, 0),
    "personality": (135, 0x0008),
    "inotify_init": (253,),
    "name_to_handle_at": (303, -100, 0, 0, 0, 0),
    "open_by_handle_at": (304, 3, 0, 0),
    "openat2": (437, -100, 0, 0, 0),
    "truncate": (76, 0, 0),
    "prctl dumpable": (157, 4, 1, 0, 0, 0),
    "prctl parent death signal": (157, 1, 0, 0, 0, 0),
    "tkill": (200, "os.getppid()", 0),
    "tgkill the parent": (234, "os.getppid()", "os.getppid()", 0),
    "rt_sigqueueinfo": (129, "os.getppid()", 0, 0),
    "x32 getpid": (0x40000000 | 39,),
    "a number that is none": (999,),
}


@x86_64_only
@pytest.mark.parametrize("arguments", _RAW_CALLS.values(), ids=_RAW_CALLS.keys())
def test_the_filter_refuses_the_raw_call(harmless: Any, arguments: tuple[object, ...]) -> None:
    passed = ", ".join(f"ctypes.c_long({argument})" for argument in arguments)
    source = f"""
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
result = [libc.syscall({passed}), ctypes.get_errno()]
"""
    assert result(harmless, source) == [-1, errno.EPERM]


@x86_64_only
def test_clone3_is_unknown_so_that_threads_fall_back(worker: Any) -> None:
    source = """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
result = [libc.syscall(435, 0, 0), ctypes.get_errno()]
"""
    assert result(worker, source) == [-1, errno.ENOSYS]


@x86_64_only
def test_calls_of_another_architecture_kill(worker: Any) -> None:
    source = """
import ctypes, mmap
code = mmap.mmap(-1, 4096, prot=7)
code.write(bytes([0xB8, 20, 0, 0, 0, 0xCD, 0x80, 0xC3]))  # the 32-bit getpid
ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(code)))()
"""
    with pytest.raises((EOFError, ConnectionError)):
        result(worker, source)
    worker.kill()
    assert worker.ending() == "killed by SIGSYS"


_SECRETS = [
    REPOSITORY / "grader/model/errors.py",
    REPOSITORY / "grader",
    REPOSITORY / "reference",
    REPOSITORY / "rubrics",
    REPOSITORY / "tests",
    Path(__file__),
    Path(pytest.__file__),
    Path(pytest.__file__).parents[1],
    Path.home(),
    Path("/"),
    Path("/etc"),
    Path("/etc/passwd"),
    Path("/etc/shadow"),
    Path("/home"),
    Path("/tmp"),
    Path("/usr"),
    Path("/usr/bin/env"),
    Path("/proc"),
    Path("/proc/1/environ"),
    Path("/proc/self/environ"),
    Path("/proc/self/maps"),
    Path("/proc/self/mem"),
    Path("/sys"),
    Path("/dev"),
    Path("/dev/shm"),
]


@pytest.mark.parametrize("path", _SECRETS, ids=str)
def test_files_cannot_be_read(sandbox: Any, harmless: Any, path: Path) -> None:
    if path == Path("/tmp") and sandbox.report.private:
        pytest.skip("there it is the scratch folder")
    assert path.exists() or not path.is_relative_to(REPOSITORY)
    act = f"os.listdir({str(path)!r})" if path.is_dir() else f"open({str(path)!r}, 'rb').read(1)"
    assert refusal(harmless, f"import os; {act}") in ("PermissionError", "FileNotFoundError")


def test_the_parent_cannot_be_looked_into(worker: Any) -> None:
    for name in ("mem", "environ", "maps", "fd", "root", "cwd"):
        source = f"import os; open(f'/proc/{{os.getppid()}}/{name}').read()"
        assert refusal(worker, source) in ("PermissionError", "FileNotFoundError")


@pytest.mark.parametrize("folder", ["/", "/tmp", "/dev", "/dev/shm", "/var/tmp", "os", "numpy"])
def test_files_cannot_be_written_outside_the_scratch_folder(
    sandbox: Any, harmless: Any, folder: str
) -> None:
    if folder == "/tmp" and sandbox.report.private:
        pytest.skip("there it is the scratch folder")
    where = repr(folder) if folder.startswith("/") else f"os.path.dirname({folder}.__file__)"
    act = f"open(os.path.join({where}, 'gradewall-test'), 'w')"
    denied = ("PermissionError", "FileNotFoundError", "OSError")
    assert refusal(harmless, f"import os, numpy; {act}") in denied


def test_readable_files_cannot_be_truncated(sandbox: Any, worker: Any) -> None:
    if sandbox.info.kind == "bubblewrap":
        pytest.skip("there every file is on a read-only mount")
    decoy = Path(evaluate(worker, "os.getcwd()")).parents[1] / "lib/decoy.txt"
    decoy.write_text("whole")
    decoy.chmod(0o666)
    assert evaluate(worker, f"open({str(decoy)!r}).read()") == "whole"
    source = f"import os; os.open({str(decoy)!r}, os.O_RDONLY | os.O_TRUNC)"
    assert refusal(worker, source) == "PermissionError"
    assert decoy.read_text() == "whole"


def test_siblings_cannot_reach_each_other(sandbox: Any, worker: Any) -> None:
    sibling = sandbox.spawn(LIMITS)
    pid, home = evaluate(sibling, "[os.getpid(), os.getcwd()]")
    result(sibling, "open('answer', 'w').write('42')")
    for source in (
        f"open('{home}/answer').read()",
        f"import os; os.unlink('{home}/answer')",
        f"import os; os.kill({pid}, 0)",
        f"import os; os.kill({pid}, 9)",
        f"import resource as r; r.prlimit({pid}, r.RLIMIT_CORE)",
        f"import os; os.getpriority(os.PRIO_PROCESS, {pid})",
        f"open('/proc/{pid}/mem', 'rb')",
    ):
        assert refusal(worker, source) in ("PermissionError", "FileNotFoundError"), source
    if home != evaluate(worker, "os.getcwd()"):
        assert refusal(worker, f"import os; os.listdir('{home}')") == "PermissionError"
        assert refusal(worker, f"open('{home}/new', 'w')") == "PermissionError"
    assert is_running(sibling.pid)
    assert evaluate(sibling, "open('answer').read()") == "42"
    sibling.kill()


def test_a_worker_holds_its_wire_and_nothing_else(worker: Any) -> None:
    source = """
import os, stat
def kind(fd):
    try:
        found = os.fstat(fd)
    except OSError:
        return ""
    device = f"{os.major(found.st_rdev)},{os.minor(found.st_rdev)}"
    return "socket" if stat.S_ISSOCK(found.st_mode) else device
result = {fd: kind(fd) for fd in range(70000) if kind(fd)}
"""
    assert result(worker, source) == {"0": "1,3", "1": "1,3", "2": "1,3", "3": "socket"}


def test_the_environment_is_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRADER_SECRET", "42")
    for kind in ("bubblewrap", "landlock"):
        sandbox = open_or_skip(kind)
        worker = sandbox.spawn(LIMITS)
        names = set(evaluate(worker, "list(os.environ)"))
        threads = {name for name in names if name.endswith("_NUM_THREADS")}
        python = {"PYTHONHASHSEED", "PYTHONUTF8"}
        assert names - threads - python <= {"LANG", "PATH", "HOME", "TMPDIR", "PWD", "LC_CTYPE"}
        worker.kill()
        sandbox.close()


def test_other_packages_are_not_there(worker: Any) -> None:
    for name in (
        "pytest",
        "grader.model.errors",
        "grader.assignments.numpynn.bank",
        "tests",
        "pip",
    ):
        assert refusal(worker, f"import {name}") == "ModuleNotFoundError", name


def test_hashes_are_the_same_in_every_sandbox() -> None:
    seen = set()
    for _ in range(2):
        sandbox = open_or_skip("auto")
        worker = sandbox.spawn(LIMITS)
        seen.add(evaluate(worker, "hash('numpy')"))
        worker.kill()
        sandbox.close()
    assert len(seen) == 1


def test_threads_are_limited(sandbox: Any) -> None:
    if not (sandbox.report.private or sandbox.report.own_uid):
        pytest.skip("workers share a user here, whose other processes would count")
    worker = sandbox.spawn(Limits(processes=20))
    source = """
import threading, time
started = 0
try:
    for _ in range(100):
        threading.Thread(target=time.sleep, args=[5], daemon=True).start()
        started += 1
except RuntimeError:
    pass
result = started
"""
    assert result(worker, source) == 19
    worker.kill()


def test_files_are_limited(sandbox: Any) -> None:
    worker = sandbox.spawn(Limits(file_bytes=1 << 20))
    assert refusal(worker, "open('a', 'wb').write(bytes(2 << 20))") == "OSError"
    if sandbox.report.private:
        flood = "for i in range(40): open(f'b{i}', 'wb').write(bytes(1 << 16))"
        assert refusal(worker, flood) == "OSError"
        flood = f"for i in range({2 * privileges.SCRATCH_FILES}): open(f'c{{i}}', 'w').close()"
        assert refusal(worker, flood) == "OSError"
    worker.kill()
    clean = sandbox.spawn(Limits(file_bytes=1 << 20))
    assert evaluate(clean, "os.listdir('.')") == []
    clean.kill()


def test_descriptors_are_limited(worker: Any) -> None:
    flood = "kept = [open('x', 'w') for _ in range(100)]"
    assert refusal(worker, flood) == "OSError"


def test_privileges_are_gone(sandbox: Any, worker: Any) -> None:
    text = Path(f"/proc/{worker.pid}/status").read_text()
    status = dict(line.split(":\t", 1) for line in text.splitlines() if ":\t" in line)
    assert {int(status[name], 16) for name in ("CapInh", "CapPrm", "CapEff", "CapAmb")} == {0}
    assert status["NoNewPrivs"] == "1"
    assert status["Seccomp"] == "2"
    assert status["Groups"].strip() == "" or os.geteuid() != 0
    if os.geteuid() == 0 and (sandbox.info.kind == "bubblewrap" or sandbox.report.own_uid):
        assert "0" not in status["Uid"].split() + status["Gid"].split()


@pytest.mark.parametrize("version", [1, 2, 3, 4, 5, 6])
def test_any_landlock_will_do(version: int) -> None:
    open_or_skip("landlock").close()
    sandbox = open_landlock(ACTS_MAIN, version)
    found = confirm(sandbox)
    sandbox.close()
    assert found.ok, found.problem
    assert "landlock" in found.layers


@pytest.mark.parametrize("private", [True, False])
def test_bubblewrap_holds_on_kernels_without_landlock(private: bool) -> None:
    open_or_skip("bubblewrap").close()
    sandbox = open_bubblewrap(ACTS_MAIN, highest=0, private=private)
    found = confirm(sandbox)
    assert found.ok, found.problem
    assert "landlock" not in found.layers
    workers = [sandbox.spawn(LIMITS) for _ in range(2)]
    if private:
        result(workers[0], "open('answer', 'w').write('42')")
        assert evaluate(workers[1], "os.listdir('.')") == []
        assert evaluate(workers[1], "os.listdir('/proc')") == []
    for path in (".", "/tmp", "/wall", "/wall/lib", "/dev", "/usr/lib"):
        if not (private and path in (".", "/tmp")):
            refused = refusal(workers[1], f"open('{path}/gradewall-test', 'w')")
            assert refused in ("OSError", "PermissionError"), path
    for secret in (REPOSITORY, Path(pytest.__file__), Path("/etc/passwd")):
        assert refusal(workers[1], f"import os; os.stat({str(secret)!r})") == "FileNotFoundError"
    for worker in workers:
        worker.kill()
    sandbox.close()
