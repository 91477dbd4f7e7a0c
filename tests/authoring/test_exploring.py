"""Arguments are found from signatures, docstrings and use, and by trying."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.authoring.argument_evidence import kinds_of, small_counts
from grader.authoring.argument_kinds import Sizes, described
from grader.authoring.argument_usage import Usage
from grader.authoring.cover import cover
from grader.authoring.reference_source import ReferenceSource
from grader.authoring.solution_marks import given_names, marked
from grader.authoring.survey import Survey, survey
from grader.model.contract import ContractEntry

REFERENCE = '''\
import numpy as np


def centre(data, mode="mean"):
    """Take the middle of each column away.

    data: of shape (n_rows, n_columns).
    """
    middle = data.mean(axis=0) if mode == "mean" else np.median(data, axis=0)
    return data - middle


def smooth(values, state):
    """Average with what was seen before.

    state: a dict with the key decay; the average is kept in it.
    """
    kept = state.get("average", np.zeros_like(values))
    state["average"] = state["decay"] * kept + (1 - state["decay"]) * values
    return state["average"]


class Number:
    """A number that knows its slope."""

    def __init__(self, value, parents=()):
        self.value = value
        self.slope = 0.0
        self._parents = parents

    def __mul__(self, other):
        a, b = self, other
        return Number(a.value * b.value, ((a, b.value), (b, a.value)))

    def back(self, upstream=1.0):
        self.slope += upstream
        for parent, factor in self._parents:
            parent.back(upstream * factor)


class Shape:
    def __init__(self, size):
        self.size = size

    def area(self):
        raise NotImplementedError


def draw_picture(path):
    raise OSError(path)
'''


@pytest.fixture(scope="module")
def found() -> Survey:
    return survey(ReferenceSource("small", {"small.py": REFERENCE}), 2, lambda *_: None)


def test_most_mutants_are_caught(found: Survey) -> None:
    assert found.mutants > 60
    assert found.share >= 0.9, [(m.subject.old, m.subject.new) for m in found.survivors]


def test_options_state_and_graphs_are_checked(found: Survey) -> None:
    text = "\n".join(each.written.text for each in found.chosen)
    assert "'another'" in text
    assert "state_kept" in text
    assert "number * other" in text
    assert "number.back()" in text


def test_what_cannot_be_called_is_named(found: Survey) -> None:
    assert "draw_picture" not in found.contract
    assert "no arguments" in found.left_out["draw_picture"]


def test_what_students_get_is_neither_checked_nor_changed(found: Survey) -> None:
    assert "Shape" in found.left_out
    mutants = {mutant.place[1] for mutant in found.survivors}
    assert not any(name.startswith("Shape") for name in mutants)


def test_what_has_nothing_to_write_is_given(found: Survey) -> None:
    source = ReferenceSource("small", {"small.py": REFERENCE})
    contract = {**found.contract, "Shape": ContractEntry("small", ("shape*",))}
    given = given_names(marked(source, contract), contract)
    assert given == {"Number.__init__", "Shape", "Shape.__init__", "Shape.area"}


def test_sizes_of_a_docstring_fit_together() -> None:
    sizes = Sizes()
    (first, *_) = described("weights of shape (D, 4H)")
    assert first.code(sizes) == f"inputs.normal({sizes['D']}, {4 * sizes['H']})"
    assert first.code(sizes.other()) != first.code(sizes)
    assert described("labels, shape (N,)")[0].code(sizes).startswith("inputs.labels(")


def test_a_dict_gets_the_keys_that_are_asked_for() -> None:
    source = ReferenceSource(
        "m", {"m.py": 'def f(x, p):\n    if p["mode"] == "up":\n        return x + p["rate"]\n'}
    )
    (definition,) = source.functions
    assert Usage([definition.node], "p").keys == {"mode": None, "rate": None}
    kinds = kinds_of(definition.parameters[1], definition, (), "")
    assert any("'rate': 0.1" in kind.template for kind in kinds)


def test_the_fewest_checks_that_catch_the_most() -> None:
    kills = {"a": {"1", "2"}, "b": {"2", "3"}, "c": {"1", "2", "3"}, "d": {"4"}}
    costs = dict.fromkeys(kills, 0.1)
    assert sorted(cover(kills, costs, [])) == ["c", "d"]
    assert sorted(cover(kills, costs, [{"b"}])) == ["b", "c", "d"]


NETWORK = '''\
import numpy as np


def window(x, settings):
    """Sums of windows; x has the shape (N, H, W)."""
    height, width = (settings[name] for name in ("height", "width"))
    return x[:, :height, :width].sum(axis=(1, 2))


def summed(x, settings):
    return window(x, settings)


class Parameter:
    def __init__(self, data):
        self.data = np.asarray(data)
        self.slope = None

    def __sub__(self, other):
        return Parameter(self.data - getattr(other, "data", other))

    def __rsub__(self, other):
        return Parameter(other - self.data)


class Layer:
    def __init__(self, inputs, outputs):
        self.weights = Parameter(np.zeros((inputs, outputs)))

    def __call__(self, x):
        return x @ self.weights.data

    def parameters(self):
        yield self.weights


class Optimizer:
    def __init__(self, parameters, rate=0.1):
        self.parameters = list(parameters)
        self.rate = rate

    def step(self):
        for p in self.parameters:
            if p.slope is not None:
                p.data = p.data - self.rate * p.slope


def fit(layer, optimizer, x):
    """Train once; x has the shape (N, D)."""
    out = layer(x)
    for p in layer.parameters():
        p.slope = x.T @ (out - 1)
    optimizer.step()
    return float(np.sum(layer(x)))
'''


def test_arguments_that_only_composed_objects_and_other_functions_tell_of() -> None:
    """Keys of a dict that is handed on, weights, slopes, a layer with its own optimizer."""
    found = survey(ReferenceSource("net", {"net.py": NETWORK}), 2, lambda *_: None)
    text = "\n".join(each.written.text for each in found.chosen)
    assert found.share >= 0.95, [(m.subject.old, m.subject.new) for m in found.survivors]
    assert "'height': " in text
    assert "0.7 - parameter" in text


def test_packages_are_found(tmp_path: Path) -> None:
    (tmp_path / "reference" / "pkg").mkdir(parents=True)
    (tmp_path / "reference" / "pkg" / "__init__.py").write_text("")
    (tmp_path / "reference" / "pkg" / "m.py").write_text("def f():\n    return 1\n")
    (tmp_path / "reference" / "tests").mkdir()
    (tmp_path / "reference" / "tests" / "test_m.py").write_text("def test():\n    pass\n")
    source = ReferenceSource.read(tmp_path / "reference")
    assert source.package == "pkg"
    assert [each.name for each in source.functions] == ["f"]


def test_a_part_of_a_package_brings_what_it_imports(tmp_path: Path) -> None:
    files = {
        "whole/__init__.py": "from . import part, others",
        "whole/others/sums.py": "from .signs import sign\n\n\ndef total(x):\n    return x.sum()\n",
        "whole/others/signs.py": "def sign(x):\n    return x\n",
        "whole/others/unused.py": "def unused(x):\n    return x\n",
        "whole/part/one.py": "from whole.others.sums import total\n",
        "whole/part/two.py": "from ..others import signs\nfrom .one import total\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    source = ReferenceSource.read(tmp_path / "whole" / "part")
    assert (source.package, source.part) == ("whole", "part")
    assert source.given == {"others/sums.py", "others/signs.py"}
    assert source.files.keys() - source.given == {"part/one.py", "part/two.py"}
    assert marked(source, {"total": ContractEntry("others.sums", ("total",))}) == source.files


def test_files_of_tests_are_not_taken_for_others(tmp_path: Path) -> None:
    for name in ("testing.py", "test_net.py", "net_test.py", "setup.py", "setups.py", "net.py"):
        (tmp_path / name).write_text("def f(x):\n    return x\n")
    assert set(ReferenceSource.read(tmp_path).files) == {"net.py", "setups.py", "testing.py"}


def test_descriptions_of_lists_choices_and_covariances() -> None:
    columns, *_ = described("an array of one hot vectors with shape (V, 1)")
    assert columns.template == "inputs.normal(<T>, <V>, <1>)"
    assert described("a list of arrays, each of shape (D,)")[0].template.startswith("list(")
    assert [kind.template for kind in described("one of {'l1', 'l2'}")] == ["'l1'", "'l2'"]
    assert "np.cov" in described("covariance matrix of shape (D, D)")[0].template


def test_loops_that_run_very_often_are_shortened() -> None:
    source = ReferenceSource("m", {"m.py": "def fit(x, max_iter=1e7, steps=3):\n    return x\n"})
    _, often, seldom = source.functions[0].parameters
    assert [kind.template for kind in small_counts(often)] == ["60", "10", "3"]
    assert small_counts(seldom) == []
