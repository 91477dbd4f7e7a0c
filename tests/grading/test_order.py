"""Checks in another order give the same results."""

from __future__ import annotations

import shutil
from pathlib import Path

import msgspec

from grader.assignment.folder import Assignment
from grader.batches.grading_client import Engine
from grader.grading import Settings, check_order
from grader.model.result import Result
from grader.runner.check import Check
from grader.submission import single
from tests.support import submission, verdicts

CLASS: dict[str, dict[str, str]] = {
    "right": {},
    "several": {
        "batchnorm_forward": "x = x * 2",
        "adam": "return w, config",
        "dropout_backward": "import os; os._exit(1)",
        "sgd_momentum": "affine_forward = None; return w + dw, config",
    },
}


def graded(folder: Path, work: Path, setting: str) -> dict[str, Result]:
    path = folder / "numpynn.toml"
    text = Assignment.load("numpynn").path.read_text(encoding="utf-8")
    path.write_text(f"{text}\n[grading]\n{setting}\n", encoding="utf-8")
    shutil.copy(Assignment.load("numpynn").layout.key, path.with_suffix(".key"))
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
    assert usual["right"].score == 100 > usual["several"].score


def made(name: str, *needs: str) -> Check:
    return Check(
        id=f"layers::{name}",
        title=name,
        part="p",
        targets=("f",),
        needs=needs,
        file="test_layers.py",
        path=Path("test_layers.py"),
        line=1,
        function=lambda: None,
        takes=(),
    )


def test_an_order_keeps_what_is_needed_before_what_needs_it() -> None:
    checks = [made("first"), made("second", "test_first")]
    checks += [made(f"other[{number}]") for number in range(10)]
    places = set()
    for seed in range(20):
        ids = [check.id for check in check_order.shuffled(checks, str(seed))]
        assert sorted(ids) == sorted(check.id for check in checks)
        assert ids.index("layers::first") < ids.index("layers::second")
        assert ids == [check.id for check in check_order.shuffled(checks, str(seed))]
        places.add(ids.index("layers::second"))
    assert len(places) > 3
