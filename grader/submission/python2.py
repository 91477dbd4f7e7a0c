"""Telling Python 2 from Python 3, and turning the one into the other."""

from __future__ import annotations

import ast
import contextlib
import functools
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from grader.submission.parse import Unparsable, parse

if TYPE_CHECKING:
    from fissix.refactor import RefactoringTool  # type: ignore[import-untyped]

_NAMES: Final = frozenset(
    {"xrange", "unicode", "raw_input", "basestring", "long", "unichr", "execfile", "reduce"}
)
_METHODS: Final = frozenset({"iteritems", "itervalues", "iterkeys", "has_key"})
_COMPATIBILITY: Final = frozenset({"builtins", "past", "future", "six"})
_PRINT_STATEMENT: Final = re.compile(r"^[ \t]*print[ \t]+[^\s(=.,)\]]", re.MULTILINE)
_OLD_CALL: Final = re.compile(
    rf"(?<![\w.])({'|'.join(sorted(_NAMES))})\(|\.({'|'.join(sorted(_METHODS))})\("
)
_COMPATIBLE_IMPORT: Final = re.compile(
    rf"^\s*(?:from|import)\s+(?:{'|'.join(sorted(_COMPATIBILITY))})\b", re.MULTILINE
)
_MAY_IMPORT: Final = re.compile(rf"\bfrom[\s\\]+(?:{'|'.join(sorted(_COMPATIBILITY))})\b")
_OLD_NAME: Final = re.compile(
    rf"\b(?:{'|'.join(sorted(_NAMES | _METHODS))})\b|\bprint\s*(?:>>|\(.*\)\s*%)"
)
_MAX_CHARACTERS: Final = 1_000_000
"""The converter manages some 500 kB a second."""

_INLINE: Final = (
    "apply", "basestring", "dict", "except", "exec", "execfile", "filter", "funcattrs", "has_key",
    "long", "map", "methodattrs", "ne", "next", "nonzero", "numliterals", "paren", "print", "raise",
    "raw_input", "renames", "repr", "standarderror", "sys_exc", "throw", "types", "unicode",
    "xrange", "zip", "itertools",
)  # fmt: skip
_MAY_ADD_LINES: Final = ("imports", "itertools_imports", "tuple_params", "urllib")


class Sign(NamedTuple):
    """Something that only works under Python 2."""

    what: str
    """`xrange`, `.iteritems()`, `print statements`."""
    line: int
    """Where it first stands."""

    def __str__(self) -> str:
        return f"{self.what} (line {self.line})" if self.line else self.what


def may_have_signs(text: str) -> bool:
    """Whether looking for `signs` is worth while: quick, and never wrongly False."""
    return _OLD_NAME.search(text) is not None


def may_support_both(text: str) -> bool:
    """Whether looking for `supports_both` is worth while: quick, and never wrongly False."""
    return _MAY_IMPORT.search(text) is not None


def signs(tree: ast.Module) -> list[Sign]:
    """What in a module that Python 3 can parse only works under Python 2: `xrange`, `.has_key`."""
    names: dict[str, int] = {}
    methods: dict[str, int] = {}
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name) if name in _NAMES:
                _first(names, name, node.lineno)
            case ast.Call(func=ast.Attribute(attr=name)) if name in _METHODS:
                _first(methods, f".{name}()", node.lineno)
        if isinstance(node, ast.BinOp) and _is_old_print(node):
            _first(methods, "print statements", node.lineno)
    bound = _bound(tree) if names else set()
    used = {name: line for name, line in names.items() if name not in bound}
    return [Sign(*item) for found in (used, methods) for item in sorted(found.items())]


def _first(found: dict[str, int], what: str, line: int) -> None:
    found[what] = min(found.get(what, line), line)


def signs_in_text(text: str) -> list[Sign]:
    """The same for a text that does not parse as a whole; comments may mislead."""
    if _COMPATIBLE_IMPORT.search(text):
        return []
    found: dict[str, int] = {}
    for match in _OLD_CALL.finditer(text):
        what = match[1] or f".{match[2]}()"
        _first(found, what, text.count("\n", 0, match.start()) + 1)
    return [Sign(*item) for item in sorted(found.items())]


def _has_old_print(tree: ast.Module) -> bool:
    return any(isinstance(node, ast.BinOp) and _is_old_print(node) for node in ast.walk(tree))


def _is_old_print(node: ast.BinOp) -> bool:
    """`print >>file, x` and `print ("%d") % x`: Python 3 parses them, and fails."""
    match node:
        case ast.BinOp(left=ast.Name(id="print"), op=ast.RShift()):
            return True
        case ast.BinOp(left=ast.Call(func=ast.Name(id="print")), op=ast.Mod()):
            return True
    return False


def first_print_statement(text: str) -> int:
    """The first line that looks like Python 2's `print x`; 0 if none does."""
    found = _PRINT_STATEMENT.search(text)
    return text.count("\n", 0, found.start()) + 1 if found else 0


def supports_both(tree: ast.Module) -> bool:
    """Whether the module imports what lets one text run under Python 2 and 3."""
    return any(
        isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] in _COMPATIBILITY
        for node in ast.walk(tree)
    )


