"""Which submissions are compared: this class, other sections and earlier years."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from grader.model.submission_form import UNKNOWN, SubmissionForm
from grader.submission import Source, discover


class ComparedSource(NamedTuple):
    """A submission, whose it is, and which class it is from."""

    source: Source
    owner: str
    """Whose it is, in whatever class: of one owner's submissions no two are a pair."""
    other: str = ""
    """The other class; empty for this one."""
    section: str = ""
    graded: str = ""
    """Under what a batch keeps its result; empty if it has none."""
    attempt: int = 0
    """Which attempt it is; 0 where there is one alone."""
    counted: bool = True


def compared_class(
    folder: Path, others: Sequence[Path] = (), form: SubmissionForm = UNKNOWN
) -> list[ComparedSource]:
    """The submissions of a class, then those of other folders.

    Raises:
        InputError: a folder is not there, or holds no submissions.
    """
    found = [
        ComparedSource(source, f"/{source.id}", graded=source.id)
        for source in discover(folder, form)
    ]
    for other, name in zip(others, short_names(others), strict=True):
        found += compared_folder(other, name, form)
    return found


def compared_folder(folder: Path, name: str, form: SubmissionForm) -> list[ComparedSource]:
    """The submissions of another class, a folder.

    Raises:
        InputError: it is not there, or holds no submissions.
    """
    sources = discover(folder, form)
    return [ComparedSource(source, f"{name}/{source.id}", name) for source in sources]


def short_names(folders: Iterable[Path]) -> list[str]:
    """The last part of each path, or more of it where that is not enough to tell them apart."""
    paths = [folder.resolve() for folder in folders]
    names = [path.name for path in paths]
    return [
        name if names.count(name) == 1 else f"{path.parent.name}/{name}"
        for path, name in zip(paths, names, strict=True)
    ]
