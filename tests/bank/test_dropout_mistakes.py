"""The bank against mistakes in, and other ways of writing, dropout."""

from __future__ import annotations

import pytest

from grader.model.result import CheckResult
from tests.bank.patches import Change, assert_costs, grade, mistake, rewritten

MASK = "((draw(x.shape) < p) / p)"
SEEDED = 'np.random.RandomState(dropout_param["seed"])'

MISTAKES = [
    mistake("dropout_forward", "not scaled", MASK, "(draw(x.shape) < p)"),
    mistake("dropout_forward", "multiplied by p", MASK, "((draw(x.shape) < p) * p)"),
    mistake("dropout_forward", "scaled by 1 - p", MASK, "((draw(x.shape) < p) / (1.001 - p))"),
    mistake("dropout_forward", "p drops", MASK, "((draw(x.shape) > p) / p)"),
    mistake("dropout_forward", "p drops and scales", MASK, "((draw(x.shape) >= p) / (1.001 - p))"),
    mistake("dropout_forward", "half kept whatever p is", MASK, "((draw(x.shape) < 0.5) / p)"),
    mistake("dropout_forward", "normal draws", MASK, "((np.random.randn(*x.shape) < p) / p)"),
    mistake(
        "dropout_forward",
        "one mask for all rows",
        MASK,
        "((draw(x.shape[1:]) < p) / p * np.ones(x.shape))",
    ),
    mistake(
        "dropout_forward",
        "whole rows",
        MASK,
        "((draw((len(x),) + (1,) * (x.ndim - 1)) < p) / p * np.ones(x.shape))",
    ),
    mistake("dropout_forward", "matrices only", MASK, "((draw((x.shape[0], x.shape[1])) < p) / p)"),
    mistake("dropout_forward", "seed ignored", SEEDED, "np.random.RandomState()"),
    mistake("dropout_forward", "one seed for all", SEEDED, "np.random.RandomState(0)"),
    mistake(
        "dropout_forward",
        "always seeded",
        "draw = np.random.random_sample",
        "draw = np.random.RandomState(1).random_sample",
    ),
    mistake("dropout_forward", "nothing dropped", "out = x * cache", "out = x / p"),
    mistake(
        "dropout_forward",
        "noise on what is kept",
        "out = x * cache",
        "out = x * cache * (1 + 1e-3 * draw(x.shape))",
    ),
    mistake("dropout_forward", "scaled in test mode", "out = x.copy()", "out = x * p"),
    mistake(
        "dropout_forward",
        "drops in test mode",
        "out = x.copy()",
        "out = x * (draw(x.shape) < p) / p",
    ),
    mistake("dropout_forward", "drops everything at p = 1", MASK, "((draw(x.shape) < p % 1) / p)"),
    mistake("dropout_backward", "mask left out", "dout * mask", "dout.copy()"),
    mistake("dropout_backward", "mask not scaled", "dout * mask", "dout * (mask > 0)"),
    mistake("dropout_backward", "scaled twice", "dout * mask", "dout * mask**2"),
    mistake(
        "dropout_backward", "dropped ones pass", "dout * mask", "dout * (mask == 0) * mask.max()"
    ),
    mistake("dropout_backward", "new mask", "dout * mask", "dout * np.random.permutation(mask)"),
    mistake("dropout_backward", "dout left out", "dout * mask", "mask"),
    mistake("dropout_backward", "zero in test mode", "dout.copy() if", "0 * dout if"),
    mistake("dropout_backward", "halved in test mode", "dout.copy() if", "dout / 2 if"),
    mistake(
        "dropout_backward",
        "nothing in test mode",
        "dx = dout.copy() if mask is None else dout * mask",
        "dx = None if mask is None else dout * mask",
    ),
    rewritten(
        "dropout in the plain form, whose passes agree",
        """
        def dropout_forward(x, dropout_param):
            p = dropout_param["p"]
            if "seed" in dropout_param:
                np.random.seed(dropout_param["seed"])
            if dropout_param["mode"] == "test":
                return x * p, p
            mask = np.random.rand(*x.shape) < p
            return x * mask, mask

        def dropout_backward(dout, cache):
            return dout * cache
        """,
        costs=["dropout_forward"],
    ),
    rewritten(
        "dropout not scaled forward, but scaled backward as it should be",
        """
        def dropout_forward(x, dropout_param):
            p = dropout_param["p"]
            if "seed" in dropout_param:
                np.random.seed(dropout_param["seed"])
            mask = np.random.rand(*x.shape) < p if dropout_param["mode"] == "train" else None
            return (x if mask is None else x * mask), (p, mask)

        def dropout_backward(dout, cache):
            p, mask = cache
            return dout if mask is None else dout * mask / p
        """,
        costs=["dropout_forward"],
    ),
]

