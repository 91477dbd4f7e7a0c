"""What the source of a reference says of its functions and classes, without running it."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Final, NamedTuple

from grader.authoring.package_above import package_above
from grader.model.errors import InputError

Function = ast.FunctionDef | ast.AsyncFunctionDef
_SKIPPED_FOLDERS: Final = frozenset({"__pycache__", "node_modules", "venv", "build", "dist"})
_TESTS: Final = re.compile(r"(tests?|test_.*|.*_tests?|conftest|setup)(\.py)?")
"""Names of folders and files that belong to a project rather than to its solution."""


class DeclaredParameter(NamedTuple):
    """A parameter of a function or method, without `self`."""

    name: str
    annotation: str
    default: str | None
    """Its source; None where the caller must give a value."""


class Definition(NamedTuple):
    """A function, or a method of a class."""

    module: str
    """Dotted, as seen from the package."""
    owner: str
    """Name of its class; empty for a function."""
    node: Function
    parameters: tuple[DeclaredParameter, ...]
    tables: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Names of its module that are dicts, and their keys, where all of these are texts."""

    @property
    def name(self) -> str:
        """Its own name."""
        return self.node.name

    @property
    def doc(self) -> str:
        """Its docstring."""
        return ast.get_docstring(self.node) or ""

    @property
    def returns(self) -> tuple[str, ...]:
        """Names for what it returns, as its `return` statements give them."""
        names = _returned_names(self.node)
        said = _documented_returns(self.doc)
        unnamed = not names or any(re.fullmatch(r"value\d", name) for name in names)
        return said if unnamed and len(said) == max(len(names), 1) else names

    @property
    def is_static(self) -> bool:
        """Whether it is called on the class."""
        return _decorated(self.node, "staticmethod") or _decorated(self.node, "classmethod")

    @property
    def is_property(self) -> bool:
        """Whether it is read like an attribute."""
        return _decorated(self.node, "property") or _decorated(self.node, "setter")

    @property
    def is_abstract(self) -> bool:
        """Whether it is left to those that inherit: its body does nothing but raise."""
        raised = [
            ast.unparse(each.exc)
            for each in self.node.body
            if isinstance(each, ast.Raise) and each.exc is not None
        ]
        left = len(raised) == 1 and raised[0].startswith("NotImplementedError")
        return left or _decorated(self.node, "abstractmethod")


class ClassDefinition(NamedTuple):
    """A class and its own methods."""

    module: str
    node: ast.ClassDef
    bases: tuple[str, ...]
    own: tuple[Definition, ...]

    @property
    def name(self) -> str:
        """Its name."""
        return self.node.name

    @property
    def doc(self) -> str:
        """Its docstring."""
        return ast.get_docstring(self.node) or ""


class ReferenceSource:
    """The modules of a reference package."""

    def __init__(
        self,
        package: str,
        files: Mapping[str, str],
        given: Collection[str] = frozenset(),
        part: str = "",
    ) -> None:
        """Read the text of the files, given by their paths inside the package.

        Args:
            package: its name.
            files: text by path.
            given: paths of those that students get as they are.
            part: where in the package the others lie, if that is not the whole.

        Raises:
            InputError: one of them is not Python; names file and line.
        """
        self.package = package
        self.files = dict(files)
        self.given = frozenset(given)
        self.part = part
        self.trees: dict[str, ast.Module] = {}
        for path, text in self.files.items():
            try:
                self.trees[path] = ast.parse(text)
            except SyntaxError as error:
                raise InputError(f"{path}:{error.lineno}: {error.msg}.") from None

    @classmethod
    def read(cls, folder: Path) -> ReferenceSource:
        """Read the package that a folder is, or holds; with what else it imports, if it is a part.

        Raises:
            InputError: there is no Python in it, or it cannot be read.
        """
        if not folder.is_dir():
            raise InputError(
                f"{folder}: there is no such folder.",
                hint="Give the folder that holds the solution's Python files.",
            )
        root = package_root(folder)
        files = {
            path.relative_to(root).as_posix(): _text(path)
            for path in sorted(root.rglob("*.py"))
            if not _is_beside(path.relative_to(root))
        }
        if not any(files.values()):
            raise InputError(
                f"{folder}: there are no Python files in it.",
                hint="Give the folder that holds the solution; for notebooks see --from-nbgrader.",
            )
        source = cls(root.name, files)
        above = package_above(root, source.trees)
        if above is None:
            return source
        part = root.resolve().relative_to(above.root)
        own = {(part / path).as_posix(): text for path, text in files.items()}
        return cls(above.root.name, {**above.imported, **own}, above.imported, part.as_posix())

    @cached_property
    def functions(self) -> list[Definition]:
        """Top-level functions, in the order of the source."""
        return [
            _definition(module_of(path), "", node, _tables(tree))
            for path, tree in self.trees.items()
            for node in tree.body
            if isinstance(node, Function)
        ]

    @cached_property
    def classes(self) -> dict[str, ClassDefinition]:
        """Top-level classes by name."""
        return {
            node.name: ClassDefinition(
                module_of(path),
                node,
                tuple(ast.unparse(base).rpartition(".")[2] for base in node.bases),
                tuple(
                    _definition(module_of(path), node.name, inner, _tables(tree))
                    for inner in node.body
                    if isinstance(inner, Function)
                ),
            )
            for path, tree in self.trees.items()
            for node in tree.body
            if isinstance(node, ast.ClassDef)
        }

    def methods(self, name: str) -> dict[str, Definition]:
        """A class's methods by name, those of its bases in the package included."""
        found: dict[str, Definition] = {}
        known = self.classes.get(name)
        if known is None:
            return found
        for base in reversed(known.bases):
            if base != name:
                found |= self.methods(base)
        return found | {method.name: method for method in known.own}


