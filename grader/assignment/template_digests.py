"""What templates leave to be done, as hashes of syntax trees: nobody touched a function like that.

Those of the template in the assignment's folder are computed; those of other releases are recorded
in a file, since their text is not ours to give out.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Final

import msgspec

from grader.assignment.layout import Layout
from grader.model.contract import Contract
from grader.model.errors import InputError
from grader.model.module_path import module_file, notebook_of

FILE: Final = "template_digests.json"
"""Beside `releases.py`: contract name, or method, to the hashes in known templates."""
Function = ast.FunctionDef | ast.AsyncFunctionDef
_NO_PART: Final = frozenset(
    {"annotation", "returns", "type_comment", "type_params", "kind", "ctx", "simple"}
)
"""Fields of a syntax tree that say nothing of what it does."""
Digests = Mapping[str, frozenset[str]]


def tree_digest(function: Function) -> str:
    """Of a function's parameters and statements, whatever its texts, comments and layout.

    It begins with the number of its statements, by which most others are told apart at once.
    """
    body = plain_body(function)
    text = "".join(_written([function.args, body]))
    return f"{len(body)}:{hashlib.sha256(text.encode()).hexdigest()[:16]}"


def is_in_template(function: Function, templates: Collection[str]) -> bool:
    """Whether a function is one of those that known templates have in its place."""
    count = f"{len(plain_body(function))}:"
    return any(each.startswith(count) for each in templates) and tree_digest(function) in templates


def plain_body(function: Function) -> list[ast.stmt]:
    """Its statements, without texts that stand alone."""
    return [statement for statement in function.body if not _is_text(statement)]


def _is_text(node: object) -> bool:
    match node:
        case ast.Expr(value=ast.Constant(value=str())):
            return True
    return False


def _written(value: object) -> Iterator[str]:
    """A tree as text, the same whatever the version of Python."""
    if isinstance(value, ast.AST):
        yield type(value).__name__
        for name in value._fields:
            if name not in _NO_PART:
                yield from _written(getattr(value, name, None))
    elif isinstance(value, list):
        yield "["
        for part in value:
            if not _is_text(part):
                yield from _written(part)
        yield "]"
    else:
        yield f"({value!r})"


def with_templates(contract: Contract, layout: Layout) -> Contract:
    """The contract, with what the known templates have in the place of each function.

    Raises:
        InputError: the file of digests is damaged.
    """
    recorded, own = recorded_digests(layout.plugin / FILE), _own(contract, layout)
    names = recorded.keys() | own.keys()
    return contract.with_templates(
        {name: recorded.get(name, frozenset()) | own.get(name, frozenset()) for name in names}
    )


def recorded_digests(path: Path) -> Digests:
    """What a file of digests holds; nothing where there is none.

    Raises:
        InputError: it is damaged.
    """
    if not path.is_file():
        return {}
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, frozenset[str]])
    except msgspec.DecodeError as error:
        raise InputError(f"{path}: not a file of template digests: {error}.") from None


def _own(contract: Contract, layout: Layout) -> Digests:
    """Of the template in the assignment's folder, what the reference has otherwise."""
    found: dict[str, frozenset[str]] = {}
    solved = function_digests(contract, layout.reference)
    for package in (layout.template / layout.reference.name, layout.template):
        for name, digest in function_digests(contract, package).items():
            if solved.get(name, digest) != digest:
                found.setdefault(name, frozenset({digest}))
    return found


def function_digests(contract: Contract, package: Path) -> dict[str, str]:
    """Functions of the contract that students write, and methods, with their digests."""
    modules = {entry.module for entry in contract.values() if not notebook_of(entry.module)}
    files = {module: _functions(package / module_file(module)) for module in modules}
    targets = (
        (target, files.get(entry.module, {}))
        for name, entry in contract.items()
        if not entry.given
        for target in (name, *(f"{name}.{method}" for method in entry.methods))
    )
    return {name: tree_digest(known[name]) for name, known in targets if name in known}


def _functions(path: Path) -> dict[str, Function]:
    """The functions and methods of a module, by their names; none where it cannot be read."""
    try:
        body = ast.parse(path.read_text(encoding="utf-8")).body
    except (OSError, ValueError, SyntaxError):
        return {}
    classes = [node for node in body if isinstance(node, ast.ClassDef)]
    methods = {f"{c.name}.{n.name}": n for c in classes for n in c.body if isinstance(n, Function)}
    return {node.name: node for node in body if isinstance(node, Function)} | methods
