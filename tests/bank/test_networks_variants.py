"""The bank against other right ways of writing the two networks."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.assignment.folder import Assignment
from grader.assignments.numpynn.bank import net_modes
from grader.checks.inputs import Inputs
from grader.model.result import CheckResult
from grader.model.verdicts import Wrong
from grader.runner.reference import LocalCode
from grader.student.proxy import Student
from tests.bank.nets import (
    DROP,
    DROP_BACK,
    FILE,
    GRAD,
    HAS_NORM,
    IF_DROP,
    IF_DROP_BACK,
    LAYERS,
    LOSS,
    RELU,
    RELU_BACK,
    RETURN,
    TWO_W1,
    WEIGHTS,
    full,
    right,
    two,
)
from tests.bank.patches import LOST, Change, assert_costs, changed_copy, grade, rewritten
from tests.releases import form_of

LAST_NORM = full(
    "gamma and beta for the last layer, too", HAS_NORM, "if normalization is not None:"
)
NO_MODE = 'bn_param["mode"] = mode'

VARIANTS = [
    two("biases of shape (1, H)", "np.zeros(hidden_dim)", "np.zeros((1, hidden_dim))"),
    two("biases a number", "np.zeros(hidden_dim)", "0", "np.zeros(num_classes)", "0.0"),
    two("weights by normal", TWO_W1, "np.random.normal(0, weight_scale, (input_dim, hidden_dim))"),
    two("the loss an array of one element", RETURN, "return np.array([loss]), grads"),
    two(
        "writes into everything",
        "if y is None:",
        "scores = scores.copy()\n        if y is None:",
        RETURN,
        "X *= 0\n        dscores *= 0\n        y *= 0\n        print(loss)\n        " + RETURN,
    ),
    full(
        "biases of shape (1, H)",
        'b{layer}"] = np.zeros(fan_out)',
        'b{layer}"] = np.zeros((1, fan_out))',
    ),
    full("biases a number", 'b{layer}"] = np.zeros(fan_out)', 'b{layer}"] = np.zeros(())'),
    full(
        "weights from a generator of its own",
        WEIGHTS,
        "np.random.default_rng().normal(0, weight_scale, (fan_in, fan_out))",
    ),
    full(
        "gamma and beta of shape (1, H)",
        "np.ones(fan_out)",
        "np.ones((1, fan_out))",
        'beta{layer}"] = np.zeros(fan_out)',
        'beta{layer}"] = np.zeros((1, fan_out))',
    ),
    full(
        "the other backward of batch norm",
        "norm_backward = batchnorm_backward if",
        """from ..layers import batchnorm_backward_alt
            norm_backward = batchnorm_backward_alt if""",
    ),
    full(
        "dropout before the relu",
        IF_DROP,
        "pass",
        RELU,
        f"{IF_DROP}\n        {RELU}",
        IF_DROP_BACK,
        "pass",
        RELU_BACK,
        f"{RELU_BACK}        {IF_DROP_BACK}\n",
    ),
    full(
        "dropout that always runs",
        IF_DROP,
        f"""if True:
            self.dropout_param = {{"p": 1, "mode": "test", **self.dropout_param}}
            {DROP}""",
        IF_DROP_BACK,
        f"if True:\n            {DROP_BACK}",
    ),
    full(
        "penalty by the names of the parameters",
        LAYERS,
        """for name in [k for k in self.params if k.startswith("W")]:
            layer = int(name[1:])""",
    ),
    full(
        "penalty by the norm",
        LOSS,
        "loss += self.reg / 2 * np.linalg.norm(W) ** 2",
        GRAD,
        'grads[f"W{layer}"] = W * self.reg + grads[f"W{layer}"]',
    ),
    full(
        "gradients in another order",
        RETURN,
        "return np.float64(loss), {k: grads[k] for k in sorted(grads)}",
    ),
    full(
        "layer normalization with an empty dictionary",
        '{"mode": "train"}',
        '{"mode": "train"} if normalization == "batchnorm" else {}',
        NO_MODE,
        f"if bn_param: {NO_MODE}",
    ),
    rewritten(
        "TwoLayerNet counting from 0, without the layers",
        """
        class TwoLayerNet(object):
            def __init__(self, input_dim=3*32*32, hidden_dim=100, num_classes=10,
                         weight_scale=1e-3, reg=0.0):
                self.params, self.reg = {}, reg
                normal = np.random.normal
                self.params['W0'] = normal(scale=weight_scale, size=(input_dim, hidden_dim))
                self.params['W1'] = normal(scale=weight_scale, size=(hidden_dim, num_classes))
                self.params['b0'] = np.zeros((1, hidden_dim))
                self.params['b1'] = np.zeros((1, num_classes))

            def loss(self, X, y=None):
                p, N = self.params, X.shape[0]
                x = X.reshape(N, -1)
                h = np.maximum(0, x.dot(p['W0']) + p['b0'])
                scores = h.dot(p['W1']) + p['b1']
                if y is None:
                    return scores
                scores -= scores.max(axis=1, keepdims=True)
                probs = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
                loss = -np.log(probs[range(N), y]).sum() / N
                loss += 0.5 * self.reg * (np.sum(p['W0'] ** 2) + np.sum(p['W1'] ** 2))
                probs[range(N), y] -= 1
                probs /= N
                dh = probs.dot(p['W1'].T)
                dh[h <= 0] = 0
                return loss, {
                    'W1': h.T.dot(probs) + self.reg * p['W1'],
                    'b1': probs.sum(axis=0, keepdims=True),
                    'W0': x.T.dot(dh) + self.reg * p['W0'],
                    'b0': dh.sum(axis=0, keepdims=True),
                }
        """,
        file=FILE,
    ),
    rewritten(
        "FullyConnectedNet counting from 0, caches in lists, all in one loop",
        """
        class FullyConnectedNet(object):
            def __init__(self, hidden_dims, input_dim=3*32*32, num_classes=10,
                         dropout_keep_ratio=1, normalization=None, reg=0.0,
                         weight_scale=1e-2, dtype=np.float32, seed=None):
                self.norm, self.keep, self.reg = normalization, dropout_keep_ratio, reg
                self.dtype, self.params = dtype, {}
                dims = [input_dim] + hidden_dims + [num_classes]
                self.L = len(dims) - 1
                for i in range(self.L):
                    self.params['W%d' % i] = np.random.randn(dims[i], dims[i+1]) * weight_scale
                    self.params['b%d' % i] = np.zeros((1, dims[i+1]))
                    if self.norm and i < self.L - 1:
                        self.params['gamma%d' % i] = np.ones((1, dims[i+1]))
                        self.params['beta%d' % i] = np.zeros((1, dims[i+1]))
                self.norm_params = [{'mode': 'train'} for _ in hidden_dims]
                self.drop = {'p': dropout_keep_ratio, 'mode': 'train'}
                if seed is not None:
                    self.drop['seed'] = seed
                for k in self.params:
                    self.params[k] = self.params[k].astype(dtype)

            def loss(self, X, y=None):
                mode = 'train' if y is not None else 'test'
                self.drop['mode'] = mode
                out, caches, reg = X.astype(self.dtype), [], 0
                for i in range(self.L):
                    W, b = self.params['W%d' % i], self.params['b%d' % i]
                    reg += np.sum(W ** 2) * self.reg / 2
                    cache = []
                    out, c = affine_forward(out, W, b)
                    cache.append(c)
                    if i < self.L - 1:
                        if self.norm:
                            self.norm_params[i]['mode'] = mode
                            f = {'batchnorm': batchnorm_forward, 'layernorm': layernorm_forward}
                            gamma = self.params['gamma%d' % i].ravel()
                            beta = self.params['beta%d' % i].ravel()
                            out, c = f[self.norm](out, gamma, beta, self.norm_params[i])
                            cache.append(c)
                        out, c = relu_forward(out)
                        cache.append(c)
                        if self.keep < 1:
                            out, c = dropout_forward(out, self.drop)
                            cache.append(c)
                    caches.append(cache)
                if y is None:
                    return out
                loss, dout = softmax_loss(out, y)
                grads = {}
                for i in list(range(self.L))[::-1]:
                    cache = caches[i]
                    if i < self.L - 1:
                        if self.keep < 1:
                            dout = dropout_backward(dout, cache.pop())
                        dout = relu_backward(dout, cache.pop())
                        if self.norm:
                            f = {'batchnorm': batchnorm_backward, 'layernorm': layernorm_backward}
                            dout, dgamma, dbeta = f[self.norm](dout, cache.pop())
                            grads['gamma%d' % i], grads['beta%d' % i] = dgamma, dbeta
                    dout, dW, grads['b%d' % i] = affine_backward(dout, cache.pop())
                    dW += self.reg * self.params['W%d' % i]
                    grads['W%d' % i] = dW
                return loss + reg, grads
        """,
        file=FILE,
    ),
    rewritten(
        "masks of another generator",
        """
        def dropout_forward(x, dropout_param):
            p, seed = dropout_param["p"], dropout_param.get("seed")
            if dropout_param["mode"] == "test":
                return x, None
            mask = np.random.default_rng(seed).binomial(1, p, x.shape[::-1]).T / p
            return x * mask, mask
        """,
    ),
]

MODULES = ["two_layer_net", "fully_connected_net", "net_modes", "training"]


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[CheckResult]]:
    return grade([*VARIANTS, LAST_NORM], MODULES, tmp_path_factory.mktemp("variants"))


@pytest.mark.parametrize("change", VARIANTS, ids=str)
def test_variant_costs_nothing(change: Change, graded: dict[str, list[CheckResult]]) -> None:
    assert_costs(right(change), graded[change.name])


def test_unused_norm_fails_one_check(graded: dict[str, list[CheckResult]]) -> None:
    failed = [check.id for check in graded[LAST_NORM.name] if check.outcome in LOST]
    assert failed == ["fully_connected_net::no_other_parameters"]


@pytest.mark.parametrize("release", ["cs231n-2016", "cs231n-2017"])
def test_modes_that_the_template_of_2016_confused(release: str, tmp_path: Path) -> None:
    """`bn_param[mode] = mode` stood in that template, outside the student's own code."""
    change = full(
        "as in 2016",
        *("dropout_keep_ratio: float = 1,", "dropout=0,"),
        *("normalization: str | None = None,", "use_batchnorm=False,"),
        *(
            "if normalization not in",
            """dropout_keep_ratio = dropout or 1
        normalization = "batchnorm" if use_batchnorm else None
        if normalization not in""",
        ),
        *(NO_MODE, "bn_param[mode] = mode"),
    )
    assignment = Assignment.load("numpynn")
    code = LocalCode(changed_copy(change, tmp_path, assignment), assignment)
    student = Student(code.channel(), assignment.contract, form_of(release))
    reference = Student(LocalCode(assignment.reference, assignment).channel(), assignment.contract)
    judge = net_modes.test_running_statistics
    if release == "cs231n-2016":
        judge(student, reference, Inputs(231, "here"), 3)
    else:
        with pytest.raises(Wrong):
            judge(student, reference, Inputs(231, "here"), 3)
