"""Parsing text that nobody vouches for."""

from __future__ import annotations

import ast
import re
import warnings
from collections import Counter
from collections.abc import Iterator
from typing import Final

from grader.submission.syntax_help import explain

MAX_LINES: Final = 50_000
"""Far beyond any module that a person writes. Looking through more of them takes us seconds."""
_LINE: Final = re.compile(r"\bline (\d+)\b")


class Unparsable(Exception):
    """Not Python: what is wrong, and in which line (0 where that is unknown)."""

    def __init__(self, reason: str, line: int = 0, *, hostile: bool = False) -> None:
        super().__init__(reason, line)
        self.reason = reason
        self.line = line
        self.hostile = hostile
        """Made to exhaust whoever reads it: not worth another attempt."""

    def moved(self, lines: int) -> Unparsable:
        """The same error in a text that starts `lines` lines earlier."""
        reason = _LINE.sub(lambda match: f"line {int(match[1]) + lines}", self.reason)
        return Unparsable(reason, self.line + lines if self.line else 0, hostile=self.hostile)


def parse(text: str) -> ast.Module:
    """The syntax tree of `text`.

    It is not compiled, for which the same function twenty thousand times takes seconds: of the
    errors that only show then, the usual ones are looked for here, and the worker says the others.

    Raises:
        Unparsable: what Python objects to before it runs anything, limits of nesting, memory
            and length included.
    """
    if text.count("\n") > MAX_LINES:
        raise Unparsable(f"more than {MAX_LINES:,} lines", hostile=True)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text)
        _look_at(tree.body, in_function=False, in_loop=False)
        return tree
    except SyntaxError as error:
        hostile = error.msg.startswith("too many")
        raise Unparsable(*explain(text, error.msg, error.lineno or 0), hostile=hostile) from None
    except (RecursionError, MemoryError):
        raise Unparsable("nested too deeply", hostile=True) from None
    except ValueError as error:
        raise Unparsable(str(error)) from None


def _look_at(body: list[ast.stmt], *, in_function: bool, in_loop: bool) -> None:
    """Raise `Unparsable` for a statement that must not stand where it does."""
    for statement in body:
        match statement:
            case ast.Return() if not in_function:
                raise Unparsable("'return' outside function", statement.lineno)
            case ast.Break() if not in_loop:
                raise Unparsable("'break' outside loop", statement.lineno)
            case ast.Continue() if not in_loop:
                raise Unparsable("'continue' not properly in loop", statement.lineno)
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                _look_at_names(statement.args, statement.lineno)
                _look_at(statement.body, in_function=True, in_loop=False)
            case ast.ClassDef():
                _look_at(statement.body, in_function=False, in_loop=False)
            case ast.For() | ast.AsyncFor() | ast.While():
                _look_at(statement.body, in_function=in_function, in_loop=True)
                _look_at(statement.orelse, in_function=in_function, in_loop=in_loop)
            case _:
                for block in _blocks(statement):
                    _look_at(block, in_function=in_function, in_loop=in_loop)


def _look_at_names(arguments: ast.arguments, line: int) -> None:
    single = [argument for argument in (arguments.vararg, arguments.kwarg) if argument]
    several = (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, *single)
    for name, count in Counter(argument.arg for argument in several).items():
        if count > 1:
            raise Unparsable(f"duplicate argument '{name}' in function definition", line)


_TRIES: Final = (ast.Try, getattr(ast, "TryStar", ast.Try))
"""`try` with `except` or `except*`, which Python 3.10 does not know."""


def _blocks(statement: ast.stmt) -> Iterator[list[ast.stmt]]:
    """The bodies of an `if`, `with`, `try` or `match`."""
    match statement:
        case ast.If():
            yield from (statement.body, statement.orelse)
        case ast.With() | ast.AsyncWith():
            yield statement.body
        case _ if isinstance(statement, _TRIES):
            yield from (statement.body, statement.orelse, statement.finalbody)
            yield from (handler.body for handler in statement.handlers)
        case ast.Match():
            yield from (case.body for case in statement.cases)


def statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements that run when a module is imported, those under `if` and `try` too."""
    for statement in body:
        yield statement
        match statement:
            case ast.If() | ast.For() | ast.While():
                yield from statements(statement.body + statement.orelse)
            case ast.With():
                yield from statements(statement.body)
            case ast.Try():
                yield from statements(statement.body)
                for handler in statement.handlers:
                    yield from statements(handler.body)
                yield from statements(statement.orelse + statement.finalbody)
