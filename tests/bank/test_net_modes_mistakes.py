"""The bank against mistakes with running statistics and dropout in `FullyConnectedNet`."""

from __future__ import annotations

import pytest

from grader.model.result import CheckResult, Outcome
from grader.runner.check_run import NOT_ASKED_KIND
from tests.bank.nets import (
    AFFINE_BACK,
    BN_PARAM,
    CACHES,
    DROP,
    DROP_BACK,
    IF_DROP,
    IF_DROP_BACK,
    IF_DROPPED_BACK,
    INPUT,
    SCORES,
    SEED,
    SET_MODE,
    SOFTMAX,
    full,
)
from tests.bank.patches import Change, assert_costs, grade

MODE = 'mode = "test" if y is None else "train"'
NO_SCORES = "if y is None:\n            return scores"

STATISTICS = [
    full("statistics shared by all layers", BN_PARAM, "gamma, beta, self.bn_params[0])"),
    full(
        "statistics lost after each call", BN_PARAM, "gamma, beta, dict(self.bn_params[layer - 1]))"
    ),
    full(
        "statistics of the batch in test mode",
        BN_PARAM,
        'gamma, beta, self.bn_params[layer - 1] | {"mode": "train"})',
    ),
    full("always in train mode", 'bn_param["mode"] = mode', 'bn_param["mode"] = "train"'),
    full("always in test mode", 'bn_param["mode"] = mode', 'bn_param["mode"] = "test"'),
    full(
        "mode of the first norm alone",
        "for bn_param in self.bn_params:",
        "for bn_param in self.bn_params[:1]:",
    ),
    full(
        "never back to train mode",
        MODE,
        """self.tested = y is None or getattr(self, "tested", False)
        mode = "test" if self.tested else "train\"""",
    ),
    full(
        "scores update the statistics",
        NO_SCORES,
        """if y is None:
            for bn_param in self.bn_params:
                if "running_mean" in bn_param:
                    bn_param["running_mean"] = 0.9 * bn_param["running_mean"] + 0.1 * X.mean()
            return scores""",
    ),
    full("another momentum", "self.bn_params = [{", 'self.bn_params = [{"momentum": 0.5, '),
    full("another eps", "self.bn_params = [{", 'self.bn_params = [{"eps": 1e-2, '),
]

DROPOUT = [
    full("no dropout", "self.use_dropout = dropout_keep_ratio != 1", "self.use_dropout = False"),
    full("dropout not in backward", DROP_BACK, "pass"),
    full("dropout twice in backward", DROP_BACK, f"{DROP_BACK}; {DROP_BACK}"),
    full("dropout in test mode", SET_MODE, SET_MODE.replace("= mode", '= "train"')),
    full("dropout never in train mode", SET_MODE, SET_MODE.replace("= mode", '= "test"')),
    full(
        "dropout in test mode after training",
        SET_MODE,
        SET_MODE
        + """ if y is not None or not hasattr(self, "trained") else "train"
            self.trained = True""",
    ),
    full(
        "dropout after the first layer alone",
        IF_DROP,
        IF_DROP.replace("dropout:", "dropout and layer == 1:"),
        IF_DROP_BACK,
        IF_DROPPED_BACK,
    ),
    full(
        "no dropout after the last hidden layer",
        IF_DROP,
        IF_DROP.replace("dropout:", "dropout and layer < self.num_layers - 1:"),
        IF_DROP_BACK,
        IF_DROPPED_BACK,
    ),
    full(
        "no dropout with a batch norm",
        IF_DROP,
        IF_DROP.replace("dropout:", 'dropout and self.normalization != "batchnorm":'),
        IF_DROP_BACK,
        IF_DROPPED_BACK,
    ),
    full(
        "no dropout with a layer norm",
        IF_DROP,
        IF_DROP.replace("dropout:", 'dropout and self.normalization != "layernorm":'),
        IF_DROP_BACK,
        IF_DROPPED_BACK,
    ),
    full(
        "dropout before the norm",
        *(IF_DROP, "pass"),
        *(CACHES, f"{CACHES}        {IF_DROP}\n"),
        *(IF_DROP_BACK, "pass"),
        *(AFFINE_BACK, f"{IF_DROP_BACK}\n        {AFFINE_BACK}"),
    ),
    full(
        "dropout of the scores too",
        SCORES,
        SCORES + f"        {IF_DROP.replace('out, d', 'scores, d').replace('(out', '(scores')}\n",
        SOFTMAX,
        SOFTMAX + f"        {IF_DROP_BACK.replace('dout', 'dscores')}\n",
    ),
    full("dropout of the input too", INPUT, INPUT + f"        {IF_DROP}\n"),
    full(
        "not scaled",
        DROP,
        DROP + '; out = out * self.dropout_param["p"] if dropout_cache is not None else out',
    ),
    full("kept and dropped confused", '"p": dropout_keep_ratio', '"p": 1 - dropout_keep_ratio'),
    full("always half", '"p": dropout_keep_ratio', '"p": 0.5'),
    full(
        "keep ratio 1 drops, too",
        "dropout_keep_ratio != 1",
        "True",
        '"p": dropout_k',
        '"p": 0.9 * dropout_k',
    ),
    full("seed ignored", SEED, "if False:"),
    full("always a seed", SEED, "seed = seed or 0\n            if True:"),
]

UNSEEDED = full("seed ignored, no dropout in backward", SEED, "if False:", DROP_BACK, "pass")
ELSEWHERE = full(
    "draws of its own, no dropout in backward",
    SET_MODE,
    f'{SET_MODE}; self.dropout_param["seed"] = __import__("secrets").randbelow(10**9)',
    DROP_BACK,
    "pass",
)
ALL = [*STATISTICS, *DROPOUT, UNSEEDED, ELSEWHERE]


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[CheckResult]]:
    return grade(ALL, ["net_modes"], tmp_path_factory.mktemp("modes"))


@pytest.mark.parametrize("change", ALL, ids=str)
def test_change_costs_what_it_should(change: Change, graded: dict[str, list[CheckResult]]) -> None:
    assert_costs(change, graded[change.name])


@pytest.mark.parametrize(
    ("change", "outcome"), [(UNSEEDED, Outcome.FAILED), (ELSEWHERE, Outcome.SKIPPED)], ids=str
)
def test_no_gradient_is_excused_where_masks_do_not_repeat(
    change: Change, outcome: Outcome, graded: dict[str, list[CheckResult]]
) -> None:
    checks = [c for c in graded[change.name] if c.id.startswith("net_modes::dropout_gradients")]
    assert [check.outcome for check in checks] == [outcome] * 3
    assert not any(check.finding and check.finding.kind == NOT_ASKED_KIND for check in checks)
