"""Finding the student's package among a submission's files, and choosing between several."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from grader.model.contract import Contract
from grader.model.module_path import module_file, notebook_of
from grader.model.submission_form import SubmissionForm
from grader.submission.definitions import definitions, left_as_given
from grader.submission.files import Tree
from grader.submission.make_runnable import Prepared
from grader.submission.module_names import (
    AROUND,
    CONTENT,
    COPY,
    EXACT,
    Match,
    Modules,
    is_python,
    may_be_notebook,
    root_of,
)

MAX_CANDIDATES: Final = 40
_MAX_FILES: Final = 300
_HINT: Final = 3.0
"""What the name of the assignment's folder weighs against that of another one, in functions."""
_UNTOUCHED: Final = 0.25
"""What a function left as in the template weighs against one that is implemented."""
_MIN_NAMES: Final = 3
"""Contract names that make a folder a package whose files have other names."""


class Package(NamedTuple):
    """A folder that may be the one to grade."""

    root: str
    """Inside the submission; empty for its root."""
    files: Sequence[str]
    """Paths seen from the package; one beside it starts with `../`."""
    unread: Mapping[str, str]
    """Its files that cannot be used, by path seen from the package, and why."""
    candidates: Mapping[str, Sequence[tuple[Match, str]]] = {}
    """Module to the files that may be it, the likeliest by name first."""
    modules: Mapping[str, str] = {}
    """Module to the file that was found to be it."""

    @property
    def name(self) -> str:
        """As shown."""
        return self.root or "."

    def inside(self, path: str) -> str:
        """The path inside the submission."""
        return posixpath.normpath(f"{self.root}/{path}") if self.root else path

    def module_file(self, module: str) -> str:
        """The file of a module (`nets.simple`); where it should be if it is missing."""
        return self.modules.get(module) or module_file(module)


Load = Callable[[Package, str], Prepared | None]
"""A file of a package, prepared; None if nothing of it can be used."""


class Ranked(NamedTuple):
    """A package, and what speaks for it."""

    package: Package
    implemented: int
    defined: int
    score: float


def find_packages(tree: Tree, modules: Modules) -> list[Package]:
    """Every folder that holds modules of the contract, those near the top first."""
    matches = _matches(tree, modules)
    for limit in (COPY, AROUND):
        found = {
            root_of(path, match.module)
            for path, match in matches.items()
            if match.distance <= limit and modules.names[match.module]
        }
        if found:
            break
    else:
        found = _by_definitions(tree, modules)
    ordered = sorted(found, key=lambda root: (root.count("/") if root else -1, root))
    packages = [_package(root, found, tree, matches) for root in ordered[:MAX_CANDIDATES]]
    return [_with_unnamed(package, tree, modules) for package in packages]


def _matches(tree: Tree, modules: Modules) -> dict[str, Match]:
    """The files that may be a module by their names; unlikely ones only if they define its."""
    found: dict[str, Match] = {}
    for path in [*tree.files, *tree.unread]:
        match = modules.match(path)
        if match and (_is_named(match, path) or _defines(path, match.module, tree, modules)):
            found[path] = match
    return found


def _is_named(match: Match, path: str) -> bool:
    is_module = is_python(path) or (may_be_notebook(path) and bool(notebook_of(match.module)))
    return match.distance <= COPY and is_module


def _defines(path: str, module: str, tree: Tree, modules: Modules) -> bool:
    return bool(modules.defined_in(tree.files.get(path, b"")) & modules.names[module])


def _by_definitions(tree: Tree, modules: Modules) -> set[str]:
    """Folders whose files, called whatever they like, define names of the contract."""
    names: dict[str, set[str]] = {}
    for path, data in tree.files.items():
        names.setdefault(posixpath.dirname(path), set()).update(modules.defined_in(data))
    least = min(_MIN_NAMES, len(modules.in_notebooks) or len(modules.contract))
    return {folder for folder, found in names.items() if len(found) >= least}


def _package(root: str, roots: Iterable[str], tree: Tree, matches: Mapping[str, Match]) -> Package:
    prefix = f"{root}/" if root else ""
    others = tuple(f"{other}/" for other in roots if other != root and other.startswith(prefix))

    def inside(paths: Iterable[str]) -> list[str]:
        own = (p for p in paths if p.startswith(prefix) and not p.startswith(others))
        own = (path for path in own if is_python(path) or path in matches or path in tree.notebooks)
        shallow_first = sorted(own, key=lambda path: (path.count("/"), path))
        return [path.removeprefix(prefix) for path in shallow_first]

    unread = {path: tree.unread[prefix + path] for path in inside(tree.unread)}
    files = inside(tree.files)[:_MAX_FILES]
    candidates: dict[str, list[tuple[Match, str]]] = {}
    for path in [*files, *unread]:
        match = matches.get(prefix + path)
        if match and root_of(prefix + path, match.module) == root:
            candidates.setdefault(match.module, []).append((match, path))
    return Package(root, files, unread, {name: sorted(c) for name, c in candidates.items()})


