"""The layout is the architecture: who may import whom, and one name for one thing."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

import pytest

from tests.support import REPOSITORY

ROOT = REPOSITORY / "grader"
ORDER: Final = (
    "model",
    "protocol",
    "worker",
    "assignment",
    "sandbox",
    "submission",
    "student",
    "checks",
    "runner",
    "diagnosis",
    "report",
    "grading",
    "notebooks",
    "course",
    "similarity",
    "verify",
    "batches",
    "oral",
    "selfcheck",
    "demo",
    "authoring",
    "deploy",
    "web",
    "api",
    "cli",
)
"""From below to above: a folder imports only what stands before it."""
SHARED = {"garbage", "import_path"}
"""What every folder may use."""
OUTSIDE = {"__init__", "__main__", "pytest_plugin", "assignments", *SHARED}
"""The package's doors, what is shared, and the assignments, which the harness loads by their
paths."""


def modules() -> dict[str, Path]:
    """Every module of the package, by its dotted name."""
    files = ROOT.rglob("*.py")
    relative = {path.relative_to(REPOSITORY).with_suffix(""): path for path in files}
    return {".".join(name.parts).removesuffix(".__init__"): p for name, p in relative.items()}


MODULES = modules()


def imported(path: Path) -> Iterator[str]:
    """Modules of the package that a file imports: at its top, in functions and for types."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        for name in names:
            if name.startswith("grader."):
                yield name if name in MODULES else name.rpartition(".")[0]


@cache
def imports() -> dict[str, set[str]]:
    """What each module imports; not read until a test asks, since every process collects this."""
    return {name: set(imported(path)) - {name, "grader"} for name, path in MODULES.items()}


def folder(module: str) -> str:
    """The folder of a module below `grader`."""
    return module.split(".")[1] if "." in module else "__init__"


def test_every_folder_has_a_place_in_the_order() -> None:
    assert {folder(name) for name in MODULES} - OUTSIDE <= set(ORDER)


@pytest.mark.parametrize("place", ORDER)
def test_a_folder_imports_downwards_only(place: str) -> None:
    allowed = {*ORDER[: ORDER.index(place) + 1], *SHARED}
    upwards = {
        f"{name} imports {other}"
        for name, others in imports().items()
        if folder(name) == place
        for other in others
        if folder(other) not in allowed
    }
    assert not upwards


def test_files_form_no_circle() -> None:
    above: dict[str, set[str]] = {}
    for name in imports():
        seen: set[str] = set()
        waiting = set(imports()[name])
        while waiting:
            other = waiting.pop()
            seen.add(other)
            waiting |= imports().get(other, set()) - seen
        above[name] = seen
    assert not [name for name, others in above.items() if name in others]


def test_what_runs_untrusted_imports_itself_the_protocol_and_the_limits() -> None:
    untrusted = [name for name in imports() if folder(name) in ("protocol", "worker")]
    reached = {other for name in untrusted for other in imports()[name]}
    assert {name for name in reached if folder(name) not in ("protocol", "worker")} == {
        "grader.model.limits"
    }


def test_no_two_modules_have_one_name() -> None:
    places = defaultdict(list)
    for name, path in MODULES.items():
        if path.stem != "__init__" and folder(name) not in ("cli", "assignments"):
            places[path.stem].append(name)
    assert not {stem: names for stem, names in places.items() if len(names) > 1}


def test_no_two_public_classes_have_one_name() -> None:
    places = defaultdict(list)
    harness = {name: path for name, path in MODULES.items() if folder(name) != "assignments"}
    for name, path in harness.items():
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places[node.name].append(name)
    assert not {stem: names for stem, names in places.items() if len(names) > 1}
