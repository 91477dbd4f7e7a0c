"""Whether something that should be one student's work is that of a class."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from grader.course.listing import Listing, is_archive
from grader.course.platforms.platform import Request
from grader.course.platforms.recognition import Recognised, countable, recognise
from grader.model.errors import InputError
from grader.model.submission_form import SubmissionForm
from grader.submission.delivered_names import version_of
from grader.submission.discover import names_module

_MAX_LOOKED_INTO: Final = 200
_MAX_ARCHIVES: Final = 4
_MAX_SHOWN: Final = 3
_CLEARLY_PEOPLE: Final = 4
"""Folders with the package: a student keeps one or two copies beside the work, not so many."""
_BETWEEN: Final = re.compile(r"[\W\d_]+")
_OF_ONESELF: Final = frozenset(
    {
        "and", "assign", "assignment", "assignments", "attempt", "backup", "bak", "build", "code",
        "codes", "copie", "copy", "cs", "data", "dist", "draft", "ex", "exercise", "file", "files",
        "final", "finished", "fixed", "homework", "hw", "kopie", "lab", "last", "latest", "lib",
        "main", "mine", "model", "models", "my", "nb", "new", "notebook", "notebooks", "of", "old",
        "orig", "original", "part", "problem", "proj", "project", "ps", "pset", "py", "python",
        "ref", "reference", "skeleton", "sol", "solution", "solutions", "source", "src", "starter",
        "submission", "submissions", "submit", "task", "temp", "template", "test", "tests", "the",
        "tmp", "updated", "v", "ver", "version", "week", "work", "working", "zip",
    }
)  # fmt: skip
"""Words by which people tell folders of their own work apart."""


def whole_class(listing: Listing, form: SubmissionForm) -> str:
    """What shows that something given as a class is one; empty where nothing does.

    That is an export of a platform with more than one owner, or folders and archives under the
    names of people, each with the package in it.
    """
    return _class_of(listing, form, at_least=2)


def clearly_a_class(listing: Listing, form: SubmissionForm) -> str:
    """What shows beyond doubt that something given as one submission is a class; empty otherwise.

    A student may keep another copy of the package under any name, so a few folders that hold it
    show nothing: it takes an export, several archives under the names of people, or many folders.
    """
    return _class_of(listing, form, at_least=_CLEARLY_PEOPLE)


def _class_of(listing: Listing, form: SubmissionForm, at_least: int) -> str:
    try:
        found = recognise(listing)
        if found is not None:
            return _several_owners(listing, found)
        return _people(listing, form, at_least)
    except InputError as error:
        return error.message if "in several ways" in error.message else ""


def _several_owners(listing: Listing, found: Recognised) -> str:
    try:
        delivered = found.platform.deliver(listing, Request(platform=found.platform.id))
        count = len({tuple(owner.key for owner in each.owners) for each in delivered})
    except InputError:  # it is in an archive, where the platform's own files are not read
        count = found.fit.entries
    title = found.platform.title
    return f"an export of {title} with {count} submissions" if count > 1 else ""


def _people(listing: Listing, form: SubmissionForm, at_least: int) -> str:
    names = countable(listing.names())
    if any(names_module(each.name, form) or each.name in form.packages for each in names):
        return ""
    if len(names) == 1 and names[0].is_folder:
        return _class_of(listing.below(names[0].name), form, at_least)
    if len(names) == 1 and is_archive(names[0].name):
        return _class_of(listing.opened(names[0].name), form, at_least)
    people = submitters(listing, form)
    if len(people) < at_least and sum(map(is_archive, people)) < 2:
        return ""
    more = f" and {len(people) - _MAX_SHOWN} more" if len(people) > _MAX_SHOWN else ""
    return f"the package in each of {', '.join(people[:_MAX_SHOWN])}{more}"


def class_beside(listing: Listing, form: SubmissionForm) -> list[str]:
    """Archives under the names of people, each with the package in it, that lie beside a package:
    either of them may be what is meant."""
    archives = [name for name in submitters(listing, form) if is_archive(name)]
    return archives if len(archives) > 1 else []


def submitters(listing: Listing, form: SubmissionForm) -> list[str]:
    """Folders and archives that hold the package under names that tell people apart.

    Names such as `old` and `final`, `hw1` and `hw2`, `v1.zip` and `v2.zip` do not.
    """
    there = [each for each in countable(listing.names()) if each.is_folder or is_archive(each.name)]
    told = _told_apart([each.name for each in there])
    names = sorted(each.name for each in there if each.name in told)
    archives = [name for name in names if is_archive(name)]
    passed_over = set(archives[_MAX_ARCHIVES:])
    found = [n for n in names if n not in passed_over and holds_package(listing, n, form)]
    return sorted([*found, *(passed_over if set(archives) & set(found) else ())])


def _told_apart(names: Sequence[str]) -> set[str]:
    words = {name: _words(name) for name in names}
    shared = set.intersection(*words.values()) if len(words) > 1 else set()
    own = {name for name, found in words.items() if found - shared <= _OF_ONESELF}
    return set(names) - own - {name for name in names if _is_version(name, names)}


def _words(name: str) -> set[str]:
    stem = re.sub(r"\.[A-Za-z0-9]{1,4}$", "", name.casefold())
    return {word for word in _BETWEEN.split(stem) if word}


def _is_version(name: str, names: Sequence[str]) -> bool:
    version = version_of(name)
    if version is None:
        return False
    others = [found for other in names if other != name and (found := version_of(other))]
    return any(stem == version[0] for stem, _ in others)


def holds_package(listing: Listing, name: str, form: SubmissionForm) -> bool:
    """Whether a module of the assignment lies in a folder or archive of the listing."""
    try:
        inside = listing.opened(name) if is_archive(name) else listing.below(name)
    except InputError:
        return False
    waiting, archives = [""], []
    for _ in range(_MAX_LOOKED_INTO):
        if not waiting:
            break
        folder = waiting.pop(0)
        for each in inside.names(folder):
            path = f"{folder}/{each.name}".lstrip("/")
            if each.is_folder:
                waiting.append(path)
            elif names_module(each.name, form):
                return True
            elif is_archive(each.name):
                archives.append(path)
    return any(holds_package(inside, path, form) for path in archives[:_MAX_ARCHIVES])
