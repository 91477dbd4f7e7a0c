"""Modules that a package imports from elsewhere in the submission, and under which names.

Students put functions of their own beside the package, above it, or in a folder that they append to
`sys.path`. Behind the wall there are no folders: what is imported is looked for here, by reading.
"""

from __future__ import annotations

import ast
import posixpath
import re
import sys
import sysconfig
from collections.abc import Iterable, Iterator, Sequence
from importlib.machinery import PathFinder
from typing import Any, Final, NamedTuple

from grader.model.module_path import import_name, module_file, notebook_of
from grader.model.submission_form import plain
from grader.submission.files import Tree
from grader.submission.module_names import COPY, Modules, copy_number, import_stem, spellings
from grader.submission.package import Load, Package

_MAX_HELPERS: Final = 100
_MAX_PARTS: Final = 8
"""Of a dotted name."""
_BODIES: Final = ("body", "orelse", "finalbody", "handlers", "cases")
"""Where a statement, a handler or a case holds others."""
_DOTS: Final = re.compile(r"from[ \t]*\.[. \t]*")


class Needed(NamedTuple):
    """What a package imports, found in the submission or given to everybody."""

    package: Package
    """With the files that it imports from elsewhere in the submission."""
    names: dict[str, str]
    """Names that files are imported by, where these are not their paths in the package:
    `{"layers": "layers (1).py", "my_utils": "../my_utils.py"}`."""
    given: set[str]
    """Given modules that are imported and not there."""


def needed(
    package: Package, tree: Tree, modules: Modules, load: Load, passed_over: Iterable[str] = ()
) -> Needed:
    """Look for what the files of a package import; not in the folders of others passed over."""
    search = _Search(package, tree, modules, passed_over)
    waiting = list(package.files)
    for file in waiting:
        prepared = load(search.package, file)
        if prepared is not None:
            waiting += search.add(_imported(prepared.tree))
    return Needed(search.package, search.names, search.missing)


class _Search:
    """Finds what is imported among the files of a submission."""

    def __init__(
        self, package: Package, tree: Tree, modules: Modules, passed_over: Iterable[str]
    ) -> None:
        self.package = package
        self.names = {
            import_name(module): file
            for module, file in package.modules.items()
            if file != module_file(module) or notebook_of(module)
        }
        self.missing: set[str] = set()
        self._modules = modules
        self._known = set(package.files)
        self._room = _MAX_HELPERS
        self._ours = {*modules.form.packages, posixpath.basename(package.root)}
        self._by_name = _by_import_name(package, tree, passed_over)
        self._by_spelling = _by_spelling(self._by_name.values())
        self._looked_for: set[str] = set()

    def add(self, imported: Iterable[str]) -> list[str]:
        """Take up the files of some imported modules; returns those that are new."""
        new = []
        for name in imported:
            for prefix in _prefixes(self._in_package(name)):
                file = self._find(prefix)
                if file is None or (file not in self._known and not self._room):
                    continue
                self._alias(prefix, file)
                if file not in self._known:
                    self._room -= 1
                    self._known.add(file)
                    new.append(file)
        self.package = self.package._replace(files=[*self.package.files, *new])
        return new

    def _in_package(self, name: str) -> str:
        """A name as seen from the package: `layers` for `assignment2.mynn.layers`."""
        parts = name.split(".", _MAX_PARTS)[:_MAX_PARTS]
        at = next((n for n, part in enumerate(parts, 1) if part in self._ours), 0)
        inside = ".".join(parts[at:])
        for last in range(at + 1, len(parts) + 1) if at > 1 else ():
            module = ".".join(parts[at:last])
            file = self.package.module_file(module)
            if file in self._known:
                self._alias(".".join(parts[:last]), file)
        return inside

    def _alias(self, name: str, file: str) -> None:
        if not file.startswith("../") and file not in self.names.values():
            self.names[_usual_name(file)] = file  # the first is the module's own name
        self.names.setdefault(name, file)

    def _find(self, name: str) -> str | None:
        """The file of a module that is not where the package's own are looked for."""
        if name in self._looked_for or name in self.names:
            return None
        self._looked_for.add(name)
        path = name.replace(".", "/")
        if {f"{path}.py", f"{path}/__init__.py"} & self._known:
            return None
        if name in self._modules.names:
            self.missing.add(name)  # never another copy's: what had to be written is missing
            return None
        found = self._by_name.get(name) or self._by_spelling.get(plain(name))
        return found if found and not _is_installed(name.partition(".")[0]) else None


