"""The parts that sandboxes are made of, each alone."""

from __future__ import annotations

import errno
import os
import struct
import sys
import time
from pathlib import Path
from types import ModuleType

import msgspec
import pytest

from grader.model import errors
from grader.sandbox import runtime, zygote_client
from grader.worker import seccomp, syscalls
from grader.worker.scratch import remove_tree
from tests.faults import processes
from tests.support import SECONDS

REFUSED = seccomp.ERRNO | errno.EPERM
ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
PID = 4321


def verdict(
    machine: str,
    number: int,
    *arguments: int,
    architecture: int | None = None,
    serving: bool = False,
) -> int:
    """What the filter answers, worked out by a small BPF machine."""
    chosen = ARCHITECTURES[machine] if architecture is None else architecture
    padded = [*arguments, *[0] * (6 - len(arguments))]
    data = struct.pack("<IIQ6Q", number, chosen, 0, *(a % (1 << 64) for a in padded))
    code = list(struct.iter_unpack("<HBBI", seccomp.program(PID, machine, serving=serving)))
    accumulator, at = 0, 0
    op: int
    k: int
    while True:
        op, yes, no, k = code[at]
        at += 1
        if op == 0x06:
            return k
        if op == 0x20:
            accumulator = struct.unpack_from("<I", data, k)[0]
        elif op == 0x54:
            accumulator &= k
        else:
            holds = accumulator == k if op == 0x15 else accumulator >= k
            at += yes if holds else no


@pytest.mark.parametrize("machine", ARCHITECTURES)
def test_the_filter_allows_what_the_table_names_and_no_more(machine: str) -> None:
    column = list(ARCHITECTURES).index(machine)
    allowed = {numbers[column] for numbers in syscalls.ALLOWED.values()} - {None}
    judged = {numbers[column] for numbers in syscalls.JUDGED.values()} - {None}
    assert not allowed & judged
    for number in set(range(1024)) - judged:
        expected = seccomp.ALLOW if number in allowed else REFUSED
        assert verdict(machine, number) == expected, number


_JUDGED = {
    "a thread": ("clone", [0x3D0F00], seccomp.ALLOW),
    "a fork": ("clone", [0x1200011], REFUSED),
    "a thread with a user namespace": ("clone", [0x3D0F00 | 0x10000000], REFUSED),
    "a thread with mounts": ("clone", [0x3D0F00 | 0x20000], REFUSED),
    "clone3": ("clone3", [0], seccomp.ERRNO | errno.ENOSYS),
    "a signal to itself": ("kill", [PID, 9], seccomp.ALLOW),
    "a signal to another": ("kill", [PID + 1, 9], REFUSED),
    "a signal to all": ("kill", [-1, 9], REFUSED),
    "a signal to the group": ("kill", [0, 9], REFUSED),
    "a signal to an own thread": ("tgkill", [PID, PID + 1, 9], seccomp.ALLOW),
    "a signal to a foreign thread": ("tgkill", [1, 1, 9], REFUSED),
    "own limits": ("prlimit64", [0, 4], seccomp.ALLOW),
    "foreign limits": ("prlimit64", [1, 4], REFUSED),
    "name a thread": ("prctl", [15], seccomp.ALLOW),
    "become dumpable": ("prctl", [4, 1], REFUSED),
    "duplicate": ("fcntl", [3, 1030], seccomp.ALLOW),
    "set an owner": ("fcntl", [3, 8], REFUSED),
    "terminal?": ("ioctl", [1, 0x5401], seccomp.ALLOW),
    "push back input": ("ioctl", [0, 0x5412], REFUSED),
    "open to read": ("openat", [-100, 0, os.O_RDONLY], seccomp.ALLOW),
    "open to write anew": ("openat", [-100, 0, os.O_WRONLY | os.O_TRUNC], seccomp.ALLOW),
    "truncate by reading": ("openat", [-100, 0, os.O_RDONLY | os.O_TRUNC], REFUSED),
}


@pytest.mark.parametrize("machine", ARCHITECTURES)
@pytest.mark.parametrize(("name", "arguments", "expected"), _JUDGED.values(), ids=_JUDGED.keys())
def test_the_filter_judges_by_arguments(
    machine: str, name: str, arguments: list[int], expected: int
) -> None:
    number = syscalls.JUDGED[name][list(ARCHITECTURES).index(machine)]
    assert number is not None
    assert verdict(machine, number, *arguments) == expected


