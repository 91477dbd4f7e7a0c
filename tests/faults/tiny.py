"""A tiny assignment and a class of every kind of submission, so that a batch takes a second."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from grader.assignment.folder import Assignment
from grader.model.result import Result
from grader.runner.recording import record_key
from tests.notebooks import courses
from tests.support import GRADER, grader
from tests.verify.toy import HEAD, LAYERS, RUBRIC, SCALE, SHIFT

WITH_LIMITS: Final = f"{RUBRIC}\n[limits]\ncall_seconds = 1\n"
SLOW: Final = "def slow():\n    for _ in range(400):\n        np.ones(10_000).sum()\n\n\n"
BODIES: Final = {
    "right": "return x * w",
    "wrong": "return x + w",
    "raises": "raise ValueError(x)",
    "ends": "import os; os._exit(1)",
    "slow": "slow(); return x * w",
    "sleepy": "import time; time.sleep(0.3); return x * w",
    "noisy": "print('x' * 100_000); return x * w",
    "none": "pass",
}
NOTEBOOK_RULES: Final = """
[parts.work]
title = { en = "Notebook" }
points = 2

[notebooks]
release = "release"
scale = "tiny"
scales = { tiny = {} }

[notebooks.files.Work]
part = "work"
title = { en = "Work" }

[notebooks.files.More]
part = "work"
title = { en = "More" }
"""
IMAGES: Final = """
import numpy as np


def generate_split(size, split, seed=231):
    return np.full((size, 3, 32, 32), split % 256, np.uint8), np.arange(size)
"""
CELLS: Final = {
    "setup": ("given", "import numpy as np\nfrom numpynn.layers import shift"),
    "first": ("check", "assert shift(1, 2) == 5"),
    "second": ("check", "print(np.ones(300_000).cumsum().sum())"),
}
"""Of a notebook; id to role and text."""
TIMES: Final = ("duration", "graded_at")


def make(folder: Path, bodies: Mapping[str, str] = BODIES, *, notebooks: bool = False) -> Path:
    """The assignment with its key and the class, in `folder`; the rubric's path.

    `bodies` is what `scale` does, by the submission's name. With `notebooks` each has two of them.
    """
    (folder / "bank").mkdir()
    (folder / "bank" / "layers.py").write_text(HEAD + SCALE + SHIFT, encoding="utf-8")
    _package(folder / "reference" / "toy", LAYERS)
    rubric = folder / "toy.toml"
    text = WITH_LIMITS
    if notebooks:
        text = text.replace("points = 4", "points = 6", 1) + NOTEBOOK_RULES
    rubric.write_text(text, encoding="utf-8")
    for name, body in bodies.items():
        text = LAYERS.replace("out = x * w\n    return out", body)
        _package(folder / "class" / name / "numpynn", text.replace("def scale", SLOW + "def scale"))
        if notebooks:
            _notebooks(folder / "class" / name)
    (folder / "class" / "empty").mkdir()
    if notebooks:
        _notebooks(folder / "release")
        (folder / "reference" / "toy" / "data_utils.py").write_text(IMAGES, encoding="utf-8")
    assignment = Assignment.load(str(rubric))
    record_key(assignment).save(assignment.layout.key)
    return rubric


def _package(folder: Path, text: str) -> None:
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text("", encoding="utf-8")
    (folder / "layers.py").write_text(text, encoding="utf-8")


def _notebooks(folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    for name in ("Work", "More"):
        content = courses.content(CELLS, grader={"notebook": name})
        (folder / f"{name}.ipynb").write_text(json.dumps(content), encoding="utf-8")


def command(root: Path, out: Path, *more: str) -> list[str]:
    """The command that grades the class in `root`."""
    rubric = root / "toy.toml"
    return [*GRADER, "batch", str(root / "class"), "-o", str(out), "-a", str(rubric), *more]


def grade(root: Path, out: Path, *more: str, **options: Any) -> subprocess.CompletedProcess[str]:
    """Grade the class in `root`; whatever the end. With options it is a process started afresh."""
    words = command(root, out, *more)[len(GRADER) :]
    return grader(*words, code=None, **options)


def verdicts(out: Path) -> dict[str, Any]:
    """The results in `out` without the times, by submission; each file must be a whole one."""
    found: dict[str, Any] = {}
    for path in (out / "results").glob("*.json"):
        content = json.loads(Result.load(path).to_json())
        assert content["submission"] not in found, f"{path}: a second result"
        found[content["submission"]] = _without_times(content)
    return found


def _without_times(content: dict[str, Any]) -> dict[str, Any]:
    checks = [{**check, "duration": 0} for check in content["checks"]]
    sandbox = {
        **content["sandbox"],
        "layers": [],
    }  # one that is hit while it is tried out has fewer
    books = [_without_seconds(book) for book in content["notebooks"]]
    return {
        **content,
        "notebooks": books,
        "checks": checks,
        "sandbox": sandbox,
        **dict.fromkeys(TIMES),
    }


def _without_seconds(book: dict[str, Any]) -> dict[str, Any]:
    cells = [{**cell, "seconds": 0} for cell in book["cells"]]
    return {**book, "cells": cells, "seconds": 0}


if __name__ == "__main__":
    make(Path(sys.argv[1]))
