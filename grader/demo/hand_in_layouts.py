"""The ways in which students hand in a package."""

from __future__ import annotations

import gzip
import io
import re
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

from grader.assignment.catalogue import read_package, write_package
from grader.assignment.folder import Assignment

Files = dict[str, str]
_LONG_AGO: Final = (2024, 1, 1, 0, 0, 0)
_NOTEBOOK: Final = '{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}\n'


def hand_in(files: Files, folder: Path, name: str, layout: str) -> None:
    """Write a submission.

    Args:
        files: the package, text by path inside it.
        folder: of the class.
        name: of the submission.
        layout: one of LAYOUTS.
    """
    LAYOUTS[layout](files, folder, name)


def _package(files: Files, folder: Path, name: str) -> None:
    write_package(_under("numpynn", files), folder / name)


def _course(files: Files, folder: Path, name: str) -> None:
    write_package(_assignment(files), folder / name)


def _dase(files: Files, folder: Path, name: str) -> None:
    write_package(_under("daseCV", _absolute(files, "daseCV")), folder / name)


def _flat(files: Files, folder: Path, name: str) -> None:
    """All files beside each other, with imports to match."""
    flat = {path.rpartition("/")[2]: _flat_imports(text) for path, text in files.items()}
    write_package({path: text for path, text in flat.items() if text.strip()}, folder / name)


def _cluttered(files: Files, folder: Path, name: str) -> None:
    """Among checkpoints, caches, data, and the assignment before this one."""
    template = read_package(Assignment.load().layout.template / "numpynn")
    home = folder / name / "Computer Vision" / "homework"
    write_package(_under("assignment 2/cs231n", files), home)
    write_package(_under("assignment1/cs231n", template), home)
    stale = {f"{Path(path).stem}-checkpoint.py": text for path, text in template.items()}
    write_package(_under("assignment 2/cs231n/.ipynb_checkpoints", stale), home)
    (home / "assignment 2" / "cs231n" / "__pycache__").mkdir()
    (home / "assignment 2" / "cs231n" / "__pycache__" / "layers.cpython-37.pyc").write_bytes(b"\0")
    write_package({"assignment 2/FullyConnectedNets.ipynb": _NOTEBOOK, ".DS_Store": ""}, home)


def _zip(files: Files, folder: Path, name: str) -> None:
    with zipfile.ZipFile(folder / f"{name}.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for path, text in sorted(_assignment(files).items()):
            archive.writestr(zipfile.ZipInfo(path, _LONG_AGO), text)


def _tar(files: Files, folder: Path, name: str) -> None:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as archive:
        for path, text in sorted(_under(name, _assignment(files)).items()):
            data = text.encode()
            entry = tarfile.TarInfo(path)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    (folder / f"{name}.tar.gz").write_bytes(gzip.compress(content.getvalue(), mtime=0))


def _cut_off(files: Files, folder: Path, name: str) -> None:
    """An upload that broke off in the middle."""
    _zip(files, folder, name)
    path = folder / f"{name}.zip"
    path.write_bytes(path.read_bytes()[:2000])


def _empty(_files: Files, folder: Path, name: str) -> None:
    (folder / name).mkdir()


LAYOUTS: Final[dict[str, Callable[[Files, Path, str], None]]] = {
    "package": _package,
    "course": _course,
    "daseCV": _dase,
    "flat": _flat,
    "cluttered": _cluttered,
    "zip": _zip,
    "tar.gz": _tar,
    "cut off": _cut_off,
    "empty": _empty,
}


def _assignment(files: Files) -> Files:
    """As the course's own folder has it, notebooks beside the package."""
    notebooks = ("FullyConnectedNets", "BatchNormalization", "Dropout")
    beside = {f"assignment2/{name}.ipynb": _NOTEBOOK for name in notebooks}
    return _under("assignment2/cs231n", _absolute(files, "cs231n")) | beside


def _under(folder: str, files: Files) -> Files:
    return {f"{folder}/{path}": text for path, text in files.items()}


def _absolute(files: Files, package: str) -> Files:
    return {path: _absolute_imports(text, package) for path, text in files.items()}


def _absolute_imports(text: str, package: str) -> str:
    text = re.sub(r"^from \. import", f"from {package} import", text, flags=re.MULTILINE)
    return re.sub(r"^from \.{1,2}(\w)", rf"from {package}.\1", text, flags=re.MULTILINE)


def _flat_imports(text: str) -> str:
    text = re.sub(r"^from \. import", "import", text, flags=re.MULTILINE)
    return re.sub(r"^from \.{1,2}(\w)", r"from \1", text, flags=re.MULTILINE)
