"""Keeping what is called with guessed arguments from touching anything outside its process."""

from __future__ import annotations

import os
import sys
from typing import Any, Final

_WRITING: Final = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_REFUSED: Final = (
    "os.chmod", "os.chown", "os.exec", "os.kill", "os.link", "os.mkdir", "os.posix_spawn",
    "os.putenv", "os.remove", "os.rename", "os.rmdir", "os.startfile", "os.symlink", "os.system",
    "os.truncate", "os.unsetenv", "shutil.", "socket.", "subprocess.", "urllib.", "webbrowser.",
)  # fmt: skip
"""How the names of audit events begin."""


def forbid_side_effects() -> None:
    """Refuse, from now on in this process, to write files, start programs or use the network.

    What tries it gets a `PermissionError`. A file given by its number is refused, too: 2 is a
    likely argument, and the program's own output.
    """
    sys.addaudithook(_refuse)


def _refuse(event: str, args: tuple[Any, ...]) -> None:
    if event == "open":
        path, _, flags = args
        refused = isinstance(path, int) or bool(flags and flags & _WRITING)
    else:
        refused = event.startswith(_REFUSED)
    if refused:
        raise PermissionError(f"{event} is not allowed while arguments are looked for")
