"""Each operator, on code that it changes and code that it leaves alone."""

from __future__ import annotations

import ast

import pytest

from grader.verify.operators import OPERATORS, Context

CONTEXT = Context(
    alike=lambda name, _line: {"mean": ["var"]}.get(name, []),
    strings=["beta1", "beta2"],
    modules=frozenset({"np"}),
)


def changed(operator: str, code: str) -> list[str]:
    """What an operator makes of the first statement, or of the expression that it is."""
    statement = ast.parse(code).body[0]
    node = statement.value if isinstance(statement, ast.Expr) else statement
    return [
        ast.unparse(ast.fix_missing_locations(new)) for new in OPERATORS[operator](node, CONTEXT)
    ]


@pytest.mark.parametrize(
    ("operator", "code", "expected"),
    [
        ("arithmetic", "a + b", ["a - b"]),
        ("arithmetic", "a * b", ["a / b", "a + b"]),
        ("arithmetic", "a @ b", ["a * b"]),
        ("arithmetic", "a -= b", ["a += b"]),
        ("arithmetic", "a > b", []),
        ("operand", "a + b", ["a", "b"]),
        ("operand", "a ** 2", ["a"]),
        ("operand", "a @ b", []),
        ("order", "a - b", ["b - a"]),
        ("order", "a @ b", ["b @ a"]),
        ("order", "a + b", []),
        ("update", "a += b", ["a = b"]),
        ("comparison", "a > b", ["a >= b", "a < b"]),
        ("comparison", "a is None", ["a is not None"]),
        ("comparison", "a < b < c", []),
        ("number", "0", ["1", "-1"]),
        ("number", "1", ["2", "0", "-1"]),
        ("number", "0.5", ["1.0", "0.25", "0.0", "-0.5"]),
        ("number", "1e-08", ["2e-08", "5e-09", "0.0", "-1e-08"]),
        ("number", "True", []),
        ("text", "'beta1'", ["'beta2'"]),
        ("text", "'beta2'", ["'beta1'"]),
        ("axis", "a.sum(axis=0)", ["a.sum(axis=1)", "a.sum()"]),
        ("axis", "a.sum(axis=1)", ["a.sum(axis=0)", "a.sum()"]),
        ("axis", "a.sum()", []),
        ("keepdims", "a.sum(axis=1, keepdims=True)", ["a.sum(axis=1)"]),
        ("transpose", "a.T", ["a"]),
        ("transpose", "a.U", []),
        ("function", "np.maximum(a, 0)", ["np.minimum(a, 0)"]),
        ("function", "a.mean(axis=0)", ["a.sum(axis=0)", "a.max(axis=0)"]),
        ("function", "np.random.randn(3)", ["np.random.rand(3)"]),
        ("function", "net.log(3)", []),
        ("unwrap", "np.sqrt(a)", ["a"]),
        ("unwrap", "float(a)", []),
        ("unwrap", "a.copy()", ["a"]),
        ("unwrap", "self.forward(a)", []),
        ("unwrap", "np.random.rand()", []),
        ("arguments", "f(a, b, c)", ["f(b, a, c)", "f(a, c, b)"]),
        ("pair", "(a, b)", ["(b, a)"]),
        ("sign", "-a", ["a"]),
        ("sign", "a = b + c", ["a = -(b + c)"]),
        ("sign", "a = None", []),
        ("sign", "a, b = f(c)", []),
        ("logic", "a and b", ["a or b"]),
        ("logic", "not a", ["a"]),
        ("logic", "a if b else c", ["a", "c", "c if b else a"]),
        ("size", "len(a)", ["a.shape[-1]", "a.size"]),
        ("variable", "mean", ["var"]),
        ("variable", "other", []),
    ],
)
def test_an_operator(operator: str, code: str, expected: list[str]) -> None:
    assert changed(operator, code) == expected


def test_every_operator_is_tested() -> None:
    (marked,) = test_an_operator.pytestmark  # type: ignore[attr-defined]
    assert {case[0] for case in marked.args[1]} == OPERATORS.keys()
