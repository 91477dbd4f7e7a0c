"""The bank against mistakes in, and other ways of writing, the update rules."""

from __future__ import annotations

import numpy as np
import pytest

from grader.assignment.folder import Assignment
from grader.checks.inputs import Inputs
from grader.model.result import CheckResult
from grader.model.verdicts import Wrong
from grader.runner.reference import LocalCode
from grader.student.proxy import Student
from tests.bank.patches import LOST, Change, assert_costs, grade, mistake, rewritten
from tests.releases import form_of

FILE = "optim.py"


def momentum(name: str, old: str, new: str) -> Change:
    return mistake("sgd_momentum", name, old, new, file=FILE)


def rmsprop(name: str, old: str, new: str) -> Change:
    return mistake("rmsprop", name, old, new, file=FILE)


def adam(name: str, old: str, new: str) -> Change:
    return mistake("adam", name, old, new, file=FILE)


STEP = '- config["learning_rate"] * dw'
KEEP = 'config["momentum"] * config["velocity"]'
CACHE = 'decay * config["cache"] + (1 - decay) * dw**2'
ROOT = 'np.sqrt(cache) + config["epsilon"]'
M_HAT = "m_hat = m / (1 - beta1**t)"
V_HAT = "v_hat = v / (1 - beta2**t)"
HAT = 'np.sqrt(v_hat) + config["epsilon"]'

MISTAKES = [
    momentum("uphill", STEP, '+ config["learning_rate"] * dw'),
    momentum("no learning rate", STEP, "- dw"),
    momentum("learning rate fixed", STEP, "- 1e-2 * dw"),
    momentum(
        "learning rate on the velocity too",
        "= w + velocity",
        '= w + config["learning_rate"] * velocity',
    ),
    momentum("momentum fixed", KEEP, '0.9 * config["velocity"]'),
    momentum("momentum left out", KEEP, 'config["velocity"]'),
    momentum("no velocity", KEEP, "0"),
    momentum("dampened", STEP, '- (1 - config["momentum"]) * config["learning_rate"] * dw'),
    momentum("velocity not stored", '    config["velocity"] = velocity\n', ""),
    momentum("velocity stored with the opposite sign", "] = velocity\n", "] = -velocity\n"),
    momentum("velocity stored under another name", 'config["velocity"] = v', 'config["v"] = v'),
    momentum("next_w stored as velocity", "] = velocity\n", "] = next_w\n"),
    momentum("step with the old velocity", "= w + velocity", '= w + config["velocity"]'),
    momentum("velocity subtracted", "= w + velocity", "= w - velocity"),
    momentum(
        "Nesterov's step",
        "= w + velocity",
        '= w + config["momentum"] * velocity - config["learning_rate"] * dw',
    ),
    momentum("default momentum", '"momentum", 0.9', '"momentum", 0.5'),
    momentum("default learning rate", '"learning_rate", 1e-2', '"learning_rate", 1e-3'),
    momentum("velocity starts with ones", "np.zeros_like(w)", "np.ones_like(w)"),
    momentum("mean gradient", STEP, '- config["learning_rate"] * dw.mean()'),
    momentum("no config is an error", "{} if config is None else config", "dict(config)"),
    rmsprop("cache not stored", '    config["cache"] = cache\n', ""),
    rmsprop("root stored", "] = cache\n", "] = np.sqrt(cache)\n"),
    rmsprop("step with the old cache", "np.sqrt(cache)", 'np.sqrt(config["cache"])'),
    rmsprop("gradient not squared", "* dw**2\n", "* np.abs(dw)\n"),
    rmsprop("sum instead of average", CACHE, 'config["cache"] + dw**2'),
    rmsprop("no weight on the new", CACHE, 'decay * config["cache"] + dw**2'),
    rmsprop("weights swapped", CACHE, '(1 - decay) * config["cache"] + decay * dw**2'),
    rmsprop("decay fixed", 'decay = config["decay_rate"]', "decay = 0.99"),
    rmsprop("no root", "np.sqrt(cache)", "cache"),
    rmsprop("root of all", "np.sqrt(cache)", "np.sqrt(cache.sum())"),
    rmsprop("no epsilon", ROOT, "np.sqrt(cache)"),
    rmsprop("epsilon fixed", ROOT, "np.sqrt(cache) + 1e-8"),
    rmsprop("epsilon in the numerator", "* dw / (np", '* (dw + config["epsilon"]) / (np'),
    rmsprop("uphill", "= w - config", "= w + config"),
    rmsprop("learning rate fixed", 'w - config["learning_rate"]', "w - 1e-2"),
    rmsprop("default decay", '"decay_rate", 0.99', '"decay_rate", 0.9'),
    rmsprop("default learning rate", '"learning_rate", 1e-2', '"learning_rate", 1e-3'),
    rmsprop("default epsilon", '"epsilon", 1e-8', '"epsilon", 1e-4'),
    rmsprop("next_w and config swapped", "return next_w, config", "return config, next_w"),
    adam("t not counted", 'config["t"] + 1', 'max(config["t"], 1)'),
    adam("t counted after the step", 't = config["t"] + 1', 't = max(config["t"], 1)'),
    adam("t not stored", "m=m, v=v, t=t", "m=m, v=v"),
    adam("t counted twice", "m=m, v=v, t=t", "m=m, v=v, t=t + 1"),
    adam("m not stored", "m=m, v=v, t=t", "v=v, t=t"),
    adam("v not stored", "m=m, v=v, t=t", "m=m, t=t"),
    adam("corrected moments stored", "m=m, v=v, t=t", "m=m_hat, v=v_hat, t=t"),
    adam("only the corrected m stored", "m=m, v=v, t=t", "m=m_hat, v=v, t=t"),
    adam("nothing corrected", "* m_hat / (np.sqrt(v_hat)", "* m / (np.sqrt(v)"),
    adam("v not corrected", "np.sqrt(v_hat)", "np.sqrt(v)"),
    adam("m not corrected", "] * m_hat /", "] * m /"),
    adam("m corrected twice", M_HAT, M_HAT + " ** 2"),
    adam("correction with beta * t", M_HAT, "m_hat = m / (1 - beta1 * t)"),
    adam("correction of the first step always", M_HAT, "m_hat = m / (1 - beta1)"),
    adam("one beta for both corrections", V_HAT, "v_hat = v / (1 - beta1**t)"),
    adam("gradient not squared", "* dw**2\n", "* dw\n"),
    adam("betas swapped", 'config["beta1"], config["beta2"]', 'config["beta2"], config["beta1"]'),
    adam("betas fixed", 'config["beta1"], config["beta2"]', "0.9, 0.999"),
    adam("no root", "np.sqrt(v_hat)", "v_hat"),
    adam("no epsilon", HAT, "np.sqrt(v_hat)"),
    adam("epsilon fixed", HAT, "np.sqrt(v_hat) + 1e-8"),
    adam("learning rate fixed", 'w - config["learning_rate"]', "w - 1e-3"),
    adam("default learning rate", '"learning_rate", 1e-3', '"learning_rate", 1e-2'),
    adam("default beta2", '"beta2", 0.999', '"beta2", 0.99'),
    adam("default t", '"t", 0', '"t", 1'),
    adam("new m with the old v", "beta2 * config", "0 * config"),
]

