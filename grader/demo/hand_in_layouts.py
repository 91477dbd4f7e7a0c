"""The ways in which students hand in a package."""

from __future__ import annotations

import gzip
import io
import re
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

from grader.assignment.catalogue import read_package, write_package
from grader.assignment.folder import Assignment

Files = dict[str, str]
_LONG_AGO: Final = (2024, 1, 1, 0, 0, 0)
_NOTEBOOK: Final = '{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}\n'


class Course(NamedTuple):
    """What an assignment's folders, packages and notebooks are called in a course."""

    packages: list[str]
    own: str
    """Folder of the assignment: `assignment2`."""
    spaced: str
    """The same as somebody writes it: `assignment 2`."""
    earlier: str
    """Folder of the one before."""
    notebooks: list[str]
    template: Files
    """The package as students get it."""

    @property
    def package(self) -> str:
        """What the course calls the package."""
        return self.packages[1] if len(self.packages) > 1 else self.packages[0]


def course_of(assignment: Assignment) -> Course:
    """How an assignment's submissions lie around in a course."""
    layout = assignment.layout
    packages = assignment.package_names
    prefer = assignment.rubric.package.prefer
    own = prefer if isinstance(prefer, str) else next(iter(prefer), "")
    word, number = re.fullmatch(r"(.*?)(\d*)", own or "work").groups()  # type: ignore[union-attr]
    earlier = f"{word}{int(number) - 1}" if number else f"earlier {word}"
    notebooks = sorted(path.stem for path in layout.template.glob("*.ipynb"))
    template = read_package(layout.template / layout.reference.name)
    return Course(
        packages, f"{word}{number}", f"{word} {number}".strip(), earlier, notebooks, template
    )


def hand_in(files: Files, folder: Path, name: str, layout: str, course: Course) -> None:
    """Write a submission.

    Args:
        files: the package, text by path inside it.
        folder: of the class.
        name: of the submission.
        layout: one of LAYOUTS.
        course: what things are called there.
    """
    LAYOUTS[layout](files, folder, name, course)


def _package(files: Files, folder: Path, name: str, course: Course) -> None:
    write_package(_under(course.packages[0], files), folder / name)


def _course(files: Files, folder: Path, name: str, course: Course) -> None:
    write_package(_assignment(files, course), folder / name)


def _renamed(files: Files, folder: Path, name: str, course: Course) -> None:
    """By another name of the package, which it is imported by."""
    other = course.packages[-1]
    write_package(_under(other, _absolute(files, other)), folder / name)


def _flat(files: Files, folder: Path, name: str, course: Course) -> None:
    """All files beside each other, with imports to match."""
    flat = {path.rpartition("/")[2]: _flat_imports(text) for path, text in files.items()}
    write_package({path: text for path, text in flat.items() if text.strip()}, folder / name)


def _cluttered(files: Files, folder: Path, name: str, course: Course) -> None:
    """Among checkpoints, caches, data, and the assignment before this one."""
    home = folder / name / "Computer Vision" / "homework"
    own, package = f"{course.spaced}/{course.package}", course.package
    write_package(_under(own, files), home)
    write_package(_under(f"{course.earlier}/{package}", course.template), home)
    stale = {f"{Path(path).stem}-checkpoint.py": text for path, text in course.template.items()}
    write_package(_under(f"{own}/.ipynb_checkpoints", stale), home)
    (home / own / "__pycache__").mkdir()
    (home / own / "__pycache__" / "layers.cpython-37.pyc").write_bytes(b"\0")
    beside = {f"{course.spaced}/{name}.ipynb": _NOTEBOOK for name in course.notebooks[-1:]}
    write_package({**beside, ".DS_Store": ""}, home)


def _zip(files: Files, folder: Path, name: str, course: Course) -> None:
    with zipfile.ZipFile(folder / f"{name}.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for path, text in sorted(_assignment(files, course).items()):
            archive.writestr(zipfile.ZipInfo(path, _LONG_AGO), text)


def _tar(files: Files, folder: Path, name: str, course: Course) -> None:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as archive:
        for path, text in sorted(_under(name, _assignment(files, course)).items()):
            data = text.encode()
            entry = tarfile.TarInfo(path)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    (folder / f"{name}.tar.gz").write_bytes(gzip.compress(content.getvalue(), mtime=0))


def _cut_off(files: Files, folder: Path, name: str, course: Course) -> None:
    """An upload that broke off in the middle."""
    _zip(files, folder, name, course)
    path = folder / f"{name}.zip"
    path.write_bytes(path.read_bytes()[:2000])


def _empty(_files: Files, folder: Path, name: str, _course: Course) -> None:
    (folder / name).mkdir()


LAYOUTS: Final[dict[str, Callable[[Files, Path, str, Course], None]]] = {
    "package": _package,
    "course": _course,
    "renamed": _renamed,
    "flat": _flat,
    "cluttered": _cluttered,
    "zip": _zip,
    "tar.gz": _tar,
    "cut off": _cut_off,
    "empty": _empty,
}


def _assignment(files: Files, course: Course) -> Files:
    """As the course's own folder has it, notebooks beside the package."""
    beside = {f"{course.own}/{name}.ipynb": _NOTEBOOK for name in course.notebooks}
    package = course.package
    return _under(f"{course.own}/{package}", _absolute(files, package)) | beside


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
