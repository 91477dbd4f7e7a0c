"""Checks in another order give the same results."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest

from grader.assignment.folder import Assignment
from grader.batches.grading_client import Engine
from grader.checks import check
from grader.grading import Settings, check_order
from grader.model.result import Result
from grader.submission import single
from tests.support import WRONG_RELU, submission, verdicts

CLASS: dict[str, dict[str, str]] = {
    "right": {},
    "relu": WRONG_RELU,
    "several": {
        "batchnorm_forward": "x = x * 2",
        "adam": "return w, config",
        "dropout_backward": "import os; os._exit(1)",
        "sgd_momentum": "affine_forward = None; return w + dw, config",
    },
}


def graded(folder: Path, work: Path, setting: str) -> dict[str, Result]:
    path = folder / "numpynn.toml"
    text = Assignment.load().path.read_text(encoding="utf-8")
    path.write_text(f"{text}\n[grading]\n{setting}\n", encoding="utf-8")
    shutil.copy(Assignment.load().key_path, path.with_suffix(".key"))
    with Engine(Settings(assignment=str(path), diagnose=False)) as engine:
        return {name: engine.grade(single(work / name)) for name in CLASS}


def test_shuffled_checks_judge_the_same(tmp_path: Path) -> None:
    for name, bodies in CLASS.items():
        submission(tmp_path / "class", name, bodies)
    usual = graded(tmp_path, tmp_path / "class", "shuffle = false")
    mixed = graded(tmp_path, tmp_path / "class", "shuffle = true")
    for name, result in usual.items():
        assert result.checks
        assert verdicts(msgspec.to_builtins(mixed[name])) == verdicts(msgspec.to_builtins(result))
    assert usual["right"].score == 100 > usual["relu"].score > usual["several"].score


class Item:
    """As much of a pytest item as is looked at."""

    def __init__(self, name: str, function: Callable[..., None]) -> None:
        self.name = f"test_{name}"
        self.function = function
        self.stash = pytest.Stash()


def test_an_order_keeps_what_is_needed_before_what_needs_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    @check("first", part="p", targets="f")
    def test_first() -> None: ...

    @check("second", part="p", targets="f", needs=[test_first])
    def test_second() -> None: ...

    items = [Item("first", test_first), Item("second", test_second)]
    items += [Item(f"other[{number}]", test_first) for number in range(10)]
    monkeypatch.setattr(check_order, "item_spec", lambda item: item.function.__check__)
    places = set()
    for seed in range(20):
        names = [item.name for item in check_order.shuffled(cast(Any, items), str(seed))]
        assert sorted(names) == sorted(item.name for item in items)
        assert names.index("test_first") < names.index("test_second")
        assert names == [item.name for item in check_order.shuffled(cast(Any, items), str(seed))]
        places.add(names.index("test_second"))
    assert len(places) > 3