EPSILON_ELSEWHERE = {
    "rmsprop": rmsprop("epsilon inside the root", ROOT, 'np.sqrt(cache + config["epsilon"])'),
    "adam": adam("epsilon inside the root", HAT, 'np.sqrt(v_hat + config["epsilon"])'),
    "adam as in the paper's section 2": rewritten(
        "adam with a scaled epsilon",
        """
        def adam(w, dw, config=None):
            config = {} if config is None else config
            defaults = dict(learning_rate=1e-3, beta1=0.9, beta2=0.999, epsilon=1e-8)
            for name, value in defaults.items():
                config.setdefault(name, value)
            b1, b2 = config["beta1"], config["beta2"]
            m = b1 * config.get("m", 0) + (1 - b1) * dw
            v = b2 * config.get("v", 0) + (1 - b2) * dw * dw
            t = config.get("t", 0) + 1
            rate = config["learning_rate"] * np.sqrt(1 - b2**t) / (1 - b1**t)
            w -= rate * m / (np.sqrt(v) + config["epsilon"])
            config["m"], config["v"], config["t"] = m, v, t
            return w, config
        """,
        file=FILE,
    ),
}

VARIANTS = [
    rewritten(
        "sgd_momentum in place, velocity by get",
        """
        def sgd_momentum(w, dw, config=None):
            if config is None:
                config = {}
            config.setdefault("learning_rate", 1e-2)
            config.setdefault("momentum", 0.9)
            v = config.get("velocity", np.zeros_like(w))
            v *= config["momentum"]
            dw *= config["learning_rate"]
            v -= dw
            w += v
            config["velocity"] = v
            return w, config
        """,
        file=FILE,
    ),
    rewritten(
        "sgd_momentum returns another dict",
        """
        def sgd_momentum(w, dw, config=None):
            config = {"learning_rate": 1e-2, "momentum": 0.9, "velocity": 0.0, **(config or {})}
            v = config["momentum"] * config["velocity"] - config["learning_rate"] * dw
            return [w + v, {**config, "velocity": v, "note": "more than asked for"}]
        """,
        file=FILE,
    ),
    rewritten(
        "rmsprop in place, with other words",
        """
        def rmsprop(w, dw, config=None):
            if config is None: config = {}
            config.setdefault('learning_rate', 1e-2)
            config.setdefault('decay_rate', 0.99)
            config.setdefault('epsilon', 1e-8)
            config.setdefault('cache', np.zeros(w.shape))
            config['cache'] *= config['decay_rate']
            config['cache'] += (1.0 - config['decay_rate']) * np.square(dw)
            w += -config['learning_rate'] * dw / (config['cache'] ** 0.5 + config['epsilon'])
            return w, config
        """,
        file=FILE,
    ),
    rewritten(
        "rmsprop as a weighted step towards dw**2",
        """
        def rmsprop(w, dw, config=None):
            config = dict(config) if config else {}
            for name, value in dict(learning_rate=1e-2, decay_rate=0.99, epsilon=1e-8).items():
                config.setdefault(name, value)
            cache = config.get("cache", np.zeros_like(w))
            cache = cache + (1 - config["decay_rate"]) * (dw * dw - cache)
            rate = config["learning_rate"] / (np.sqrt(cache) + config["epsilon"])
            config["cache"] = cache
            return w - rate * dw, config
        """,
        file=FILE,
    ),
    rewritten(
        "adam in place, t a float, a guard beside epsilon",
        """
        def adam(w, dw, config=None):
            if config is None: config = {}
            config.setdefault('learning_rate', 1e-3)
            config.setdefault('beta1', 0.9)
            config.setdefault('beta2', 0.999)
            config.setdefault('epsilon', 1e-8)
            config.setdefault('m', np.zeros_like(w))
            config.setdefault('v', np.zeros_like(w))
            config.setdefault('t', 0)
            config['t'] += 1.0
            config['m'] = config['beta1'] * config['m'] + (1 - config['beta1']) * dw
            config['v'] = config['beta2'] * config['v'] + (1 - config['beta2']) * (dw ** 2)
            mt = config['m'] / (1 - np.power(config['beta1'], config['t']))
            vt = config['v'] / (1 - np.power(config['beta2'], config['t']))
            w -= config['learning_rate'] * mt / (np.sqrt(vt + 1e-16) + config['epsilon'])
            return w, config
        """,
        file=FILE,
    ),
    rewritten(
        "adam on a copy of config, state in other dtypes",
        """
        def adam(w, dw, config=None):
            c = {"learning_rate": 1e-3, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8,
                 "m": 0.0, "v": 0.0, "t": np.int32(0), **(config or {})}
            t = np.int64(c["t"]) + 1
            m = c["m"] + (1 - c["beta1"]) * (dw - c["m"])
            v = c["v"] + (1 - c["beta2"]) * (dw * dw - c["v"])
            step = m / (1 - c["beta1"] ** t) / (np.sqrt(v / (1 - c["beta2"] ** t)) + c["epsilon"])
            return w - c["learning_rate"] * step, dict(c, m=m, v=v, t=t)
        """,
        file=FILE,
    ),
]

