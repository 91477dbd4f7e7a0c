"""Values that students compute in a cell, made into functions, which checks can judge.

A test of another grader may be about a variable: `assert total == 3`. The cell that computes it
becomes the body of a function that returns it, and the test is of what that returns.
"""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from grader.assignment.solution_markers import has_marks
from grader.authoring.imported_cells import (
    ImportedCell,
    bound_names,
    parsed,
    top_level_variables,
    used_names,
    without_magics,
)


class ValueFunction(NamedTuple):
    """A function that computes what a cell of a student's does."""

    name: str
    returns: tuple[str, ...]
    code: str
    """Of the function, with marks around what students write."""


def computing_cell(cells: Sequence[ImportedCell], name: str, before: int) -> int | None:
    """The cell whose value of a variable a test sees; None if students do not compute it there.

    Args:
        cells: of the notebook, in its order.
        name: of the variable.
        before: number of the test's cell.
    """
    binding = [
        at
        for at, cell in enumerate(cells)
        if _number(cell.place) < before and name in top_level_variables(cell.code)
    ]
    if not binding or cells[binding[-1]].is_given:
        return None
    return binding[-1]


def _number(place: str) -> int:
    found = re.search(r"cell (\d+)$", place)
    return int(found[1]) if found else 0


def cell_number(place: str) -> int:
    """The number of the cell that a place names; a very large one for other places."""
    return _number(place) or 1 << 30


def value_functions(
    cells: Sequence[ImportedCell],
    wanted: Mapping[int, Sequence[str]],
    before: Mapping[int, Sequence[str]],
) -> dict[int, ValueFunction]:
    """A function for each cell that computes what is wanted, by the cell's index.

    Args:
        cells: of the notebook.
        wanted: variables that tests are about, or that other cells need, by the cell's index.
        before: statements of given cells that a cell needs, by its index.
    """
    names = {at: f"cell_{_number(cells[at].place)}" for at in wanted}
    made: dict[int, ValueFunction] = {}
    for at, variables in wanted.items():
        returns = tuple(dict.fromkeys(variables))
        needs = [
            f"{', '.join(wanted[other])} = {names[other]}()"
            for other in sorted(wanted)
            if other < at and set(wanted[other]) & set(used_names_of(cells[at].code))
        ]
        body = [
            *before.get(at, ()),
            *needs,
            _marked(cells[at].code),
            f"return {', '.join(returns)}",
        ]
        listed = " and ".join(f"`{name}`" for name in returns)
        doc = f'"""Compute {listed}."""'
        code = textwrap.indent("\n".join([doc, *body]), "    ")
        made[at] = ValueFunction(names[at], returns, f"def {names[at]}():\n{code}\n")
    return made


def used_names_of(code: str) -> list[str]:
    """The names that a piece of code reads."""
    tree = parsed(without_magics(code))
    return used_names(tree) if tree else []


def _marked(code: str) -> str:
    """The statements of a cell that compute, with marks around them."""
    text = without_magics(code)
    tree = parsed(text)
    apart = (ast.FunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)
    lines: list[str | None] = list(text.splitlines())
    for node in tree.body if tree else ():
        if isinstance(node, apart):
            for number in range(node.lineno - 1, node.end_lineno or node.lineno):
                lines[number] = None
    kept = "\n".join(line for line in lines if line is not None).strip("\n")
    return kept if has_marks(kept) else f"# BEGIN SOLUTION\n{kept}\n# END SOLUTION"


def needed_cells(
    cells: Sequence[ImportedCell], wanted: Mapping[int, Sequence[str]]
) -> dict[int, list[str]]:
    """The same with the cells that these need, and so on."""
    found = {at: list(names) for at, names in wanted.items()}
    waiting = list(found)
    while waiting:
        at = waiting.pop()
        for name in free_names(cells[at].code):
            other = computing_cell(cells, name, _number(cells[at].place))
            if other is None or name in found.get(other, ()):
                continue
            if other not in found:
                found[other] = []
                waiting.append(other)
            found[other].append(name)
    return dict(sorted(found.items()))


def free_names(code: str) -> Iterator[str]:
    """Names that a cell reads before it has bound them itself."""
    seen: set[str] = set()
    tree = parsed(without_magics(code))
    for statement in tree.body if tree else ():
        yield from (name for name in used_names(statement) if name not in seen)
        seen |= bound_names(ast.unparse(statement))
