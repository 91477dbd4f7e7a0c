"""Where a module of the contract lies: a file of the package, or a notebook beside it."""

from __future__ import annotations

import re
from typing import Final

NOTEBOOK: Final = "notebook:"
"""How the module of a function begins that lives in a notebook: `notebook:Regression`."""


def notebook_of(module: str) -> str:
    """The notebook that a module names; empty where it is a file of the package."""
    return module.removeprefix(NOTEBOOK) if module.startswith(NOTEBOOK) else ""


def module_file(module: str) -> str:
    """Its file in the package as given out: `nets/simple.py`, `Regression.ipynb`."""
    name = notebook_of(module)
    return f"{name}.ipynb" if name else f"{module.replace('.', '/')}.py"


def source_file(module: str) -> str:
    """Its file in a package of ours, where functions of a notebook are a module of its name."""
    return f"{import_name(module).replace('.', '/')}.py"


def import_name(module: str) -> str:
    """What it is imported as, from the package: `nets.simple`, `Regression`."""
    return re.sub(r"\W", "_", notebook_of(module)) or module
