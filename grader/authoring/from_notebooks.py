"""Assignments of nbgrader and otter, read as units of code and tests."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from grader.assignment.solution_markers import find_marked, has_marks
from grader.authoring.imported_cells import ImportedCell, parsed
from grader.authoring.imported_course import CourseTest, CourseUnit, LeftOut
from grader.model.errors import InputError

_FENCE: Final = re.compile(r"```[^\n]*\n(.*?)```", re.DOTALL)
_YAML: Final = re.compile(r"^\s*(?:-\s*)?(?P<key>\w+)\s*:\s*(?P<value>.*?)\s*$", re.MULTILINE)


def nbgrader_units(path: Path) -> list[CourseUnit]:
    """The notebooks of an assignment of nbgrader: one file, or all in a folder."""
    return [_nbgrader(file, _cells(file)) for file in _notebooks(path)]


def otter_units(path: Path) -> list[CourseUnit]:
    """The notebooks of an assignment of otter: one file, or all in a folder."""
    return [_otter(file, _cells(file)) for file in _notebooks(path)]


def _notebooks(path: Path) -> list[Path]:
    found = [path] if path.suffix == ".ipynb" else sorted(path.rglob("*.ipynb"))
    found = [file for file in found if ".ipynb_checkpoints" not in file.parts]
    if not found or not all(file.is_file() for file in found):
        raise InputError(f"{path}: there is no notebook.", hint="Name a notebook, or its folder.")
    return found


def _cells(path: Path) -> list[dict[str, Any]]:
    try:
        notebook = json.loads(path.read_text(encoding="utf-8"))
        cells = notebook.get("cells")
        if cells is None:
            cells = [cell for sheet in notebook["worksheets"] for cell in sheet["cells"]]
        return [{**cell, "source": _source(cell)} for cell in cells]
    except (OSError, UnicodeDecodeError, ValueError, LookupError, TypeError) as error:
        raise InputError(f"{path}: is not a notebook ({error}).") from None


def _source(cell: dict[str, Any]) -> str:
    source = cell.get("source", cell.get("input", ""))
    return source if isinstance(source, str) else "".join(source)


def _identifier(path: Path) -> str:
    name = re.sub(r"\W+", "_", path.stem).strip("_").lower()
    return name if name[:1].isalpha() else f"nb_{name}"


# nbgrader


def _nbgrader(path: Path, raw: list[dict[str, Any]]) -> CourseUnit:
    cells: list[ImportedCell] = []
    tests: list[CourseTest] = []
    left: list[LeftOut] = []
    for number, cell in enumerate(raw, 1):
        place = f"{path.name}, cell {number}"
        about = cell.get("metadata", {}).get("nbgrader", {})
        text = cell["source"]
        if cell["cell_type"] != "code":
            if about.get("solution") or about.get("task"):
                left.append(LeftOut(place, "a written answer, which a person marks"))
            continue
        if about.get("grade") and not about.get("solution"):
            name = str(about.get("grade_id") or f"cell {number}")
            tests += _visible_and_hidden(text, place, name, float(about.get("points") or 0))
        else:
            if about.get("grade"):
                left.append(LeftOut(place, "code that a person marks: only its solution came over"))
            cells.append(ImportedCell(text, place, not (about.get("solution") or has_marks(text))))
    return CourseUnit(_identifier(path), path.stem, tuple(cells), tuple(tests), tuple(left))


def _visible_and_hidden(text: str, place: str, name: str, points: float) -> Iterator[CourseTest]:
    """A cell of tests, its hidden ones apart: they share the cell's points."""
    lines = text.splitlines()
    hidden: list[str] = []
    shown, at = [], 0
    for marked in find_marked(lines, place):
        shown += lines[at : marked.begin]
        if not marked.is_solution and not marked.before:
            hidden += lines[marked.begin + 1 : marked.end - 1]
        at = marked.end
    shown += lines[at:]
    tree = parsed("\n".join(shown))
    has_shown = tree is not None and any(
        not isinstance(n, ast.Import | ast.ImportFrom) for n in tree.body
    )
    parts = has_shown + bool(hidden)
    if has_shown:
        yield CourseTest(name, "\n".join(shown), place, points / max(parts, 1))
    if hidden:
        imports = (
            [ast.unparse(n) for n in tree.body if isinstance(n, ast.Import | ast.ImportFrom)]
            if tree
            else []
        )
        code = "\n".join([*imports, *_dedented(hidden)])
        yield CourseTest(f"{name}, hidden", code, place, points / parts, hidden=True)


