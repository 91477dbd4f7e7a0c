"""Texts of the reference's networks that changes take the place of."""

from __future__ import annotations

from tests.bank.patches import Change

FILE = "classifiers/fc_net.py"

LOSS = "loss += 0.5 * self.reg * float(np.sum(W * W))"
RETURN = "return loss, grads"

TWO_GRAD = "grads[name] += self.reg * W"
TWO_NAMES = 'for name in ("W1", "W2"):'
TWO_W1 = "weight_scale * np.random.randn(input_dim, hidden_dim)"

GRAD = 'grads[f"W{layer}"] += self.reg * W'
LAYERS = "for layer in range(1, last + 1):"
WEIGHTS = "weight_scale * np.random.randn(fan_in, fan_out)"
SIZES = "sizes = [input_dim, *hidden_dims, num_classes]"
DEPTH = "self.num_layers = 1 + len(hidden_dims)"
HAS_NORM = "if normalization is not None and layer < self.num_layers:"
NORM_FORWARD = 'batch = self.normalization == "batchnorm"\n            norm_forward'
NORM_BACKWARD = 'batch = self.normalization == "batchnorm"\n            norm_backward'
BN_PARAM = "gamma, beta, self.bn_params[layer - 1])"
RELU = "out, relu_cache = relu_forward(out)\n"
RELU_BACK = "dout = relu_backward(dout, relu_cache)\n"
AFFINE_BACK = 'dx, grads[f"W{layer}"], grads[f"b{layer}"] ='
CACHES = "norm_cache = dropout_cache = None\n"
INPUT = "out, caches = X, []\n"
DROP = "out, dropout_cache = dropout_forward(out, self.dropout_param)"
IF_DROP = f"if self.use_dropout:\n            {DROP}"
DROP_BACK = "dout = dropout_backward(dout, dropout_cache)"
IF_DROP_BACK = f"if self.use_dropout:\n            {DROP_BACK}"
IF_DROPPED_BACK = f"if dropout_cache is not None:\n            {DROP_BACK}"
SCORES = 'f"W{last}"], self.params[f"b{last}"])\n'
SOFTMAX = "loss, dscores = softmax_loss(scores, y)\n"
SET_MODE = 'self.dropout_param["mode"] = mode'
SEED = "if seed is not None:"


def two(name: str, *edits: str) -> Change:
    """A mistake in `TwoLayerNet`: old and new texts in turn."""
    return _change("TwoLayerNet", name, edits)


def full(name: str, *edits: str) -> Change:
    """A mistake in `FullyConnectedNet`."""
    return _change("FullyConnectedNet", name, edits)


def right(change: Change) -> Change:
    """The change as one that costs nothing."""
    return change._replace(costs=frozenset())


def _change(net: str, name: str, edits: tuple[str, ...]) -> Change:
    pairs = tuple((net, old, new) for old, new in zip(edits[::2], edits[1::2], strict=True))
    return Change(f"{net}: {name}", FILE, edits=pairs, costs=frozenset({net}))
