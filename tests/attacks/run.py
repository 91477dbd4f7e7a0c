"""Grading every attack with one kind of sandbox, and looking at what came of it.

    python -m tests.attacks.run KIND OUT [--slow]

writes results and reports to the new folder OUT, and what was seen besides to `OUT/seen.json`.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Final

import msgspec

from grader.assignment.folder import Assignment
from grader.runner.recording import record_key
from tests.attacks.ground import Ground, Secrets
from tests.attacks.records import Attack, attacks
from tests.wall.sandboxes import descendants, eventually

SOME_UNREADABLE: Final = 3
_PR_SET_CHILD_SUBREAPER: Final = 36


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """What a run left, besides results and reports."""

    kind: str
    said: str
    """What the command wrote to the terminal."""
    user: str
    secrets: dict[str, str]
    unchanged: bool
    """Whether assignment and class are as before."""
    outside: list[str]
    """Marks left by code that ran outside the wall."""
    processes: list[str]
    """Names of those that stayed when all was over; they are ended."""
    scratch: list[str]
    shared: list[str]
    """Files in shared memory and temporary folders, named after the attacks."""
    reached: list[str]
    """What connected to a server on the loopback interface said."""
    cpu_seconds: float


def run(kind: str, out: Path, *, slow: bool) -> Seen:
    """Grade the attacks that this kind may face in one batch; writes to `out`."""
    faced = [attack for attack in attacks().values() if faces(attack, kind, slow=slow)]
    _adopt_orphans()
    root = Path(tempfile.mkdtemp(prefix="attacks-"))
    root.chmod(0o711)
    try:
        with _Listener() as listener:
            return _run(kind, out, faced, root, listener)
    finally:
        shutil.rmtree(root, ignore_errors=True)


def faces(attack: Attack, kind: str, *, slow: bool) -> bool:
    """Whether an attack is run under a kind: not if it is too dangerous, or takes too long."""
    return attack.on.get(kind) != "skipped" and (slow or not attack.slow)  # type: ignore[call-overload]


def _run(kind: str, out: Path, faced: list[Attack], root: Path, listener: _Listener) -> Seen:
    ground = Ground(root, Secrets.draw())
    ground.make(faced, listener.port)
    ground.temporary.chmod(0o711)
    assignment = Assignment.load(str(ground.rubric))
    record_key(assignment, ground.secrets.seed).save(assignment.layout.key)
    before = ground.state()
    said = _grade(kind, out, ground)
    eventually(_nobody_is_left)
    seen = Seen(
        kind=kind,
        said=said,
        user="root" if os.geteuid() == 0 else "user",
        secrets=ground.secrets.all(),
        unchanged=ground.state() == before,
        outside=sorted(path.name for path in ground.outside.iterdir()),
        processes=_end_what_stayed(),
        scratch=_left_in(ground.temporary),
        shared=_marks(listener.port),
        reached=listener.heard,
        cpu_seconds=_cpu_seconds(),
    )
    (out / "seen.json").write_bytes(msgspec.json.encode(seen))
    return seen


def _grade(kind: str, out: Path, ground: Ground) -> str:
    """Run `grader batch`, as an instructor does; what it said."""
    sandbox = ["--no-sandbox"] if kind == "none" else ["--sandbox", kind]
    options = ["-a", str(ground.rubric), "--seed", ground.secrets.seed, "-j", "4", *sandbox]
    around = {"GRADER_SECRET": ground.secrets.environment, "TMPDIR": str(ground.temporary)}
    if sys.dont_write_bytecode:  # else the bank would not be as it was, and nobody's attack did it
        around["PYTHONDONTWRITEBYTECODE"] = "1"
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "grader",
            "batch",
            "-a",
            "numpynn",
            str(ground.handed_in),
            "-o",
            str(out),
            *options,
        ],
        env=os.environ | around,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    said = done.stdout.decode(errors="backslashreplace")
    if done.returncode != SOME_UNREADABLE:
        raise RuntimeError(f"`grader batch` ended with exit code {done.returncode}: {said}")
    return said


def _left_in(folder: Path) -> list[str]:
    eventually(lambda: not any(folder.iterdir()))
    return sorted(path.name for path in folder.iterdir())


def _adopt_orphans() -> None:
    """Whatever outlives its parent becomes a child of this process, and so is found."""
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _nobody_is_left() -> bool:
    try:
        while os.waitpid(-1, os.WNOHANG) != (0, 0):
            pass
    except ChildProcessError:
        return True
    return not descendants(os.getpid())


def _end_what_stayed() -> list[str]:
    names = []
    for pid in descendants(os.getpid()):
        try:
            names.append(Path(f"/proc/{pid}/comm").read_text().strip())
            os.kill(pid, signal.SIGKILL)
        except OSError:
            continue
    while True:
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            return sorted(names)


def _marks(port: int) -> list[str]:
    found = []
    for folder in (Path("/dev/shm"), Path("/tmp"), Path("/var/tmp"), Path.home()):
        for path in folder.glob(f"gradewall-attack-{port}") if folder.is_dir() else ():
            found.append(str(path))
            path.unlink()
    return found


def _cpu_seconds() -> float:
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


class _Listener:
    """A server on the loopback interface that no attack may reach."""

    def __enter__(self) -> _Listener:
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]
        self.heard: list[str] = []
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self._thread.join()

    def _listen(self) -> None:
        while True:
            try:
                peer, _ = self._server.accept()
            except OSError:
                return
            with peer:
                peer.settimeout(5)
                self.heard.append(peer.recv(100).decode(errors="replace"))


def main() -> None:
    """Run from the command line."""
    started = time.monotonic()
    seen = run(sys.argv[1], Path(sys.argv[2]), slow="--slow" in sys.argv)
    print(f"{seen.kind}: {time.monotonic() - started:.1f} s, {seen.cpu_seconds:.1f} CPU s")


if __name__ == "__main__":
    main()
