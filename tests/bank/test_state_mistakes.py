"""The checks of what leaks between calls, against code as students write it."""

from __future__ import annotations

import pytest

from grader.model.result import CheckResult
from tests.bank.nets import RETURN, full, right, two
from tests.bank.patches import Change, assert_costs, grade, rewritten

OPTIM = "optim.py"
PARAMS = "self.params: dict[str, np.ndarray] = {}"
NORMS = 'self.bn_params = [{"mode": "train"} for _ in hidden_dims]'
MOMENTUM = """
def sgd_momentum(w, dw, config={}):
    config.setdefault("learning_rate", 1e-2)
    config.setdefault("momentum", 0.9)
    velocity = config.get("velocity", np.zeros_like(w))
    config["velocity"] = config["momentum"] * velocity - config["learning_rate"] * dw
    return w + config["velocity"], config
"""

MISTAKES = [
    rewritten("a default that is changed", MOMENTUM, costs=["sgd_momentum"], file=OPTIM),
    two("params of the class", PARAMS, "self.params = vars(type(self).loss)"),
    full("params of the class", PARAMS, "self.params = vars(type(self).loss)"),
    full(
        "bn_params of the class",
        NORMS,
        "self.bn_params = vars(type(self).loss).setdefault('n', [{} for _ in range(9)])",
    ),
    two(
        "scores of the first batch for ever",
        RETURN,
        "self.kept = getattr(self, 'kept', (loss, grads))\n        return self.kept",
    ),
    full(
        "gradients are added to the last ones",
        RETURN,
        "grads = {k: g + getattr(self, 'old', grads).get(k, 0) for k, g in grads.items()}\n"
        "        self.old, old = grads, getattr(self, 'old', None)\n"
        "        return loss, grads if old else {k: g / 2 for k, g in grads.items()}",
    ),
    full("seeded in loss", RETURN, "np.random.seed(0)\n        return loss, grads"),
]
RIGHT = [
    right(
        two("a copy of the defaults", PARAMS, "self.params = dict(vars(type(self)).get('p', {}))")
    ),
    right(full("keeps its last batch", RETURN, "self.last = X, y\n        return loss, grads")),
]


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[CheckResult]]:
    return grade([*MISTAKES, *RIGHT], ["state"], tmp_path_factory.mktemp("state"))


@pytest.mark.parametrize("change", [*MISTAKES, *RIGHT], ids=str)
def test_change_costs_what_it_should(change: Change, graded: dict[str, list[CheckResult]]) -> None:
    assert_costs(change, graded[change.name])
