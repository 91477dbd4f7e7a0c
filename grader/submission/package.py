"""Finding the student's package among a submission's files, and choosing between several."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from grader.submission.definitions import definitions, left_as_given
from grader.submission.prepare import Prepared
from grader.submission.tree import Tree

MAX_CANDIDATES: Final = 40
_MAX_FILES: Final = 300
_SECOND: Final = re.compile(r"(?i)(?:^|[^a-z])(?:assignment|assign|homework|hw|a)[ _-]*2(?!\d)")
_OTHER: Final = re.compile(r"(?i)(?:^|[^a-z])(?:assignment|assign|homework|hw|a)[ _-]*[13](?!\d)")
_HINT: Final = 3.0
"""What a name like `assignment2` weighs against `assignment1`, in functions."""
_UNTOUCHED: Final = 0.25
"""What a function left as in the template weighs against one that is implemented."""
_MIN_NAMES: Final = 3
"""Contract names that make a folder a package whose files have other names."""


class Package(NamedTuple):
    """A folder that may be the one to grade."""

    root: str
    """Inside the submission; empty for its root."""
    files: Sequence[str]
    """Paths inside the package."""
    unread: Mapping[str, str]
    """Its files that cannot be used, by path inside the package, and why."""

    @property
    def name(self) -> str:
        """As shown."""
        return self.root or "."

    def inside(self, path: str) -> str:
        """The path inside the submission."""
        return f"{self.root}/{path}" if self.root else path

    def module_file(self, module: str) -> str:
        """The file of a contract module (`classifiers.fc_net`), flat or in its folder; the path it
        should have where it is missing."""
        path = module.replace(".", "/") + ".py"
        flat = posixpath.basename(path)
        present = [*self.files, *self.unread]
        return flat if path not in present and flat in present else path


Load = Callable[[Package, str], Prepared | None]
"""A file of a package, prepared; None if nothing of it can be used."""


class Ranked(NamedTuple):
    """A package, and what speaks for it."""

    package: Package
    implemented: int
    defined: int
    score: float


def find_packages(tree: Tree, contract: Mapping[str, str]) -> list[Package]:
    """Every folder that holds modules of the contract, those near the top first."""
    paths = [*tree.files, *tree.unread]
    roots = {_root(path, module) for path in paths for module in set(contract.values())} - {None}
    found = {root for root in roots if root is not None} or _by_definitions(tree, contract)
    ordered = sorted(found, key=lambda root: (root.count("/") if root else -1, root))
    return [_package(root, found, tree) for root in ordered[:MAX_CANDIDATES]]


def _root(path: str, module: str) -> str | None:
    """The package's folder if `path` is the file of that module."""
    full = module.replace(".", "/") + ".py"
    if path == full or path.endswith(f"/{full}"):
        return path[: -len(full)].rstrip("/")
    if posixpath.basename(path) == posixpath.basename(full):
        return posixpath.dirname(path)
    return None


def _by_definitions(tree: Tree, contract: Mapping[str, str]) -> set[str]:
    """Folders whose files, called whatever they like, define names of the contract."""
    pattern = re.compile(rf"^(?:def|class)\s+({'|'.join(contract)})\b".encode(), re.MULTILINE)
    names: dict[str, set[bytes]] = {}
    for path, data in tree.files.items():
        names.setdefault(posixpath.dirname(path), set()).update(pattern.findall(data))
    return {folder for folder, found in names.items() if len(found) >= _MIN_NAMES}


def _package(root: str, roots: Iterable[str], tree: Tree) -> Package:
    prefix = f"{root}/" if root else ""
    others = tuple(f"{other}/" for other in roots if other != root and other.startswith(prefix))

    def inside(paths: Iterable[str]) -> list[str]:
        own = (p for p in paths if p.startswith(prefix) and not p.startswith(others))
        shallow_first = sorted(own, key=lambda path: (path.count("/"), path))
        return [path.removeprefix(prefix) for path in shallow_first]

    unread = {path: tree.unread[prefix + path] for path in inside(tree.unread)}
    return Package(root, inside(tree.files)[:_MAX_FILES], unread)


def rank(packages: Sequence[Package], contract: Mapping[str, str], load: Load) -> list[Ranked]:
    """The packages, best first: most of the contract implemented, then defined."""
    several_numbers = any(_OTHER.search(package.root) for package in packages)
    ranked = []
    for package in packages:
        implemented, defined = _count(package, contract, load)
        hint = _HINT if several_numbers and _SECOND.search(package.root) else 0.0
        score = implemented + _UNTOUCHED * defined + (hint if defined else 0.0)
        ranked.append(Ranked(package, implemented, defined, score))
    return sorted(ranked, key=lambda candidate: -candidate.score)


def _count(package: Package, contract: Mapping[str, str], load: Load) -> tuple[int, int]:
    """How many names of the contract are implemented, and how many are there at all."""
    implemented = defined = 0
    for file, names in names_by_file(package, contract).items():
        prepared = load(package, file) if file in package.files else None
        if prepared is None:
            defined += len(names) if file in package.unread else 0
            continue
        found = definitions(prepared.tree)
        for name in names & found.keys():
            defined += 1
            is_whole = name not in prepared.broken
            implemented += is_whole and not left_as_given(name, found[name], prepared.tree)
    return implemented, defined


def names_by_file(package: Package, contract: Mapping[str, str]) -> dict[str, set[str]]:
    """The contract's names, by the file of the package that should define them."""
    files: dict[str, set[str]] = {}
    for name, module in contract.items():
        files.setdefault(package.module_file(module), set()).add(name)
    return files
