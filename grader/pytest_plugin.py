"""The self-check in plain pytest: what the `gradewall` entry point loads.

A student's folder holds a test file that imports the bank of a shipped assignment; only then, or
where the assignment is named in the settings, does this plugin do anything. Every other pytest run
pays no more than this import.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pytest

_NAME: Final = "gradewall-selfcheck"
_BANK: Final = re.compile(rb"""grader\.assignments\.(\w+)\.bank|suite_of\(["']([\w.-]+)["']\)""")


def pytest_addoption(parser: pytest.Parser) -> None:
    """The assignment, for a test file that imports a bank that is not shipped."""
    parser.addini(
        "gradewall_assignment",
        "assignment's name, or path of its rubric; by default that of the bank that is imported",
        default="",
    )


def pytest_pycollect_makemodule(module_path: Path, parent: pytest.Collector) -> None:
    """Bring in the fixtures of checks before the first module that needs them is collected."""
    manager = parent.config.pluginmanager
    if manager.has_plugin(_NAME):
        return
    assignment = parent.config.getini("gradewall_assignment") or _bank_of(module_path)
    if assignment:
        manager.register(_self_check(parent.config, assignment), _NAME)


def _self_check(config: pytest.Config, assignment: str) -> object:
    """The plugin that runs checks; its sandbox starts while the bank is imported."""
    from grader.sandbox.background import OpeningSandbox
    from grader.sandbox.sandboxes import OWN_CODE

    sandbox = None if config.option.collectonly else OpeningSandbox(OWN_CODE)
    from grader.selfcheck.pytest_checks import SelfCheckPlugin

    return SelfCheckPlugin(config, assignment, sandbox)


def _bank_of(path: Path) -> str:
    """The assignment whose bank a file imports; empty if it imports none."""
    try:
        found = _BANK.search(path.read_bytes())
    except OSError:
        return ""
    return (found[1] or found[2]).decode() if found else ""
