"""Telling the templates of the unit apart, and what they leave open."""

from __future__ import annotations

import ast
from collections.abc import Mapping

import pytest

from grader.assignment.folder import Assignment
from grader.assignment.plugin import SubmissionFacts
from grader.assignments.convnet.releases import RELEASES, recognise

CONV = '''
def conv_forward_naive(x, w, b, conv_param):
    """Convolve.

    - x: (N, C, H, W)
    """
'''
POOL = '''
def max_pool_forward_naive(x, pool_param):
    """Pool.

    - x: (N, C, H, W)
    {}
    """
'''
SIZED = POOL.format("- out: (N, C, H', W')")
GROUPNORM = '''
def spatial_groupnorm_forward(x, gamma, beta, G, gn_param):
    """Normalize.

    - gamma: {}
    """
'''
EARLY = {"layers.py": CONV + POOL.format("- out")}
EARLY_NETS = {"classifiers/fc_net.py": "def __init__(self, use_batchnorm=False):\n    pass"}
NETS = {"classifiers/fc_net.py": "def __init__(self, normalization=None):\n    pass"}
BUILTINS = "from builtins import range\n"
MIDDLE = {"layers.py": BUILTINS + CONV + SIZED + GROUPNORM.format("(C,)"), **NETS}
LATE = {"layers.py": CONV + SIZED + GROUPNORM.format("(1, C, 1, 1)"), **NETS}
OURS = {"layers.py": "def conv_forward_naive(x: int, w, b, conv_param):\n    pass"}


def recognised(files: Mapping[str, str], package: str = "", python2: bool = False) -> str:
    definitions = {
        node.name: node
        for node in ast.parse(files.get("layers.py", "")).body
        if isinstance(node, ast.FunctionDef)
    }
    facts = SubmissionFacts(package, files, definitions=definitions, python2=python2)
    return recognise(facts).id


@pytest.mark.parametrize(
    ("files", "package", "python2", "expected"),
    [
        (OURS, "numpynn", False, "convnet"),
        (EARLY, "cs231n", True, "cs231n-2016"),
        (EARLY | EARLY_NETS, "cs231n", False, "cs231n-2016"),
        (EARLY | {"layers.py": BUILTINS + EARLY["layers.py"]}, "x/cs231n", False, "cs231n-2017"),
        (MIDDLE, "hw/cs231n", False, "cs231n-2018"),
        (MIDDLE, "hw/daseCV", False, "dasecv-2021"),
        (LATE, "cs231n", False, "cs231n-2021"),
        (LATE | {"rnn_layers_pytorch.py": ""}, "cs231n", False, "cs231n-2025-a2"),
    ],
)
def test_each_template_is_told(
    files: Mapping[str, str], package: str, python2: bool, expected: str
) -> None:
    assert recognised(files, package, python2) == expected


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"layers.py": "def conv_forward_naive(x, w, b, conv_param):\n    pass"},
        {"layers.py": CONV + SIZED},
        EARLY | NETS,
        {"layers.py": CONV + SIZED, **EARLY_NETS},
    ],
    ids=["nothing", "no docstrings", "no group norm", "later nets", "later pool"],
)
@pytest.mark.parametrize("python2", [False, True], ids=["", "python 2"])
def test_nobody_is_excused_for_what_they_deleted(files: Mapping[str, str], python2: bool) -> None:
    release = {each.id: each for each in RELEASES}[recognised(files, "cs231n", python2)]
    assert release.counts("spatial_groupnorm_forward")


def test_releases_ask_for_what_the_contract_has() -> None:
    contract = Assignment.load("convnet").contract
    for release in RELEASES:
        assert (release.asks or frozenset()) <= set(contract)
        assert release.counts("conv_forward_naive")
    early = [release.id for release in RELEASES if not release.counts("spatial_groupnorm_forward")]
    assert early == ["cs231n-2016", "cs231n-2017"]
