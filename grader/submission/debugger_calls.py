"""Calls of a debugger that were left in the code."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Final

_MAY_DEBUG: Final = re.compile(r"\b(?:breakpoint|set_trace)\b")


def debugger_calls(file: str, text: str, tree: ast.Module) -> Iterator[str]:
    """What is said of each: `layers.py, line 33: breakpoint() ...`."""
    if not _MAY_DEBUG.search(text):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and (name := _debugger(node.func)):
            yield (
                f"{file}, line {node.lineno}: {name}() stops the program and waits for somebody to "
                "type. It was passed over; delete it before you submit."
            )


def _debugger(function: ast.expr) -> str:
    match function:
        case ast.Name(id="breakpoint" | "set_trace" as name):
            return name
        case ast.Attribute(value=ast.Name(id=module), attr="set_trace"):
            return f"{module}.set_trace"
    return ""
