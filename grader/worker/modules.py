"""Importing the student's files from memory, as forgivingly as grading on merit asks for.

- The package answers to every name under which the course is known, and its files to flat names
  (`from layers import *`); all of these are the same module object.
- A statement at module level that raises costs itself, not the functions below it: what is left is
  run statement by statement. After one that ends the program (`sys.exit`) only definitions are.
- An import at module level of something that is not installed here binds a stand-in that raises
  when it is used; so does a name that the file it is imported from does not define.
- Whoever waits is told which statement is about to run, so that one that hangs or ends the process
  is known.
- In a file written for Python 2, `/` between integers floors.
"""

from __future__ import annotations

import ast
import copy
import importlib.abc
import importlib.machinery
import linecache
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from types import CodeType, ModuleType
from typing import Any, Final, NamedTuple

from grader.protocol import toplevel
from grader.worker.compat import divide_in_place, floor_divide
from grader.worker.module_files import ModuleFiles
from grader.worker.old_operators import may_need_old_operators, parsed
from grader.worker.placeholders import AbsentName, Missing

_LARGE: Final = 1 << 17
"""Characters from which on statements are compiled one by one: together they may take seconds, as
Python compares all functions of a module with each other that look alike."""
_FLOOR_DIVIDE: Final = "__floor_divide__"
_DIVIDE_IN_PLACE: Final = "__divide_in_place__"


class ModuleSource(NamedTuple):
    """A file of the package."""

    text: str
    floor_division: bool
    """Whether `/` floors between integers."""
    acts: bool = False
    """Whether it may do more when it is imported than define: each statement is announced."""


