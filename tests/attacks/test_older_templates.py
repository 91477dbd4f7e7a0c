"""Looking like a submission of another year gains nothing where the rubric names the release."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

import pytest

from grader.assignment.catalogue import read_package, write_package
from grader.assignment.folder import Assignment
from grader.assignments.numpynn.rendering import reference_as, without
from tests.support import grader, quick_rubric, results

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="no isolating kind elsewhere")

NETS = "classifiers/fc_net.py"
LAYER_NORMS = ("layernorm_forward", "layernorm_backward")
TO_DO = "\n\ndef {}(*args):\n    raise NotImplementedError\n"
NO_NET = (
    "\n\nclass TwoLayerNet:\n    def __init__(self, *args):\n        raise NotImplementedError\n"
)

POSES = {
    "leaves out what 2021 did not ask for": "svm_loss and TwoLayerNet to do",
    "looks like 2017": "layer normalization to do",
}
"""A submission that looks older, and the same work without the looks."""


def _class() -> dict[str, Mapping[str, str]]:
    """The files of each submission."""
    right = read_package(Assignment.load("numpynn").reference)
    layers, nets = right["layers.py"], right[NETS]
    to_do = without(layers, *LAYER_NORMS) + "".join(map(TO_DO.format, LAYER_NORMS))
    return {
        "right": right,
        "svm_loss and TwoLayerNet to do": {
            **right,
            "layers.py": without(layers, "svm_loss") + TO_DO.format("svm_loss"),
            NETS: without(nets, "TwoLayerNet") + NO_NET,
        },
        "leaves out what 2021 did not ask for": reference_as("cs231n-2021"),
        "layer normalization to do": {**right, "layers.py": to_do},
        "looks like 2017": reference_as("cs231n-2017"),
    }


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The results, by a rubric that names our own template."""
    folder = tmp_path_factory.mktemp("older")
    for name, files in _class().items():
        write_package(files, folder / "class" / name / "numpynn")
    rubric = quick_rubric(folder, call_seconds=2)
    with rubric.open("a", encoding="utf-8") as file:
        file.write('[grading]\nrelease = "numpynn"\n')
    grader("batch", folder / "class", "-o", folder / "out", "-a", rubric)
    return results(folder / "out")


def test_work_that_is_right_has_all_points(graded: dict[str, Any]) -> None:
    assert graded["right"]["score"] == 100


@pytest.mark.parametrize("pose", POSES)
def test_who_poses_gains_nothing(graded: dict[str, Any], pose: str) -> None:
    undisguised = graded[POSES[pose]]
    assert undisguised["score"] < 100
    assert graded[pose]["score"] <= undisguised["score"]


def test_the_report_says_what_it_looks_like(graded: dict[str, Any]) -> None:
    release = graded["looks like 2017"]["release"]
    assert (release["id"], release["chosen"]) == ("numpynn", "rubric")
    expected = "numpynn is that of the rubric; the text looks like cs231n-2017"
    assert release["evidence"][0] == expected
