"""Small exports in the forms of the platforms, and what is read from them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path

from grader.course.export import Export, find_export, read_export
from grader.submission import Source
from tests.submission.samples import PACKAGE, Files, write, zip_bytes, zipped
from tests.support import FORM

WORK = zip_bytes(PACKAGE)
"""A student's work, as a zip."""
WRONG = zip_bytes({**PACKAGE, "numpynn/layers.py": "def relu_forward(x):\n    return -x, x\n"})


def export_of(path: Path, workspace: Path, chosen: str = "", assignment: str = "") -> Export:
    """Read what lies at a path as an export."""
    found = find_export(path, FORM, lambda: workspace, chosen)
    return read_export(found, FORM, assignment, dt.UTC)


def three_ways(folder: Path, files: Files) -> Mapping[str, Path]:
    """The same export as it was downloaded, as a folder, and in a folder with other files."""
    write(folder / "as a folder" / "export", files)
    above = write(folder / "above", {"roster.csv": "name\n", "notes.txt": ""})
    write(above / "export", files)
    zipped(folder / "export.zip", files)
    return {
        "downloaded": folder / "export.zip",
        "folder": folder / "as a folder" / "export",
        "above": above,
    }


def names_in(source: Source) -> list[str]:
    """The files of a staged submission, as paths inside of it."""
    if source.path.is_file():
        return [source.path.name]
    files = (path for path in source.path.rglob("*") if path.is_file())
    return sorted(path.relative_to(source.path).as_posix() for path in files)
