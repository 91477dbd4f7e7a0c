"""The bank against mistakes in the two networks."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.model.result import CheckResult, Outcome
from tests.bank.nets import (
    AFFINE_BACK,
    CACHES,
    DEPTH,
    FILE,
    GRAD,
    HAS_NORM,
    LAYERS,
    LOSS,
    NORM_BACKWARD,
    NORM_FORWARD,
    RELU,
    RELU_BACK,
    RETURN,
    SCORES,
    SIZES,
    TWO_GRAD,
    TWO_NAMES,
    TWO_W1,
    WEIGHTS,
    full,
    two,
)
from tests.bank.patches import LOST, Change, assert_costs, grade, rewritten

TWO_LAYER_NET = [
    two("weights of standard deviation 1", TWO_W1, "np.random.randn(input_dim, hidden_dim)"),
    two("weights all positive", TWO_W1, f"np.abs({TWO_W1})"),
    two("weights 0", TWO_W1, "np.zeros((input_dim, hidden_dim))"),
    two("weights transposed", TWO_W1, f"({TWO_W1}).T"),
    two("default weight_scale", "weight_scale: float = 1e-3", "weight_scale: float = 1e-2"),
    two("biases at random", "np.zeros(hidden_dim)", "np.random.randn(hidden_dim)"),
    two("biases of the other size", "np.zeros(num_classes)", "np.zeros(hidden_dim)"),
    two("no second bias", 'self.params["b2"] = np.zeros', "_ = np.zeros"),
    two(
        "relu on the scores",
        "if y is None:",
        "scores = np.maximum(scores, 0)\n        if y is None:",
    ),
    two(
        "probabilities as scores",
        "return scores",
        "return np.exp(scores) / np.exp(scores).sum(1, keepdims=True)",
    ),
    two(
        "no relu",
        "hidden, hidden_cache = affine_relu_forward(X, W1, b1)",
        "hidden, hidden_cache = affine_forward(X, W1, b1)",
        "affine_relu_backward(dhidden",
        "affine_backward(dhidden",
    ),
    two(
        "gradient without relu",
        "relu_backward(dhidden, hidden_cache",
        "backward(dhidden, hidden_cache[0]",
    ),
    two("no penalty", LOSS, "pass", TWO_GRAD, "pass"),
    two("penalty in the loss only", TWO_GRAD, "pass"),
    two("penalty in the gradient only", LOSS, "pass"),
    two("penalty without one half", LOSS, "loss += self.reg * float(np.sum(W * W))"),
    two(
        "penalty without one half, and its gradient",
        LOSS,
        "loss += self.reg * np.sum(W * W)",
        TWO_GRAD,
        "grads[name] += 2 * self.reg * W",
    ),
    two("gradient of the penalty doubled", TWO_GRAD, "grads[name] += 2 * self.reg * W"),
    two("gradient of the penalty halved", TWO_GRAD, "grads[name] += 0.5 * self.reg * W"),
    two("gradient of the penalty without reg", TWO_GRAD, "grads[name] += (self.reg > 0) * W"),
    two("penalty on the first layer", TWO_NAMES, 'for name in ("W1",):'),
    two("penalty on the last layer", TWO_NAMES, 'for name in ("W2",):'),
    two("penalty on the biases too", TWO_NAMES, 'for name in ("W1", "W2", "b1", "b2"):'),
    two(
        "penalty on the biases in the loss",
        LOSS,
        LOSS + "\n            loss += 0.5 * self.reg * np.sum(self.params['b' + name[1]] ** 2)",
    ),
    two("penalty a mean", LOSS, "loss += 0.5 * self.reg * float(np.mean(W * W))"),
    two("penalty not squared", LOSS, "loss += 0.5 * self.reg * float(np.sum(np.abs(W)))"),
    two("penalty a root", LOSS, "loss += 0.5 * self.reg * np.linalg.norm(W)"),
    two("W2 and b2 swapped", 'grads["W2"], grads["b2"] = aff', 'grads["b2"], grads["W2"] = aff'),
    two("gradient of b1 forgotten", 'grads["W1"], grads["b1"] = aff', 'grads["W1"], _ = aff'),
    two("gradient under another name", 'grads["b1"] = aff', 'grads["B1"] = aff'),
    two("one gradient too many", RETURN, 'grads["X"] = dhidden\n        ' + RETURN),
    two(
        "gradients summed over calls",
        RETURN,
        'self.n = getattr(self, "n", 0) + 2\n        grads["W1"] *= self.n\n        ' + RETURN,
    ),
    two("no labels, no answer", "return scores\n", "return None\n"),
    two("only the loss", RETURN, "return loss"),
    two("a loss for each sample", RETURN, "return np.full(len(X), loss), grads"),
]

FULLY_CONNECTED_NET = [
    full("weights of standard deviation 1", WEIGHTS, "np.random.randn(fan_in, fan_out)"),
    full("weights scaled by the fan-in", WEIGHTS, WEIGHTS + " / np.sqrt(fan_in / 2)"),
    full("weights of mean weight_scale", WEIGHTS, WEIGHTS + " + weight_scale"),
    full(
        "weight_scale for the first layer",
        WEIGHTS,
        WEIGHTS + " ** 1 if layer == 1 else 0.01 * np.random.randn(fan_in, fan_out)",
    ),
    full("last weights 0", WEIGHTS, "(layer < self.num_layers) * " + WEIGHTS),
    full("default weight_scale", "weight_scale: float = 1e-2", "weight_scale: float = 1e-3"),
    full("biases start with 1", 'b{layer}"] = np.zeros', 'b{layer}"] = np.ones'),
    full("gamma starts with 0", "np.ones(fan_out)", "np.zeros(fan_out)"),
    full("gamma at random", "np.ones(fan_out)", "np.random.randn(fan_out)"),
    full("beta starts with 1", 'beta{layer}"] = np.zeros', 'beta{layer}"] = np.ones'),
    full("gamma a matrix", "np.ones(fan_out)", "np.ones((fan_in, fan_out))"),
    full("gamma of the size of the input", "np.ones(fan_out)", "np.ones(fan_in)"),
    full("no gamma before the last layer", HAS_NORM, HAS_NORM.replace("layer <", "layer + 1 <")),
    full(
        "no gamma with layer normalization",
        HAS_NORM,
        HAS_NORM.replace("is not None", '== "batchnorm"'),
    ),
    full(
        "one hidden layer too few",
        SIZES,
        "sizes = [input_dim, *hidden_dims[1:], num_classes]",
        DEPTH,
        "self.num_layers = len(hidden_dims)",
    ),
    full(
        "one layer too many",
        SIZES,
        SIZES.replace("]", ", num_classes]"),
        DEPTH,
        "self.num_layers = 2 + len(hidden_dims)",
    ),
    full(
        "at most four hidden layers",
        SIZES,
        SIZES.replace("dims,", "dims[:4],"),
        DEPTH,
        "self.num_layers = 1 + len(hidden_dims[:4])",
    ),
    full(
        "two hidden layers at least",
        SIZES,
        SIZES.replace("*hidden_dims", "*hidden_dims[:1], hidden_dims[1], *hidden_dims[2:]"),
    ),
    full("always float32", "value.astype(dtype)", "value.astype(np.float32)"),
    full("dtype ignored", "value.astype(dtype)", "value"),
    full("relu on the scores", SCORES, SCORES + "        scores = np.maximum(scores, 0)\n"),
    full("input cut to integers", "X.astype(self.dtype)", "X.astype(int).astype(self.dtype)"),
    full(
        "images not flattened",
        "X.astype(self.dtype)",
        "X.mean(axis=tuple(range(2, X.ndim))).astype(self.dtype)",
    ),
    full(
        "no relu in the last hidden layer",
        RELU,
        RELU.replace("relu_forward(out)", "relu_forward(out) if layer < 3 else (out, np.True_)"),
    ),
    full("no relu in any layer", RELU, "relu_cache = np.True_\n"),
    full(
        "no normalization at all", "self.normalization = normalization", "self.normalization = None"
    ),
    full(
        "layer norm is a batch norm",
        NORM_FORWARD,
        "batch = True\n            norm_forward",
        NORM_BACKWARD,
        "batch = True\n            norm_backward",
    ),
    full(
        "batch norm is a layer norm",
        NORM_FORWARD,
        "batch = False\n            norm_forward",
        NORM_BACKWARD,
        "batch = False\n            norm_backward",
    ),
    full(
        "gamma and beta swapped", "norm_forward(out, gamma, beta,", "norm_forward(out, beta, gamma,"
    ),
    full(
        "gamma of the layer before",
        'self.params[f"gamma{layer}"], ',
        'np.resize(self.params[f"gamma{max(layer - 1, 1)}"], out.shape[1]), ',
    ),
    full(
        "relu before the norm",
        *(RELU, "pass\n"),
        *(CACHES, f"{CACHES}        {RELU}"),
        *(RELU_BACK, "pass\n"),
        *(AFFINE_BACK, f"{RELU_BACK}        {AFFINE_BACK}"),
    ),
    full(
        "norm of the scores",
        SCORES,
        SCORES + "        if self.normalization:\n            scores = scores - scores.mean(0)\n",
    ),
    full("no penalty", LOSS, "pass", GRAD, "pass"),
    full("penalty in the loss only", GRAD, "pass"),
    full("penalty in the gradient only", LOSS, "pass"),
    full("penalty on all but the last layer", LAYERS, "for layer in range(1, last):"),
    full(
        "penalty on all but the last layer, in the loss",
        LOSS,
        LOSS.replace("0.5", "(layer < last) * 0.5"),
    ),
    full(
        "penalty on all but the last layer, in the gradient",
        GRAD,
        GRAD.replace("* W", "* (layer < last) * W"),
    ),
    full("penalty on all but the first layer", LAYERS, "for layer in range(2, last + 1):"),
    full("penalty on the last layer alone", LAYERS, "for layer in [last]:"),
    full("penalty without one half", LOSS, LOSS.replace("0.5 * ", "")),
    full(
        "penalty without one half, and its gradient",
        LOSS,
        LOSS.replace("0.5 * ", ""),
        GRAD,
        GRAD.replace("* W", "* 2 * W"),
    ),
    full("gradient of the penalty doubled", GRAD, GRAD.replace("* W", "* 2 * W")),
    full("penalty of each layer counted by its number", LOSS, LOSS.replace("0.5", "0.5 * layer")),
    full("penalty divided by the samples", LOSS, LOSS + " / len(X)"),
    full(
        "penalty on the biases too",
        GRAD,
        GRAD
        + """
            loss += 0.5 * self.reg * np.sum(self.params[f"b{layer}"] ** 2)
            grads[f"b{layer}"] += self.reg * self.params[f"b{layer}"]""",
    ),
    full(
        "penalty on gamma, in the gradient",
        GRAD,
        GRAD
        + """
            if f"gamma{layer}" in grads:
                grads[f"gamma{layer}"] += self.reg * self.params[f"gamma{layer}"]""",
    ),
    full(
        "penalty on all that is not W, in the loss",
        RETURN,
        """others = [p for name, p in self.params.items() if name[0] != "W"]
        return loss + 0.5 * self.reg * sum(np.sum(p**2) for p in others), grads""",
    ),
    full(
        "penalty on beta with layer normalization",
        GRAD,
        GRAD
        + """
            if self.normalization == "layernorm" and layer < last:
                loss += 0.5 * self.reg * np.sum(self.params[f"beta{layer}"] ** 2)
                grads[f"beta{layer}"] += self.reg * self.params[f"beta{layer}"]""",
    ),
    full(
        "gradient of beta forgotten", 'grads[f"beta{layer}"] = dgamma, dbeta', "_ = dgamma, dbeta"
    ),
    full("gradients of gamma and beta swapped", "= dgamma, dbeta\n", "= dbeta, dgamma\n"),
    full("gradient of b1 forgotten", RETURN, "del grads['b1']\n        " + RETURN),
    full("one gradient too many", RETURN, "grads['X'] = dout\n        " + RETURN),
    full(
        "gradients of the last layer forgotten", RETURN, 'grads.pop(f"W{last}")\n        ' + RETURN
    ),
    full("backward without relu", RELU_BACK, "pass\n"),
    full("backward without the norm", "dout, dgamma, dbeta = norm", "_, dgamma, dbeta = norm"),
    full("backward in the wrong order", "reversed(range(1, last))", "range(1, last)"),
    full(
        "backward stops after one layer",
        "        return dx\n",
        "        return dx * (layer == self.num_layers - 1)\n",
    ),
    full(
        "dx forgotten",
        "            dout = self._hidden_backward",
        "            self._hidden_backward",
    ),
    full(
        "gradient of a sum", RETURN, "return loss, {name: g * len(X) for name, g in grads.items()}"
    ),
    full("loss and gradients swapped", RETURN, "return grads, loss"),
    full("one value too many", RETURN, "return loss, grads, scores"),
]

ALL = [*TWO_LAYER_NET, *FULLY_CONNECTED_NET]


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[CheckResult]]:
    folder = tmp_path_factory.mktemp("networks")
    modules = ["fully_connected_net"]
    return {
        **grade(TWO_LAYER_NET, ["two_layer_net"], folder / "two"),
        **grade(FULLY_CONNECTED_NET, modules, folder / "full"),
    }


@pytest.mark.parametrize("change", ALL, ids=str)
def test_change_costs_what_it_should(change: Change, graded: dict[str, list[CheckResult]]) -> None:
    assert_costs(change, graded[change.name])


@pytest.mark.parametrize("net", ["TwoLayerNet", "FullyConnectedNet"])
def test_gradient_of_a_wrong_loss_keeps_its_credit(
    net: str, graded: dict[str, list[CheckResult]]
) -> None:
    name = f"{net}: penalty without one half, and its gradient"
    failed = {check.id.partition("::")[2] for check in graded[name] if check.outcome in LOST}
    assert {check.removesuffix("_batchnorm").removesuffix("_layernorm") for check in failed} == {
        "penalty"
    }


@pytest.mark.parametrize("kind", ["W", "b"])
def test_only_the_gradients_that_are_wrong_fail(
    kind: str, graded: dict[str, list[CheckResult]]
) -> None:
    name = "FullyConnectedNet: gradient of the penalty doubled"
    [check] = [c for c in graded[name] if c.id == f"fully_connected_net::gradient[{kind}]"]
    assert check.outcome is Outcome.PASSED


def test_networks_that_do_nothing_pass_no_check(tmp_path: Path) -> None:
    change = rewritten(
        "networks that do nothing",
        """
        class TwoLayerNet:
            def __init__(self, *args, **kwargs):
                self.params = {}

            def loss(self, X, y=None):
                return np.zeros((len(X), 10)) if y is None else (0.0, {})

        class FullyConnectedNet(TwoLayerNet):
            pass
        """,
        file=FILE,
    )
    modules = ["two_layer_net", "fully_connected_net", "net_modes", "training"]
    [results] = grade([change], modules, tmp_path).values()
    passed = [check for check in results if check.outcome is Outcome.PASSED]
    assert [check.id for check in passed if "optimizers" not in check.part] == []
