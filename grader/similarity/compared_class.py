"""Which submissions are compared: this class, other sections and earlier years."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from grader.model.submission_form import UNKNOWN, SubmissionForm
from grader.submission import Source, discover


class ComparedSource(NamedTuple):
    """A submission, and which folder it is from."""

    source: Source
    section: str
    """Empty for this class."""


def compared_class(
    folder: Path, others: Sequence[Path] = (), form: SubmissionForm = UNKNOWN
) -> list[ComparedSource]:
    """The submissions of a class, then those of other folders.

    Raises:
        InputError: a folder is not there, or holds no submissions.
    """
    found = [ComparedSource(source, "") for source in discover(folder, form)]
    for other, name in zip(others, _short_names(others), strict=True):
        found += [ComparedSource(source, name) for source in discover(other, form)]
    return found


def _short_names(folders: Iterable[Path]) -> list[str]:
    """The last part of each path, or more of it where that is not enough to tell them apart."""
    paths = [folder.resolve() for folder in folders]
    names = [path.name for path in paths]
    return [
        name if names.count(name) == 1 else f"{path.parent.name}/{name}"
        for path, name in zip(paths, names, strict=True)
    ]
