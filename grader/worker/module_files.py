"""Which file a module is imported from: no folders are needed, and none are there."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import NamedTuple


class Place(NamedTuple):
    """Where a module was found."""

    name: str
    """Its one name in the package, whatever it was imported as."""
    path: str
    is_package: bool


class ModuleFiles:
    """Finds the files of a package by dotted names."""

    def __init__(self, files: Collection[str], names: Mapping[str, str]) -> None:
        """Take paths seen from the package, and names of files that are not called so.

        The first name of a file is its own, the others lead to the same module.
        """
        self._files = files
        self._names = names
        self._own_names: dict[str, str] = {}
        for name, path in names.items():
            self._own_names.setdefault(path, name)

    def name_of(self, path: str) -> str:
        """The name of the module that a file is."""
        usual = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        return self._own_names.get(path, usual)

    def find(self, name: str) -> Place | None:
        """The module or folder of a dotted name, empty for the package itself.

        Where there is nothing of that name, `nets.layers` is `layers`: files that were given
        out in a folder may lie flat, and say `from .layers import *`.
        """
        path = self._file(name)
        if path is None and self._is_folder(name):
            return Place(name, f"{name.replace('.', '/')}/__init__.py".lstrip("/"), True)
        shorter = name
        while path is None and "." in shorter:
            shorter = shorter.partition(".")[2]
            path = self._file(shorter)
        if path is None:
            return None
        return Place(self.name_of(path) if name else "", path, path.endswith("__init__.py"))

    def _file(self, name: str) -> str | None:
        if name in self._names:
            return self._names[name]
        base = name.replace(".", "/")
        choices = (f"{base}.py", f"{base}/__init__.py".lstrip("/"))
        return next((path for path in choices if path in self._files), None)

    def _is_folder(self, name: str) -> bool:
        start = name.replace(".", "/") + "/"
        return (
            not name
            or any(path.startswith(start) for path in self._files)
            or any(other.startswith(f"{name}.") for other in self._names)
        )
