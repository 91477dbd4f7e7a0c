"""A module of the bank as a class of tests, for the test file in a student's folder."""

from __future__ import annotations

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
