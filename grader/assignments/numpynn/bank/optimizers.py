"""Checks of the update rules.

`next_w` and the state that a rule keeps in `config` are judged by checks of their own. Gradients
have a size of 1 to 2, so that the place of epsilon shows only where it is judged.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import pytest
from numpy.typing import NDArray

from grader.checks import Inputs, Student, Visibility, Wrong, as_array, assert_close, check, close
from grader.model.result import Finding

Array = NDArray[np.float64]
Config = dict[str, Any]

SHAPE: Final = (4, 5)
DEFAULTS: Final[Mapping[str, Config]] = {
    "sgd_momentum": {"learning_rate": 1e-2, "momentum": 0.9},
    "rmsprop": {"learning_rate": 1e-2, "decay_rate": 0.99, "epsilon": 1e-8},
    "adam": {"learning_rate": 1e-3, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8},
}
STATE: Final = {"sgd_momentum": ("velocity",), "rmsprop": ("cache",), "adam": ("m", "v")}
OTHERS: Final = {"learning_rate": 0.2, "momentum": 0.5, "decay_rate": 0.6, "beta1": 0.6,
                 "beta2": 0.7}  # fmt: skip
"""Settings far from the defaults."""


@check("sgd_momentum: one step from a given velocity", part="optimizers", targets="sgd_momentum")
def test_sgd_momentum_step(student: Student, reference: Student, inputs: Inputs) -> None:
    _judge_step("sgd_momentum", student, reference, inputs)


@check("rmsprop: one step from a given cache", part="optimizers", targets="rmsprop")
def test_rmsprop_step(student: Student, reference: Student, inputs: Inputs) -> None:
    _judge_step("rmsprop", student, reference, inputs)


@check("adam: one step from given m, v and t", part="optimizers", targets="adam")
def test_adam_step(student: Student, reference: Student, inputs: Inputs) -> None:
    _judge_step("adam", student, reference, inputs)


@check("sgd_momentum stores the new velocity", part="optimizers", targets="sgd_momentum")
def test_sgd_momentum_state(student: Student, reference: Student, inputs: Inputs) -> None:
    _judge_state("sgd_momentum", student, reference, inputs)


@check("rmsprop stores the new cache", part="optimizers", targets="rmsprop")
def test_rmsprop_state(student: Student, reference: Student, inputs: Inputs) -> None:
    _judge_state("rmsprop", student, reference, inputs)


@check("adam stores the new m and v, not bias-corrected", part="optimizers", targets="adam")
def test_adam_state(student: Student, reference: Student, inputs: Inputs) -> None:
    _judge_state("adam", student, reference, inputs)


@pytest.mark.parametrize("config", ["empty", "absent"])
@check("sgd_momentum fills in the defaults", part="optimizers", targets="sgd_momentum", points=0.5)
def test_sgd_momentum_defaults(
    student: Student, reference: Student, inputs: Inputs, config: str
) -> None:
    _judge_defaults("sgd_momentum", student, reference, inputs, config)


@pytest.mark.parametrize("config", ["empty", "absent"])
@check("rmsprop fills in the defaults", part="optimizers", targets="rmsprop", points=0.5)
def test_rmsprop_defaults(
    student: Student, reference: Student, inputs: Inputs, config: str
) -> None:
    _judge_defaults("rmsprop", student, reference, inputs, config)


@pytest.mark.parametrize("config", ["empty", "absent"])
@check("adam fills in the defaults", part="optimizers", targets="adam", points=0.5)
def test_adam_defaults(student: Student, reference: Student, inputs: Inputs, config: str) -> None:
    _judge_defaults("adam", student, reference, inputs, config)


@check("sgd_momentum: five steps in a row", part="optimizers", targets="sgd_momentum")
def test_sgd_momentum_steps(student: Student, reference: Student, inputs: Inputs) -> None:
    _judge_steps("sgd_momentum", student, reference, inputs)


@check("rmsprop: five steps in a row", part="optimizers", targets="rmsprop")
def test_rmsprop_steps(student: Student, reference: Student, inputs: Inputs) -> None:
    _judge_steps("rmsprop", student, reference, inputs)


@check("adam: five steps in a row", part="optimizers", targets="adam")
def test_adam_steps(student: Student, reference: Student, inputs: Inputs) -> None:
    _judge_steps("adam", student, reference, inputs)


@pytest.mark.parametrize("setting", ["learning_rate", "momentum"])
@check(
    "sgd_momentum uses the settings in config",
    part="optimizers",
    targets="sgd_momentum",
    points=0.5,
    visibility=Visibility.HIDDEN,
)
def test_sgd_momentum_settings(
    student: Student, reference: Student, inputs: Inputs, setting: str
) -> None:
    _judge_setting("sgd_momentum", student, reference, inputs, setting)


@pytest.mark.parametrize("setting", ["learning_rate", "decay_rate"])
@check(
    "rmsprop uses the settings in config",
    part="optimizers",
    targets="rmsprop",
    points=0.5,
    visibility=Visibility.HIDDEN,
)
def test_rmsprop_settings(
    student: Student, reference: Student, inputs: Inputs, setting: str
) -> None:
    _judge_setting("rmsprop", student, reference, inputs, setting)


@pytest.mark.parametrize("setting", ["learning_rate", "beta1", "beta2"])
@check(
    "adam uses the settings in config",
    part="optimizers",
    targets="adam",
    points=0.5,
    visibility=Visibility.HIDDEN,
)
def test_adam_settings(student: Student, reference: Student, inputs: Inputs, setting: str) -> None:
    _judge_setting("adam", student, reference, inputs, setting)


@pytest.mark.parametrize("shape", [(6,), (2, 3, 4)], ids=["vector", "three axes"])
@check("sgd_momentum takes w of any shape", part="optimizers", targets="sgd_momentum", points=0.5)
def test_sgd_momentum_shapes(
    student: Student, reference: Student, inputs: Inputs, shape: tuple[int, ...]
) -> None:
    _judge_shape("sgd_momentum", student, reference, inputs, shape)


@pytest.mark.parametrize("shape", [(6,), (2, 3, 4)], ids=["vector", "three axes"])
@check("rmsprop takes w of any shape", part="optimizers", targets="rmsprop", points=0.5)
def test_rmsprop_shapes(
    student: Student, reference: Student, inputs: Inputs, shape: tuple[int, ...]
) -> None:
    _judge_shape("rmsprop", student, reference, inputs, shape)


@pytest.mark.parametrize("shape", [(6,), (2, 3, 4)], ids=["vector", "three axes"])
@check("adam takes w of any shape", part="optimizers", targets="adam", points=0.5)
def test_adam_shapes(
    student: Student, reference: Student, inputs: Inputs, shape: tuple[int, ...]
) -> None:
    _judge_shape("adam", student, reference, inputs, shape)


@pytest.mark.parametrize("start", [0, 5])
@check("adam counts its steps in t", part="optimizers", targets="adam", points=0.5)
def test_adam_counts(student: Student, inputs: Inputs, start: int) -> None:
    config = {**_given("adam", inputs, SHAPE), "t": start}
    _, after = _run(student, "adam", inputs.normal(*SHAPE), _gradients(inputs, SHAPE, 3), config)
    _assert_count(after, start + 3)


@check("adam corrects the bias of m and v in the first step", part="optimizers", targets="adam")
def test_adam_first_step(student: Student, reference: Student, inputs: Inputs) -> None:
    """Learning rate 0.1 and small betas, so that each missing correction shows."""
    w, dw = inputs.normal(*SHAPE), _gradient(inputs, SHAPE)
    config = {"learning_rate": 0.1, "beta1": 0.8, "beta2": 0.9, "t": 0}
    expected, _ = reference.adam(w, dw, config)
    received, _ = _run(student, "adam", w, [dw], config)
    assert_close("next_w", received, expected)


@check(
    "rmsprop: epsilon keeps the step finite",
    part="optimizers",
    targets="rmsprop",
    points=0.5,
    visibility=Visibility.HIDDEN,
)
def test_rmsprop_epsilon(student: Student, reference: Student, inputs: Inputs) -> None:
    """Anywhere in the denominator will do; the place is judged by a check of its own."""
    w, dw, config, expected = _with_epsilon("rmsprop", reference, inputs)
    _judge_zero_gradient(student, "rmsprop", w)
    cache = 0.9 * config["cache"] + 0.1 * dw**2
    inside = w - 0.1 * dw / np.sqrt(cache + config["epsilon"])
    _judge_epsilon(student, "rmsprop", (w, dw, config), [expected, inside])


@check(
    "adam: epsilon keeps the step finite",
    part="optimizers",
    targets="adam",
    points=0.5,
    visibility=Visibility.HIDDEN,
)
def test_adam_epsilon(student: Student, reference: Student, inputs: Inputs) -> None:
    """Anywhere in the denominator will do, also as in the paper's section 2 (a scaled epsilon)."""
    w, dw, config, expected = _with_epsilon("adam", reference, inputs)
    _judge_zero_gradient(student, "adam", w)
    m, v = 0.8 * config["m"] + 0.2 * dw, 0.9 * config["v"] + 0.1 * dw**2
    m_share, v_share, epsilon = 1 - 0.8**3, 1 - 0.9**3, config["epsilon"]
    inside = w - 0.1 * (m / m_share) / np.sqrt(v / v_share + epsilon)
    scaled = w - 0.1 * np.sqrt(v_share) / m_share * m / (np.sqrt(v) + epsilon)
    _judge_epsilon(student, "adam", (w, dw, config), [expected, inside, scaled])


