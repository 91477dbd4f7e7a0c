"""Strips the solutions from the reference, which leaves the template that students start from.

In the reference a solution stands between two comments:

    # BEGIN SOLUTION: what the student has to do, in words,
    #   over as many lines as it takes.
    out = ...
    # END SOLUTION

Inside a function it becomes a stub: a banner with those words, and the line

    raise NotImplementedError("TODO: scale_forward")

with the function's qualified name. Elsewhere (a helper, an import) it disappears. All other
lines are given to the students as they are.

Notebooks beside the package are stripped too. In a cell of code, outside of functions, a solution
leaves its banner; a cell with the role `written` keeps only a place for the answer.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from grader.assignment.solution_markers import Marked, find_marked, has_marks
from grader.model.errors import InputError

_MAGIC: Final = re.compile(r"^( *)[%!].*$", re.MULTILINE)

_ANY_MARKER = re.compile(r" *# (?:BEGIN|END) SOLUTION")
_TASK_TEXT = re.compile(r" *#   \S")
WRITE_HERE: Final = "**Your answer:**\n\n*Write your answer here.*"
"""What stands in the template in place of a written answer."""

_ASSIGNED: Final = re.compile(r"([ \t]*[\w.\[\], '\"]+?[ \t]*=)(?!=)")

_Function = ast.FunctionDef | ast.AsyncFunctionDef


def build_template(reference: Path, out: Path) -> list[Path]:
    """Write the template of the package and notebooks in `reference` into the folder `out`.

    Files in `out` that the reference does not have are left alone.

    Args:
        reference: The folder that holds the package.
        out: The folder that gets it.

    Returns:
        The files written.

    Raises:
        InputError: There is no package, or its markers do not match.
    """
    written = []
    for name, text in _stripped(reference).items():
        path = out / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
        written.append(path)
    return written


def template_differences(reference: Path, template: Path) -> list[str]:
    """Say in which files the template is out of step with the reference; empty: in none.

    Args:
        reference: The folder that holds the reference package.
        template: The folder that holds the template's.

    Raises:
        InputError: There is no reference, or its markers do not match.
    """
    expected = _stripped(reference)
    actual = {path.relative_to(template).as_posix(): path for path in _sources(template)}
    differences = []
    for name in sorted(expected.keys() | actual.keys()):
        if name not in actual:
            differences.append(f"{name}: missing from the template")
        elif name not in expected:
            differences.append(f"{name}: not in the reference")
        elif (text := actual[name].read_text(encoding="utf-8")) != expected[name]:
            line = _first_difference(text, expected[name])
            differences.append(f"{name}: line {line} differs from the stripped reference")
    return differences


def without_markers(text: str) -> str:
    """A module without the comments that mark its solutions."""
    kept: list[str] = []
    in_task = False
    for line in text.splitlines(keepends=True):
        in_task = bool(_ANY_MARKER.match(line) or (in_task and _TASK_TEXT.match(line)))
        if not in_task:
            kept.append(line)
    return "".join(kept)


def strip_solutions(source: str, name: str = "<source>") -> str:
    """Return a module of the reference as the students get it.

    Args:
        source: The module's text.
        name: What to call it in errors.

    Raises:
        InputError: It does not parse, or its markers do not match.
    """
    lines = source.splitlines()
    functions = list(_functions(_parse(source, name)))
    return "\n".join(_without_solutions(lines, functions, name)) + "\n"


def _without_solutions(
    lines: list[str], functions: list[tuple[str, _Function]], name: str, *, banners: bool = False
) -> list[str]:
    """The lines without solutions; outside of functions nothing is left of one, or its banner."""
    kept: list[str] = []
    position = 0
    stubbed = ""
    for marked in find_marked(lines, name):
        kept += lines[position : marked.begin]
        position = marked.end
        function = _enclosing(functions, marked.begin + 1) or ""
        if marked.is_solution and not (function or banners or marked.code or marked.after):
            while kept and not kept[-1]:
                kept.pop()
            continue
        kept += _in_place_of(marked, function, again=bool(marked.code) and function == stubbed)
        stubbed = function if marked.code else ""
    return [*kept, *lines[position:]]


def _in_place_of(marked: Marked, function: str, *, again: bool) -> list[str]:
    """What stands in the template in place of a marked piece.

    Args:
        marked: the piece.
        function: that it lies in; empty outside of functions.
        again: whether the line above has the stub of the same function already.
    """
    if not marked.is_solution:
        return list(marked.before)
    if function:
        stub = f'raise NotImplementedError("TODO: {function}")  # your code goes here'
        return [*marked.before, *([] if again else [marked.indent + stub]), *marked.after]
    if marked.code and not marked.no_prompt:
        assigned = _ASSIGNED.match(marked.code)
        return [f"{assigned[1]} ..." if assigned else f"{marked.indent}..."]
    return [*marked.before, *marked.after]


def strip_notebook(source: str, name: str = "<notebook>") -> str:
    """Return a notebook of the reference as the students get it, without outputs.

    Args:
        source: The notebook's text: nbformat 4. A cell may say its role in `metadata.grader`; of
            the others, code with a solution is an answer, and other code is given.
        name: What to call it in errors.

    Raises:
        InputError: It is no such notebook, or the markers in a cell do not match.
    """
    try:
        notebook = json.loads(source)
        for number, cell in enumerate(notebook["cells"], start=1):
            cell.setdefault("id", f"cell-{number}")
            _strip_cell(cell, _role(cell), name)
    except (json.JSONDecodeError, LookupError, TypeError) as error:
        raise InputError(f"{name}: is not one of our notebooks ({error}).") from error
    return json.dumps(notebook, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def _role(cell: dict[str, Any]) -> str:
    """What a cell is for; one that does not say it is told now, so that the template does."""
    about = cell.setdefault("metadata", {}).setdefault("grader", {})
    if "role" not in about:
        theirs = cell["metadata"].get("nbgrader", {})
        text = "".join(cell["source"])
        if cell["cell_type"] == "code":
            about["role"] = "answer" if has_marks(text) else "given"
        else:
            about["role"] = "written" if theirs.get("solution") else "text"
    return str(about["role"])


def _strip_cell(cell: dict[str, Any], role: str, name: str) -> None:
    text = "".join(cell["source"])
    if role == "written":
        text = WRITE_HERE
    elif cell["cell_type"] == "code":
        text = "\n".join(_cell_without_solutions(text, f"{name}, cell {cell['id']}"))
        cell.update(outputs=[], execution_count=None)
    cell["source"] = text.splitlines(keepends=True)


def _cell_without_solutions(text: str, name: str) -> list[str]:
    """The lines of a cell, with a stub for a solution in a function, else with its banner."""
    try:
        functions = list(_functions(ast.parse(_MAGIC.sub(r"\1pass", text))))
    except SyntaxError:
        functions = []
    return _without_solutions(text.splitlines(), functions, name, banners=True)


def _stripped(reference: Path) -> dict[str, str]:
    """Return the text of every file of the template, by its path from the template's folder."""
    sources = {path.relative_to(reference).as_posix(): path for path in _sources(reference)}
    if not sources:
        raise InputError(f"{reference} holds no package.")
    return {
        name: (strip_notebook if path.suffix == ".ipynb" else strip_solutions)(
            path.read_text(encoding="utf-8"), str(path)
        )
        for name, path in sources.items()
    }


