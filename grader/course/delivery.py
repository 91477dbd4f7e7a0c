"""What an export delivers, whatever made it: a platform, or somebody who filled a folder."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from grader.assignment.composed import ComposedAssignment
from grader.assignment.folder import Assignment
from grader.course.export import find_export, known_names, read_export
from grader.course.plain_entries import plain_entries
from grader.model.attempt import Delivered, DeliveredFile
from grader.model.errors import InputError
from grader.model.person import Person


class Delivery(NamedTuple):
    """Everything that was submitted in an export."""

    title: str
    """Whose export it is, for people."""
    why: str
    """What it was recognised by; empty for plain folders."""
    root: Path
    """Where the paths of files begin."""
    delivered: list[Delivered]
    others: tuple[str, ...]
    """Entries that the platform did not make."""
    known: frozenset[str]
    """Names of files that the assignment uses."""


def read_delivery(
    path: Path,
    assignment: Assignment | ComposedAssignment,
    room: Callable[[], Path],
    *,
    chosen: str = "",
    zone: dt.tzinfo | None = None,
) -> Delivery:
    """Read an export: as it was downloaded, its folder, or the folder above.

    Args:
        path: where it lies.
        assignment: what was to be submitted.
        room: makes an empty folder, where something has to be unpacked.
        chosen: the platform, and after `:` the assignment, where these are not to be guessed.
        zone: of times that do not say.

    Raises:
        InputError: there is nothing, or one submission alone, or it can be read in two ways.
        UsageError: there is no such platform.
    """
    platform, _, name = chosen.partition(":")
    form = assignment.form
    rules = assignment.rubric.notebooks
    known = known_names(form, rules.files if rules else ())
    found = find_export(path, form, room, platform)
    if found.kind == "one":
        hint = "If it is one student's, say whose with --student."
        raise InputError(f"{path}: is one submission, and does not say whose.", hint=hint)
    if found.kind == "plain":
        delivered = list(_plain(found.path, assignment))
        return Delivery("a plain folder", "", found.path, delivered, (), known)
    export = read_export(found, form, name, zone)
    title = f"an export of {export.platform.title}"
    return Delivery(title, export.why, export.root, export.delivered, export.others, known)


def _plain(root: Path, assignment: Assignment | ComposedAssignment) -> Iterator[Delivered]:
    for source in plain_entries(root, assignment.form):
        path = source.path.relative_to(root)
        yield Delivered(
            owners=[Person(key=source.id, name=source.name or source.id)],
            files=[] if source.problem else [DeliveredFile(name=path.name, path=path.as_posix())],
            entry=source.id,
            problem=source.problem,
        )


def one_delivery(
    path: Path, person: Person, assignment: Assignment | ComposedAssignment
) -> Delivery:
    """One student's work that came by itself, as by e-mail.

    Raises:
        InputError: there is no such path.
    """
    if not path.exists():
        raise InputError(f"{path}: there is no such file or folder.")
    whole = path.resolve()
    file = DeliveredFile(name=whole.name, path=whole.name)
    delivered = Delivered(owners=[person], files=[file], entry=whole.name)
    known = known_names(assignment.form)
    return Delivery("one submission", "", whole.parent, [delivered], (), known)