ALL = [*MISTAKES, *VARIANTS, *EPSILON_ELSEWHERE.values()]


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[CheckResult]]:
    return grade(ALL, ["optimizers"], tmp_path_factory.mktemp("optimizers"))


@pytest.mark.parametrize("change", [*MISTAKES, *VARIANTS], ids=str)
def test_change_costs_what_it_should(change: Change, graded: dict[str, list[CheckResult]]) -> None:
    assert_costs(change, graded[change.name])


@pytest.mark.parametrize("change", EPSILON_ELSEWHERE.values(), ids=str)
def test_epsilon_elsewhere_fails_one_check_that_is_worth_nothing(
    change: Change, graded: dict[str, list[CheckResult]]
) -> None:
    [failed] = [check for check in graded[change.name] if check.outcome in LOST]
    assert failed.id.endswith("_epsilon_place")
    assert Assignment.load("numpynn").rubric.checks[failed.id].points == 0


@pytest.mark.parametrize("release", ["cs231n-2017", "cs231n-2021"])
def test_adam_may_count_from_1_where_the_template_did(
    release: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    from grader.assignments.numpynn.bank import optimizers

    assignment = Assignment.load("numpynn")
    right = LocalCode(assignment.reference, assignment)
    reference = Student(right.channel(), assignment.contract)
    student = _StartsAt1(right, assignment, release)
    judge = optimizers._judge_defaults
    if release == "cs231n-2017":
        judge("adam", student, reference, Inputs(231, "here"), "empty")
    else:
        with pytest.raises(Wrong):
            judge("adam", student, reference, Inputs(231, "here"), "empty")


class _StartsAt1(Student):
    """The reference, but that adam's t is 1 in an empty config."""

    def __init__(self, code: LocalCode, assignment: Assignment, release: str) -> None:
        super().__init__(code.channel(), assignment.contract, form_of(release))
        self._right = Student(code.channel(), assignment.contract)

    def adam(self, w: np.ndarray, dw: np.ndarray, config: dict[str, object]) -> object:
        return self._right.adam(w, dw, {"t": 1, **config})
