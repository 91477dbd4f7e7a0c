"""A bank without its hidden checks, and without what only these use.

What is kept is written anew from its syntax tree, so that no comment and no docstring tells what
was left out.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple

from grader.model.errors import InputError

_ALWAYS: Final = frozenset({"pytestmark", "pytest_plugins"})
_WORD: Final = re.compile(r"[^\W\d]\w*")


class BankFunction(NamedTuple):
    """A function of a bank, which may be several checks."""

    module: str
    """Of the bank, without its folder: `losses`."""
    name: str
    """`test_value`."""


def function_of(check: str) -> BankFunction:
    """The function that a check comes from, by the check's id."""
    module, _, name = check.partition("::")
    return BankFunction(module, f"test_{name.partition('[')[0]}")


def public_bank(folder: Path, hidden: Collection[BankFunction]) -> dict[str, str]:
    """The modules of a bank by their file names, without some functions.

    Raises:
        InputError: one of them is not written down as a function of its module, or is used by what
            is kept, or a module imports `*`: then nobody can tell what may be left out.
    """
    texts = {path.name: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.py"))}
    modules = {
        name.removesuffix(".py"): _Module(folder / name, text) for name, text in texts.items()
    }
    for function in sorted(hidden):
        if function.module not in modules or not modules[function.module].remove(function.name):
            raise InputError(
                f"{folder / function.module}.py: {function.name} holds hidden checks, but is not "
                "a function at the top of this file or of a class in it.",
                hint="A kit cannot leave it out; write it as an ordinary function.",
            )
    for name, module in modules.items():
        module.forget(hidden, name)
    _keep_what_is_needed(modules)
    return {f"{name}.py": module.text() for name, module in modules.items() if not module.is_empty}


class _Module:
    """The statements at the top of a module, and which of them are kept."""

    def __init__(self, path: Path, text: str) -> None:
        self._path = path
        self._statements = [each for each in ast.parse(text).body if not _is_docstring(each)]
        self._had_statements = bool(self._statements)
        self._own = {
            name for each in self._statements if not _is_import(each) for name in _defined(each)
        }
        self._gone: set[str] = set()
        self._wanted: set[str] = set()
        self.kept: set[int] = set()

    def remove(self, name: str) -> bool:
        """Drop a function; False if there is none of this name."""
        for body in self._bodies():
            for statement in body:
                if isinstance(statement, ast.FunctionDef) and statement.name == name:
                    body.remove(statement)
                    return True
        return False

    def _bodies(self) -> Iterator[list[ast.stmt]]:
        yield self._statements
        yield from (each.body for each in self._statements if isinstance(each, ast.ClassDef))

    def forget(self, hidden: Collection[BankFunction], here: str) -> None:
        """Need functions no more that are gone; `here` is the name of this module."""
        self._statements = [each for each in self._statements if not _is_empty_class(each)]
        self._gone = {function.name for function in hidden if function.module == here}
        for local, module, there in self.imports():
            if there == "*":
                raise InputError(
                    f"{self._path}: imports * from {module}, so that nobody can tell what is used.",
                    hint="A kit has only what its checks use; import it by name.",
                )
            if (module.rpartition(".")[2], there) in hidden:
                self._gone.add(local)
        for statement in self._statements:
            for node in ast.walk(statement):
                if isinstance(node, ast.Tuple | ast.List):
                    node.elts = [each for each in node.elts if not self._is_gone(each)]

    def _is_gone(self, node: ast.AST) -> bool:
        return isinstance(node, ast.Name) and node.id in self._gone

    def _given(self, statement: ast.stmt) -> set[str]:
        """The names that a statement gives a meaning to, or adds something to."""
        return _defined(statement) | self._own.intersection(_changed(statement))

    def keep_roots(self) -> Iterator[str]:
        """Keep what is there for itself: tests, and what defines nothing; the names it uses."""
        for number, statement in enumerate(self._statements):
            names = self._given(statement)
            roots = not names or any(n.startswith(("test_", "Test")) for n in names)
            if roots or names & _ALWAYS or _is_automatic(statement):
                yield from self._keep(number)

    def keep(self, name: str) -> Iterator[str]:
        """Keep what defines a name; the names that it uses."""
        self._wanted.add(name)
        for number, statement in enumerate(self._statements):
            if name in self._given(statement) and number not in self.kept:
                yield from self._keep(number)

    def keep_all(self) -> Iterator[str]:
        """Keep everything; the names that it uses."""
        for number in range(len(self._statements)):
            yield from self._keep(number)

    def _keep(self, number: int) -> Iterator[str]:
        statement = self._statements[number]
        self.kept.add(number)
        for node in ast.walk(statement):
            if self._is_gone(node):
                raise InputError(
                    f"{self._path}, line {statement.lineno}: what stands here is public and uses "
                    f"{ast.unparse(node)}, which holds hidden checks.",
                    hint="Move what both need into a function of its own.",
                )
        yield from _used(statement)

    def imports(self) -> Iterator[tuple[str, str, str]]:
        """What is imported from other modules: the local name, the module, and the name there."""
        for statement in self._statements:
            for node in ast.walk(statement):
                if isinstance(node, ast.ImportFrom):
                    for alias in node.names:
                        yield _local_name(alias), node.module or "__init__", alias.name
                elif isinstance(node, ast.Import):
                    for alias in node.names:
                        above, _, last = alias.name.rpartition(".")
                        yield _local_name(alias), above, last

    @property
    def is_empty(self) -> bool:
        """Whether nothing is left of a module that held something."""
        return self._had_statements and not any(not _is_future(each) for each in self._body())

    def text(self) -> str:
        """What is kept, as Python."""
        body = self._body()
        for statement in body:
            for node in ast.walk(statement):
                _drop_docstring(node)
        return ast.unparse(ast.fix_missing_locations(ast.Module(body, []))) + "\n"

    def _body(self) -> list[ast.stmt]:
        """The statements that are kept; of imports only what is used here or elsewhere."""
        body = [
            each
            for number, each in enumerate(self._statements)
            if number in self.kept or _is_future(each)
        ]
        for statement in body:
            if isinstance(statement, ast.ImportFrom | ast.Import) and not _is_future(statement):
                statement.names = [
                    each for each in statement.names if _local_name(each) in self._wanted
                ]
        return [each for each in body if not _is_import(each) or _names_of(each)]


def _keep_what_is_needed(modules: Mapping[str, _Module]) -> None:
    waiting = [
        (name, used)
        for name, module in modules.items()
        for used in (
            module.keep_all()
            if name == "__init__"
            else () if name.startswith("_") else module.keep_roots()
        )
    ]  # fmt: skip
    seen: set[tuple[str, str]] = set()
    while waiting:
        here, name = waiting.pop()
        if (here, name) in seen:
            continue
        seen.add((here, name))
        waiting += [(here, used) for used in modules[here].keep(name)]
        for local, module, there in modules[here].imports():
            if local != name:
                continue
            last = module.rpartition(".")[2]
            if last in modules:
                waiting.append((last, there))
            if there in modules:  # the module itself: what is used of it is not looked for
                waiting += [(there, used) for used in modules[there].keep_all()]


def _defined(statement: ast.stmt) -> set[str]:
    """The names that a statement gives a meaning to."""
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {statement.name}
    if isinstance(statement, ast.Import | ast.ImportFrom):
        return set() if _is_future(statement) else {_local_name(a) for a in statement.names}
    return {
        *(n.id for n in ast.walk(statement)
          if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)),
        *(_local_name(a) for n in ast.walk(statement)
          if isinstance(n, ast.Import | ast.ImportFrom) for a in n.names),
        *(n.name for n in ast.walk(statement) if isinstance(n, ast.FunctionDef | ast.ClassDef)),
    }  # fmt: skip


