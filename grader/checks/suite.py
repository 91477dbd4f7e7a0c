"""A bank as classes of tests, for the test file in a student's folder."""

from __future__ import annotations

import pkgutil
from importlib import import_module
from types import ModuleType


def checks_of(module: ModuleType) -> type:
    """The checks of `module` as a class that pytest collects.

    A class, since two modules may have checks of one name, of which `import *` would hide one.
    """
    tests = {
        name: staticmethod(value)
        for name, value in vars(module).items()
        if name.startswith("test_") and callable(value)
    }
    return type(module.__name__.rpartition(".")[2], (), tests)


def suite_of(assignment: str) -> dict[str, type]:
    """The whole bank of an assignment, as classes under names that pytest looks for.

    Args:
        assignment: its id. It need not be a name that Python can import.
    """
    bank = import_module(f"grader.assignments.{assignment}.bank")
    names = sorted(module.name for module in pkgutil.iter_modules(bank.__path__))
    modules = {name: import_module(f"{bank.__name__}.{name}") for name in names if name[0] != "_"}
    return {
        f"Test{name.title().replace('_', '')}": checks_of(module)
        for name, module in modules.items()
    }