@check(
    "rmsprop adds epsilon outside the square root",
    part="optimizers",
    targets="rmsprop",
    points=0.5,
    visibility=Visibility.HIDDEN,
)
def test_rmsprop_epsilon_place(student: Student, reference: Student, inputs: Inputs) -> None:
    w, dw, config, expected = _with_epsilon("rmsprop", reference, inputs)
    received, _ = _run(student, "rmsprop", w, [dw], config)
    assert_close("next_w", received, expected)


@check(
    "adam adds epsilon to the root of the corrected v",
    part="optimizers",
    targets="adam",
    points=0.5,
    visibility=Visibility.HIDDEN,
)
def test_adam_epsilon_place(student: Student, reference: Student, inputs: Inputs) -> None:
    w, dw, config, expected = _with_epsilon("adam", reference, inputs)
    received, _ = _run(student, "adam", w, [dw], config)
    assert_close("next_w", received, expected)


def _judge_step(rule: str, student: Student, reference: Student, inputs: Inputs) -> None:
    w, dw, config = inputs.normal(*SHAPE), _gradient(inputs, SHAPE), _given(rule, inputs, SHAPE)
    expected, _ = getattr(reference, rule)(w, dw, config)
    received, _ = _run(student, rule, w, [dw], config)
    assert_close("next_w", received, expected)


