"""The folder where kernels are reached: only we can enter it, and it does not stay behind."""

from __future__ import annotations

import os
import secrets
import tempfile
from typing import Final

from grader.sandbox.temp_folder import WatchedFolder

_LONGEST: Final = 75
"""Of a folder for temporary files: with our names in it, a socket's path has up to 107 bytes."""


class SocketFolder:
    """Where the sockets of kernels are; processes forked from the one that made it use it too."""

    def __init__(self) -> None:
        short = len(os.fsencode(tempfile.gettempdir())) <= _LONGEST
        self._folder = WatchedFolder("" if short else "/tmp")
        self.path = self._folder.path

    def new_name(self) -> str:
        """A path in it that nobody else gets."""
        return os.path.join(self.path, secrets.token_hex(4))

    def close(self) -> None:
        """Remove it. Does nothing in a fork."""
        self._folder.close()
