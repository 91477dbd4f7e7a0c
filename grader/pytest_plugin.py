"""The self-check in plain pytest: what the `gradewall` entry point loads.

A student's folder holds a test file that imports checks from `grader.assignments.numpynn.bank`;
only then does this plugin do anything. Every other pytest run pays no more than this import.
"""

from __future__ import annotations

from pathlib import Path

import pytest

_NAME = "gradewall-selfcheck"


def pytest_addoption(parser: pytest.Parser) -> None:
    """The assignment, for a test file that imports another bank than ours."""
    parser.addini(
        "gradewall_assignment", "assignment's name, or path of its rubric", default="numpynn"
    )


def pytest_pycollect_makemodule(module_path: Path, parent: pytest.Collector) -> None:
    """Bring in the fixtures of checks before the first module that needs them is collected."""
    manager = parent.config.pluginmanager
    if not manager.has_plugin(_NAME) and _imports_bank(module_path):
        from grader.selfcheck.pytest_checks import SelfCheckPlugin

        manager.register(SelfCheckPlugin(parent.config), _NAME)


def _imports_bank(path: Path) -> bool:
    try:
        return b"grader.assignments.numpynn.bank" in path.read_bytes()
    except OSError:
        return False