def package_root(folder: Path) -> Path:
    """The folder itself, or the only package in it."""
    if (folder / "__init__.py").is_file() or any(folder.glob("*.py")):
        return folder
    packages = [path.parent for path in sorted(folder.glob("*/__init__.py"))]
    packages = [path for path in packages if not _TESTS.fullmatch(path.name)]
    if len(packages) == 1:
        return packages[0]
    inner = [path for path in sorted(folder.iterdir()) if path.is_dir() and any(path.glob("*.py"))]
    inner = [path for path in inner if not _TESTS.fullmatch(path.name)]
    return inner[0] if len(inner) == 1 else folder


def module_of(path: str) -> str:
    """`nets.simple` for `nets/simple.py`."""
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def _is_beside(path: Path) -> bool:
    """Whether a file belongs to a project rather than to its solution."""
    folders = [part for part in path.parts[:-1] if part in _SKIPPED_FOLDERS or part[0] == "."]
    return bool(folders) or any(_TESTS.fullmatch(part) for part in path.parts)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise InputError(f"{path}: cannot read it: {reason}.") from None


def _tables(tree: ast.Module) -> tuple[tuple[str, tuple[str, ...]], ...]:
    found = []
    for node in tree.body:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Dict(keys=keys)):
                texts = [key.value for key in keys if isinstance(key, ast.Constant)]
                if texts and len(texts) == len(keys) and all(isinstance(t, str) for t in texts):
                    found.append((name, tuple(map(str, texts))))
    return tuple(found)


def _definition(
    module: str, owner: str, node: Function, tables: tuple[tuple[str, tuple[str, ...]], ...]
) -> Definition:
    arguments = node.args
    plain = [*arguments.posonlyargs, *arguments.args]
    defaults = [None] * (len(plain) - len(arguments.defaults)) + [
        *map(ast.unparse, arguments.defaults)
    ]
    pairs = list(zip(plain, defaults, strict=True))
    if owner and pairs and not _decorated(node, "staticmethod"):
        pairs = pairs[1:]
    pairs += [
        (arg, None if default is None else ast.unparse(default))
        for arg, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    ]
    parameters = [
        DeclaredParameter(arg.arg, ast.unparse(arg.annotation) if arg.annotation else "", default)
        for arg, default in pairs
    ]
    return Definition(module, owner, node, tuple(parameters), tables)


def _decorated(node: Function, name: str) -> bool:
    return any(ast.unparse(each).rpartition(".")[2] == name for each in node.decorator_list)


def _returned_names(node: Function) -> tuple[str, ...]:
    """Of all the `return` statements that agree in number, the best names."""
    best: tuple[str, ...] = ()
    for statement in _returns(node):
        value = statement.value
        items = value.elts if isinstance(value, ast.Tuple) else [value] if value else []
        names = tuple(_name_of(item) for item in items)
        if len(names) > len(best) or (len(names) == len(best) and "" in best):
            best = names
    return _distinct(best)


def _documented_returns(doc: str) -> tuple[str, ...]:
    """The names that a docstring gives to what is returned."""
    _, _, after = re.sub(r"(?m)^\s*(Returns?|Outputs?)\b", "\0", doc, count=1).partition("\0")
    found = re.findall(r"(?m)^\s*[-*]?\s*([A-Za-z_]\w*)\s*(?:\([^)]*\))?:\s", after)
    return tuple(name for name in dict.fromkeys(found) if name not in {"Raises", "Note", "Notes"})


def _returns(node: ast.AST) -> Iterator[ast.Return]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Return):
            yield child
        elif not isinstance(child, Function | ast.Lambda | ast.ClassDef):
            yield from _returns(child)


def _name_of(node: ast.expr) -> str:
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(attr=name) if name != "T":
            return name
    return ""


def _distinct(names: tuple[str, ...]) -> tuple[str, ...]:
    if len(names) == 1:
        return names if names[0] else ()
    seen: list[str] = []
    for at, name in enumerate(names, 1):
        seen.append(f"value{at}" if not name or name in seen else name)
    return tuple(seen)