def _judge_state(rule: str, student: Student, reference: Student, inputs: Inputs) -> None:
    """After one step and after four."""
    w, config = inputs.normal(*SHAPE), _given(rule, inputs, SHAPE)
    gradients = _gradients(inputs, SHAPE, 4)
    expected = [_run(reference, rule, w, gradients[:n], config)[1] for n in (1, 4)]
    for n, right in zip((1, 4), expected, strict=True):
        _, received = _run(student, rule, w, gradients[:n], config)
        _assert_state(rule, received, right)


def _judge_defaults(
    rule: str, student: Student, reference: Student, inputs: Inputs, start: str
) -> None:
    w, dw = inputs.normal(*SHAPE), _gradient(inputs, SHAPE)
    config: Config | None = {} if start == "empty" else None
    rights = [getattr(reference, rule)(w, dw, config)[0]]
    if rule == "adam":
        rights.append(reference.adam(w, dw, {"t": 1})[0])
    if student.reading("adam_t") != "1":  # whose template starts adam's t at 1
        del rights[1:]
    received, after = _run(student, rule, w, [dw], config)
    if not any(close(received, right, tolerance=1e-6) for right in rights):
        assert_close("next_w", received, rights[0])
    for name, value in DEFAULTS[rule].items():
        assert_close(f'config["{name}"]', _entry(after, name), value)


def _judge_steps(rule: str, student: Student, reference: Student, inputs: Inputs) -> None:
    w, gradients = inputs.normal(*SHAPE), _gradients(inputs, SHAPE, 5)
    config: Config = {"learning_rate": 0.05}
    if rule == "adam":
        config["t"] = 0
    expected, _ = _run(reference, rule, w, gradients, config)
    received, _ = _run(student, rule, w, gradients, config)
    assert_close("next_w", received, expected)


