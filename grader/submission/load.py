"""From a path to a `Submission`: found, read, made runnable and described; nothing is executed."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from msgspec.structs import replace

from grader.assignment.plugin import AUTO, PLAIN, Plugin
from grader.model.contract import Contract
from grader.model.errors import InputError
from grader.model.module_path import module_file
from grader.model.release import Release
from grader.model.submission import Submission
from grader.model.submission_form import SubmissionForm
from grader.submission.files import Tree, printable
from grader.submission.helper_modules import helpers_noted, needed
from grader.submission.inventory import Contents
from grader.submission.module_names import Modules, is_python
from grader.submission.notebook_files import take_notebooks
from grader.submission.package import (
    Package,
    Ranked,
    completed,
    find_packages,
    names_noted,
    rank,
)
from grader.submission.packing_notes import packing_notes
from grader.submission.reader import Reader, read_nested, read_tree
from grader.submission.refusal import misplaced, nothing_found, nothing_usable
from grader.submission.source import Source

_MAX_SHOWN: Final = 5


def load(
    source: Source,
    *,
    contract: Contract,
    given: Mapping[str, str] = {},
    notebooks: Mapping[str, str] = {},
    form: SubmissionForm | None = None,
    plugin: Plugin = PLAIN,
    release: str = AUTO,
    fixed: str = AUTO,
) -> Submission:
    """Read one submission.

    Args:
        source: what `discover` or `single` found.
        contract: what the assignment asks for.
        given: modules that everybody was given, with their texts: they stand in for missing ones.
        notebooks: those with functions in their cells, by name, as everybody was given them.
        form: what submissions look like, by default what the contract's modules are called.
        plugin: the assignment's, which tells the releases of its template apart.
        release: id of the release to assume, or `auto`.
        fixed: that of the release that everybody was given, or `auto`; `release` wins.

    Raises:
        InputError: it cannot be read, or there is no package in it; one line that names the file.
        UsageError: there is no such release.
        PluginError: the plugin fails.
    """
    if source.problem:
        raise InputError(source.problem)
    modules = Modules(contract, given, form)
    tree = _read(source.path, modules)
    packing = packing_notes(tree)
    take_notebooks(tree, modules, notebooks)
    reader = Reader(tree, modules.contract)
    found = _found(source, given, modules, tree, reader)
    package, lent = found.package, found.lent
    contents = Contents(package, contract, reader, lent, found.names, modules.given)
    if not contents.locations.keys() - contents.lent_names:
        raise nothing_usable(source.path, package, contents.problems)
    chosen = plugin.choose(contents.facts(), command=release, rubric=fixed)
    notes = [
        source.note,
        *packing,
        _choice(found.ranked, package),
        *names_noted(package),
        *helpers_noted(package, lent, tree.other),
        *misplaced(package, tree, modules),
        *([] if modules.form.is_single_file else _alone(source.path)),
        *contents.notes(),
    ]
    described = _described(source, found, modules, contents, chosen)
    notes = [note for note in notes if note]
    return replace(described, notes=notes, digest=_digest(package, tree))


class _Found(NamedTuple):
    """The package of a submission."""

    ranked: list[Ranked]
    """All that might be it, the best one first."""
    package: Package
    """With what it takes from elsewhere, and what was lent to it."""
    names: dict[str, str]
    """Its modules, and the helpers that they need."""
    lent: list[str]
    """Given files that it lacks."""


def _found(
    source: Source, given: Mapping[str, str], modules: Modules, tree: Tree, reader: Reader
) -> _Found:
    """The package in a tree; `InputError` if there is none."""
    ranked = rank(find_packages(tree, modules), modules, reader.load)
    if not ranked:
        raise nothing_found(source.path, tree, modules)
    best = completed(ranked, modules)
    others = [other.package.root for other in _passed_over(ranked, best)]
    found = needed(best, tree, modules, reader.load, others)
    package, lent = _with_given(found.package, found.given, given, modules, tree)
    return _Found(ranked, package, found.names, lent)


def _described(
    source: Source, found: _Found, modules: Modules, contents: Contents, chosen: Release | None
) -> Submission:
    """What was found, as plain values."""
    return Submission(
        id=source.id,
        path=printable(str(source.path)),
        package=found.package.name,
        import_names=list(modules.form.packages),
        files=contents.files(),
        modules=found.names,
        locations=contents.locations,
        spans=contents.spans(),
        todo=contents.todo(),
        broken=contents.broken(),
        release=chosen,
        python2=contents.python2_signs(),
        missing={
            name: file
            for name, file in contents.missing().items()
            if chosen is None or chosen.counts(name)
        },
        imported_later=contents.imported_later(),
    )


def _with_given(
    package: Package,
    imported: set[str],
    given: Mapping[str, str],
    modules: Modules,
    tree: Tree,
) -> tuple[Package, list[str]]:
    """The package with given files that it lacks and needs, and which these are."""
    lent = []
    for module, text in given.items():
        if module not in package.modules and (modules.names[module] or module in imported):
            lent.append(module_file(module))
            tree.files[package.inside(lent[-1])] = text.encode()
    return package._replace(files=[*package.files, *lent]), lent


def _read(path: Path, modules: Modules) -> Tree:
    tree = read_tree(path, modules.looks_wanted)
    if not tree.archives or _is_complete(find_packages(tree, modules), modules):
        return tree
    try:
        inner = read_nested(path, tree, modules.looks_wanted)
    except InputError:
        if find_packages(tree, modules):
            return tree
        raise
    inner.files |= tree.files
    inner.unread |= tree.unread
    inner.other += tree.other
    inner.lists |= tree.lists
    return inner


def _is_complete(packages: Sequence[Package], modules: Modules) -> bool:
    """Whether some package has every module that students had to write."""
    wanted = set(modules.contract.values()) - modules.given
    return any(wanted <= package.candidates.keys() for package in packages)


def _passed_over(ranked: Sequence[Ranked], chosen: Package) -> list[Ranked]:
    """Packages of which nothing was taken."""
    used = {chosen.inside(file) for file in chosen.modules.values()}
    return [
        other
        for other in ranked[1:]
        if not used.intersection(map(other.package.inside, other.package.modules.values()))
    ]


def _alone(path: Path) -> list[str]:
    """That what lies beside a single file was not read."""
    if not is_python(path.name) or path.is_dir():
        return []
    return [f"Only {printable(path.name)} was read: name its folder to have the rest graded too."]


def _choice(ranked: Sequence[Ranked], chosen: Package) -> str:
    """Which package was chosen, where there was a choice."""
    best, others = ranked[0], _passed_over(ranked, chosen)
    if not others:
        return ""
    shown = [f"{other.package.name} ({other.implemented})" for other in others[:_MAX_SHOWN]]
    more = len(others) - len(shown)
    passed = ", ".join(shown) + (f" and {more} more" if more else "")
    return (
        f"Graded {best.package.name} ({best.implemented} names implemented); passed over {passed}."
    )


def _digest(package: Package, tree: Tree) -> str:
    """SHA-256 of the package's files, the same for a folder and for an archive of it."""
    digest = hashlib.sha256()
    for file in sorted(package.files):
        data = tree.files[package.inside(file)]
        digest.update(f"{len(file.encode())}:{file}{len(data)}:".encode())
        digest.update(data)
    for file in sorted(package.unread):
        digest.update(f"unread {len(file.encode())}:{file}".encode())
    return digest.hexdigest()
