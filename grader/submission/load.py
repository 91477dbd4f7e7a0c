"""From a path to a `Submission`: found, read, made runnable and described; nothing is executed."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from grader.dialect import NOT_ASKED
from grader.errors import InputError
from grader.submission.contents import Contents
from grader.submission.discover import Source
from grader.submission.era import infer_dialect
from grader.submission.package import Package, Ranked, find_packages, rank
from grader.submission.reader import Reader, read_nested, read_tree
from grader.submission.record import Submission
from grader.submission.tree import Tree, printable

_MAX_SHOWN: Final = 5


def load(
    source: Source,
    *,
    contract: Mapping[str, str],
    dialect: str = "auto",
    template: str = "auto",
) -> Submission:
    """Read one submission.

    Args:
        source: what `discover` or `single` found.
        contract: the assignment's names to the module that should define them, for example
            `{"adam": "optim", "TwoLayerNet": "classifiers.fc_net"}`.
        dialect: `auto`, or the era to assume.
        template: `auto`, or the era whose template everybody was given; `dialect` wins.

    Raises:
        InputError: it cannot be read, or there is no package in it; one line that names the file.
        UsageError: there is no such dialect.
    """
    if source.problem:
        raise InputError(source.problem)
    tree = _read(source.path, contract)
    reader = Reader(tree)
    ranked = rank(find_packages(tree, contract), contract, reader.load)
    if not ranked:
        raise InputError(_no_package(source.path, tree, contract))
    package = ranked[0].package
    contents = Contents(package, contract, reader)
    if not contents.locations:
        raise InputError(f"{printable(source.path.name)}: {_nothing_usable(contents)}")
    found = infer_dialect(contents.clues(), dialect, template)
    all_asked = dialect == "auto" and template != "auto"
    excused = frozenset() if all_asked else NOT_ASKED[found.era] - contents.locations.keys()
    notes = [_choice(ranked, len(contract)), *contents.notes()]
    return Submission(
        id=source.id,
        path=printable(str(source.path)),
        package=package.name,
        files=contents.files(),
        locations=contents.locations,
        spans=contents.spans(),
        todo=contents.todo(),
        broken=contents.broken(),
        dialect=found,
        missing={name: file for name, file in contents.missing().items() if name not in excused},
        imported_later=contents.imported_later(),
        excused=excused,
        notes=[note for note in notes if note],
        digest=_digest(package, tree),
    )


def _read(path: Path, contract: Mapping[str, str]) -> Tree:
    tree = read_tree(path)
    if tree.archives and not find_packages(tree, contract):
        return read_nested(path, tree)
    return tree


def _no_package(path: Path, tree: Tree, contract: Mapping[str, str]) -> str:
    name = printable(path.name)
    if not tree.members:
        return f"{name}: is empty."
    if not tree.files and not tree.unread:
        return f"{name}: holds no Python files."
    wanted = sorted({module.rpartition(".")[2] + ".py" for module in contract.values()})
    return f"{name}: holds no package of this assignment (none of {', '.join(wanted)})."


def _nothing_usable(contents: Contents) -> str:
    problems = [contents.reader.problem(contents.package, file) for file in contents.unusable]
    if problems:
        return f"{'; '.join(problems[:_MAX_SHOWN])}."
    return f"{contents.package.name} defines nothing that the assignment asks for."


def _choice(ranked: Sequence[Ranked], asked: int) -> str:
    """Which package was chosen, where there was a choice."""
    best, *others = ranked
    if not others:
        return ""
    shown = [f"{other.package.name} ({other.implemented})" for other in others[:_MAX_SHOWN]]
    more = len(others) - len(shown)
    passed = ", ".join(shown) + (f" and {more} more" if more else "")
    return (
        f"Graded {best.package.name} ({best.implemented} of {asked} names implemented); "
        f"passed over {passed}."
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