VARIANTS = [
    mistake(
        "dropout_forward", "one axis more in test mode", "out = x.copy()", "out = x[..., None]"
    )._replace(costs=frozenset()),
    rewritten(
        "dropout with a mask of truth values, divided in both passes",
        """
        def dropout_forward(x, dropout_param):
            p, mode = dropout_param["p"], dropout_param["mode"]
            if "seed" in dropout_param:
                np.random.seed(dropout_param["seed"])
            mask = None
            out = x
            if mode == "train":
                mask = np.random.rand(*x.shape) < p
                out = x * mask / p
            return out.astype(x.dtype, copy=False), (dropout_param, mask)

        def dropout_backward(dout, cache):
            dropout_param, mask = cache
            if dropout_param["mode"] == "train":
                return dout * mask / dropout_param["p"]
            return dout
        """,
    ),
    rewritten(
        "dropout with binomial draws, in place",
        """
        def dropout_forward(x, dropout_param):
            p = dropout_param["p"]
            if dropout_param.get("seed") is not None:
                np.random.seed(dropout_param["seed"])
            if dropout_param["mode"] == "test":
                return x, np.ones(x.shape)
            mask = np.random.binomial(1, p, size=x.shape) / p
            x *= mask
            return x, mask

        def dropout_backward(dout, cache):
            dout *= cache
            return dout
        """,
    ),
    rewritten(
        "dropout with the new generator and a dict for a cache",
        """
        def dropout_forward(x, dropout_param):
            p = dropout_param["p"]
            random = np.random.default_rng(dropout_param.get("seed"))
            if dropout_param["mode"] == "train":
                dropped = random.random(x.shape) > p
                out = np.where(dropped, 0, x / p)
                return out, {"dropped": dropped, "p": p}
            return x.copy(), {"dropped": np.zeros(x.shape, dtype=bool), "p": 1}

        def dropout_backward(dout, cache):
            dx = dout / cache["p"]
            dx[cache["dropped"]] = 0.0
            return dx
        """,
    ),
    rewritten(
        "dropout that chooses, and sets zeros afterwards",
        """
        def dropout_forward(x, dropout_param):
            p, mode, seed = (dropout_param.get(key) for key in ("p", "mode", "seed"))
            if seed is not None:
                np.random.seed(seed)
            if mode == "test":
                return np.array(x), None
            mask = np.random.choice([0.0, 1.0], x.shape, p=[1 - p, p])
            out = x / p
            out[mask == 0] = 0
            return out, [mask, p]

        def dropout_backward(dout, cache):
            if cache is None:
                return dout
            return cache[0] * (dout / cache[1])
        """,
    ),
]


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[CheckResult]]:
    return grade([*MISTAKES, *VARIANTS], ["dropout"], tmp_path_factory.mktemp("dropout"))


@pytest.mark.parametrize("change", [*MISTAKES, *VARIANTS], ids=str)
def test_change_costs_what_it_should(change: Change, graded: dict[str, list[CheckResult]]) -> None:
    assert_costs(change, graded[change.name])