def _changed(statement: ast.stmt) -> Iterator[str]:
    """The names to whose values a statement may add something: `CASES[name] = ...`."""
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return
    for node in ast.walk(statement):
        match node:
            case ast.Subscript(ctx=ast.Store()) | ast.Attribute(ctx=ast.Store()):
                yield _base(node)
            case ast.Expr(value=ast.Call(func=function, args=arguments)):
                yield from map(_base, [function, *arguments])


def _base(node: ast.expr) -> str:
    """`CASES` of `CASES["matrix"].shape`; empty if it is nothing of a name."""
    while isinstance(node, ast.Subscript | ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def _used(statement: ast.stmt) -> Iterator[str]:
    """Names that a statement may use: also those of fixtures, and in annotations that are text."""
    if _is_import(statement):
        return
    for node in ast.walk(statement):
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.Constant) and str(node.value).isidentifier():
            yield str(node.value)
        for annotation in (getattr(node, "annotation", None), getattr(node, "returns", None)):
            if isinstance(annotation, ast.Constant):
                yield from _WORD.findall(str(annotation.value))


def _is_automatic(statement: ast.stmt) -> bool:
    """Whether it is a fixture that tests need not name."""
    decorators = getattr(statement, "decorator_list", [])
    return any(
        isinstance(node, ast.keyword) and node.arg == "autouse"
        for decorator in decorators
        for node in ast.walk(decorator)
    )


def _is_docstring(statement: ast.stmt) -> bool:
    """Whether it is a text that stands for itself: of a module, or below a constant."""
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )


def _drop_docstring(node: ast.AST) -> None:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        node.body = [each for each in node.body if not _is_docstring(each)] or [ast.Pass()]


def _is_empty_class(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.ClassDef) and all(map(_is_docstring, statement.body))


def _is_import(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Import | ast.ImportFrom)


def _is_future(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.ImportFrom) and statement.module == "__future__"


def _local_name(alias: ast.alias) -> str:
    return alias.asname or alias.name.partition(".")[0]


def _names_of(statement: ast.stmt) -> list[ast.alias]:
    return getattr(statement, "names", [])
