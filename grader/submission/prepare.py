"""One file of a submission, from bytes to text that Python 3 can run."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final, NamedTuple

from grader.submission.parse import Unparsable, parse
from grader.submission.python2 import (
    convert,
    has_print_statement,
    has_true_division,
    is_python3_only,
    may_have_signs,
    may_support_both,
    signs,
    signs_in_text,
    supports_both,
)
from grader.submission.salvage import Broken, salvage
from grader.submission.text import Unreadable, decode, expand_tabs

_COMPLAINTS_OF_PYTHON3: Final = ("Missing parentheses in call to", "multiple exception types")
"""Errors that Python 3 finds in good Python 2, before it comes to what is really wrong."""


class Prepared(NamedTuple):
    """A file that can be run, or what is left of it."""

    original: str
    """As handed in, decoded."""
    text: str
    """What is run; as many lines."""
    tree: ast.Module
    """Of `text`."""
    python2: str
    """What shows that it was written for Python 2, in words; empty if nothing does."""
    broken: dict[str, Broken]
    notes: list[str]

    @property
    def floors(self) -> bool:
        """Whether `/` floors between integers if the package is one for Python 2."""
        return not has_true_division(self.tree) and not is_python3_only(self.tree)

    @property
    def supports_both(self) -> bool:
        """Whether it imports what lets one text run under Python 2 and 3."""
        return may_support_both(self.original) and supports_both(self.tree)


def prepare(file: str, data: bytes) -> Prepared:
    """Make a file runnable, whatever its age and state; `file` is its name in messages.

    Raises:
        Unreadable: nothing of it can be used.
    """
    original = decode(data)
    try:
        text, tree, python2, expanded = _whole(original)
        parts = Prepared(original, text, tree, python2, {}, [])
    except Unparsable as error:
        if error.hostile:
            raise _hopeless(error) from None
        parts, expanded = _parts(file, original, error), False
    if expanded:
        parts.notes.append(f"{file}: tabs and spaces are mixed; read with tabs of eight columns.")
    return parts


def _whole(original: str) -> tuple[str, ast.Module, str, bool]:
    """Runnable text, its tree, signs of Python 2, and whether tabs had to be expanded."""
    problem: Unparsable | None = None
    for text in _readings(original):
        try:
            return *_modernise(text, parse(text)), text != original
        except Unparsable as error:
            problem = problem or error
            if error.hostile:
                raise
    for text in _readings(original):
        try:
            new = _convert(text)
            return new, parse(new), _sign_of_old_syntax(original), text != original
        except Unparsable:
            continue
    assert problem is not None
    raise problem


def _readings(original: str) -> Iterator[str]:
    """The text as it is and, where that is another, with its tabs expanded."""
    yield original
    expanded = expand_tabs(original)
    if expanded != original:
        yield expanded


def _modernise(text: str, tree: ast.Module) -> tuple[str, ast.Module, str]:
    found = signs(tree) if may_have_signs(text) else []
    if not found:
        return text, tree, ""
    new = convert(text)
    return new, parse(new), f"uses {', '.join(found)}"


def _convert(text: str) -> str:
    converted = convert(text)
    if converted == text:
        raise Unparsable("is no Python 2")
    return converted


def _sign_of_old_syntax(text: str) -> str:
    return "uses print statements" if has_print_statement(text) else "uses syntax of Python 2"


def _parts(file: str, original: str, problem: Unparsable) -> Prepared:
    try:
        left = salvage(original, file, _block_to_python3)
        tree = parse(left.text)
    except Unparsable:
        raise _hopeless(problem) from None
    notes = [f"Left out {reason}" for reason in left.lost_lines[:5]]
    broken = {part.name: part for part in left.broken}
    found = signs_in_text(original)
    python2 = f"uses {', '.join(found)}" if found else ""
    return Prepared(original, left.text, tree, python2, broken, notes)


def _hopeless(problem: Unparsable) -> Unreadable:
    where = f", line {problem.line}" if problem.line else ""
    return Unreadable(f"cannot be parsed{where}: {problem.reason}")


def _block_to_python3(text: str) -> str:
    """Raises the complaint of the Python that the block was written for."""
    try:
        return _whole(text)[0]
    except Unparsable as error:
        if error.reason.startswith(_COMPLAINTS_OF_PYTHON3):
            convert(text)
        raise
