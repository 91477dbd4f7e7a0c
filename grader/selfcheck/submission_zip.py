"""The archive that a student hands in: the same for the same files, whoever packs it and where."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from grader.model.errors import InputError
from grader.model.packing_list import PACKING_LIST, PackingList
from grader.report.atomic_write import write_atomically

_WHEN: Final = (1980, 1, 1, 0, 0, 0)
_MODE: Final = 0o100644 << 16


def zip_bytes(files: Mapping[str, bytes], listed: PackingList) -> bytes:
    """The archive: the list first, then the files by name."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, content in [(PACKING_LIST, listed.to_json()), *sorted(files.items())]:
            entry = zipfile.ZipInfo(name, _WHEN)
            entry.external_attr, entry.create_system = _MODE, 3
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content, compresslevel=6)
    return made.getvalue()


def is_ours(path: Path) -> bool:
    """Whether a file is an archive of this kind, which a new one may replace."""
    try:
        with zipfile.ZipFile(path) as archive:
            return PackingList.from_json(archive.read(PACKING_LIST)) is not None
    except (OSError, KeyError, ValueError, zipfile.BadZipFile):
        return False


def write_zip(path: Path, content: bytes) -> None:
    """Write the archive.

    Raises:
        InputError: something else is there, or it cannot be written.
    """
    if path.exists() and not is_ours(path):
        raise InputError(
            f"{path}: is there already, and was not packed by `grader submit`.",
            hint="Move it away, or name another file with --out.",
        )
    try:
        write_atomically(path, content)
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror or error}.") from None
