"""What comes over from another grader: modules with marked solutions, tests, and what is left."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from grader.assignment.solution_markers import find_marked, has_marks
from grader.authoring.solution_marks import mark_solutions
from grader.model.errors import InputError

_MARKER: Final = re.compile(r"#.*\b(BEGIN|END) SOLUTION")


class ImportedCell(NamedTuple):
    """A piece of code with its place."""

    code: str
    place: str
    is_given: bool
    """Whether students get it as it is."""


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

    @property
    def module(self) -> str:
        """The definitions and constants of all cells, and the imports that they use."""
        text = "\n\n".join(filter(None, map(definitions, self.cells))) + "\n"
        return _without_idle_imports(text)


class Translated(NamedTuple):
    """A test as the body of a check."""

    test: CourseTest
    targets: tuple[str, ...]
    body: str


def definitions(cell: ImportedCell) -> str:
    """What of a cell a module holds: imports, functions, classes and constants."""
    text = _without_magics(cell.code)
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
    return mark_solutions(code, _defined(code))


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
    used = set(_used(tree))
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


def translate(unit: CourseUnit) -> tuple[list[Translated], list[LeftOut]]:
    """The tests that judge functions of the unit, and why the others do not come over."""
    done, left = [], list(unit.left_out)
    defined = {name for cell in unit.cells for name in _defined(cell.code)}
    asked = {name for cell in unit.cells if not cell.is_given for name in _defined(cell.code)}
    solved = {name for cell in unit.cells if not cell.is_given for name in _variables(cell.code)}
    for test in unit.tests:
        tree = parsed(_without_magics(test.code))
        if tree is None:
            left.append(LeftOut(test.place, "the test is not Python alone"))
            continue
        used = _used(tree)
        targets = [name for name in dict.fromkeys(used) if name in asked]
        computed = [name for name in used if name in solved - defined - _bound(test.code)]
        if not targets:
            why = (
                f"it judges {computed[0]}, which is not a function"
                if computed
                else "it calls no function that students write"
            )
            left.append(LeftOut(test.place, why))
            continue
        if computed:
            left.append(LeftOut(test.place, f"it needs {computed[0]}, which students compute"))
            continue
        done.append(Translated(test, tuple(targets), _body(unit, test, used, defined)))
    return done, left


def _body(unit: CourseUnit, test: CourseTest, used: list[str], defined: set[str]) -> str:
    """The test, with what it needs in front of it."""
    needed = [name for name in dict.fromkeys(used) if name not in _bound(test.code)]
    catches = re.search(r"\bexcept\b|[Rr]aises", test.code)
    form = "{0} = raising(student.{0})" if catches else "{0} = student.{0}"
    lines = [form.format(name) for name in needed if name in defined]
    before = list(_statements_for(unit, set(needed) - defined, defined))
    extra = {n for statement in before for n in _used(ast.parse(statement)) if n in defined}
    lines = [f"{name} = student.{name}" for name in sorted(extra - set(needed))] + lines
    inside = "\n".join(
        "    " + line if line else "" for line in _without_magics(test.code).splitlines()
    )
    return "\n".join(
        [*lines, *before, f"with holds({'hidden=True' if test.hidden else ''}):", inside]
    )


def _statements_for(unit: CourseUnit, names: set[str], defined: set[str]) -> Iterator[str]:
    """Statements of given cells that bind names which a test uses, and those that these use."""
    bound: dict[str, str] = {}
    for cell in unit.cells:
        tree = parsed(_without_magics(cell.code))
        for node in tree.body if tree and cell.is_given else ():
            if not isinstance(node, ast.FunctionDef | ast.ClassDef):
                for name in _bound(ast.unparse(node)):
                    bound[name] = ast.unparse(node)
    for code in [*(cell.code for cell in unit.cells), *(test.code for test in unit.tests)]:
        tree = parsed(_without_magics(code))
        for node in tree.body if tree else ():
            if isinstance(node, ast.Import | ast.ImportFrom):
                bound = {**dict.fromkeys(_bound(ast.unparse(node)), ast.unparse(node)), **bound}
    yielded: list[str] = []

    def visit(name: str) -> None:
        statement = bound.get(name)
        if statement is None or statement in yielded:
            return
        for other in _used(ast.parse(statement)):
            if other != name and other not in defined:
                visit(other)
        if statement not in yielded:
            yielded.append(statement)

    for name in sorted(names):
        visit(name)
    yield from yielded


def parsed(text: str) -> ast.Module | None:
    """The syntax tree; None for what is not Python."""
    try:
        return ast.parse(text)
    except SyntaxError:
        return None


def _without_magics(text: str) -> str:
    return re.sub(r"^[ \t]*[%!].*$", "", text, flags=re.MULTILINE)


def _defined(text: str) -> list[str]:
    tree = parsed(_without_magics(text))
    body = tree.body if tree else []
    return [node.name for node in body if isinstance(node, ast.FunctionDef | ast.ClassDef)]


def _variables(text: str) -> set[str]:
    """What the statements of a cell bind, those in its functions not included."""
    tree = parsed(_without_magics(text))
    body = tree.body if tree else []
    plain = [node for node in body if not isinstance(node, ast.FunctionDef | ast.ClassDef)]
    return _bound("\n".join(map(ast.unparse, plain)))


def _bound(text: str) -> set[str]:
    tree = parsed(_without_magics(text))
    names: set[str] = set()
    for node in ast.walk(tree) if tree else ():
        match node:
            case ast.Name(id=name, ctx=ast.Store()):
                names.add(name)
            case ast.Import() | ast.ImportFrom():
                names |= {(alias.asname or alias.name).partition(".")[0] for alias in node.names}
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                names.add(name)
    return names


def _used(tree: ast.AST) -> list[str]:
    return [
        node.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    ]
