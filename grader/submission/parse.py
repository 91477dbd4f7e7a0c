"""Parsing text that nobody vouches for."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator


class Unparsable(Exception):
    """Not Python: what is wrong, and in which line (0 where that is unknown)."""

    def __init__(self, reason: str, line: int = 0) -> None:
        super().__init__(reason, line)
        self.reason = reason
        self.line = line

    def moved(self, lines: int) -> Unparsable:
        """The same error in a text that starts `lines` lines earlier."""
        return Unparsable(self.reason, self.line + lines if self.line else 0)


def parse(text: str) -> ast.Module:
    """The syntax tree of `text`.

    Raises:
        Unparsable: whatever the parser objects to, limits of nesting and memory included.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except SyntaxError as error:
        raise Unparsable(error.msg, error.lineno or 0) from None
    except (RecursionError, MemoryError):
        raise Unparsable("nested too deeply") from None
    except ValueError as error:
        raise Unparsable(str(error)) from None


def parses(text: str) -> bool:
    """Whether `text` is Python 3 as it stands."""
    try:
        parse(text)
    except Unparsable:
        return False
    return True


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
