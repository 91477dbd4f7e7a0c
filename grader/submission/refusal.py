"""Why there is nothing to grade, or a file is not there: what lies in its place, and what to do."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from grader.model.errors import InputError
from grader.model.module_path import module_file
from grader.submission.files import Tree, printable
from grader.submission.foreign_files import named
from grader.submission.module_names import COPY, Modules, distance_of
from grader.submission.package import Package

_MAX_SHOWN: Final = 5
_COMPILED: Final = re.compile(r"\.(?:cpython|pypy)-?\d+(?:\.opt-\d)?$")


def nothing_found(path: Path, tree: Tree, modules: Modules) -> InputError:
    """That a submission holds no package, and what it holds instead."""
    name = printable(path.name)
    written = {*modules.contract.values()} - modules.given or {*modules.contract.values()}
    wanted = sorted({posixpath.basename(module_file(module)) for module in written})
    hint = f"Submit the folder with {_listed(wanted)}, as it is or as a zip."
    instead = named(tree.other)
    because = f": {instead}" if instead else ""
    if not tree.members:
        return InputError(f"{name}: is empty.", hint=hint)
    if not tree.files and not tree.unread:
        return InputError(f"{name}: holds no Python files{because}.", hint=hint)
    held = ", ".join([*tree.files, *tree.unread][:_MAX_SHOWN])
    return InputError(
        f"{name}: holds no package of this assignment (none of {', '.join(wanted)}); "
        f"it holds {held}{because}.",
        hint=hint,
    )


def nothing_usable(path: Path, package: Package, problems: Iterable[str]) -> InputError:
    """That nothing in a package can be used, and why."""
    name = printable(path.name)
    shown = "; ".join(list(problems)[:_MAX_SHOWN])
    if shown:
        return InputError(f"{name}: {shown}.")
    return InputError(
        f"{name}: {package.root or 'it'} defines nothing that the assignment asks for.",
        hint="Is it the folder of this assignment, and were the files saved?",
    )


def misplaced(package: Package, tree: Tree, modules: Modules) -> list[str]:
    """For modules that are not there, what else has their names: `layers.pyc`, `layers.docx`."""
    return [
        f"{module_file(module)} is not there: {named([found])}."
        for module in sorted(set(modules.contract.values()) - package.modules.keys())
        if (found := next(_in_place_of(module, tree), ""))
    ]


def _in_place_of(module: str, tree: Tree) -> Iterator[str]:
    stem = module.rpartition(".")[2]
    for path in tree.other:
        body, _ = posixpath.splitext(posixpath.basename(path))
        body = _COMPILED.sub("", body).removeprefix(".").removesuffix(".py")
        distance = distance_of(f"{body}.py", stem)
        if distance is not None and distance <= COPY and named([path]):
            yield path


def _listed(names: list[str]) -> str:
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last
