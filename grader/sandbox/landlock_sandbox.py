"""The `landlock` kind: a plain zygote whose workers are confined by landlock and seccomp alone.

For containers that refuse namespaces.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Final

from grader.model.result import SandboxInfo
from grader.sandbox import runtime, zygote_client
from grader.sandbox.probe import ACTS_MAIN
from grader.sandbox.temp_folder import WatchedFolder

NEWEST_LANDLOCK: Final = 99
_FIRST_SPARE_UID, _SPARE_UIDS = 60600, 500
"""A range that systemd and Debian leave to nobody, below the 65536 that containers may have."""


def base_config(main: str) -> dict[str, Any]:
    """Configuration of a zygote, as far as every kind has it the same."""
    return {
        "mains": sorted({main, ACTS_MAIN}),
        "read": [],
        "uid": 0,
        "child_uids": None,
        "private": False,
        "scratch": "",
        "folder": "",
        "landlock": NEWEST_LANDLOCK,
        "base_landlock": False,
    }


def spare_uid() -> int:
    """A user that nobody has, other than that of most other zygotes."""
    return _FIRST_SPARE_UID + os.getpid() % _SPARE_UIDS


def open_landlock(main: str, highest: int = NEWEST_LANDLOCK) -> zygote_client.ForkedSandbox:
    """Start a zygote whose workers are confined without namespaces.

    `highest` makes believe that landlock is older.

    Raises:
        InternalError: it does not work here; the message has what it said.
    """
    found = runtime.find_runtime(main)
    folder = WatchedFolder(mode=0o711)  # other users may pass through it
    try:
        sandbox = _start(main, found, Path(folder.path), highest)
    except BaseException:
        folder.close()
        raise
    folder.release()  # the zygote has left a janitor
    return sandbox


def _start(
    main: str, found: runtime.Runtime, folder: Path, highest: int
) -> zygote_client.ForkedSandbox:
    path = runtime.stage(found, folder / "lib")
    scratch = folder / "scratch"
    scratch.mkdir(mode=0o711)
    config = {
        **base_config(main),
        "read": [*runtime.readable(found), str(folder / "lib")],
        "child_uids": [_FIRST_SPARE_UID, _SPARE_UIDS] if os.geteuid() == 0 else None,
        "scratch": str(scratch),
        "folder": str(folder),
        "landlock": highest,
        "base_landlock": True,
    }
    command = runtime.python_command(found, path, "zygote")
    process, control, report = zygote_client.start(command, config)
    info = SandboxInfo(kind="landlock", isolated=True)
    return zygote_client.ForkedSandbox(info, report, main, process, control, str(folder))
