"""The harness knows no assignment: words of the shipped ones stand only in their own folders."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from grader.assignment.composed import members_of, open_assignment
from grader.assignment.layout import DEMO, shipped_ids
from grader.model.module_path import NOTEBOOK
from tests.support import REPOSITORY

HARNESS = REPOSITORY / "grader"
OWN = HARNESS / "assignments"
FURTHER = "words.txt"
"""Beside each assignment: its words that its contract does not name, one on a line."""
GENERIC = frozenset({"layers", "loss", "fit", "train", "predict", "model", "solver", "optim"})
"""Words of contracts that mean the same everywhere."""


def _words() -> Iterator[str]:
    for name in shipped_ids():
        yield name
        for assignment in members_of(open_assignment(name)):
            yield from assignment.package_names
            for target, entry in assignment.contract.items():
                yield target
                if not entry.module.startswith(NOTEBOOK):
                    yield from entry.module.split(".")
    for path in OWN.glob(f"*/{FURTHER}"):
        yield from path.read_text(encoding="utf-8").split()


WORDS = sorted({word for word in _words() if word.lower() not in GENERIC})
PATTERN = re.compile(rf"(?<![a-z])(?:{'|'.join(map(re.escape, WORDS))})", re.IGNORECASE)


def _files() -> list[Path]:
    endings = {".py", ".html", ".js", ".css", ".ini", ".toml", ".json"}
    found = (path for path in HARNESS.rglob("*") if path.suffix in endings)
    return sorted(p for p in found if not {"__pycache__", "_data"} & set(p.parts))


def _found(text: str) -> list[str]:
    return [match.group() for match in PATTERN.finditer(text)]


def _spoken(path: Path) -> Iterable[str]:
    """The lines of a file; of Python, those that are more than the default of the demo."""
    lines = path.read_text(encoding="utf-8").splitlines()
    is_layout = path == HARNESS / "assignment" / "layout.py"
    return [
        line for line in lines if not (is_layout and line.startswith(f'DEMO: Final = "{DEMO}"'))
    ]


def test_there_are_words_to_look_for() -> None:
    assert {"affine_forward", "fc_net", "cs231n", "numpynn", "ThreeLayerConvNet"} <= set(WORDS)
    assert {"CIFAR", "dropout", "batchnorm", "2016"} <= set(WORDS)
    assert _found("as in FC_Net or relu_backward") == ["FC_Net", "relu_backward"]
    assert _found("a layer, a loss, a model") == []


@pytest.mark.parametrize(
    "path",
    [path for path in _files() if OWN not in path.parents],
    ids=lambda path: path.relative_to(HARNESS).as_posix(),
)
def test_a_file_of_the_harness_names_no_assignment(path: Path) -> None:
    assert [line.strip() for line in _spoken(path) if _found(line)] == []
