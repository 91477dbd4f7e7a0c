"""Folders that do not stay behind, whoever is killed."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import tempfile
from typing import Final

_REMOVE: Final = 'read -r _; rm -rf -- "$1"'
"""What the watcher does: wait until nobody holds the other end of the pipe, then clean up."""


class WatchedFolder:
    """A new folder of ours, gone when the process that made it and all its forks have ended.

    A small process watches, since nobody who is killed can clean up. It is there before the folder.
    """

    def __init__(self, base: str = "", *, mode: int = 0o700) -> None:
        """Make it in `base`, by default among the temporary files."""
        self.path = os.path.join(base or tempfile.gettempdir(), f"gradewall-{secrets.token_hex(4)}")
        self._owner = os.getpid()
        waiting, self._held = os.pipe()
        try:
            self._watcher = subprocess.Popen(
                ["/bin/sh", "-c", _REMOVE, "sh", self.path],
                stdin=waiting,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
                cwd="/",
            )
        finally:
            os.close(waiting)
        os.mkdir(self.path, 0o700)
        os.chmod(self.path, mode)

    def release(self) -> None:
        """Leave it to somebody else. Does nothing the second time, nor in a fork."""
        if self._held < 0 or os.getpid() != self._owner:
            return
        self._watcher.kill()  # before the pipe is closed, which is its signal
        self._watcher.wait()
        os.close(self._held)
        self._held = -1

    def close(self) -> None:
        """Remove it. Does nothing in a fork."""
        if os.getpid() == self._owner:
            self.release()
            shutil.rmtree(self.path, ignore_errors=True)