def _is_installed(name: str) -> bool:
    """Whether a module comes with Python or a distribution; the folder we are in does not count."""
    paths = sysconfig.get_paths()
    installed = [paths["purelib"], paths["platlib"]]
    return name in sys.stdlib_module_names or PathFinder.find_spec(name, installed) is not None


def _by_import_name(package: Package, tree: Tree, passed_over: Iterable[str]) -> dict[str, str]:
    """Import name to the file nearest to the package: `utils` and `lib.utils` to `lib/utils.py`."""
    start = package.root or "."
    others = tuple(f"{root}/" for root in passed_over if root and not _is_within(start, root))
    paths = (path for path in tree.files if not path.startswith(others))
    seen = {posixpath.relpath(path, start): path for path in paths}
    names: dict[str, str] = {}
    for path in sorted(seen, key=lambda path: (path.count("../"), path.count("/"), path)):
        folder = [part for part in posixpath.dirname(seen[path]).split("/") if part]
        stem = import_stem(path)
        parts = folder if stem == "__init__" else [*folder, stem]
        for first in range(max(0, len(parts) - _MAX_PARTS), len(parts)):
            names.setdefault(".".join(parts[first:]), path)
    return names


def _is_within(folder: str, other: str) -> bool:
    return f"{folder}/".startswith(f"{other}/")


def _by_spelling(paths: Iterable[str]) -> dict[str, str]:
    """Module, as `plain` has it, to a file that is called almost like it: `my_utils-1.py`."""
    found: dict[str, tuple[int, int, str]] = {}
    for path in set(paths):
        name = posixpath.basename(path)
        for spelling, distance in spellings(name):
            rank = (distance, -copy_number(name), path)
            if distance <= COPY:
                found[spelling] = min(rank, found.get(spelling, rank))
    return {spelling: path for spelling, (_, _, path) in found.items()}


def _usual_name(path: str) -> str:
    folder = posixpath.dirname(path).replace("/", ".")
    stem = import_stem(path)
    return f"{folder}.{stem}".strip(".") if stem != "__init__" else folder


def _imported(tree: ast.Module) -> Iterator[str]:
    """Dotted names that a file imports, or imports from."""
    for node in _all_statements(tree.body):
        match node:
            case ast.Import(names=aliases):
                yield from (alias.name for alias in aliases)
            case ast.ImportFrom(module=module, names=aliases):
                yield from (f"{module or ''}.{alias.name}".lstrip(".") for alias in aliases)


def _all_statements(body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    """All statements, those in others too; expressions hold none, and are most of a tree."""
    waiting: list[Any] = list(body)
    while waiting:
        node = waiting.pop(0)
        if isinstance(node, ast.stmt):
            yield node
        for name in _BODIES:
            waiting += getattr(node, name, ())


def _prefixes(name: str) -> Iterator[str]:
    """`a`, `a.b`, `a.b.c`; of `a.*` only `a`."""
    parts = name.split(".", _MAX_PARTS)[:_MAX_PARTS]
    for last in range(1, len(parts) + 1):
        if all(part.isidentifier() for part in parts[:last]):
            yield ".".join(parts[:last])


def helpers_noted(package: Package, lent: Sequence[str], others: Sequence[str]) -> list[str]:
    """What was taken from outside the package: the student's own, and what was given out.

    `others` are files of the submission that are not Python.
    """
    modules = {*package.modules.values(), *lent}
    own = [file for file in package.files if file.startswith("../") and file not in modules]
    notes = [f"Imported from outside the package: {', '.join(own)}."] if own else []
    sources = {file: f"{file.removesuffix('.py')}.pyx" for file in lent}
    compiled = [file for file in lent if package.inside(sources[file]) in others]
    if compiled:
        named = ", ".join(sources[file] for file in compiled)
        notes.append(f"Not compiled here; graded with a module in Python in its place: {named}.")
    if absent := [file for file in lent if file not in compiled]:
        notes.append(f"Not submitted; graded with what was given out: {', '.join(absent)}.")
    return notes


def within(text: str, tree: ast.Module, depth: int) -> str:
    """The text with no relative import that leads out of the package, line for line.

    A file `depth` folders deep (1 in the package itself) can say `from ..utils import x` where the
    package lies in a folder of the student's; here nothing lies above it.
    """
    if not re.search(rf"\bfrom[\s\\]*\.(?:[\s\\]*\.){{{depth}}}", text):
        return text
    lines = text.split("\n")
    for node in _all_statements(tree.body):
        if isinstance(node, ast.ImportFrom) and node.level > depth:
            line = lines[node.lineno - 1]
            head, rest = line[: node.col_offset], line[node.col_offset :]
            lines[node.lineno - 1] = head + _DOTS.sub(f"from {'.' * depth}", rest, count=1)
    return "\n".join(lines)
