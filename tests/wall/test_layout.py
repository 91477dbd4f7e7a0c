"""Names that lead to files which are not called so, or lie elsewhere."""

from __future__ import annotations

from typing import Any

import pytest

from grader.worker.module_files import ModuleFiles, Place
from grader.worker.modules import StudentFiles
from tests.wall.loading import load

LAYERS = "def double(x):\n    return 2 * x\n"

NAMES = {"layers": "layers (1).py", "classifiers.fc_net": "fc_net.py", "my_utils": "../my_utils.py"}
FILES = {"layers (1).py", "fc_net.py", "../my_utils.py", "sub/__init__.py", "sub/a.py"}


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("layers", Place("layers", "layers (1).py", False)),
        ("classifiers.layers", Place("layers", "layers (1).py", False)),
        ("fc_net", Place("classifiers.fc_net", "fc_net.py", False)),
        ("classifiers", Place("classifiers", "classifiers/__init__.py", True)),
        ("my_utils", Place("my_utils", "../my_utils.py", False)),
        ("sub", Place("sub", "sub/__init__.py", True)),
        ("sub.a", Place("sub.a", "sub/a.py", False)),
        ("", Place("", "__init__.py", True)),
        ("numpy", None),
        ("sub.b", None),
    ],
)
def test_a_name_leads_to_one_file(name: str, place: Place | None) -> None:
    assert ModuleFiles(FILES, NAMES).find(name) == place


@pytest.mark.parametrize(
    "statement",
    [
        "from ..layers import double",
        "from .layers import *",
        "from layers import *",
        "from cs231n.layers import double",
    ],
)
def test_modules_that_lie_flat_are_imported_as_the_template_does(statement: str) -> None:
    files = {"layers-1.py": LAYERS, "fc_net.py": f"{statement}\nanswer = double(21)\n"}

    def body(loaded: StudentFiles) -> Any:
        net = loaded.load("fc_net.py")
        layers = loaded.load("layers-1.py")
        return net.answer, net.double is layers.double, net.__name__, loaded.problems

    names = {"layers": "layers-1.py", "classifiers.fc_net": "fc_net.py"}
    answer = load(files, body, names=names)
    assert answer == (42, True, "numpynn.classifiers.fc_net", [])


def test_helpers_from_outside_are_modules_like_others() -> None:
    files = {
        "layers.py": "from lib.shapes import double\nfrom .my_utils import triple\n",
        "../my_utils.py": "import lib.shapes\ntriple = lambda x: x + lib.shapes.double(x)\n",
        "../lib/shapes.py": LAYERS,
    }

    def body(loaded: StudentFiles) -> Any:
        return loaded.load("layers.py").triple(14), loaded.problems

    names = {"my_utils": "../my_utils.py", "lib.shapes": "../lib/shapes.py"}
    assert load(files, body, names=names) == (42, [])
