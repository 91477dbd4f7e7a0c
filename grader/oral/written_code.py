"""What a student wrote: functions of the contract, without what was given to everybody."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from grader.assignment.folder import Assignment
from grader.model.contract import owner_of
from grader.model.submission import SourceFile, Submission
from grader.similarity.code_tokens import CodeUnit, code_units
from grader.similarity.given_code import GivenCode
from grader.similarity.program_files import programs
from grader.similarity.winnowing import Hashes, NumberedTokens
from grader.verify.source_pieces import Located, functions

_SIMILAR: Final = 2.0
_PECULIAR: Final = 1.0
_SIMPLE: Final = (ast.Assign, ast.AugAssign, ast.Expr, ast.Return, ast.AnnAssign, ast.Raise)


class WrittenFunction(NamedTuple):
    """A function of the contract that the student wrote."""

    name: str
    """In the contract: `scale_forward`, `Net.loss`."""
    located: Located
    file: SourceFile
    own: frozenset[int]
    """Its lines that were not given."""
    peculiar: frozenset[int]
    """Those of them with a passage that the reference does not have."""
    returns: tuple[str, ...]
    is_similar: bool
    """Whether somebody else wrote it alike."""

    @property
    def path(self) -> str:
        """Its file, inside the package."""
        return self.located.place[0]

    def weight(self, line: int) -> float:
        """How much a question about a line is to be preferred."""
        return _SIMILAR * self.is_similar + _PECULIAR * (line in self.peculiar)


def written_functions(
    assignment: Assignment,
    submission: Submission,
    given: GivenCode,
    usual: Hashes,
    similar: Collection[str] = (),
    templates: Sequence[Path] = (),
) -> list[WrittenFunction]:
    """The functions that a student wrote, in the order of the contract.

    Args:
        assignment: whose contract it is.
        submission: what was submitted.
        given: what everybody was given.
        usual: the passages of the reference, sorted.
        similar: names of functions that somebody else wrote alike.
        templates: others that were given out, of which no statement is asked about.

    Raises:
        InputError: a template cannot be read.
    """
    wanted = {
        name: returns
        for name, returns in _asked(assignment)
        if name not in submission.todo and name not in submission.broken
    }
    statements = given_statements(assignment, templates)
    found: dict[str, WrittenFunction] = {}
    for path in dict.fromkeys(submission.locations.values()):
        file = submission.files.get(path)
        if file is None or path in assignment.given_files:
            continue
        for each in _of_file(path, file, given, statements, usual, similar):
            owner = owner_of(each.name) or each.name
            if each.name in wanted and submission.locations.get(owner) == path:
                found[each.name] = each._replace(returns=wanted[each.name])
    return [found[name] for name in wanted if name in found]


def _asked(assignment: Assignment) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Functions and methods of the contract, and what they return."""
    for name, entry in assignment.contract.items():
        if not entry.given and not entry.makes_object:
            yield name, entry.returns
        for method, inner in entry.methods.items():
            if not inner.given:
                yield f"{name}.{method}", inner.returns


def _of_file(
    path: str,
    file: SourceFile,
    given: GivenCode,
    statements: Collection[str],
    usual: Hashes,
    similar: Collection[str],
) -> Iterator[WrittenFunction]:
    tree = _parsed(file.text)
    if tree is None:
        return
    units = code_units(file.text)
    tokens = NumberedTokens([unit.tokens for unit in units])
    fresh = ~given.covers(tokens)
    rare = fresh & tokens.fit() & ~np.isin(tokens.passages(), usual)
    own = _lines(file.text, units, tokens, fresh)
    peculiar = _lines(file.text, units, tokens, rare)
    for located in functions(path, tree):
        name = located.place[1]
        lines = own.get(name, frozenset()) - _given_lines(located.node, statements)
        if lines:
            rare_lines = peculiar.get(name, frozenset()) & lines
            yield WrittenFunction(name, located, file, lines, rare_lines, (), name in similar)


def _given_lines(function: ast.AST, statements: Collection[str]) -> frozenset[int]:
    """The lines of statements that everybody was given: short ones are no passage."""
    return frozenset(
        line
        for node in ast.walk(function)
        if isinstance(node, _SIMPLE) and ast.unparse(node) in statements
        for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)
    )


def given_statements(assignment: Assignment, templates: Sequence[Path] = ()) -> frozenset[str]:
    """The simple statements of templates and given files, in a standard form.

    Raises:
        InputError: a template cannot be read.
    """
    texts = list(assignment.given_files.values())
    own = [path for path in (assignment.layout.template,) if path.is_dir()]
    for path in (*own, *templates):
        texts += [file.text for file in programs(path, lambda _: True).files]
    entries = assignment.contract.values()
    texts += [line for entry in entries for line in entry.given_lines]
    return frozenset(
        ast.unparse(node)
        for tree in filter(None, map(_parsed, texts))
        for node in ast.walk(tree)
        if isinstance(node, _SIMPLE)
    )


def _parsed(text: str) -> ast.Module | None:
    """The tree of a program; None of one that Python 3 cannot read."""
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _lines(
    text: str, units: Sequence[CodeUnit], tokens: NumberedTokens, chosen: NDArray[np.bool_]
) -> dict[str, frozenset[int]]:
    """Of each function the lines with a token that is chosen, counting from 1."""
    ends = np.flatnonzero(np.frombuffer(text.encode("utf-8", "replace"), np.uint8) == ord("\n"))
    found: dict[str, frozenset[int]] = {}
    for unit, span in zip(units, tokens.spans(), strict=True):
        places = [token.at for token, is_ in zip(unit.tokens, chosen[span], strict=True) if is_]
        found[unit.name] = frozenset((np.searchsorted(ends, places) + 1).tolist())
    return found


def usual_passages(assignment: Assignment) -> Hashes:
    """The passages of an assignment's reference; none where there is no reference."""
    texts = [
        path.read_text(encoding="utf-8") for path in sorted(assignment.reference.rglob("*.py"))
    ]
    units = [unit.tokens for text in texts for unit in code_units(text)]
    tokens = NumberedTokens(units)
    return np.unique(tokens.passages()[tokens.fit()])
