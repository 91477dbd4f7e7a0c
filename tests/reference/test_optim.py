"""The update rules of the reference: defaults, state, untouched arguments, special cases."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpynn import optim

Rule = Callable[..., tuple[np.ndarray, dict[str, Any]]]

DEFAULTS: dict[Rule, dict[str, Any]] = {
    optim.sgd: {"learning_rate": 1e-2},
    optim.sgd_momentum: {"learning_rate": 1e-2, "momentum": 0.9},
    optim.rmsprop: {"learning_rate": 1e-2, "decay_rate": 0.99, "epsilon": 1e-8},
    optim.adam: {"learning_rate": 1e-3, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8},
}
STATE = {
    optim.sgd: set(),
    optim.sgd_momentum: {"velocity"},
    optim.rmsprop: {"cache"},
    optim.adam: {"m", "v", "t"},
}

each_rule = pytest.mark.parametrize("rule", DEFAULTS, ids=lambda rule: rule.__name__)


@each_rule
def test_defaults_are_put_into_the_config(rule: Rule) -> None:
    _, config = rule(np.ones(3), np.ones(3))
    assert config.keys() == DEFAULTS[rule].keys() | STATE[rule]
    assert DEFAULTS[rule].items() <= config.items()

    mine: dict[str, Any] = {"learning_rate": 0.5}
    _, config = rule(np.ones(3), np.ones(3), mine)
    assert config is mine
    assert config["learning_rate"] == 0.5


@each_rule
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_arrays_are_not_changed_and_keep_their_type(
    rule: Rule, dtype: Any, rng: np.random.Generator
) -> None:
    w = rng.standard_normal((2, 3)).astype(dtype)
    config: dict[str, Any] | None = None
    for _ in range(3):
        w.flags.writeable = False
        dw = rng.standard_normal((2, 3)).astype(dtype)
        dw.flags.writeable = False
        w, config = rule(w, dw, config)
        arrays = [value for value in config.values() if isinstance(value, np.ndarray)]
        for array in [w, *arrays]:
            assert array.dtype == dtype
            assert array.shape == (2, 3)
            array.flags.writeable = False


@each_rule
def test_every_rule_descends(rule: Rule) -> None:
    w, config = np.array([3.0, -2.0]), {"learning_rate": 0.05}
    for _ in range(400):
        w, config = rule(w, 2 * w, config)
    np.testing.assert_allclose(w, 0, atol=0.06)


def test_momentum_zero_is_sgd(rng: np.random.Generator) -> None:
    w, dw = rng.standard_normal((2, 5))
    plain, _ = optim.sgd(w, dw, {"learning_rate": 0.3})
    heavy, _ = optim.sgd_momentum(w, dw, {"learning_rate": 0.3, "momentum": 0.0})
    np.testing.assert_array_equal(heavy, plain)
    np.testing.assert_array_equal(plain, w - 0.3 * dw)


@pytest.mark.parametrize("rule", [optim.rmsprop, optim.adam])
def test_first_step_does_not_depend_on_the_size_of_the_gradient(rule: Rule) -> None:
    dw = np.array([1e-3, 1.0, 1e3])
    next_w, _ = rule(np.zeros(3), dw, {"learning_rate": 0.1})
    np.testing.assert_allclose(next_w, next_w[0], rtol=2e-4)
    assert (next_w < 0).all()


def test_adam_counts_first_and_stores_moments_uncorrected() -> None:
    dw = np.array([2.0])
    next_w, config = optim.adam(np.zeros(1), dw, {"learning_rate": 0.1, "epsilon": 0.5})
    assert config["t"] == 1
    np.testing.assert_allclose(config["m"], 0.1 * dw)
    np.testing.assert_allclose(config["v"], 0.001 * dw**2)
    np.testing.assert_allclose(next_w, -0.1 * 2.0 / (2.0 + 0.5))
