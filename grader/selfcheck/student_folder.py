"""The folder that a student means who stands somewhere in their own work."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Final

from grader.model.errors import InputError
from grader.model.submission_form import SubmissionForm
from grader.submission.discover import has_modules, is_submission

_ROOTS: Final = (".git", ".hg", "test_selfcheck.py")
"""What lies where a student's work begins: of a repository, or of the template."""


def working_folder(path: Path, form: SubmissionForm) -> Path:
    """The student's folder; `path` itself where nothing says that it is in one.

    That is `path` if it holds the package. From inside the package it is the folder that the
    package is in, and from elsewhere the nearest one with the package, up to where the repository
    or the template begins. It is never looked for further up: what lies there is somebody else's.
    """
    start = path.resolve()
    if start.is_file():
        return start
    around = [start, *start.parents]
    for folder in around:
        if folder.name in form.packages and has_modules(folder, form):
            return folder.parent
    root = next((folder for folder in around if _is_root(folder)), start)
    below = around[: around.index(root) + 1]
    return next((folder for folder in below if _holds_package(folder, form)), start)


def nothing_in(path: Path, said: str, form: SubmissionForm) -> InputError:
    """That there is nothing to check at `path`, and where there is, further up."""
    start = path.resolve()
    above = next((folder for folder in start.parents if _holds_package(folder, form)), None)
    hint = f"Your folder may be {above}: go there, or name it." if above else ""
    return InputError(said, hint=hint)


def _is_root(folder: Path) -> bool:
    return any((folder / name).exists() for name in _ROOTS)


def _holds_package(folder: Path, form: SubmissionForm) -> bool:
    with suppress(InputError):
        return is_submission(folder, form)
    return False
