"""The reference in the form of each release: what it looks like, is recognised as, and earns."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from grader.assignment.catalogue import read_package, write_package
from grader.assignment.folder import Assignment
from grader.assignment.stripping import without_markers
from grader.assignments.numpynn.release_facts import RELEASES, RULES
from grader.assignments.numpynn.rendering import (
    reference_as,
    rendered,
    without,
    without_docstrings,
)
from grader.model.errors import UsageError
from grader.model.release import Release
from tests.support import grader, results

NETS = "classifiers/fc_net.py"
BY_ID = {release.id: release for release in RELEASES}
IDS = list(BY_ID)
DROPS = ("cs231n-2016", "cs231n-2017")


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The reference in each form, and our template in each form, as nobody has touched it."""
    folder = tmp_path_factory.mktemp("releases")
    template = read_package(Assignment.load("numpynn").layout.template / "numpynn")
    optim = read_package(Assignment.load("numpynn").reference)["optim.py"]
    for release in RELEASES:
        package = release.packages[0]
        left = {**template, "optim.py": optim} if release.gives >= RULES else template
        for name, files in (
            (f"right-{release.id}", reference_as(release.id)),
            (f"untouched-{release.id}", rendered(left, release.id)),
        ):
            write_package(files, folder / "class" / name / package)
    grader("batch", "-a", "numpynn", folder / "class", "-o", folder / "out", "-j", "2")
    return results(folder / "out")


@pytest.mark.parametrize("release", IDS)
def test_it_is_right(graded: dict[str, Any], release: str) -> None:
    result = graded[f"right-{release}"]
    assert [c["id"] for c in result["checks"] if c["points"] < c["max_points"]] == []
    assert result["score"] == 100


@pytest.mark.parametrize("release", IDS)
def test_its_template_earns_nothing(graded: dict[str, Any], release: str) -> None:
    result = graded[f"untouched-{release}"]
    assert result["release"]["id"] == release
    assert [c["id"] for c in result["checks"] if c["points"]] == []
    assert (result["score"], result["max_score"]) == (0, 100)


@pytest.mark.parametrize("release", IDS)
def test_it_is_recognised(graded: dict[str, Any], release: str) -> None:
    result = graded[f"right-{release}"]
    assert (result["release"]["id"], result["release"]["chosen"]) == (release, "recognised")
    assert result["release"]["readings"]["dropout_p"] == ("drop" if release in DROPS else "keep")
    assert result["python2"] == (release == "cs231n-2016")


@pytest.mark.parametrize("release", IDS)
def test_what_it_does_not_ask_for_counts_for_nothing(graded: dict[str, Any], release: str) -> None:
    """And all else counts, in whatever part it is."""
    counted = set[str]()
    for check in graded[f"right-{release}"]["checks"]:
        if check["max_points"]:
            counted.update(check["targets"])
    judged = {name for name in Assignment.load("numpynn").contract if BY_ID[release].counts(name)}
    assert counted <= judged
    assert judged - counted <= {"sgd", "Solver"}  # checked with rules that may not be asked for


@pytest.mark.parametrize("release", RELEASES, ids=IDS)
def test_it_has_what_its_template_asks_for(release: Release) -> None:
    text = "\n".join(reference_as(release.id).values())
    judged = [name for name in Assignment.load("numpynn").contract if release.counts(name)]
    assert [name for name in judged if not _defines(text, name)] == []
    assert "SOLUTION" not in text


def _defines(text: str, name: str) -> bool:
    return f"def {name}(" in text or f"class {name}" in text


@pytest.mark.parametrize(
    ("release", "words"),
    [
        ("cs231n-2016", ["use_batchnorm=False", "dropout=0,", "bn_param[mode] = mode"]),
        ("cs231n-2017", ["use_batchnorm=False", "dropout=0,", "from builtins import range"]),
        ("cs231n-2018", ["normalization: str", "dropout: float = 1"]),
        ("cs231n-2021", ["normalization: str", "dropout_keep_ratio: float = 1"]),
        ("cs231n-2025-a1", ["class TwoLayerNet", "dropout_keep_ratio: float = 1"]),
    ],
)
def test_its_network_has_the_signature_of_its_time(release: str, words: list[str]) -> None:
    network = reference_as(release)[NETS]
    assert [word for word in words if word not in network] == []


def test_2016_is_python_2() -> None:
    files = reference_as("cs231n-2016")
    with pytest.raises(SyntaxError, match="print"):
        ast.parse(files["solver.py"])
    text = "\n".join(files.values())
    assert "xrange(" in text
    assert ".iteritems()" in text
    for new in (r"\bf'", " @ ", r"\) ->", "import annotations", r"\*, "):
        assert not re.search(new, text), new


def test_2017_parses_and_counts_from_one() -> None:
    files = reference_as("cs231n-2017")
    for text in files.values():
        ast.parse(text)
    assert "config.setdefault('t', 1)" in files["optim.py"]


def test_a_new_form_of_old_syntax_is_found() -> None:
    """Each kind of new syntax that the reference, or a patch of it, may use."""
    text = (
        "from typing import Any\n"
        "Pair = tuple[int, int]\n\n\n"
        "def show(a: int, rest: list[int], *, named: float = 2.0) -> str:\n"
        '    """Say it."""\n'
        "    total: int = 0\n"
        "    other: int\n"
        '    whole = {**{"x": a}, "y": 1}\n'
        "    items = [a, *rest]\n"
        "    return f\"{a!r} of {named:.2f} is 5% {whole['y']} {items}\"\n"
    )
    files: Mapping[str, str] = {**reference_as("numpynn"), "more.py": text}
    scope: dict[str, Any] = {}
    plain = rendered(files, "cs231n-2017")["more.py"]
    assert not any(word in plain for word in ("->", ": int", "f'", "**{'x'", "[a, *"))
    exec(plain, scope)
    assert scope["show"](1, [2, 3], named=0.5) == "1 of 0.50 is 5% 1 [1, 2, 3]"


def test_markers_go_and_their_tasks_with_them() -> None:
    text = "a = 1\n# BEGIN SOLUTION: do\n#   this\n# then that\nb = 2\n# END SOLUTION\nc = 3\n"
    assert without_markers(text) == "a = 1\n# then that\nb = 2\nc = 3\n"


def test_definitions_can_be_left_out() -> None:
    text = "import os\n\n\ndef one():\n    pass\n\n\nclass Two:\n    x = 1\n\n\ny = 2\n"
    assert without(text, "one", "Two") == "import os\n\n\ny = 2\n"


def test_docstrings_can_be_left_out() -> None:
    text = 'def one():\n    """Say\n    it."""\n\n\nclass Two:\n    """It."""\n\n    x = 1\n'
    assert without_docstrings(text) == "def one():\n    pass\n\n\nclass Two:\n\n    x = 1\n"


def test_a_release_that_is_not_there_is_an_error_of_use() -> None:
    with pytest.raises(UsageError, match="no release 'cs231n-1999'"):
        reference_as("cs231n-1999")


def test_another_reference_can_be_rendered(tmp_path: Path) -> None:
    files = reference_as("numpynn")
    write_package({**files, "layers.py": files["layers.py"] + "\n\nmine = 1\n"}, tmp_path / "own")
    assert "mine = 1" in reference_as("cs231n-2018", tmp_path / "own")["layers.py"]
