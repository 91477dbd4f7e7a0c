"""One file of a submission, from bytes to text that Python 3 can run."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from grader.submission.division import has_true_division, needs_floor
from grader.submission.foreign_files import foreign
from grader.submission.parse import Unparsable, parse
from grader.submission.python2 import (
    Sign,
    convert,
    first_print_statement,
    is_python3_only,
    may_have_signs,
    may_support_both,
    signs,
    signs_in_text,
    supports_both,
)
from grader.submission.salvage import Broken, salvage
from grader.submission.source_text import Unreadable, decode, expand_tabs
from grader.submission.syntax_help import has_conflict, looks_cut

_DEFINITIONS: Final = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_STATEMENT: Final = re.compile(
    r"(?!(?:def|class|async|if|elif|else|for|while|try|except|finally|with|match)\b"
    r"|(?:return|yield|break|continue)\b|[<=>|]{7})[^\s@)\]}\"'#]"
)
"""A line of the first column that is a statement for itself."""
_MAX_DROPPED: Final = 5
_MAX_LOST: Final = 5
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
    python2: list[Sign]
    """What shows that it was written for Python 2."""
    python2_only: bool
    """Whether Python 3 cannot parse it, and Python 2 can."""
    broken: dict[str, Broken]
    notes: list[str]
    cells: tuple[tuple[int, str], ...] = ()
    """Of a notebook: the line where each cell of code begins, and what the cell is called."""

    @property
    def may_floor(self) -> bool:
        """Whether `/` floors between integers where the file is run by Python 2."""
        return not has_true_division(self.tree) and not is_python3_only(self.tree)

    def floors(self, *, among_python2: bool) -> bool:
        """Whether `/` floors between integers: where the file cannot be Python 3.

        Args:
            among_python2: whether anything in the package was written for Python 2.
        """
        cannot_be_python3 = self.python2_only or (among_python2 and needs_floor(self.tree) > 0)
        return cannot_be_python3 and self.may_floor

    @property
    def supports_both(self) -> bool:
        """Whether it imports what lets one text run under Python 2 and 3."""
        return may_support_both(self.original) and supports_both(self.tree)


class _Runnable(NamedTuple):
    """A text that Python 3 can run, and what it was."""

    text: str
    tree: ast.Module
    python2: list[Sign]
    python2_only: bool


def prepare(file: str, data: bytes) -> Prepared:
    """Make a file runnable, whatever its age and state; `file` is its name in messages.

    Raises:
        Unreadable: nothing of it can be used.
    """
    other = foreign(data)
    try:
        parts = prepare_text(file, decode(data))
    except Unreadable:
        if other is None:
            raise
        raise Unreadable(str(other)) from None
    if other is None:
        return parts
    if not any(isinstance(node, _DEFINITIONS) for node in parts.tree.body):
        raise Unreadable(str(other))
    return parts._replace(notes=[f"{file} {other}. What is Python in it was graded."])


def prepare_text(file: str, original: str) -> Prepared:
    """Make a text runnable that is meant to be Python; see `prepare`.

    Raises:
        Unreadable: nothing of it can be used.
    """
    try:
        whole, expanded = _whole(original)
    except Unparsable as error:
        if error.hostile:
            raise _hopeless(error) from None
        return _without_lines(file, original, error) or _parts(file, original, error)
    mixed = [f"{file}: tabs and spaces are mixed; read with tabs of eight columns."]
    return Prepared(original, *whole, {}, mixed if expanded else [])


def _without_lines(file: str, original: str, problem: Unparsable) -> Prepared | None:
    """The file without single lines at its top level, if it is sound but for a few of them."""
    lines, notes = original.split("\n"), []
    for _ in range(_MAX_DROPPED):
        at = problem.line - 1
        if not (0 <= at < len(lines) and _stands_alone(lines, at)):
            return None
        notes.append(f"Left out {file}, line {problem.line}: {problem.reason}")
        lines[at] = ""
        try:
            whole, _ = _whole("\n".join(lines))
            return Prepared(original, *whole, {}, notes)
        except Unparsable as error:
            if error.hostile or error.line <= problem.line:
                return None
            problem = error
    return None


def _whole(original: str) -> tuple[_Runnable, bool]:
    """The text made runnable, and whether tabs had to be expanded."""
    problem: Unparsable | None = None
    for text in _readings(original):
        try:
            return _modernise(text, parse(text)), text != original
        except Unparsable as error:
            problem = problem or error
            if error.hostile:
                raise
    assert problem is not None
    for text in _readings(original):
        try:
            new = _convert(text)
            signs = [_sign_of_old_syntax(original, problem)]
            return _Runnable(new, parse(new), signs, True), text != original
        except Unparsable:
            continue
    raise problem


def _readings(original: str) -> Iterator[str]:
    """The text as it is and, where that is another, with its tabs expanded."""
    yield original
    expanded = expand_tabs(original)
    if expanded != original:
        yield expanded


def _modernise(text: str, tree: ast.Module) -> _Runnable:
    found = signs(tree) if may_have_signs(text) else []
    if not found:
        return _Runnable(text, tree, [], False)
    new = convert(text)
    return _Runnable(new, parse(new), found, False)


def _convert(text: str) -> str:
    converted = convert(text)
    if converted == text:
        raise Unparsable("is not Python 2")
    return converted


def _sign_of_old_syntax(text: str, problem: Unparsable) -> Sign:
    """What Python 3 objects to, which Python 2 does not."""
    line = first_print_statement(text)
    return Sign("print statements", line) if line else Sign("syntax of Python 2", problem.line)


def _parts(file: str, original: str, problem: Unparsable) -> Prepared:
    old_blocks: list[Sign] = []

    def to_python3(block: str) -> str:
        done = _block_to_python3(block)
        if done.python2_only:
            old_blocks.append(_sign_of_old_syntax(original, Unparsable("")))
        return done.text

    try:
        left = salvage(original, file, to_python3)
        tree = parse(left.text)
    except Unparsable:
        raise _hopeless(problem) from None
    conflict = has_conflict(original)
    lost = [f"{file}, line {problem.line}: {problem.reason}"] if conflict else left.lost_lines
    lost = lost if left.lost_lines else []
    notes = [f"Left out {reason}" for reason in lost[:_MAX_LOST]]
    notes += _cut_off(file, original, left.broken)
    broken = {part.name: part for part in left.broken}
    found = [*old_blocks[:1], *signs_in_text(original)]
    return Prepared(original, left.text, tree, found, bool(old_blocks), broken, notes)


def _stands_alone(lines: Sequence[str], at: int) -> bool:
    """Whether a line is a statement for itself, not one of a function that slid out of it."""
    following = next((line for line in lines[at + 1 :] if line.strip()), "")
    return _STATEMENT.match(lines[at]) is not None and not following.startswith((" ", "\t"))


def _cut_off(file: str, original: str, broken: Sequence[Broken]) -> list[str]:
    """That the file ends in the middle of a function, where it looks like that."""
    last = len(original.rstrip().split("\n"))
    unended = not original.endswith("\n")
    ends = [p for p in broken if p.last_line >= last and (unended or looks_cut(p.reason))]
    if not ends:
        return []
    return [f"{file} ends in line {last}, inside {ends[-1].name}: it may have been cut off."]


def _hopeless(problem: Unparsable) -> Unreadable:
    where = f", line {problem.line}" if problem.line else ""
    return Unreadable(f"cannot be parsed{where}: {problem.reason}")


def _block_to_python3(text: str) -> _Runnable:
    """Raises the complaint of the Python that the block was written for."""
    try:
        return _whole(text)[0]
    except Unparsable as error:
        if error.reason.startswith(_COMPLAINTS_OF_PYTHON3):
            convert(text)
        raise
