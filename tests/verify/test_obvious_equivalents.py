"""Changes that nobody could notice are not made."""

from __future__ import annotations

import pytest

from grader.model.contract import Contract
from grader.verify.mutants import make_mutants
from grader.verify.observation import Observation

CONTRACT = Contract.parse({"f": "m: out"})


def changes(body: str, **more: object) -> set[str]:
    """What the mutants of a function make of its statements; `more` was seen in variables."""
    observed = Observation(CONTRACT)
    kinds = {"x": (3, 2), "out": (3, 2), "n": "int", "i": "int", **more}
    observed._calls["m.py", "f"].append(kinds)
    text = "import numpy as np\n\n\ndef f(x, out, n):\n" + body
    return {mutant.subject.new for mutant in make_mutants({"m.py": text}, observed)}


def test_a_fill_that_is_overwritten() -> None:
    loop = "    for i in range(n):\n        y[i] = x[i]\n    return y\n"
    assert "y = np.ones(n)" not in changes("    y = np.zeros(n)\n" + loop)
    assert "y = np.ones(n)" in changes("    y = np.zeros(n)\n" + loop.replace(" = x", " += x"))
    partly = loop.replace("y[i]", "y[i + 1]")
    assert "y = np.ones(n)" in changes("    y = np.zeros(n)\n" + partly)
    branch = "    for i in range(n):\n        if n:\n            y[i] = x[i]\n    return y\n"
    assert "y = np.ones(n)" in changes("    y = np.zeros(n)\n" + branch)


def test_a_value_that_is_replaced_before_it_is_read() -> None:
    replaced = "    y = np.zeros(n)\n    y = x + 1\n    return y\n"
    assert "y = np.ones(n)" not in changes(replaced)
    assert "y = x - 1" in changes(replaced)
    assert "y = np.ones(n)" in changes(replaced.replace("x + 1", "x + y"))
    partly = "    y = np.zeros(n)\n    if n:\n        y = x + 1\n    return y\n"
    assert "y = np.ones(n)" in changes(partly)
    item = "    y = np.zeros(n)\n    y[0] = x\n    return y\n"
    assert "y = np.ones(n)" in changes(item)


@pytest.mark.parametrize(
    ("body", "change"),
    [
        ("    y = np.zeros(n)\n    return y + x\n", "y = -np.zeros(n)"),
        ("    y = np.zeros(0)\n    return y\n", "y = np.ones(0)"),
        ("    return x.shape[1]\n", "return x.shape[-1]"),
        ("    return len(x)\n", "return len(out)"),
        ("    return out / x.shape[0]\n", "return out / out.shape[0]"),
        ("    return float(x)\n", "return x"),
        ("    print(n + 1)\n    return x\n", "pass"),
        ("    return ((x - out) ** 2).sum()\n", "return ((out - x) ** 2).sum()"),
        ("    return np.linalg.norm(x - out)\n", "return np.linalg.norm(out - x)"),
        ("    return np.maximum(x, out)\n", "return np.maximum(out, x)"),
        ("    return np.swapaxes(x, n, 1)\n", "return np.swapaxes(x, 1, n)"),
        ("    return x.swapaxes(n, 1)\n", "return x.swapaxes(1, n)"),
        ("    return max(n, x)\n", "return max(x, n)"),
    ],
)
def test_other_changes(body: str, change: str) -> None:
    assert change not in changes(body)


def test_changes_that_are_like_these_and_can_be_noticed() -> None:
    assert "return ((out - x) ** 3).sum()" in changes("    return ((x - out) ** 3).sum()\n")
    assert "return ((x - x) ** 2).sum()" in changes("    return ((x - out) ** 2).sum()\n")
    assert "return np.subtract(out, x)" in changes("    return np.subtract(x, out)\n")
    assert "return np.max(n, x)" in changes("    return np.max(x, n)\n"), "n is an axis"
    assert "return x.add(out, n)" in changes("    return x.add(n, out)\n"), "not NumPy's"
    assert "return np.add(n, x, out)" in changes("    return np.add(x, n, out)\n"), "out is written"
    assert "return np.swapaxes(n, x, 1)" in changes("    return np.swapaxes(x, n, 1)\n")


@pytest.mark.parametrize("squares", ["(d ** 2).sum()", "(d * d).sum()", "np.abs(d).sum()"])
def test_a_sign_that_is_squared_away(squares: str) -> None:
    turned = {"d = -(x - out)", "d = out - x"}
    assert not turned & changes(f"    d = x - out\n    return {squares}\n")
    assert turned <= changes(f"    d = x - out\n    return {squares} + d\n")
    assert turned <= changes(f"    d = x - out\n    d += 1\n    return {squares}\n")
    assert "d = x + out" in changes(f"    d = x - out\n    return {squares}\n")


def test_the_sizes_of_what_has_one_axis() -> None:
    """`len(y)` is `y.size` where y is a vector."""
    sizes = {"return x / x.shape[-1]", "return x / x.size"}
    assert sizes <= changes("    return x / len(x)\n")
    assert not changes("    y = x[0]\n    return x / len(y)\n", y=(2,)) & {
        size.replace("/ x", "/ y") for size in sizes
    }


def test_how_an_object_looks() -> None:
    contract = Contract.parse({"Net": "m: net*"})
    text = "class Net:\n    def __repr__(self):\n        return str(1 + 1)\n"
    assert make_mutants({"m.py": text}, Observation(contract)) == []


def test_what_only_an_error_says() -> None:
    told = "    why = n + 1\n    assert n > 0, why\n    return x + n\n"
    assert not [change for change in changes(told) if change.startswith("why")]
    both = told.replace("return x + n", "return x, why")
    assert [change for change in changes(both) if change.startswith("why")]
