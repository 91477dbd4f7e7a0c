"""A package of ours in memory: the reference as it is, or changed.

It goes by a private name, so that many may be loaded side by side. Inside it, imports work as they
do in a submission: relative ones, those by the package's own names (`from mylib.helpers import f`),
and those of files that lie flat in it (`import helpers`).
"""

from __future__ import annotations
import __future__

import builtins
import importlib
import importlib.abc
import importlib.machinery
import itertools
import re
import sys
from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from types import CodeType, ModuleType
from typing import Any, Final

from grader.model.contract import ContractEntry
from grader.model.module_path import import_name

_PREFIX: Final = "_gradewall_in_memory_"
_numbers = itertools.count()
_DEFINITION: Final = re.compile(r"^(?=@|def |class )", re.MULTILINE)
"""A decorator stands alone then, and the module is compiled as a whole."""


class MemoryPackage:
    """A package of ours, imported from memory under a name of its own."""

    def __init__(
        self,
        files: Mapping[str, str],
        contract: Mapping[str, ContractEntry],
        names: Collection[str] = (),
    ) -> None:
        """Nothing is imported yet.

        Args:
            files: text by path inside the package.
            contract: what is looked for in it.
            names: those by which its modules may import it.
        """
        self.files = files
        self._contract = contract
        self._names = frozenset(names)
        self._name = f"{_PREFIX}{next(_numbers)}"
        self._imported: list[str] = []
        _FINDER.packages[self._name] = self

    def resolve(self, name: str) -> Any:
        """The contract's function or class."""
        return getattr(self.module(import_name(self._contract[name].module)), name)

    def drop(self) -> None:
        """Forget the package."""
        self.forget_state()
        _FINDER.packages.pop(self._name, None)

    def forget_state(self) -> None:
        """Import the modules anew next time: a mistake may keep something in them."""
        for name in self._imported:
            sys.modules.pop(name, None)
        self._imported.clear()

    def begin_import(self, module: ModuleType) -> None:
        """Note that one of its modules is about to be imported, and give it our `import`."""
        self._imported.append(module.__name__)
        own = {**vars(builtins), "__import__": self._import_for_it}
        vars(module)["__builtins__"] = own

    def module(self, module: str) -> ModuleType:
        """A module, by its name inside the package."""
        if _FINDER not in sys.meta_path:
            sys.meta_path.insert(0, _FINDER)
        return importlib.import_module(f"{self._name}.{module}")

    def source(self, inside: str) -> tuple[str, str] | None:
        """The file of a module, and its text; of a folder without `__init__.py` an empty one."""
        path = inside.replace(".", "/")
        for file in (f"{path}.py", f"{path}/__init__.py".lstrip("/")):
            if file in self.files:
                return file, self.files[file]
        folder = f"{path}/" if path else ""
        is_folder = any(file.startswith(folder) for file in self.files)
        return (f"{folder}__init__.py", "") if is_folder else None

    def _import_for_it(
        self,
        name: str,
        globals: Mapping[str, Any] | None = None,
        locals: Mapping[str, Any] | None = None,
        fromlist: Sequence[str] | None = (),
        level: int = 0,
    ) -> ModuleType:
        """What `import` does inside the package."""
        inside = None if level else self._inside(name)
        if inside is None:
            return builtins.__import__(name, globals, locals, fromlist or (), level)
        full = f"{self._name}.{inside}".rstrip(".")
        if fromlist:
            return builtins.__import__(full, globals, locals, fromlist, 0)
        importlib.import_module(full)
        top = "" if name.partition(".")[0] in self._names else f".{inside.partition('.')[0]}"
        return sys.modules[self._name + top]

    def _inside(self, name: str) -> str | None:
        """A module of ours that an absolute import means, from the package; None for others."""
        top, _, rest = name.partition(".")
        if top in self._names:
            return rest
        is_ours = top not in sys.stdlib_module_names and self.source(top) is not None
        return name if is_ours else None


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports packages from memory."""

    def __init__(self) -> None:
        self.packages: dict[str, MemoryPackage] = {}

    def find_spec(
        self, fullname: str, path: object = None, target: object = None
    ) -> importlib.machinery.ModuleSpec | None:
        found = self._source(fullname)
        if found is None:
            return None
        file, _ = found
        return importlib.machinery.ModuleSpec(
            fullname, self, origin=file, is_package=file.endswith("__init__.py")
        )

    def exec_module(self, module: ModuleType) -> None:
        found = self._source(module.__name__)
        assert found is not None
        package = self.packages[module.__name__.partition(".")[0]]
        package.begin_import(module)
        for code in _compiled(*found):
            exec(code, module.__dict__)

    def _source(self, fullname: str) -> tuple[str, str] | None:
        name, _, inside = fullname.partition(".")
        package = self.packages.get(name)
        return package.source(inside) if package else None


_FINDER: Final = _Finder()


@lru_cache(maxsize=512)
def _compiled(file: str, text: str) -> list[CodeType]:
    """The module, definition by definition, since most of them are as they were."""
    starts = [0, *(match.start() for match in _DEFINITION.finditer(text)), len(text)]
    parts = [text[begin:end] for begin, end in itertools.pairwise(starts)]
    try:
        return [_compiled_part(file, part) for part in parts]
    except SyntaxError:
        return [_compiled_part(file, text)]


@lru_cache(maxsize=4096)
def _compiled_part(file: str, text: str) -> CodeType:
    name = f"<reference>/{file}"
    flags = __future__.annotations.compiler_flag
    code: CodeType = compile(text, name, "exec", flags, dont_inherit=True)
    return code
