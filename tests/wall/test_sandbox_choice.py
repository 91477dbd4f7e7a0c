"""Choosing a sandbox, saying why one does not work, and doing without."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from grader.model.errors import InternalError, UsageError
from grader.model.result import SandboxInfo
from grader.sandbox import probe, sandboxes
from grader.sandbox.probe import ACTS_MAIN
from grader.sandbox.subprocess_sandbox import ColdSandbox
from grader.worker import privileges
from tests.wall.sandboxes import LIMITS, evaluate, open_or_skip

REPOSITORY = Path(__file__).parents[2]
ISOLATING = ("bubblewrap", "landlock")


@pytest.fixture(autouse=True)
def _nothing_has_failed_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandboxes, "_failed", {})


@pytest.fixture
def no_bubblewrap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("grader.sandbox.bubblewrap.find_program", lambda name: None)


@pytest.fixture
def no_landlock(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(main: str) -> Any:
        raise InternalError("The sandbox did not start: no landlock")

    monkeypatch.setitem(sandboxes._KINDS, "landlock", refuse)


@pytest.mark.skipif(sys.platform != "linux", reason="no isolating kind elsewhere")
def test_what_is_confirmed_is_what_is_reported() -> None:
    found = {probe.kind: probe for probe in sandboxes.probe()}
    assert list(found) == ["bubblewrap", "landlock", "none"]
    if found["bubblewrap"].ok:
        layers = {"namespaces", "seccomp", "rlimits", "unprivileged"}
        assert layers <= set(found["bubblewrap"].layers)
    if found["landlock"].ok:
        assert {"landlock", "seccomp", "rlimits"} <= set(found["landlock"].layers)
        assert "namespaces" not in found["landlock"].layers
    assert found["none"].layers == ["rlimits"]
    assert all(probe.ok or (probe.problem and probe.remedy) for probe in found.values())


def test_auto_takes_the_next_kind(no_bubblewrap: None) -> None:
    open_or_skip("landlock").close()
    opened = sandboxes.open_sandbox()
    opened.close()
    assert opened.info.kind == "landlock"
    assert opened.info.isolated
    assert sandboxes._failed["bubblewrap"].problem == "bubblewrap is not installed."


def test_auto_never_goes_without(no_bubblewrap: None, no_landlock: None) -> None:
    with pytest.raises(UsageError) as caught:
        sandboxes.open_sandbox()
    assert "bubblewrap is not installed." in caught.value.message
    assert "no landlock" in caught.value.message
    if sys.platform == "linux":
        assert "apt install bubblewrap" in caught.value.hint
    assert "--no-sandbox" in caught.value.hint


def test_a_kind_that_does_not_work_says_what_to_do(no_bubblewrap: None) -> None:
    with pytest.raises(UsageError, match="bubblewrap is not installed") as caught:
        sandboxes.open_sandbox("bubblewrap")
    assert "apt install bubblewrap" in caught.value.hint


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(UsageError, match="no sandbox 'docker'") as caught:
        sandboxes.open_sandbox("docker")
    assert "bubblewrap" in caught.value.hint


def test_a_broken_bubblewrap_is_reported_with_its_words(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    program = tmp_path / "bwrap"
    program.write_text("#!/bin/sh\necho 'bwrap: no permission' >&2\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setattr("grader.sandbox.bubblewrap.find_program", lambda name: str(program))
    with pytest.raises(UsageError, match="bwrap: no permission"):
        sandboxes.open_sandbox("bubblewrap")


@pytest.mark.parametrize("platform", ["darwin", "win32"])
def test_other_systems_are_told_so(monkeypatch: pytest.MonkeyPatch, platform: str) -> None:
    monkeypatch.setattr("grader.sandbox.sandboxes.sys.platform", platform)
    with pytest.raises(UsageError, match=f"does not exist on {platform}") as caught:
        sandboxes.open_sandbox()
    assert "Linux" in caught.value.hint


def test_a_sandbox_that_isolates_nothing_is_found_out() -> None:
    pretender = ColdSandbox(ACTS_MAIN)
    pretender.info = SandboxInfo(kind="bubblewrap", isolated=True)
    found = probe.confirm(pretender)
    pretender.close()
    assert not found.ok
    assert found.problem.startswith("A worker could ")
    assert "seccomp" not in found.layers
    assert "namespaces" not in found.layers


_LOSSES = {
    "seccomp": ("    seccomp.install(libc, serving=serving)\n", ""),
    "landlock": ("        restrict_files()\n", "        pass\n"),
    "rlimits": ("        _lower(_RESOURCES[name], max(value + extra, least))\n", "        pass\n"),
    "unprivileged": ("    drop_capabilities(libc)\n    set_dumpable", "    set_dumpable"),
}


@pytest.mark.parametrize("kind", ISOLATING)
@pytest.mark.parametrize("layer", _LOSSES)
def test_a_layer_that_is_lost_is_not_reported(kind: str, layer: str, tmp_path: Path) -> None:
    open_or_skip(kind).close()
    said = probe_edited(kind, *_LOSSES[layer], folder=tmp_path)
    assert said.startswith("layers: ")
    assert layer not in said


@pytest.mark.parametrize("kind", ISOLATING)
@pytest.mark.parametrize(("old", "_"), _LOSSES.values(), ids=_LOSSES.keys())
def test_no_code_runs_when_a_layer_fails(kind: str, old: str, _: str, tmp_path: Path) -> None:
    open_or_skip(kind).close()
    indent = " " * (len(old) - len(old.lstrip()))
    rest = old.partition("\n")[2]
    failing = f"{indent}raise OSError('no such layer')\n{rest}"
    said = probe_edited(kind, old, failing, folder=tmp_path)
    assert said == "A worker could not be confined: OSError: no such layer."


def probe_edited(kind: str, old: str, new: str, *, folder: Path) -> str:
    """What probing says when a copy of the package has `privileges.py` edited."""
    copy = folder / "grader"
    for name in ("model", "protocol", "sandbox", "worker"):
        shutil.copytree(REPOSITORY / "grader" / name, copy / name)
    shutil.copy(REPOSITORY / "grader/import_path.py", copy)
    (copy / "__init__.py").touch()
    module = copy / "worker/privileges.py"
    text = module.read_text()
    assert text.count(old) == 1
    module.write_text(text.replace(old, new))
    source = f"""
        from grader.model.errors import InternalError
        from grader.sandbox import probe, sandboxes
        opened = sandboxes._KINDS[{kind!r}](probe.ACTS_MAIN)
        try:
            print("layers:", *probe.confirm(opened).layers)
        except InternalError as error:
            print(error)
        opened.close()
    """
    return run_python(source, cwd=folder)


def run_python(source: str, cwd: Path) -> str:
    """What it prints; nothing may go to stderr."""
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(source)],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    return done.stdout.strip()


def test_workers_without_fork_unix_sockets_or_posix() -> None:
    """The `none` kind, with everything taken away that Windows has not."""
    source = """
        import os, select, signal, socket, subprocess, sys, tempfile, shutil, time, ctypes
        import platform, sysconfig, site, hmac, secrets, importlib.util, importlib.abc
        import msgspec.json, zoneinfo
        for module, names in {
            os: "fork geteuid getuid setresuid pidfd_open wait4 killpg setsid sysconf O_PATH",
            socket: "AF_UNIX send_fds recv_fds SOCK_SEQPACKET",
            select: "poll", signal: "pidfd_send_signal", time: "clock_gettime",
        }.items():
            for name in names.split():
                if hasattr(module, name):
                    delattr(module, name)
        sys.modules["resource"] = sys.modules["fcntl"] = None
        sys.platform = "win32"
        os.symlink = lambda *a, **k: (_ for _ in ()).throw(OSError("privileged"))
        import grader.sandbox.subprocess_sandbox
        from grader.sandbox.sandboxes import Limits, open_sandbox
        box = open_sandbox("none", main="grader.worker.exec_main:serve")
        worker = box.spawn(Limits())
        worker.socket.sendall(b'"import numpy; result = float(numpy.eye(3).sum())"\\n')
        assert worker.socket.recv(99) == b'{"result": 3.0}\\n'
        assert worker.cpu_seconds() is None
        worker.kill()
        print(worker.ending())
        box.close()
    """
    assert run_python(source, cwd=REPOSITORY) == "ended by the harness"


@pytest.fixture
def cold() -> Iterator[ColdSandbox]:
    opened = ColdSandbox(ACTS_MAIN)
    yield opened
    opened.close()


def test_a_stranger_on_the_port_is_turned_away(
    cold: ColdSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    create = socket.create_server
    strangers: list[socket.socket] = []

    def with_stranger(address: tuple[str, int]) -> socket.socket:
        server = create(address)
        stranger = socket.create_connection(server.getsockname())
        strangers.append(stranger)
        threading.Thread(target=stranger.sendall, args=[b"0" * 64]).start()
        return server

    monkeypatch.setattr("grader.sandbox.subprocess_sandbox.socket.create_server", with_stranger)
    worker = cold.spawn(LIMITS)
    assert evaluate(worker, "7") == 7
    assert strangers[0].recv(1) == b""
    strangers[0].close()
    worker.kill()


def test_shared_users_keep_their_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    lowered: dict[str, int] = {}
    monkeypatch.setattr(privileges, "_lower", lambda name, value: lowered.update({name: value}))
    limits = {"processes": 64, "memory_bytes": 100}
    privileges.set_limits(limits, own_memory=11, shared_user=True)
    assert lowered == {"RLIMIT_CORE": 0, "RLIMIT_NPROC": 8192, "RLIMIT_AS": 111}
    privileges.set_limits(limits)
    assert lowered["RLIMIT_NPROC"] == 64
