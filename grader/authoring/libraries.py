"""The libraries that a reference uses, imported once for all the processes that try it."""

from __future__ import annotations

import ast
import contextlib
import importlib
import io
import sys
from collections.abc import Iterator
from typing import Final

from grader.authoring.reference_source import ReferenceSource

_AVAILABLE: Final = frozenset({"numpy", *sys.stdlib_module_names})
"""In the sandbox."""


def import_libraries(source: ReferenceSource) -> None:
    """Import what the modules of a reference import from elsewhere; what is not there is skipped.

    Each mutant runs in a fork of this process, where importing SciPy anew costs more than all its
    checks do.
    """
    own = {source.package, *(path.partition("/")[0].removesuffix(".py") for path in source.files)}
    for name in dict.fromkeys(_imported(source)):
        if name.partition(".")[0] not in own:
            quiet = io.StringIO()
            with (
                contextlib.suppress(Exception, SystemExit),
                contextlib.redirect_stdout(quiet),
                contextlib.redirect_stderr(quiet),
            ):
                importlib.import_module(name)


def foreign_libraries(source: ReferenceSource) -> list[str]:
    """Libraries that a reference imports and that students' code cannot have."""
    own = {source.package, *(path.partition("/")[0].removesuffix(".py") for path in source.files)}
    tops = dict.fromkeys(name.partition(".")[0] for name in _imported(source))
    return [name for name in tops if name not in own | _AVAILABLE]


def _imported(source: ReferenceSource) -> Iterator[str]:
    """Names of modules that are imported at the top of the reference's, those of packages too."""
    for tree in source.trees.values():
        for node in tree.body:
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                yield node.module
                yield from (f"{node.module}.{alias.name}" for alias in node.names)