def test_the_filter_kills_for_calls_of_another_architecture() -> None:
    assert verdict("x86_64", 39, architecture=0x40000003) == seccomp.KILL_PROCESS
    assert verdict("x86_64", 0x40000000 | 39) == REFUSED


@pytest.mark.parametrize("machine", ARCHITECTURES)
def test_a_kernel_may_serve_and_no_more(machine: str) -> None:
    column = list(ARCHITECTURES).index(machine)
    more = {numbers[column] for numbers in syscalls.SERVING.values()} - {None}
    judged = {numbers[column] for numbers in syscalls.JUDGED.values()} - {None}
    assert more
    for number in set(range(1024)) - judged:
        allowed = verdict(machine, number, serving=True) == seccomp.ALLOW
        assert allowed == (verdict(machine, number) == seccomp.ALLOW or number in more), number
    policy = syscalls.JUDGED["sched_setscheduler"][column]
    assert policy is not None
    assert verdict(machine, policy, 0, 0) == REFUSED
    assert verdict(machine, policy, 0, 0, serving=True) == seccomp.ALLOW
    assert verdict(machine, policy, 0, 3, serving=True) == REFUSED


def test_machines_without_a_table_are_refused() -> None:
    with pytest.raises(OSError, match="riscv64"):
        seccomp.program(PID, "riscv64")


LEFT_ALONE = """
import os, pathlib, signal, sys, time
if child := os.fork():
    pathlib.Path(sys.argv[1]).write_text(str(child))
    os.kill(os.getpid(), signal.SIGKILL)
time.sleep(600)
"""


def test_who_is_killed_while_starting_leaves_no_child_behind(tmp_path: Path) -> None:
    noted = tmp_path / "pid"
    with pytest.raises(errors.InternalError, match="did not start"):
        zygote_client.start([sys.executable, "-c", LEFT_ALONE, str(noted)], {})
    child = int(noted.read_text())
    deadline = time.monotonic() + SECONDS
    while processes.alive([child]):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_remove_tree_of_any_depth(tmp_path: Path) -> None:
    top = tmp_path / "top"
    top.mkdir()
    here = os.open(".", os.O_RDONLY)
    try:
        os.chdir(top)
        for _ in range(1500):
            os.mkdir("d")
            Path("f").touch()
            os.chdir("d")
    finally:
        os.fchdir(here)
        os.close(here)
    remove_tree(str(top))
    assert not top.exists()


def test_remove_tree_in_spite_of_modes_and_without_following_links(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "kept").touch()
    inner = tmp_path / "top/a/b"
    inner.mkdir(parents=True)
    (inner / "file").touch()
    (inner / "link").symlink_to(outside)
    for path in (inner, inner.parent):
        path.chmod(0)
    remove_tree(str(tmp_path / "top"))
    assert not (tmp_path / "top").exists()
    assert (outside / "kept").exists()


def test_folders_of_packages_are_cut_out_of_what_may_be_read() -> None:
    found = runtime.find_runtime()
    shown = runtime.readable(found)
    assert found.interpreter in shown
    assert not any(_covers(part, _file(module)) for part in shown for module in (pytest, errors))
    libraries = set(shown) - set(found.packages.values())
    assert found.hidden
    assert not any(
        _covers(part, folder) or _covers(folder, part)
        for part in libraries
        for folder in found.hidden
    )
    for module in (os, msgspec):
        assert any(_covers(part, _file(module)) for part in shown), module


def _file(module: ModuleType) -> str:
    return os.path.realpath(str(module.__file__))


def _covers(shown: str, path: str) -> bool:
    return path == shown or path.startswith(f"{shown}/")


def test_the_staged_folder_holds_the_allowed_packages_only(tmp_path: Path) -> None:
    folder = tmp_path / "lib"
    assert runtime.stage(runtime.find_runtime(), folder) == [str(folder)]
    names = {str(path.relative_to(folder)) for path in folder.rglob("*")}
    assert {"numpy", "msgspec", "grader", "grader/worker"} <= names
    assert names <= {
        "numpy",
        "numpy.libs",
        "msgspec",
        "grader",
        "grader/__init__.py",
        "grader/model",
        "grader/model/__init__.py",
        "grader/model/limits.py",
        "grader/protocol",
        "grader/worker",
    }
