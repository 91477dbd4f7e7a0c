"""The `bubblewrap` kind: a zygote in namespaces of its own, seeing little else."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path

from grader.import_path import find_program
from grader.model.errors import UsageError
from grader.model.result import SandboxInfo
from grader.sandbox import runtime, zygote_client
from grader.sandbox.landlock_sandbox import NEWEST_LANDLOCK, base_config, spare_uid
from grader.worker import landlock, privileges

_LIBRARY = "/wall/lib"
_SCRATCH = "/tmp"
_SCRATCH_BYTES = 256 << 20
_DEVICES = ("/dev/null", "/dev/zero", "/dev/urandom")


def open_bubblewrap(
    main: str, *, highest: int = NEWEST_LANDLOCK, private: bool = True
) -> zygote_client.ForkedSandbox:
    """Start a zygote under bubblewrap.

    `highest` makes believe that landlock is older, 0 that there is none; without `private` workers
    get folders instead of file systems, as where namespaces cannot be nested.

    Raises:
        UsageError: bubblewrap is not installed.
        InternalError: it does not work here; the message has what it said.
    """
    program = find_program("bwrap")
    if program is None:
        raise UsageError("bubblewrap is not installed.", hint="Run: apt install bubblewrap")
    found = runtime.find_runtime(main)
    config = {
        **base_config(main),
        "read": [*found.libraries, _LIBRARY],
        "uid": spare_uid() if os.geteuid() == 0 else 0,
        "private": private,
        "landlock": highest,
        "scratch": _SCRATCH,
    }
    # Without landlock, workers could meet in a folder that all may write to.
    mode = "1777" if highest and landlock.version(privileges.open_libc()) else "0555"
    command = [program, *_options(found), "--perms", mode]
    command += ["--size", str(_SCRATCH_BYTES), "--tmpfs", _SCRATCH]
    command += ["--chdir", "/", "--remount-ro", "/"]
    command += runtime.python_command(found, [_LIBRARY], "zygote")
    process, control, report = zygote_client.start(command, config)
    info = SandboxInfo(kind="bubblewrap", isolated=True)
    return zygote_client.ForkedSandbox(info, report, main, process, control)


def _options(found: runtime.Runtime) -> Iterator[str]:
    yield from ("--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts")
    yield from ("--unshare-cgroup-try", "--new-session", "--hostname", "worker")
    yield from ("--cap-drop", "ALL")
    if os.geteuid() == 0:
        # An own user namespace would map uid 0 only; the zygote itself drops to a spare user.
        for capability in ("CAP_SETUID", "CAP_SETGID", "CAP_SETPCAP"):
            yield from ("--cap-add", capability)
    else:
        yield "--unshare-user"
    if threading.current_thread() is threading.main_thread():
        # It watches the thread, not the process; the control socket is what we rely on.
        yield "--die-with-parent"
    yield from _mounts(found)


def _mounts(found: runtime.Runtime) -> Iterator[str]:
    targets = [*found.libraries, *(f"{_LIBRARY}/{name}" for name in found.packages), *_DEVICES]
    for parent in sorted({str(parent) for target in targets for parent in Path(target).parents}):
        if parent != "/" and not _is_shown(parent, found.libraries):
            # Those that bubblewrap makes itself are closed to all but root.
            yield from ("--perms", "0755", "--dir", parent)
    for path in found.libraries:
        if os.path.islink(path):
            yield from ("--symlink", os.readlink(path), path)
        else:
            yield from ("--ro-bind", path, path)
    for path in found.hidden:
        if _is_shown(path, found.libraries):
            yield from ("--tmpfs", path, "--remount-ro", path)
    for name, path in found.packages.items():
        yield from ("--ro-bind", path, f"{_LIBRARY}/{name}")
    for device in _DEVICES:
        yield from ("--dev-bind", device, device)
    yield from ("--proc", "/proc")


def _is_shown(path: str, shown: Iterable[str]) -> bool:
    return any(path == outer or path.startswith(f"{outer}/") for outer in shown)
