"""A student's folder beside a small assignment, and notebooks as Jupyter saves them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from grader.report.strings import Texts
from grader.selfcheck.packing import Packed, pack
from tests.verify import toy

NOW = "2026-03-02T14:05:00+01:00"
TODO = """\
import numpy as np


def scale(x, w):
    return x * w


def shift(x, b):
    raise NotImplementedError
"""


def desk(folder: Path, *, layers: str = toy.LAYERS, submit: str = "") -> Path:
    """A student's folder with the package; `submit` is the rubric's table."""
    course = folder / "course"
    course.mkdir()
    toy.make(course, toy.SCALE, toy.SHIFT, rubric=f"{toy.RUBRIC}\n{submit}")
    package = folder / "ann" / "toy"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "layers.py").write_text(layers, encoding="utf-8")
    return folder / "ann"


def packed(work: Path, *, lang: str = "en", out: Path | None = None, now: str = NOW) -> Packed:
    """The work, packed."""
    rubric = str(work.parent / "course" / "toy.toml")
    texts = Texts("zh" if lang == "zh" else "en")
    return pack(work, out, rubric, texts, lambda _said: None, now)


def told(found: Packed) -> list[str]:
    """What was found of it."""
    return [each.text for each in found.findings]


def notebook(path: Path, *cells: str, counts: Sequence[int | None] = (), **more: Any) -> None:
    """Save a notebook of cells of code, run in order unless `counts` says otherwise."""
    numbers = counts or range(1, len(cells) + 1)
    book = {
        "cells": [
            {"cell_type": "code", "source": source, "execution_count": count, "metadata": {},
             "outputs": more.get("outputs", []) if at == len(cells) - 1 else []}
            for at, (source, count) in enumerate(zip(cells, numbers, strict=True))
        ],
        "metadata": {}, "nbformat": 4, "nbformat_minor": 4,
    }  # fmt: skip
    path.write_text(json.dumps(book, indent=1), encoding="utf-8")
