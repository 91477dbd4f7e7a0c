"""What comes over from another grader: modules with marked solutions, tests, and what is left."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from typing import Final, NamedTuple

from grader.assignment.solution_markers import find_marked, has_marks
from grader.authoring.computed_values import (
    ValueFunction,
    cell_number,
    computing_cell,
    free_names,
    needed_cells,
    used_names_of,
    value_functions,
)
from grader.authoring.imported_cells import (
    ImportedCell,
    bound_names,
    defined_names,
    parsed,
    used_names,
    without_magics,
)
from grader.authoring.solution_marks import mark_solutions
from grader.model.errors import InputError

_MARKER: Final = re.compile(r"#.*\b(BEGIN|END) SOLUTION")


class CourseTest(NamedTuple):
    """A test of another grader."""

    name: str
    code: str
    place: str
    points: float
    hidden: bool = False


class LeftOut(NamedTuple):
    """Something that could not be carried over."""

    place: str
    why: str


class CourseUnit(NamedTuple):
    """A notebook, or the code that some tests belong to."""

    name: str
    """An identifier."""
    title: str
    cells: tuple[ImportedCell, ...]
    tests: tuple[CourseTest, ...]
    left_out: tuple[LeftOut, ...] = ()
    values: tuple[ValueFunction, ...] = ()
    """Functions made of cells that compute what tests are about."""

    @property
    def module(self) -> str:
        """The definitions and constants of all cells, and the imports that they use."""
        pieces = [*filter(None, map(definitions, self.cells)), *(v.code for v in self.values)]
        text = "\n\n".join(pieces) + "\n"
        return _without_idle_imports(text)


class Translated(NamedTuple):
    """A test as the body of a check."""

    test: CourseTest
    targets: tuple[str, ...]
    body: str


def definitions(cell: ImportedCell) -> str:
    """What of a cell a module holds: imports, functions, classes and constants."""
    text = without_magics(cell.code)
    tree = parsed(text)
    if tree is None:
        return ""
    lines = text.splitlines()
    kept = []
    for at, node in enumerate(tree.body):
        if _is_definition(node):
            start = _first_line(node)
            before = lines[start - 2 : start - 1] if start > 1 else []
            marker = before if before and before[0].lstrip().startswith("#") else []
            following = tree.body[at + 1] if at + 1 < len(tree.body) else None
            end = node.end_lineno or node.lineno
            last = _first_line(following) - 1 if following is not None else len(lines)
            tail = [line for line in lines[end:last] if "END SOLUTION" in line]
            opened = any("BEGIN SOLUTION" in line for line in marker)
            inside = any("BEGIN SOLUTION" in line for line in lines[start - 1 : end])
            use_tail = tail[:1] if (opened or (inside and _is_open(lines[start - 1 : end]))) else []
            kept.append(
                "\n".join([*(marker if opened else []), *lines[start - 1 : end], *use_tail])
            )
    code = "\n".join(kept)
    if parsed(code) is None or not _fits(code):
        code = "\n".join(line for line in code.splitlines() if not _MARKER.search(line))
    if cell.is_given or has_marks(code) or parsed(code) is None:
        return code
    return mark_solutions(code, defined_names(code))


def _fits(code: str) -> bool:
    """Whether the marks of a piece have their counterparts in it."""
    try:
        list(find_marked(code.splitlines(), ""))
    except InputError:
        return False
    return True


def _without_idle_imports(text: str) -> str:
    """A module without imports that nothing in it uses."""
    tree = parsed(text)
    if tree is None:
        return text
    used = set(used_names(tree))
    lines: list[str | None] = list(text.splitlines())
    for node in tree.body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            bound = {(a.asname or a.name).partition(".")[0] for a in node.names}
            if not bound & (used | {"*"}):
                for number in range(node.lineno - 1, node.end_lineno or node.lineno):
                    lines[number] = None
    return "\n".join(line for line in lines if line is not None) + "\n"


def _is_open(lines: Sequence[str]) -> bool:
    begins = sum("BEGIN SOLUTION" in line for line in lines)
    return begins > sum("END SOLUTION" in line for line in lines)


def _first_line(node: ast.stmt) -> int:
    decorated: list[int] = [each.lineno for each in getattr(node, "decorator_list", [])]
    return min([node.lineno, *decorated])


def _is_definition(node: ast.stmt) -> bool:
    if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Import | ast.ImportFrom):
        return True
    simple = isinstance(node, ast.Assign) and all(isinstance(t, ast.Name) for t in node.targets)
    return simple and isinstance(node.value, ast.Constant)  # type: ignore[attr-defined]


class Translation(NamedTuple):
    """What of a unit comes over."""

    unit: CourseUnit
    done: list[Translated]
    left_out: list[LeftOut]


def translate(unit: CourseUnit) -> Translation:
    """The tests that judge what students write, and why the others do not come over."""
    done, left = [], list(unit.left_out)
    defined = {name for cell in unit.cells for name in defined_names(cell.code)}
    asked = {name for cell in unit.cells if not cell.is_given for name in defined_names(cell.code)}
    values = _values(unit, defined)
    for test in unit.tests:
        tree = parsed(without_magics(test.code))
        if tree is None:
            left.append(LeftOut(test.place, "the test is not Python alone"))
            continue
        used = used_names(tree)
        computed = _computed(unit, test, defined)
        closed = [name for name, at in computed.items() if at not in values]
        if closed:
            left.append(LeftOut(test.place, f"it needs {closed[0]}, which students compute"))
            continue
        targets = [name for name in dict.fromkeys(used) if name in asked]
        targets += dict.fromkeys(values[at].name for at in computed.values())
        free = set(used) - defined - set(computed) - bound_names(test.code)
        called = [n for line in _statements_for(unit, free, defined) for n in used_names_of(line)]
        targets += [name for name in dict.fromkeys(called) if name in asked and name not in targets]
        if not targets:
            left.append(LeftOut(test.place, "it judges nothing that students write"))
            continue
        calls = [
            f"{', '.join(values[at].returns)} = student.{values[at].name}()"
            for at in dict.fromkeys(computed.values())
        ]
        body = _body(unit, test, [name for name in used if name not in computed], defined, calls)
        done.append(Translated(test, tuple(targets), body))
    return Translation(unit._replace(values=tuple(values.values())), done, left)


def _computed(unit: CourseUnit, test: CourseTest, defined: set[str]) -> dict[str, int]:
    """Variables of a test that students compute, and the cells that do it."""
    found = {}
    names = dict.fromkeys(used_names_of(test.code))
    for name in names:
        if name not in defined and name not in bound_names(test.code):
            at = computing_cell(unit.cells, name, cell_number(test.place))
            if at is not None:
                found[name] = at
    return found


def _values(unit: CourseUnit, defined: set[str]) -> dict[int, ValueFunction]:
    """The functions that compute what tests are about."""
    wanted: dict[int, list[str]] = {}
    for test in unit.tests:
        for name, at in _computed(unit, test, defined).items():
            wanted.setdefault(at, []).append(name)
    wanted = {at: list(dict.fromkeys(names)) for at, names in wanted.items()}
    every = needed_cells(unit.cells, wanted)
    before = {
        at: list(_statements_for(unit, set(free_names(unit.cells[at].code)) - defined, defined))
        for at in every
    }
    return _that_run(unit, value_functions(unit.cells, every, before))


def _that_run(unit: CourseUnit, made: dict[int, ValueFunction]) -> dict[int, ValueFunction]:
    """Without those that need a library that is not there, or one that is left out for that."""
    closed = set(_not_installed(unit))
    kept = dict(made)
    for at, value in made.items():
        if closed & set(used_names_of(value.code)) or not _fits(value.code):
            closed.add(value.name)
            del kept[at]
    return kept


def _not_installed(unit: CourseUnit) -> Iterator[str]:
    """The names that stand for libraries that are not there."""
    for cell in unit.cells:
        tree = parsed(without_magics(cell.code))
        for node in ast.walk(tree) if tree else ():
            modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            modules += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            roots = {module.partition(".")[0] for module in modules}
            if any(root and find_spec(root) is None for root in roots):
                yield from bound_names(ast.unparse(node))


def _body(
    unit: CourseUnit, test: CourseTest, used: list[str], defined: set[str], calls: Sequence[str]
) -> str:
    """The test, with what it needs in front of it: `calls` give it what students compute."""
    needed = [name for name in dict.fromkeys(used) if name not in bound_names(test.code)]
    catches = re.search(r"\bexcept\b|[Rr]aises", test.code)
    form = "{0} = raising(student.{0})" if catches else "{0} = student.{0}"
    lines = [form.format(name) for name in needed if name in defined]
    before = list(_statements_for(unit, set(needed) - defined, defined))
    extra = {n for statement in before for n in used_names(ast.parse(statement)) if n in defined}
    lines = [f"{name} = student.{name}" for name in sorted(extra - set(needed))] + lines
    inside = "\n".join(
        "    " + line if line else "" for line in without_magics(test.code).splitlines()
    )
    return "\n".join(
        [*lines, *before, *calls, f"with holds({'hidden=True' if test.hidden else ''}):", inside]
    )


def _statements_for(unit: CourseUnit, names: set[str], defined: set[str]) -> Iterator[str]:
    """Statements of given cells that bind names which a test uses, and those that these use."""
    bound: dict[str, str] = {}
    for cell in unit.cells:
        tree = parsed(without_magics(cell.code))
        for node in tree.body if tree and cell.is_given else ():
            if not isinstance(node, ast.FunctionDef | ast.ClassDef):
                for name in bound_names(ast.unparse(node)):
                    bound[name] = ast.unparse(node)
    for code in [*(cell.code for cell in unit.cells), *(test.code for test in unit.tests)]:
        tree = parsed(without_magics(code))
        for node in tree.body if tree else ():
            if isinstance(node, ast.Import | ast.ImportFrom):
                bound = {
                    **dict.fromkeys(bound_names(ast.unparse(node)), ast.unparse(node)),
                    **bound,
                }
    yielded: list[str] = []

    def visit(name: str) -> None:
        statement = bound.get(name)
        if statement is None or statement in yielded:
            return
        for other in used_names(ast.parse(statement)):
            if other != name and other not in defined:
                visit(other)
        if statement not in yielded:
            yielded.append(statement)

    for name in sorted(names):
        visit(name)
    yield from yielded
