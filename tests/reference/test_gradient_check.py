"""The numerical gradients of the reference."""

from __future__ import annotations

import numpy as np
import pytest
from numpynn.gradient_check import (
    eval_numerical_gradient,
    eval_numerical_gradient_array,
    rel_error,
)


def cubes(x: np.ndarray) -> np.ndarray:
    result: np.ndarray = x**3
    return result


def test_scalar_function(rng: np.random.Generator) -> None:
    x = rng.standard_normal((3, 2, 2))
    grad = eval_numerical_gradient(lambda x: float(cubes(x).sum()), x, verbose=False)
    np.testing.assert_allclose(grad, 3 * x**2, atol=1e-8)


def test_array_function(rng: np.random.Generator) -> None:
    x, df = rng.standard_normal((2, 3, 4))
    grad = eval_numerical_gradient_array(cubes, x, df)
    np.testing.assert_allclose(grad, 3 * x**2 * df, atol=1e-8)


def test_function_that_returns_its_argument(rng: np.random.Generator) -> None:
    x, df = rng.standard_normal((2, 3, 4))
    np.testing.assert_allclose(eval_numerical_gradient_array(lambda x: x, x, df), df)


def test_step_size() -> None:
    x = np.array([2.0])
    grad = eval_numerical_gradient(lambda x: float(cubes(x)[0]), x, verbose=False, h=0.5)
    assert grad[0] == 3 * 2.0**2 + 0.5**2


def test_x_is_put_back_even_if_the_function_fails(rng: np.random.Generator) -> None:
    x = rng.standard_normal(4)
    before = x.copy()
    eval_numerical_gradient_array(cubes, x, np.ones(4))
    np.testing.assert_array_equal(x, before)

    def failing(_: np.ndarray) -> float:
        raise ArithmeticError

    with pytest.raises(ArithmeticError):
        eval_numerical_gradient(failing, x, verbose=False)
    np.testing.assert_array_equal(x, before)


def test_verbose_prints_every_component(capsys: pytest.CaptureFixture[str]) -> None:
    eval_numerical_gradient(lambda x: float(x.sum()), np.zeros((2, 2)))
    assert len(capsys.readouterr().out.splitlines()) == 4


def test_rel_error() -> None:
    assert rel_error(np.array([1.0, 2.0]), np.array([1.0, 2.0])) == 0
    assert rel_error(np.array([1.0, 3.0]), np.array([1.0, 1.0])) == 0.5
    assert rel_error(np.array([0.0, 1e-12]), np.array([0.0, 0.0])) == pytest.approx(1e-4)
