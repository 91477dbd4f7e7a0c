"""What a student calls the parameters of a function."""

from __future__ import annotations

import ast
import textwrap


def parameters_in(text: str, name: str) -> list[str]:
    """What a definition calls the parameters that a call by position fills.

    Args:
        text: of a function or class alone, as `SourceSpan` has it.
        name: of that, or of a method in it: `Net.loss`.

    Returns:
        Their names, without `self`; empty if the text cannot be read, or takes any number of them.
    """
    try:
        found: ast.stmt | None = ast.parse(textwrap.dedent(text)).body[0]
    except (SyntaxError, ValueError, RecursionError, IndexError):
        return []
    if isinstance(found, ast.ClassDef):
        found = _method(found, name.partition(".")[2] or "__init__")
    if not isinstance(found, (ast.FunctionDef, ast.AsyncFunctionDef)) or found.args.vararg:
        return []
    names = [argument.arg for argument in (*found.args.posonlyargs, *found.args.args)]
    return names[1:] if names[:1] in (["self"], ["cls"]) else names


def _method(owner: ast.ClassDef, name: str) -> ast.stmt | None:
    methods = (node for node in owner.body if isinstance(node, ast.FunctionDef))
    return next((method for method in methods if method.name == name), None)
