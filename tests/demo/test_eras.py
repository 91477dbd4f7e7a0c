"""The reference in the form of each era: what it looks like, and that it is right."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import pytest

from grader.assignment.catalogue import write_package
from grader.assignment.dialect import ERAS, NOT_ASKED
from grader.assignments.numpynn.eras import reference_as, rendered, without, without_markers
from grader.model.errors import UsageError
from tests.support import grader, results

NETS = "classifiers/fc_net.py"
DROPS = {"2016": "drop", "2017": "drop", "2018": "keep", "2021": "keep"}


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The reference of each era, graded."""
    folder = tmp_path_factory.mktemp("eras")
    for era in ERAS:
        write_package(reference_as(era), folder / "class" / f"era-{era}" / "cs231n")
    grader("batch", folder / "class", "-o", folder / "out")
    return results(folder / "out")


@pytest.mark.parametrize("era", ERAS)
def test_it_is_right(graded: dict[str, Any], era: str) -> None:
    result = graded[f"era-{era}"]
    assert [c["id"] for c in result["checks"] if c["points"] < c["max_points"]] == []
    assert result["score"] == 100


@pytest.mark.parametrize("era", ERAS)
def test_it_is_recognised(graded: dict[str, Any], era: str) -> None:
    dialect = graded[f"era-{era}"]["dialect"]
    assert dialect["era"] == era
    assert dialect["dropout_p"] == DROPS[era]
    assert dialect["python2"] == (era == "2016")


@pytest.mark.parametrize("era", ERAS)
def test_it_has_what_its_template_asks_for(era: str) -> None:
    text = "\n".join(reference_as(era).values())
    sometimes = {name for names in NOT_ASKED.values() for name in names}
    defined = {name for name in sometimes if _defines(text, name)}
    assert defined == sometimes - NOT_ASKED[era]
    assert "SOLUTION" not in text


def _defines(text: str, name: str) -> bool:
    return f"def {name}(" in text or f"class {name}" in text


@pytest.mark.parametrize(
    ("era", "words"),
    [
        ("2016", ["use_batchnorm=False", "dropout=0,", "bn_param[mode] = mode"]),
        ("2017", ["use_batchnorm=False", "dropout=0,", "from builtins import range"]),
        ("2018", ["normalization: str", "dropout: float = 1"]),
        ("2021", ["normalization: str", "dropout_keep_ratio: float = 1"]),
    ],
)
def test_its_network_has_the_signature_of_its_time(era: str, words: list[str]) -> None:
    network = reference_as(era)[NETS]
    assert [word for word in words if word not in network] == []


def test_2016_is_python_2() -> None:
    files = reference_as("2016")
    with pytest.raises(SyntaxError, match="print"):
        ast.parse(files["solver.py"])
    text = "\n".join(files.values())
    assert "xrange(" in text
    assert ".iteritems()" in text
    for new in (r"\bf'", " @ ", r"\) ->", "import annotations", r"\*, "):
        assert not re.search(new, text), new


def test_2017_parses_and_counts_from_one() -> None:
    files = reference_as("2017")
    for text in files.values():
        ast.parse(text)
    assert "config.setdefault('t', 1)" in files["optim.py"]


def test_a_new_form_of_old_syntax_is_found() -> None:
    """Each kind of new syntax that the reference, or a patch of it, may use."""
    network = reference_as("2021")[NETS]
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
    files = {"layers.py": "", "optim.py": "", NETS: network, "more.py": text}
    scope: dict[str, Any] = {}
    plain = rendered(files, "2017")["more.py"]
    assert not any(word in plain for word in ("->", ": int", "f'", "**{'x'", "[a, *"))
    exec(plain, scope)
    assert scope["show"](1, [2, 3], named=0.5) == "1 of 0.50 is 5% 1 [1, 2, 3]"


def test_markers_go_and_their_tasks_with_them() -> None:
    text = "a = 1\n# BEGIN SOLUTION: do\n#   this\n# then that\nb = 2\n# END SOLUTION\nc = 3\n"
    assert without_markers(text) == "a = 1\n# then that\nb = 2\nc = 3\n"


def test_definitions_can_be_left_out() -> None:
    text = "import os\n\n\ndef one():\n    pass\n\n\nclass Two:\n    x = 1\n\n\ny = 2\n"
    assert without(text, "one", "Two") == "import os\n\n\ny = 2\n"


def test_there_are_four_eras() -> None:
    with pytest.raises(UsageError, match="no era '1999'"):
        reference_as("1999")


def test_another_reference_can_be_rendered(tmp_path: Path) -> None:
    files = reference_as("2021")
    write_package({**files, "layers.py": files["layers.py"] + "\n\nmine = 1\n"}, tmp_path / "own")
    assert "mine = 1" in reference_as("2018", tmp_path / "own")["layers.py"]