def is_python3_only(tree: ast.Module) -> bool:
    """Whether the module uses syntax that Python 2 does not have."""
    nodes = list(ast.walk(tree))
    if any(map(_is_new_syntax, nodes)):
        return True
    imports_print = any(
        isinstance(node, ast.ImportFrom) and node.module == "__future__" for node in nodes
    )
    return not imports_print and any(map(_is_print_with_keywords, nodes))


def _is_new_syntax(node: ast.AST) -> bool:
    match node:
        case ast.JoinedStr() | ast.MatMult() | ast.NamedExpr() | ast.Nonlocal() | ast.AnnAssign():
            return True
        case ast.AsyncFunctionDef() | ast.Await() | ast.YieldFrom():
            return True
        case ast.arguments():
            return bool(node.kwonlyargs or node.posonlyargs)
        case ast.arg():
            return node.annotation is not None
        case ast.Raise():
            return node.cause is not None
        case ast.List(elts=parts) | ast.Tuple(elts=parts) | ast.Set(elts=parts):
            return any(isinstance(part, ast.Starred) for part in parts)
        case ast.Dict(keys=keys):
            return None in keys
    return False


def _is_print_with_keywords(node: ast.AST) -> bool:
    """`print(x, end="")`, which is no statement."""
    match node:
        case ast.Call(func=ast.Name(id="print"), keywords=[_, *_]):
            return True
    return False


def convert(text: str) -> str:
    """Python 3 with the meaning of the Python 2 in `text`, line for line.

    Division is left alone: that `/` floors between integers is for the worker to see to.

    Raises:
        Unparsable: it is not Python 2 either.
    """
    if len(text) > _MAX_CHARACTERS:
        raise Unparsable("too long to be converted from Python 2")
    try:
        print_function = not _has_old_print(parse(text))
    except Unparsable:
        print_function = "print_function" in text
    lines = text.count("\n")
    for fixers in (_INLINE + _MAY_ADD_LINES, _INLINE):
        converted = _refactor(text, _tool(fixers, print_function))
        if converted.count("\n") == lines:
            return _import_reduce(converted, parse(converted))
    raise Unparsable("cannot be converted from Python 2 line for line")


@functools.cache
def _tool(fixers: tuple[str, ...], print_function: bool) -> RefactoringTool:
    # Slow to import, few submissions need it, and a student's kit comes without it.
    if find_spec("fissix") is None:
        raise Unparsable("Python 2, which is converted only where the package fissix is installed")
    with _grammar_folder():
        from fissix.refactor import RefactoringTool

        return RefactoringTool(
            [f"fissix.fixes.fix_{name}" for name in fixers],
            options={"print_function": print_function},
        )


@contextmanager
def _grammar_folder() -> Iterator[None]:
    """A folder where fissix can put its grammar: the user's own may not be there to write to."""
    import fissix  # type: ignore[import-untyped]

    usual = fissix.CACHE_DIR
    with contextlib.ExitStack() as stack:
        try:
            usual.mkdir(parents=True, exist_ok=True)
        except OSError:
            fissix.CACHE_DIR = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            stack.callback(setattr, fissix, "CACHE_DIR", usual)
        yield


def _refactor(text: str, tool: RefactoringTool) -> str:
    from fissix.pgen2.parse import ParseError  # type: ignore[import-untyped]
    from fissix.pgen2.tokenize import TokenError  # type: ignore[import-untyped]

    ended = text if text.endswith("\n") else text + "\n"
    try:
        converted = str(tool.refactor_string(ended, "<student>"))
    except ParseError as error:
        raise Unparsable("invalid syntax, in Python 2 too", error.context[1][0]) from None
    except TokenError as error:
        what = "string" if "string" in error.args[0] else "bracket"
        raise Unparsable(f"a {what} is never closed", error.args[1][0]) from None
    except (RecursionError, MemoryError):
        raise Unparsable("nested too deeply") from None
    except Exception as error:  # a fixer's own bug must not cost the whole batch
        raise Unparsable(f"cannot be converted from Python 2: {error}") from None
    return converted if text.endswith("\n") else converted.removesuffix("\n")


def _import_reduce(text: str, tree: ast.Module) -> str:
    """`reduce` was a builtin: import it on the line of an import that is there."""
    if "reduce" not in {sign.what for sign in signs(tree)}:
        return text
    lines = text.split("\n")
    at = next((node for node in tree.body if _can_share_its_line(node)), None)
    if at is None:
        raise Unparsable("uses reduce, and has no import")
    lines[at.lineno - 1] = "from functools import reduce; " + lines[at.lineno - 1]
    return "\n".join(lines)


def _can_share_its_line(node: ast.stmt) -> bool:
    is_future = isinstance(node, ast.ImportFrom) and node.module == "__future__"
    return isinstance(node, (ast.Import, ast.ImportFrom)) and not is_future


def _bound(tree: ast.Module) -> set[str]:
    """Names that the module gives a meaning to, anywhere."""
    bound: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Name(ctx=ast.Store()):
                bound.add(node.id)
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                bound.add(node.name)
            case ast.arg():
                bound.add(node.arg)
            case ast.ImportFrom() if _imports_all_compatible(node):
                bound |= _NAMES
            case ast.Import() | ast.ImportFrom():
                bound |= {alias.asname or alias.name for alias in node.names}
    return bound


def _imports_all_compatible(node: ast.ImportFrom) -> bool:
    is_compatible = (node.module or "").partition(".")[0] in _COMPATIBILITY
    return is_compatible and any(alias.name == "*" for alias in node.names)
