"""Compiled templates, kept beside their sources as Python keeps its own modules."""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path
from typing import Final

from jinja2 import FileSystemBytecodeCache
from jinja2.bccache import Bucket

_FOLDER: Final = Path(__file__).with_name("__pycache__")


class TemplateCache(FileSystemBytecodeCache):
    """Saves a tenth of a second of each process; where nothing can be written, it saves none."""

    def __init__(self, options: str, folder: Path = _FOLDER) -> None:
        """`options` are all that decides, beside its source, what a template compiles to."""
        super().__init__(str(folder), "template-%s.cache")
        self._options = options

    def get_source_checksum(self, source: str) -> str:
        """Another one for other options."""
        return super().get_source_checksum(f"{self._options}\n{source}")

    def load_bytecode(self, bucket: Bucket) -> None:
        """Read what was written, if it can be."""
        with suppress(OSError):
            super().load_bytecode(bucket)

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Write, where Python would."""
        if not sys.dont_write_bytecode:
            with suppress(OSError):
                Path(self.directory).mkdir(exist_ok=True)
                super().dump_bytecode(bucket)
