"""The first bank of an assignment, as modules a person will go on writing in."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable

from grader.authoring.folder_writer import file_name
from grader.authoring.survey import Chosen

_HEAD = '''"""Checks of {module}, written by `grader new`."""

from __future__ import annotations
'''


def bank_modules(chosen: Iterable[Chosen], modules: dict[str, str]) -> dict[str, str]:
    """The bank's files by name.

    Args:
        chosen: the checks.
        modules: contract name to the module that has it.
    """
    by_module: dict[str, list[Chosen]] = defaultdict(list)
    for each in chosen:
        by_module[modules[each.candidate.target.partition(".")[0]]].append(each)
    return {
        f"{file_name(module)}.py": _text(module, checks) for module, checks in by_module.items()
    }


def _text(module: str, checks: list[Chosen]) -> str:
    body = "\n\n".join(each.written.text for each in checks)
    names = {node.id for node in ast.walk(ast.parse(body)) if isinstance(node, ast.Name)}
    helpers = sorted(names & {"Inputs", "Student", "assert_backward", "assert_same", "check"})
    imports = ["from typing import Any"] * ("Any" in names)
    imports += ["import numpy as np"] * ("np" in names)
    imports += [f"from grader.checks import {', '.join(helpers)}"]
    head = _HEAD.format(module=module)
    return tidy(head + "\n" + "\n\n".join(imports) + "\n\n\n" + body)


def tidy(text: str) -> str:
    """Source as ruff formats it, where ruff is installed."""
    command = [sys.executable, "-m", "ruff", "format", "--line-length", "100", "-"]
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    return done.stdout if done.returncode == 0 and done.stdout else text


def quoted(text: str) -> str:
    """A text as TOML writes it."""
    return json.dumps(text, ensure_ascii=False)