def _sources(folder: Path) -> list[Path]:
    return [*sorted(folder.glob("*/**/*.py")), *sorted(folder.glob("*.ipynb"))]


def _parse(source: str, name: str) -> ast.Module:
    try:
        return ast.parse(source)
    except SyntaxError as error:
        raise InputError(f"{name}:{error.lineno}: {error.msg}.") from error


def _functions(tree: ast.Module) -> Iterator[tuple[str, _Function]]:
    """Yield functions and methods with their qualified names."""

    def walk(body: list[ast.stmt], prefix: str) -> Iterator[tuple[str, _Function]]:
        for node in body:
            if isinstance(node, _Function):
                yield prefix + node.name, node
            elif isinstance(node, ast.ClassDef):
                yield from walk(node.body, f"{prefix}{node.name}.")

    return walk(tree.body, "")


def _enclosing(functions: list[tuple[str, _Function]], line: int) -> str | None:
    for name, function in functions:
        if function.lineno < line <= (function.end_lineno or function.lineno):
            return name
    return None


def _first_difference(text: str, expected: str) -> int:
    """Return the number of the first line that differs, counted from 1."""
    pairs = zip(text.splitlines(), expected.splitlines(), strict=False)
    same = 0
    for left, right in pairs:
        if left != right:
            break
        same += 1
    return same + 1
