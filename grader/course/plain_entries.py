"""Folders and archives that no platform made, one for each student: versions, and whole classes."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Final

from msgspec.structs import replace

from grader.course.listing import Listing, is_archive, list_archive, list_folder
from grader.course.whole_class import class_beside, clearly_a_class, holds_package
from grader.model.errors import InputError
from grader.model.submission_form import SubmissionForm
from grader.submission import Source, Sources
from grader.submission.delivered_names import numbered_version, own_name, version_of
from grader.submission.discover import discover_class
from grader.submission.files import printable

_NOTES: Final = {
    "en": "Graded is {0}, the highest of {1} versions.",
    "zh": "共 {1} 个版本，评的是最高的 {0}。",
}


def plain_entries(path: Path, form: SubmissionForm, lang: str = "en") -> Sources:
    """The submissions in a folder, each looked at when its turn comes.

    Of several versions of somebody's work the highest is graded, and what is the work of a class
    is refused instead of being graded as one student's.

    Raises:
        InputError: there is nothing in it.
    """
    return discover_class(path, form).seen_by(partial(_look, form, lang))


def _look(form: SubmissionForm, lang: str, source: Source) -> Source:
    if source.problem:
        return source
    try:
        listing = _listing(source.path)
        if listing is None or _is_plainly_one(listing, form):
            return source
        if reason := _reason(listing, form):
            return replace(source, problem=_refusal(source, reason))
        return _highest(source, listing, form, lang) if listing.path else source
    except InputError:
        return source  # what is wrong is said when it is graded


def _is_plainly_one(listing: Listing, form: SubmissionForm) -> bool:
    """Whether a look at the names is enough: with the package, or nothing that could be several."""
    names = listing.names()
    several = [each for each in names if each.is_folder or is_archive(each.name)]
    if any(each.name in form.packages for each in several):
        return not any(is_archive(each.name) for each in several)
    return not names


def _reason(listing: Listing, form: SubmissionForm) -> str:
    """What speaks against its being one student's work; empty where nothing does."""
    if reason := clearly_a_class(listing, form):
        return reason
    beside = class_beside(listing, form) if listing.path else []
    return f"a package and {', '.join(beside[:3])}" if beside else ""


def _listing(path: Path) -> Listing | None:
    if path.is_dir():
        return list_folder(path)
    return list_archive(path) if is_archive(path.name) else None


def _refusal(source: Source, reason: str) -> str:
    name = printable(source.id)
    return f"{name}: is a whole class, not one submission ({reason}); grade it by itself."


def _highest(source: Source, listing: Listing, form: SubmissionForm, lang: str) -> Source:
    """Of `1` and `2`, or `v1.zip` and `v2.zip`, the highest that has the package in it; and a
    `final_v2.zip` beside work that no number is given to."""
    there = [e.name for e in listing.names() if e.is_folder or is_archive(e.name)]
    versions = _versions(there, form) if len(there) > 1 else {}
    ordered = sorted(versions, key=lambda name: versions[name], reverse=True)
    best = next((name for name in ordered if holds_package(listing, name, form)), None)
    if best is None:
        return source
    count = len(versions) if len(versions) == len(there) else len(versions) + 1
    note = _NOTES[lang].format(printable(best), count)
    return replace(source, path=source.path / best, note=note)


def _versions(names: Sequence[str], form: SubmissionForm) -> dict[str, int]:
    """The numbers of versions of one thing; empty where the names do not say that they are."""
    found = {name: version_of(name) or (own_name(name).name.casefold(), 0) for name in names}
    stems = {stem.partition(".")[0] for stem, _ in found.values()}
    if len(stems) == 1 and not set(form.packages) & set(names):
        numbers = {name: number for name, (_, number) in found.items()}
        return numbers if any(numbers.values()) else {}
    marked = {name: version[1] for name in names if (version := numbered_version(name))}
    return {name: number for name, number in marked.items() if number > 1}