class StudentFiles(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds and loads the modules of one package from memory."""

    survives: tuple[type[BaseException], ...] = (Exception, SystemExit)
    """What a statement may raise without ending the import; an interrupt ends it."""

    def __init__(
        self,
        files: Mapping[str, ModuleSource],
        package: str = "submission",
        *,
        import_names: Sequence[str] = (),
        names: Mapping[str, str] | None = None,
        expected: Mapping[str, str] | None = None,
        announce: Callable[[str, int], None] = lambda _path, _statement: None,
    ) -> None:
        """Nothing is importable yet.

        Args:
            files: path inside the package to source.
            package: the name that the student gave it.
            import_names: others by which its modules are imported; they are kept by the first.
            names: those that files are imported by where these are not their paths.
            expected: names that files should define, to these files; where one does not, there is
                a placeholder.
            announce: told which statement of which file runs next, or `("", 0)` when none does.
        """
        self.expected = expected or {}
        nothing = dict.fromkeys(self.expected.values(), ModuleSource("", False))
        self.files = {**nothing, **files}
        self.layout = ModuleFiles(self.files, names or {})
        usable = package if package.isidentifier() else "submission"
        self.package = next(iter(import_names), usable)
        self.aliases = {self.package, package, *import_names}
        self.modules: dict[str, ModuleType] = {}
        self.placeholders: dict[str, Missing] = {}
        """By name, what stands for those that were expected and are not there."""
        self.problems: list[str] = []
        """What went wrong at module level: `layers.py, line 3: NameError: ...`."""
        self._announce = announce
        self._running: list[tuple[str, int]] = []
        self._ended: set[str] = set()
        """Files that have ended the program: of what is left of them only definitions are run."""

    def install(self) -> None:
        """Make the package importable in this process."""
        sys.meta_path.insert(0, self)
        sys.meta_path.append(_FlatNames(self))
        for path, source in self.files.items():
            lines = source.text.splitlines(keepends=True)
            linecache.cache[path] = (len(source.text), None, lines, path)

    def load(self, path: str) -> ModuleType:
        """The module of a file such as `nets/simple.py`."""
        return importlib.import_module(f"{self.package}.{self.layout.name_of(path)}")

    def find_spec(
        self, fullname: str, _path: Sequence[str] | None = None, _target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        top, _, rest = fullname.partition(".")
        return self.spec(fullname, rest) if top in self.aliases else None

    def spec(self, fullname: str, rest: str) -> importlib.machinery.ModuleSpec | None:
        """The spec under which `fullname` loads the file or folder that `rest` names."""
        place = self.layout.find(rest)
        if place is None:
            return None
        return importlib.machinery.ModuleSpec(
            fullname,
            self,
            origin=place.path,
            is_package=place.is_package,
            loader_state=place.name,
        )

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        rest = str(spec.loader_state)
        known = self.modules.get(rest)
        if known is not None:
            return known
        name = f"{self.package}.{rest}" if rest else self.package
        module = ModuleType(name)
        is_package = spec.submodule_search_locations is not None
        module.__package__ = name if is_package else name.rpartition(".")[0]
        if is_package:
            module.__path__ = []
        module.__file__ = spec.origin
        return module

    def exec_module(self, module: ModuleType) -> None:
        rest = module.__name__.partition(".")[2]
        if rest in self.modules:
            return
        self.modules[rest] = module
        path = module.__file__ or ""
        source = self.files.get(path)
        if source is not None:
            self._run(module, source, path)
        for name, file in self.expected.items():
            if file == path and name not in vars(module):
                self.placeholders[name] = vars(module)[name] = Missing(name, module)

    def _run(self, module: ModuleType, source: ModuleSource, path: str) -> None:
        vars(module)[_FLOOR_DIVIDE] = floor_divide
        vars(module)[_DIVIDE_IN_PLACE] = divide_in_place
        whole = not source.floor_division and not source.acts and len(source.text) <= _LARGE
        done = self._run_whole(module, source.text, path) if whole else 0
        if done is None:
            return
        self._running.append((path, done))
        try:
            self._run_one_by_one(module, source, path, done)
        finally:
            self._running.pop()
            if source.acts:
                self._announce(*(self._running[-1] if self._running else ("", 0)))

    def _run_one_by_one(
        self, module: ModuleType, source: ModuleSource, path: str, done: int
    ) -> None:
        body = parsed(source.text, path).body
        used = toplevel.names_used(body)
        for number, statement in enumerate(body[done:], done):
            if isinstance(statement, ast.ImportFrom) and statement.module == "__future__":
                continue
            if path in self._ended and not toplevel.defines(statement, used):
                continue
            if source.acts:
                self._running[-1] = path, number
                self._announce(path, number)
            try:
                exec(_compile(statement, path, source.floor_division), vars(module))
            except self.survives as error:
                self._failed(module, statement, path, error)
            if source.acts:
                self.has_run()

    def _run_whole(self, module: ModuleType, text: str, path: str) -> int | None:
        """Run a file as far as it goes, in a third of the time; None if that is to its end.

        Returns:
            How many statements were run, the last of which raised.
        """
        try:
            whole = parsed(text, path) if may_need_old_operators(text) else text
            code = compile(whole, path, "exec", dont_inherit=True)
        except SyntaxError:  # as of a `from __future__` that is not the first statement
            return 0
        try:
            exec(code, vars(module))
        except self.survives as error:
            body = ast.parse(text, path).body
            where = _place(error, code)
            done = sum(toplevel.start_of(statement) <= where for statement in body)
            if done:
                self._failed(module, body[done - 1], path, error)
            return done
        return None

    def _failed(
        self, module: ModuleType, statement: ast.stmt, path: str, error: BaseException
    ) -> None:
        if isinstance(error, MemoryError):
            self.out_of_memory()
        if not isinstance(error, Exception):
            self._ended.add(path)
            self._note_end(path, statement, error)
        elif isinstance(statement, ast.ImportFrom) and isinstance(error, ImportError):
            self._import_one_by_one(module, statement, path, error)
        elif isinstance(statement, ast.Import) and isinstance(error, ImportError):
            self._stand_in(module, statement, path, error)
        else:
            self._note(path, statement, error)

    def has_run(self) -> None:
        """Called after each statement that was announced."""

    def out_of_memory(self) -> None:
        """Called when a statement got no memory: what it holds stays, and the rest may get none."""

    def _import_one_by_one(
        self, module: ModuleType, statement: ast.ImportFrom, path: str, error: ImportError
    ) -> None:
        """Import each name that is there, and let a placeholder stand for each that is not."""
        source = next((m for m in self.modules.values() if m.__name__ == error.name), None)
        if source is None:
            self._stand_in(module, statement, path, error)
            return
        for alias in statement.names:
            name = alias.asname or alias.name
            if alias.name in vars(source):
                vars(module)[name] = vars(source)[alias.name]
            elif alias.name != "*":
                text = f"{source.__file__} does not define {alias.name}"
                self.problems.append(f"{path}, line {statement.lineno}: {text}")
                vars(module).setdefault(name, Missing(alias.name, source))

    def _stand_in(
        self,
        module: ModuleType,
        statement: ast.Import | ast.ImportFrom,
        path: str,
        error: ImportError,
    ) -> None:
        self._note(path, statement, error)
        for alias in statement.names:
            name = alias.asname or alias.name.partition(".")[0]
            if name != "*":
                vars(module).setdefault(name, AbsentName(error.name or alias.name))

    def _note_end(self, path: str, statement: ast.stmt, error: BaseException) -> None:
        line = linecache.getline(path, statement.lineno).strip()[:60]
        self.problems.append(
            f"{path}, line {statement.lineno}: `{line}` raised {type(error).__name__}; of what "
            "follows it in the file, only the definitions were loaded."
        )

    def _note(self, path: str, statement: ast.stmt, error: BaseException) -> None:
        lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__)
                 if frame.filename == path]  # fmt: skip
        line = lines[0] if lines else statement.lineno
        self.problems.append(f"{path}, line {line}: {type(error).__name__}: {error}")


class _FlatNames(importlib.abc.MetaPathFinder):
    """Comes last: `import layers` is the package's `layers.py` if nothing else has that name."""

    def __init__(self, package: StudentFiles) -> None:
        self.package = package

    def find_spec(
        self, fullname: str, _path: Sequence[str] | None = None, _target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        return self.package.spec(fullname, fullname)


class _FloorDivision(ast.NodeTransformer):
    """Rewrites `a / b` to a call that floors between integers, as Python 2 did."""

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        self.generic_visit(node)
        if not isinstance(node.op, ast.Div):
            return node
        return _helper_call(_FLOOR_DIVIDE, node.left, node.right, node)

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.AST:
        self.generic_visit(node)
        if not isinstance(node.op, ast.Div):
            return node
        current = copy.deepcopy(node.target)
        current.ctx = ast.Load()
        value = _helper_call(_DIVIDE_IN_PLACE, current, node.value, node)
        return ast.copy_location(ast.Assign([node.target], value), node)


def floor_division() -> tuple[dict[str, Any], ast.NodeTransformer]:
    """What makes `/` floor between integers elsewhere: names to define, and a transformer."""
    helpers = {_FLOOR_DIVIDE: floor_divide, _DIVIDE_IN_PLACE: divide_in_place}
    return helpers, _CompleteFloorDivision()


class _CompleteFloorDivision(_FloorDivision):
    """The same for a whole module, whose new nodes get places."""

    def visit_Module(self, node: ast.Module) -> ast.AST:
        self.generic_visit(node)
        return ast.fix_missing_locations(node)


def _helper_call(name: str, left: ast.expr, right: ast.expr, at: ast.AST) -> ast.Call:
    return ast.copy_location(ast.Call(ast.Name(name, ast.Load()), [left, right], []), at)


def _place(error: BaseException, code: CodeType) -> tuple[int, int]:
    """Line and column in `code` where it raised."""
    for frame, line in traceback.walk_tb(error.__traceback__):
        if frame.f_code is code:
            _, _, column, _ = list(code.co_positions())[frame.f_lasti // 2]
            return line, sys.maxsize if column is None else column
    return 0, 0


def _compile(statement: ast.stmt, path: str, floor_division: bool) -> CodeType:
    tree = ast.Module([statement], [])
    if floor_division:
        tree = ast.fix_missing_locations(_FloorDivision().visit(tree))
    code: CodeType = compile(tree, path, "exec", dont_inherit=True)
    return code
