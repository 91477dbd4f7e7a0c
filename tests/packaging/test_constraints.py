"""What is installed is pinned, by name and version alone."""

from __future__ import annotations

import re
import tomllib
from importlib import metadata

import pytest

from tests.support import REPOSITORY

PIN = re.compile(r"[A-Za-z0-9._-]+==[A-Za-z0-9.+!]+")


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


@pytest.fixture(scope="module")
def pins() -> dict[str, str]:
    lines = (REPOSITORY / "constraints.txt").read_text(encoding="utf-8").splitlines()
    found = [line for line in lines if not line.startswith("#")]
    assert [line for line in found if not PIN.fullmatch(line)] == []
    return {_canonical(name): version for name, version in (line.split("==") for line in found)}


def _requirements() -> list[str]:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    return [*project["dependencies"], *(name for extra in extras.values() for name in extra)]


def test_all_that_we_ask_for_is_pinned(pins: dict[str, str]) -> None:
    names = [re.split(r"[<>=!~;\[ ]", text)[0] for text in _requirements()]
    assert {name for name in names if _canonical(name) not in pins} == set()


def test_so_is_what_that_needs(pins: dict[str, str]) -> None:
    """Through every dependency of what we ask for, as far as it is installed here."""
    waiting = [re.split(r"[<>=!~;\[ ]", text)[0] for text in _requirements()]
    seen: set[str] = set()
    while waiting:
        name = _canonical(waiting.pop())
        try:
            needs = metadata.requires(name) or []
        except metadata.PackageNotFoundError:
            continue
        if name in seen:
            continue
        seen.add(name)
        waiting += [re.split(r"[<>=!~;\[( ]", text)[0] for text in needs if "extra ==" not in text]
    assert seen - pins.keys() == set()


def test_the_oldest_python_is_named_once() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["project"]["requires-python"] == ">=3.11"
    assert project["tool"]["ruff"]["target-version"] == "py311"
    assert project["tool"]["mypy"]["python_version"] == "3.11"