def _with_unnamed(package: Package, tree: Tree, modules: Modules) -> Package:
    """Candidates for modules that no file is called after: files that define what they should."""
    candidates = dict(package.candidates)
    named = {path for found in candidates.values() for _, path in found}
    wanted = [
        module
        for module, names in modules.names.items()
        if names and all(match.distance > EXACT for match, _ in candidates.get(module, ()))
    ]
    for path in package.files if wanted else ():
        if path in named:
            continue
        defined = modules.defined_in(tree.files[package.inside(path)])
        for module in wanted:
            if defined & modules.names[module] and root_of(path, module) in ("", "."):
                match = Match(CONTENT, 0, module)
                candidates[module] = [*candidates.get(module, ()), (match, path)]
    return package._replace(candidates=candidates)


def rank(packages: Sequence[Package], modules: Modules, load: Load) -> list[Ranked]:
    """The packages, best first: most of the contract implemented, then defined."""
    form = modules.form
    several_numbers = any(form.is_another(package.root) for package in packages)
    ranked = []
    for found in packages:
        package = _settled(found, modules, load)
        implemented, defined = _count(package, modules.entries, load)
        hint = _HINT if several_numbers and form.prefers(package.root) else 0.0
        score = implemented + _UNTOUCHED * defined + (hint if defined else 0.0)
        ranked.append(Ranked(package, implemented, defined, score))
    return sorted(ranked, key=lambda candidate: -candidate.score)


def _settled(package: Package, modules: Modules, load: Load) -> Package:
    """The package with one file for each module: of several, the one with most of the work."""

    def likeliest(module: str) -> Callable[[tuple[Match, str]], tuple[object, ...]]:
        def key(candidate: tuple[Match, str]) -> tuple[object, ...]:
            match, path = candidate
            done, _ = count_names(package, path, modules.names[module], modules.entries, load)
            usual = path != module_file(module)
            return (-done, match.distance, usual, match.newest_first, path.count("/"), path)

        return key

    chosen = {}
    for module, candidates in package.candidates.items():
        likely = _rivals(candidates)
        several = len(likely) > 1
        chosen[module] = min(likely, key=likeliest(module))[1] if several else likely[0][1]
    return package._replace(modules=chosen)


def _rivals(candidates: Sequence[tuple[Match, str]]) -> list[tuple[Match, str]]:
    """The files that may be meant: copies, and others only where there is nothing nearer."""
    limit = max(COPY, min((match.distance for match, _ in candidates), default=COPY))
    return [each for each in candidates if each[0].distance <= limit]


def completed(ranked: Sequence[Ranked], modules: Modules) -> Package:
    """The best package; modules that are not in it are taken from folders beside it.

    Never from another copy of the package, which would have a module that is there already: of a
    second assignment, or as it was given out.
    """
    best = ranked[0].package
    found = dict(best.modules)
    files, unread = list(best.files), dict(best.unread)
    for package in (other.package for other in ranked[1:]):
        if package.modules.keys() & found.keys() or _is_other(package, best, modules.form):
            continue
        for module, file in package.modules.items():
            path = posixpath.relpath(package.inside(file) or ".", best.root or ".")
            found[module] = path
            if file in package.unread:
                unread[path] = package.unread[file]
            else:
                files.append(path)
    return best._replace(modules=found, files=files, unread=unread)


def _is_other(package: Package, best: Package, form: SubmissionForm) -> bool:
    """Whether a package is one of another assignment."""
    return form.is_another(package.root) and not form.is_another(best.root)


def _count(package: Package, contract: Contract, load: Load) -> tuple[int, int]:
    """How many names of the contract are implemented, and how many are there at all."""
    counts = [
        count_names(package, file, names, contract, load)
        for file, names in names_by_file(package, contract.modules).items()
    ]
    return sum(done for done, _ in counts), sum(there for _, there in counts)


def count_names(
    package: Package, file: str, names: Iterable[str], contract: Contract, load: Load
) -> tuple[int, int]:
    """How many of the names a file implements, and how many it has at all."""
    prepared = load(package, file) if file in package.files else None
    if prepared is None:
        return 0, len(list(names)) if file in package.unread else 0
    found = definitions(prepared.tree)
    there = found.keys() & set(names)
    done = [
        name
        for name in there
        if name not in prepared.broken
        and not left_as_given(name, contract[name], found[name], prepared.tree)
    ]
    return len(done), len(there)


def names_by_file(package: Package, contract: Mapping[str, str]) -> dict[str, set[str]]:
    """The contract's names, by the file of the package that should define them."""
    files: dict[str, set[str]] = {}
    for name, module in contract.items():
        files.setdefault(package.module_file(module), set()).add(name)
    return files


def names_noted(package: Package) -> list[str]:
    """Which files were taken for which modules, where their names do not say so."""
    renamed, notes = [], []
    for module, file in package.modules.items():
        name = posixpath.basename(module_file(module))
        rivals = _rivals(package.candidates.get(module, ()))
        others = [path for _, path in rivals if path != file]
        if posixpath.basename(file) != name or file.startswith("../"):
            renamed.append(f"{file} as {name}")
        if others and file in package.files:
            notes.append(f"Graded {file}, in which most is done; passed over {', '.join(others)}.")
    return [f"Graded under other names: {', '.join(renamed)}.", *notes] if renamed else notes
