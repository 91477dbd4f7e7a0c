"""What deserves a second look with some functions replaced: never with a class."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.grading.follow_through import to_repeat, wrong_functions
from grader.model.result import CheckResult, Outcome, Visibility
from grader.model.rubric import Rubric, load_rubric

RUBRIC = """\
id = "tiny"
points = 10

[title]
en = "Tiny"

[contract]
bend = "layers: out"
Tensor = { module = "tensor", returns = "tensor*", methods = ["backward", "sum"] }
Net = { module = "nets", returns = "net*", methods = ["loss"], stands_on = ["Tensor", "bend"] }

[parts]
parts = { title = { en = "Parts" }, points = 5 }
nets = { title = { en = "Nets" }, points = 5, follow_through = true }
"""


@pytest.fixture(scope="module")
def rubric(tmp_path_factory: pytest.TempPathFactory) -> Rubric:
    path: Path = tmp_path_factory.mktemp("tiny") / "tiny.toml"
    path.write_text(RUBRIC, encoding="utf-8")
    return load_rubric(path)


def failed(name: str, part: str, target: str) -> CheckResult:
    return CheckResult(
        id=name,
        title=name,
        part=part,
        targets=[target],
        outcome=Outcome.FAILED,
        points=0.0,
        max_points=1.0,
        visibility=Visibility.PUBLIC,
    )


def test_a_net_is_repeated_with_functions_and_no_classes(rubric: Rubric) -> None:
    checks = [
        failed("one", "parts", "Tensor.backward"),
        failed("two", "parts", "bend"),
        failed("net", "nets", "Net.loss"),
    ]
    wrong = wrong_functions(checks, rubric)
    assert wrong == ["bend", "Tensor"]
    assert to_repeat(checks, rubric, wrong) == {("bend",): {"net"}}
    only = [checks[0], checks[2]]
    assert to_repeat(only, rubric, wrong_functions(only, rubric)) == {}
