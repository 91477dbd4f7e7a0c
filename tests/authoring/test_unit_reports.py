"""What is found out about the functions and classes of a reference by calling them."""

from __future__ import annotations

import pytest

from grader.authoring.allowance import Allowance
from grader.authoring.argument_evidence import kinds_of
from grader.authoring.argument_flow import receivers
from grader.authoring.check_writer import title_of
from grader.authoring.explore import Explorer
from grader.authoring.native_reference import NativeReference
from grader.authoring.reference_source import ReferenceSource
from grader.authoring.unit_reports import Explored, explored

SOURCE = '''\
import numpy as np

LINKS = {"identity": np.copy, "log": np.exp}


class Node:
    """A value that knows what it was made of."""

    def __init__(self, value, parents=()):
        self.value = np.asarray(value)
        self.parents = parents
        self.slope = None

    def __add__(self, other):
        return Node(self.value + other.value, ((self, 1.0), (other, 1.0)))

    def __mul__(self, other):
        return Node(self.value * other.value, ((self, other.value), (other, self.value)))

    def rectified(self):
        return Node(np.maximum(self.value, 0), ((self, self.value > 0),))

    def backward(self, upstream=1.0):
        self.slope = Node(upstream * np.ones(self.value.shape))
        for parent, factor in self.parents:
            parent.backward(factor * upstream)


class Joint:
    def __call__(self, *nodes):
        first, second = nodes
        assert isinstance(first, Node)
        return first * second + first


def joined(a, b):
    return Joint()(a, b)


class Track:
    """Follows a path."""

    def follow(self, places):
        self.places = np.asarray(places)
        self.length = abs(self.places).sum()

    def corners(self, start):
        return self.places[:, :, 1].sum() + start


class Line:
    def fit(self, X, y=None):
        if y is None:
            raise ValueError("y is missing.")
        self.slopes = np.linalg.lstsq(X, y, rcond=None)[0]


class Pages:
    """Cuts an array into pieces."""

    def __init__(self, length=2):
        self.length = length
        self.settings = ({"length": length},)

    def __call__(self, values):
        for start in range(0, len(values), self.length):
            yield values[start : start + self.length]


class Block:
    def forward(self, inputs):
        raise NotImplementedError


class Scale(Block):
    def __init__(self, n_inputs: int, n_outputs: int):
        self.weights = np.random.randn(n_inputs, n_outputs)
        self.slopes = {}

    def forward(self, inputs):
        self.slopes["weights"] = inputs.sum(axis=0)[:, None]
        return inputs @ self.weights


class Bend(Block):
    def forward(self, inputs):
        return np.tanh(inputs)


class Stack:
    def __init__(self, blocks: list[Block]):
        self.blocks = blocks

    def forward(self, inputs):
        for block in self.blocks:
            inputs = block.forward(inputs)
        return inputs


class Descent:
    def step(self, stack: Stack):
        first = stack.blocks[0]
        first.weights = first.weights - 0.1 * first.slopes["weights"]


def keep(values, path=2):
    """Write to a file; 2 is one that is open already."""
    np.savetxt(path if path != 2 else open(path, "w"), values)
    return values


class Model:
    def __init__(self, link, n_inputs):
        assert link in LINKS
        self.link = link
        self.weights = np.arange(n_inputs) / 3

    def predict(self, rows):
        """Decide.

        - rows is an array of column vectors with shape (n_inputs, 1).
        """
        scores = [LINKS[self.link](self.weights @ row + 2.0) for row in rows]
        return np.array([score[0] > 2.0 for score in scores]).astype(int)
'''


@pytest.fixture(scope="module")
def found() -> Explored:
    return explored(ReferenceSource("p", {"m.py": SOURCE}), 2, Allowance(600), lambda *_: None)


@pytest.fixture(scope="module")
def titles(found: Explored) -> list[str]:
    return [title_of(each) for each in found.candidates]


def test_functions_of_objects_are_followed_back(titles: list[str]) -> None:
    ends = [title for title in titles if title.startswith("Node.backward sets slope.value")]
    assert any(title.endswith("through joined") for title in ends)
    assert any(title.endswith("through joined twice") for title in ends)


def test_a_result_is_multiplied_by_what_it_was_made_of(titles: list[str]) -> None:
    assert any(title.endswith("through rectified times its object") for title in titles)


def test_other_arguments_are_tried_for_what_comes_after(titles: list[str]) -> None:
    assert any(title.startswith("Track.corners returns the right value") for title in titles)


def test_options_are_read_from_tables(titles: list[str]) -> None:
    assert any("made with link='log'" in title for title in titles)


def test_sizes_are_known_by_the_parameters_that_set_them(found: Explored) -> None:
    draws = [dict(each.scenario.draws) for each in found.candidates if "predict" in each.target]
    assert any("<n_inputs>, <1>" in template for draw in draws for template in draw.values())


def test_what_has_no_value_by_itself_may_be_wanted_all_the_same(titles: list[str]) -> None:
    assert "Line.fit sets slopes" in titles


def test_decisions_are_checked_on_many_samples(titles: list[str]) -> None:
    assert any(title.startswith("Model.predict") and "many samples" in title for title in titles)


def test_what_a_generator_is_given_must_suit_its_loop(titles: list[str]) -> None:
    assert any(title.startswith("Pages.__call__ returns the right value") for title in titles)


def test_nothing_is_written_outside(found: Explored) -> None:
    assert "no arguments" in found.left_out["keep"]


def test_different_objects_of_one_family_stand_in_a_list(found: Explored) -> None:
    steps = [
        step.code("code")
        for each in found.candidates
        if each.target == "Stack.forward"
        for step in each.scenario.steps
    ]
    assert "blocks = code.Scale(<D>, <C>)" in steps
    assert "blocks2 = code.Bend()" in steps
    assert not any("code.Block" in step for step in steps)


def test_an_object_is_used_before_it_is_an_argument(titles: list[str]) -> None:
    assert any(title.startswith("Descent.step sets") for title in titles)


def test_names_tell_functions_from_objects_that_are_called() -> None:
    text = """
class Joint:
    def __call__(self, x):
        return x


def fit(layer, f):
    return layer(f(1))
"""
    source = ReferenceSource("p", {"m.py": text})
    (fit,) = source.functions
    kinds = Explorer(source, NativeReference(source.files, "p")).source_kinds(fit, (), "")
    assert kinds["layer"][0].template == "@Joint#0"
    assert kinds["f"][0].template.startswith("lambda")


def test_what_a_function_hands_on_is_of_the_type_that_is_wanted_there() -> None:
    text = "def half(it: int):\n    return it\n\n\ndef f(amount):\n    return half(amount)\n"
    source = ReferenceSource("p", {"m.py": text})
    _, f = source.functions
    (parameter,) = f.parameters
    kinds = kinds_of(parameter, f, (), "", list(receivers(source, f, "amount")))
    assert kinds[0].template.isdigit()


def test_modules_that_lack_a_library_are_left_out() -> None:
    text = "import not_installed\n\n\ndef f(x):\n    return 2 * x\n"
    found = explored(ReferenceSource("p", {"m.py": text}), 1, Allowance(60), lambda *_: None)
    assert "No module named 'not_installed'" in found.left_out["f"]
