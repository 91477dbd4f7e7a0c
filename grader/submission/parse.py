"""Parsing text that nobody vouches for."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator
from typing import Final

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

    Raises:
        Unparsable: whatever Python objects to before it runs anything, limits of nesting and
            memory included.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text)
            # Some errors only show here: `return` outside a function, two arguments of one name.
            compile(tree, "<student>", "exec", dont_inherit=True)
            return tree
    except SyntaxError as error:
        hostile = error.msg.startswith("too many")
        raise Unparsable(error.msg, error.lineno or 0, hostile=hostile) from None
    except (RecursionError, MemoryError):
        raise Unparsable("nested too deeply", hostile=True) from None
    except ValueError as error:
        raise Unparsable(str(error)) from None


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