def _dedented(lines: list[str]) -> list[str]:
    import textwrap

    return textwrap.dedent("\n".join(lines)).splitlines()


# otter


def _otter(path: Path, raw: list[dict[str, Any]]) -> CourseUnit:
    cells: list[ImportedCell] = []
    tests: list[CourseTest] = []
    left: list[LeftOut] = []
    question: dict[str, str] = {}
    inside = ""
    count = 0
    for number, cell in enumerate(raw, 1):
        place = f"{path.name}, cell {number}"
        text = cell["source"]
        if cell["cell_type"] != "code":
            said = _otter_marker(text)
            if "BEGIN QUESTION" in said or "BEGIN QUESTION" in text:
                question, count = _settings(text), 0
            inside = _state(inside, said)
            if question.get("manual", "").lower() == "true" and inside == "SOLUTION":
                left.append(LeftOut(place, "a written answer, which a person marks"))
            continue
        first = text.lstrip().split("\n", 1)[0]
        is_test = inside == "TESTS" or bool(
            re.match(r"#+\s*(HIDDEN\s+)?TEST\b", first, re.IGNORECASE)
        )
        if is_test:
            count += 1
            hidden = "HIDDEN" in first.upper() or bool(
                re.search(r"^hidden:\s*true", text, re.MULTILINE)
            )
            code = _otter_test(cell, text)
            points = _number(question.get("points", ""), 1.0)
            name = f"{question.get('name', 'question')}, test {count}"
            if code is None:
                left.append(LeftOut(place, "the test's output is not plain text"))
            else:
                tests.append(CourseTest(name, code, place, points, hidden))
        else:
            given = inside != "SOLUTION" and not has_marks(text)
            marked = (
                text if has_marks(text) or given else f"# BEGIN SOLUTION\n{text}\n# END SOLUTION"
            )
            cells.append(ImportedCell(marked, place, given))
    counts = {
        name: sum(t.name.rpartition(",")[0] == name for t in tests)
        for name in {t.name.rpartition(",")[0] for t in tests}
    }
    shared = tuple(t._replace(points=t.points / counts[t.name.rpartition(",")[0]]) for t in tests)
    return CourseUnit(_identifier(path), path.stem, tuple(cells), shared, tuple(left))


def _otter_marker(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[0].lstrip("# ").upper() if lines else ""


def _state(inside: str, marker: str) -> str:
    for what in ("SOLUTION", "TESTS", "PROMPT"):
        if marker.startswith(f"BEGIN {what}"):
            return what
        if marker.startswith(f"END {what}"):
            return ""
    return "" if marker.startswith("END QUESTION") else inside


def _settings(text: str) -> dict[str, str]:
    fenced = _FENCE.search(text)
    return {
        m["key"]: m["value"].strip("'\"") for m in _YAML.finditer(fenced[1] if fenced else text)
    }


def _number(text: str, usual: float) -> float:
    try:
        return float(text)
    except ValueError:
        return usual


def _otter_test(cell: dict[str, Any], text: str) -> str | None:
    """The test as code; its output, if it has one, becomes an assertion."""
    code = re.sub(
        r"(\"{3}|'{3})\s*#\s*BEGIN TEST CONFIG.*?END TEST CONFIG", "", text, flags=re.DOTALL
    )
    tree = parsed(code)
    if tree is None or not tree.body:
        return code
    shown = _shown(cell)
    last = tree.body[-1]
    if shown is None:
        return None
    if not shown or not isinstance(last, ast.Expr):
        return code
    lines = code.splitlines()
    before = lines[: last.lineno - 1]
    expression = ast.unparse(last.value)
    check = f"assert {expression}" if shown == "True" else f"assert repr({expression}) == {shown!r}"
    return "\n".join([*before, check])


def _shown(cell: dict[str, Any]) -> str | None:
    """The text that a cell shows; None for a picture or a table."""
    text = ""
    for output in cell.get("outputs", []):
        data = output.get("data", {})
        if "image/png" in data or "text/html" in data:
            return None
        plain = data.get("text/plain", "")
        text += plain if isinstance(plain, str) else "".join(plain)
    return text
