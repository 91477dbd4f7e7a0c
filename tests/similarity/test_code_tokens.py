"""What of a program counts, and what does not."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

import pytest

from grader.similarity.code_tokens import MAX_TOKENS, CodeToken, code_units
from grader.similarity.program_names import MAX_DEPTH
from grader.similarity.winnowing import LENGTH, NumberedTokens

PLAIN = """
import numpy as np

def scale(x, w):
    total = np.sum(x * w, axis=0)
    out = x / (total + 1e-8)
    for i in range(3):
        out = out - i * w
    return out
"""


def prints(text: str) -> list[int]:
    """The hashes of all passages, unit by unit."""
    return passages(*(unit.tokens for unit in code_units(textwrap.dedent(text))))


def passages(*units: Sequence[CodeToken]) -> list[int]:
    """The hashes of all passages of some units."""
    tokens = NumberedTokens(units)
    return [int(value) for value in tokens.passages()[tokens.fit()]]


SAME = {
    "names": PLAIN.replace("total", "t").replace("out", "result").replace("scale", "f"),
    "comments": PLAIN.replace("    out = x", "    # divide\n    out = x"),
    "docstring": PLAIN.replace("w):\n", 'w):\n    """Scale x."""\n'),
    "annotations": PLAIN.replace("(x, w)", "(x: float, w: float) -> float"),
    "brackets": PLAIN.replace("x * w", "((x) * (w))"),
    "lines": PLAIN.replace("x * w, axis", "x *\n        w,\n        axis"),
    "one more name": PLAIN.replace(
        "    out = x / (total + 1e-8)", "    below = total + 1e-8\n    out = x / below"
    ),
    "one name less": PLAIN.replace("    total = np.sum(x * w, axis=0)\n", "").replace(
        "total +", "np.sum(x * w, axis=0) +"
    ),
    "another alias": PLAIN.replace("as np", "as numpy").replace("np.sum", "numpy.sum"),
    "a method": PLAIN.replace("np.sum(x * w, axis=0)", "(x * w).sum(axis=0)"),
    "a number's spelling": PLAIN.replace("1e-8", "0.00000001"),
    "in place": PLAIN.replace("out = out - i * w", "out -= i * w"),
    "something unused": PLAIN.replace("    for", "    spare = x * 3\n    for"),
    "something never run": PLAIN.replace("    for", "    if False:\n        x = 3\n    for"),
    "something printed": PLAIN.replace("    for", "    print(x, out)\n    for"),
    "something kept free": PLAIN.replace("    total =", "    out = None\n    total ="),
    "Python 2": PLAIN.replace("range", "xrange").replace("    for", "    print 'x', out\n    for"),
}


@pytest.mark.parametrize("what", SAME)
def test_what_does_not_count(what: str) -> None:
    assert SAME[what] != PLAIN
    assert prints(SAME[what]) == prints(PLAIN) != []


def test_a_product_is_one_however_it_is_written() -> None:
    ways = ("x @ w", "x.dot(w)", "np.dot(x, w)")
    head = "import numpy as np\ndef f(x, w, b):\n"
    found = [prints(f"{head}    return {way} + b * x - 3\n") for way in ways]
    assert found[0] == found[1] == found[2] != []


OTHER = {
    "order of operations": PLAIN.replace("x / (total + 1e-8)", "x / total + 1e-8"),
    "a number": PLAIN.replace("1e-8", "1e-7"),
    "an operator": PLAIN.replace("x * w", "x + w"),
    "a function": PLAIN.replace("np.sum", "np.mean"),
    "flow of values": PLAIN.replace("x * w", "x * x"),
    "an argument's name": PLAIN.replace("axis=0", "keepdims=0"),
}


@pytest.mark.parametrize("what", OTHER)
def test_what_counts(what: str) -> None:
    assert OTHER[what] != PLAIN
    assert prints(OTHER[what]) != prints(PLAIN)


def test_functions_methods_and_the_rest_are_units_of_their_own() -> None:
    text = """
        size = 3 * 4
        def f(x):
            def inner(y):
                return y
            return inner(x)
        class Net:
            rate = 2
            def loss(self, x):
                return self.rate * x
    """
    units = code_units(textwrap.dedent(text))
    assert [(unit.name, unit.first_row, unit.last_row) for unit in units] == [
        ("f", 2, 5), ("Net.loss", 8, 9), ("", 1, 10),
    ]  # fmt: skip


def test_functions_in_another_order_are_the_same_units() -> None:
    one, other = "def f(x):\n    return x + 1\n", "def g(x, y):\n    return x * y - 2\n"
    assert sorted(prints(one + other)) == sorted(prints(other + one)) != []


def test_what_was_imported_from_an_own_module_is_an_own_name() -> None:
    texts = [f"from {m} import {n}\ndef f(x):\n    return {n}(x) * {n}(x + 1)\n" for m, n in
             (("tools", "helper"), ("stuff", "thing"))]  # fmt: skip
    own = [code_units(text, frozenset({"tools", "stuff"}))[0].tokens for text in texts]
    foreign = [code_units(text)[0].tokens for text in texts]
    assert passages(own[0]) == passages(own[1])
    assert passages(foreign[0]) != passages(foreign[1])


def test_a_broken_file_is_read_as_far_as_it_can_be() -> None:
    broken = PLAIN + "\ndef g(x:\n    return ((\n"
    assert set(prints(PLAIN)) <= set(prints(broken))


def test_a_use_before_its_value_is_no_temporary() -> None:
    text = "def f(x):\n    while x:\n        x = x - y\n        y = x * 2\n    return x\n"
    kinds = [token.kind for token in code_units(text)[0].tokens]
    assert kinds.count("=") == 2 - 1  # `y` is named once and never read after


@pytest.mark.parametrize(
    "text",
    [
        "x = " + "(" * 5_000 + "1" + ")" * 5_000,
        "x = " + "[" * 20_000,
        "".join(f"{' ' * depth}if x:\n" for depth in range(2_000)),
        "x = " + "+".join(["1"] * 20_000),
    ],
    ids=["brackets", "open brackets", "blocks", "operators"],
)
def test_deep_nesting_is_not_followed(text: str) -> None:
    assert sum(len(unit.tokens) for unit in code_units(text)) <= 20 * MAX_DEPTH


def test_of_a_huge_file_the_beginning_is_read() -> None:
    text = "x = f(y) + 1\n" * (MAX_TOKENS // 4)
    assert sum(len(unit.tokens) for unit in code_units(text)) <= MAX_TOKENS


def fingerprinted(tokens: Sequence[CodeToken]) -> list[int]:
    """The hashes that winnowing keeps."""
    numbered = NumberedTokens([tokens])
    hashes = numbered.passages()
    return [int(value) for value in hashes[numbered.winnowed(hashes)]]


def test_winnowing_finds_what_is_long_enough_wherever_it_stands() -> None:
    common = "def f(a, b):\n    return a * b - a / (b + 3) * a % 7\n"
    (tokens,) = (unit.tokens for unit in code_units(common))
    assert len(tokens) >= LENGTH + 1
    alone = set(fingerprinted(tokens))
    longer = [*code_units("def g(q):\n    return q ** q ** 5\n")[0].tokens, *tokens]
    assert alone & set(fingerprinted(longer))


def test_a_window_is_thinned() -> None:
    tokens = code_units(PLAIN)[0].tokens
    every = passages(tokens)
    assert 0.5 * len(every) < len(fingerprinted(tokens)) < 0.85 * len(every)


def smaller_of_each_two(hashes: Sequence[int]) -> list[int]:
    """Winnowing as it is defined, place by place; of one hash itself."""
    pairs = range(len(hashes) - 1)
    kept = {at + (hashes[at + 1] < hashes[at]) for at in pairs} or set(range(len(hashes)))
    return [hashes[at] for at in sorted(kept)]


def test_units_are_numbered_together_as_each_alone() -> None:
    """Of units of every small length, so that some hold one passage, or none."""
    long = code_units(PLAIN)[0].tokens
    units = [long[:size] for size in (LENGTH, 0, LENGTH + 2, 1, LENGTH + 1, LENGTH - 1, len(long))]
    together = NumberedTokens(units)
    hashes = together.passages()
    kept = [hashes[span][together.winnowed(hashes)[span]].tolist() for span in together.spans()]
    assert kept == [smaller_of_each_two(passages(unit)) for unit in units]
    assert [len(each) > 0 for each in kept] == [True, False, True, False, True, False, True]
    assert passages(*units) == [value for unit in units for value in passages(unit)]
    assert len(set(together.digests())) == len(units)
