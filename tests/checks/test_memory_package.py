"""A package of ours in memory imports as a submission does."""

from __future__ import annotations

import sys

import pytest

from grader.model.contract import Contract
from grader.runner.memory_package import MemoryPackage

CONTRACT = Contract.parse({"f": "work: out", "g": "sub.more: out"})
HELPERS = "def two():\n    return 2\n"


@pytest.mark.parametrize(
    "line",
    [
        "from mylib.helpers import two",
        "from mylib import helpers\ntwo = helpers.two",
        "import mylib.helpers\ntwo = mylib.helpers.two",
        "import mylib.helpers as h\ntwo = h.two",
        "from .helpers import two",
        "from helpers import two",
        "import helpers\ntwo = helpers.two",
        "def two():\n    from mylib.helpers import two\n    return two()",
    ],
)
def test_it_may_import_itself(line: str) -> None:
    files = {"helpers.py": HELPERS, "work.py": f"{line}\n\n\ndef f():\n    return two()\n"}
    assert MemoryPackage(files, CONTRACT, ["mylib"]).resolve("f")() == 2
    assert not {"mylib", "helpers"} & sys.modules.keys()


def test_folders_need_no_init() -> None:
    files = {
        "sub/more.py": "import sub.low\nfrom sub.low import two\n\n\n"
        "def g():\n    return two() + sub.low.two()\n",
        "sub/low.py": HELPERS,
    }
    assert MemoryPackage(files, CONTRACT).resolve("g")() == 4


def test_others_come_from_where_they_always_do() -> None:
    files = {"json.py": "raise ImportError", "work.py": "import json\nf = json.dumps\n"}
    assert MemoryPackage(files, CONTRACT).resolve("f")(1) == "1"


def test_two_of_one_name_do_not_meet() -> None:
    made = [
        MemoryPackage(
            {"helpers.py": f"n = {n}\n", "work.py": "from mylib.helpers import n\nf = n\n"},
            CONTRACT,
            ["mylib"],
        )
        for n in (1, 2)
    ]
    assert [package.resolve("f") for package in made] == [1, 2]
