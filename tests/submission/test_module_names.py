"""Which module a file is meant to be, under the names that people and systems give it."""

from __future__ import annotations

import pytest

from grader.model.contract import Contract
from grader.submission.delivered_names import own_name
from grader.submission.module_names import (
    AROUND,
    COPY,
    EXACT,
    SPELT,
    Modules,
    import_stem,
    is_python,
    may_be_python,
)
from tests.submission.samples import DECLARED

MODULES = Modules(
    Contract.parse({**DECLARED, "affine_relu_forward": "layer_utils: out"}), ["data_utils"]
)


@pytest.mark.parametrize(
    ("name", "module", "distance"),
    [
        ("layers.py", "layers", EXACT),
        ("classifiers/fc_net.py", "classifiers.fc_net", EXACT),
        ("fc_net.py", "classifiers.fc_net", EXACT),
        ("Layers.PY", "layers", SPELT),
        ("layers.py.txt", "layers", SPELT),
        ("layers.txt", "layers", SPELT),
        ("layers", "layers", SPELT),
        ("layers.py.py", "layers", SPELT),
        ("fc-net.py", "classifiers.fc_net", SPELT),
        ("layers-1.py", "layers", COPY),
        ("layers (1).py", "layers", COPY),
        ("layers.py (2).txt", "layers", COPY),
        ("layers - Copy.py", "layers", COPY),
        ("layers - Copy (2).py", "layers", COPY),
        ("Copy of layers.py", "layers", COPY),
        ("layers copy 2.py", "layers", COPY),
        ("layers - 副本.py", "layers", COPY),
        ("layers_final_v2.py", "layers", COPY),
        ("layers2.py", "layers", COPY),
        ("smithann_LATE_340_20849_layers-1.py", "layers", COPY),
        ("Ann Smith_12345_assignsubmission_file_optim.py", "optim", COPY),
        ("hw2_asmith_attempt_2024-02-03-10-11-12_optim.py", "optim", COPY),
        ("my_layers.py", "layers", AROUND),
        ("layers_old.py", "layers", AROUND),
        ("layers.py.bak", "layers", AROUND),
        ("layer_utils-1.py", "layer_utils", COPY),
        ("data_utils(1).py", "data_utils", COPY),
    ],
)
def test_a_file_is_the_module_that_its_name_says(name: str, module: str, distance: int) -> None:
    match = MODULES.match(name)
    assert match is not None
    assert (match.module, match.distance) == (module, distance)


@pytest.mark.parametrize(
    "name", ["optimizer.py", "player.py", "layers.md", "layers.pdf", "layers.pyc", "layers.py.zip"]
)
def test_other_names_are_no_module(name: str) -> None:
    assert MODULES.match(name) is None


def test_the_later_copy_comes_first() -> None:
    names = ["layers-1.py", "layers-10.py", "layers-2.py"]
    assert sorted(names, key=MODULES.match)[0] == "layers-10.py"  # type: ignore[arg-type]


def test_python_is_read_whatever_its_ending_looks_like() -> None:
    names = ["a.py", "a.PY", "a.py.txt", "a.py (1).txt", "a.py~", "a.pyc", "a.txt", "a"]
    assert [is_python(name) for name in names] == [True] * 5 + [False] * 3
    assert [may_be_python(name) for name in names] == [True] * 5 + [False, True, True]


def test_a_helper_is_imported_by_its_name_without_endings() -> None:
    assert import_stem("lib/Utils.py.txt") == "Utils"


@pytest.mark.parametrize("name", ["1" * 60_000, "_" * 60_000, "copy" * 15_000, "(1)" * 20_000])
def test_only_so_much_of_a_name_is_looked_at(name: str) -> None:
    assert not is_python(f"{name}x")  # would not end if every way to split it were tried
    assert MODULES.match(f"{name}.py") is None


@pytest.mark.parametrize(
    ("name", "own", "number"),
    [
        ("layers-1.py", "layers.py", 1), ("layers (12).py", "layers.py", 12),
        ("Copy of layers.py", "layers.py", 0), ("layers.py.txt", "layers.py", 0),
        ("Fit.ipynb.json", "Fit.ipynb", 0), ("Fit-2.ipynb.txt", "Fit.ipynb", 2),
        ("hw-1.tar.gz", "hw.tar.gz", 1), ("layers - Copy.py", "layers.py", 1),
        ("part-1.ipynb", "part-1.ipynb", 0), ("fit-1.py", "fit-1.py", 0), ("-1", "-1", 0),
        ("layers-1 (2).py", "layers.py", 2), ("v2.py", "v2.py", 0),
    ],
)  # fmt: skip
def test_what_was_added_to_a_name_is_taken_off(name: str, own: str, number: int) -> None:
    assert own_name(name, {"fit-1", "fit1"}) == (own, number)