def _judge_setting(
    rule: str, student: Student, reference: Student, inputs: Inputs, setting: str
) -> None:
    """Two steps, since some settings also shape what is stored."""
    w, gradients = inputs.normal(*SHAPE), _gradients(inputs, SHAPE, 2)
    config = {**_given(rule, inputs, SHAPE), setting: OTHERS[setting]}
    expected, _ = _run(reference, rule, w, gradients, config)
    received, _ = _run(student, rule, w, gradients, config)
    assert_close("next_w", received, expected)


def _judge_shape(
    rule: str, student: Student, reference: Student, inputs: Inputs, shape: tuple[int, ...]
) -> None:
    w, dw = inputs.normal(*shape), _gradient(inputs, shape)
    config: Config = {"learning_rate": 0.05}
    if rule == "adam":
        config["t"] = 0
    expected, right = getattr(reference, rule)(w, dw, config)
    received, after = _run(student, rule, w, [dw], config)
    assert_close("next_w", received, expected)
    _assert_state(rule, after, right)


def _with_epsilon(
    rule: str, reference: Student, inputs: Inputs
) -> tuple[Array, Array, Config, Array]:
    """w, dw, a config with an epsilon as large as the root beside it, and the right next_w."""
    w, dw = inputs.normal(*SHAPE), _gradient(inputs, SHAPE)
    config = {**_given(rule, inputs, SHAPE), "learning_rate": 0.1, "epsilon": 0.5}
    changes = {"rmsprop": {"decay_rate": 0.9}, "adam": {"beta1": 0.8, "beta2": 0.9, "t": 2}}
    config.update(changes[rule])
    expected, _ = getattr(reference, rule)(w, dw, config)
    return w, dw, config, expected


def _judge_epsilon(
    student: Student, rule: str, args: tuple[Array, Array, Config], rights: Sequence[Array]
) -> None:
    w, dw, config = args
    received, _ = _run(student, rule, w, [dw], config)
    if not any(close(received, right, tolerance=1e-6) for right in rights):
        assert_close("next_w", received, rights[0])


def _judge_zero_gradient(student: Student, rule: str, w: Array) -> None:
    """0 / 0 is what epsilon is there for."""
    received, _ = _run(student, rule, w, [np.zeros_like(w)], {})
    assert_close("next_w", received, w)


def _given(rule: str, inputs: Inputs, shape: tuple[int, ...]) -> Config:
    """A config as it is in the middle of a training; defaults are for the rule to fill in."""
    if rule == "sgd_momentum":
        return {"learning_rate": 0.05, "velocity": inputs.normal(*shape)}
    if rule == "rmsprop":
        return {"learning_rate": 0.05, "cache": inputs.uniform(0.3, 1.0, *shape)}
    v = inputs.uniform(0.3, 1.0, *shape)
    return {"learning_rate": 0.05, "m": inputs.normal(*shape), "v": v, "t": 5}


def _gradient(inputs: Inputs, shape: tuple[int, ...]) -> Array:
    return inputs.clear_of_zero(*shape, gap=1.0)


def _gradients(inputs: Inputs, shape: tuple[int, ...], count: int) -> list[Array]:
    return [_gradient(inputs, shape) for _ in range(count)]


def _run(
    side: Student, rule: str, w: Array, gradients: Sequence[Array], config: Config | None
) -> tuple[Array, Config]:
    """Step once per gradient, each time with the config that the step before returned."""
    for dw in gradients:
        value, returned = getattr(side, rule)(w, dw, config)
        w = as_array(value, "next_w")
        if not isinstance(returned, dict):
            text = f"{rule} should return its config, a dict; it is a {type(returned).__name__}."
            raise Wrong(text, Finding(kind="type", quantity="config"))
        config = returned
    return w, config or {}


def _assert_state(rule: str, received: Config, expected: Config) -> None:
    for name in STATE[rule]:
        assert_close(f'config["{name}"]', _entry(received, name), expected[name])


def _assert_count(config: Config, expected: int) -> None:
    t = as_array(_entry(config, "t"), 'config["t"]')
    assert_close('config["t"]', t, expected)


def _entry(config: Config, name: str) -> Any:
    if name not in config:
        there = ", ".join(sorted(map(str, config))) or "nothing"
        text = f'The returned config has no "{name}"; it holds {there}.'
        raise Wrong(text, Finding(kind="missing", quantity=f'config["{name}"]'))
    return config[name]
