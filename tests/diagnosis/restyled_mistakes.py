"""Known mistakes as others write them: in loops, as computation graphs, with other caches."""

from __future__ import annotations

from typing import Final, NamedTuple


class Restyled(NamedTuple):
    """A function with one mistake of the catalogue in it."""

    function: str
    code: str
    """Appended to the module, where it takes the place of the right one."""
    file: str = "layers.py"


RESTYLED: Final[dict[str, Restyled]] = {
    "affine-bias-subtracted": Restyled(
        "affine_forward",
        """
def affine_forward(x, w, b):
    rows = [np.ravel(sample) for sample in x]
    out = np.array([[row @ w[:, j] - b[j] for j in range(w.shape[1])] for row in rows])
    return out.astype(x.dtype), (x, w, b)


def affine_backward(dout, cache):
    x, w, b = cache
    flat = x.reshape(x.shape[0], -1)
    return dout.dot(w.T).reshape(x.shape), flat.T.dot(dout), np.sum(dout, axis=0)
""",
    ),
    "affine-no-bias": Restyled(
        "affine_forward",
        """
def affine_forward(x, w, b):
    N = x.shape[0]
    out = np.einsum("nd,dm->nm", np.reshape(x, (N, -1)), w)
    return out, (x, w)
""",
    ),
    "affine-db-mean": Restyled(
        "affine_backward",
        """
def affine_backward(dout, cache):
    x, w = cache[0], cache[1]
    N = x.shape[0]
    dx, dw, db = np.zeros((N, w.shape[0])), np.zeros_like(w), np.zeros(w.shape[1])
    for i in range(N):
        row = x[i].reshape(-1)
        dx[i] = w @ dout[i]
        dw += np.outer(row, dout[i])
        db += dout[i] / N
    return dx.reshape(x.shape), dw, db
""",
    ),
    "affine-dw-mean": Restyled(
        "affine_backward",
        """
def affine_backward(dout, cache):
    x, w = cache
    N = len(x)
    flat = x.reshape(N, -1)
    dw = np.einsum("nd,nm->dm", flat, dout) / N
    return np.einsum("nm,dm->nd", dout, w).reshape(x.shape), dw, np.ones(N) @ dout
""",
    ),
    "relu-leaky": Restyled(
        "relu_forward",
        """
def relu_forward(x):
    out = np.where(x >= 0, x, 0.01 * x)
    return out, x > 0
""",
    ),
    "relu-ignores-dout": Restyled(
        "relu_backward",
        """
def relu_backward(dout, cache):
    dx = np.zeros_like(dout)
    dx[np.nonzero(cache)] = 1
    return dx
""",
    ),
    "softmax-gradient-summed": Restyled(
        "softmax_loss",
        """
def softmax_loss(x, y):
    N, C = x.shape
    loss, dx = 0.0, np.zeros(x.shape)
    for i in range(N):
        e = [np.exp(v - max(x[i])) for v in x[i]]
        total = sum(e)
        loss += np.log(total) - (x[i, y[i]] - max(x[i]))
        for j in range(C):
            dx[i, j] = e[j] / total - (1 if j == y[i] else 0)
    return loss / N, dx
""",
    ),
    "softmax-loss-summed": Restyled(
        "softmax_loss",
        """
def softmax_loss(x, y):
    z = x - np.max(x, axis=-1)[:, None]
    p = np.exp(z) / np.sum(np.exp(z), axis=-1)[:, None]
    target = np.eye(x.shape[1])[y]
    loss = -np.sum(target * (z - np.log(np.sum(np.exp(z), axis=-1))[:, None]))
    return loss, (p - target) / x.shape[0]
""",
    ),
    "softmax-loss-sign": Restyled(
        "softmax_loss",
        """
def softmax_loss(x, y):
    N = x.shape[0]
    z = x - np.amax(x, axis=1).reshape(N, 1)
    lse = np.log(np.sum(np.exp(z), axis=1))
    loss = sum(z[i, y[i]] - lse[i] for i in range(N)) / N
    dx = np.exp(z - lse[:, None])
    for i in range(N):
        dx[i, y[i]] = dx[i, y[i]] - 1
    return loss, dx / N
""",
    ),
    "svm-loss-summed": Restyled(
        "svm_loss",
        """
def svm_loss(x, y):
    N, C = x.shape
    loss, dx = 0.0, np.zeros_like(x)
    for i in range(N):
        for j in range(C):
            margin = x[i, j] - x[i, y[i]] + 1
            if j != y[i] and margin > 0:
                loss += margin
                dx[i, j] += 1 / N
                dx[i, y[i]] -= 1 / N
    return loss, dx
""",
    ),
    "svm-no-pull-at-right-class": Restyled(
        "svm_loss",
        """
def svm_loss(x, y):
    N, C = x.shape
    loss, dx = 0.0, np.zeros_like(x)
    for i in range(N):
        for j in [j for j in range(C) if j != y[i]]:
            margin = 1.0 + x[i][j] - x[i][y[i]]
            loss += max(0.0, margin) / N
            dx[i][j] = float(margin > 0) / N
    return loss, dx
""",
    ),
    "svm-counts-right-class": Restyled(
        "svm_loss",
        """
def svm_loss(x, y):
    N = x.shape[0]
    right = np.array([x[i, y[i]] for i in range(N)]).reshape(-1, 1)
    hinge = np.maximum(0, 1 + x - right)
    dx = np.where(hinge > 0, 1.0, 0.0)
    for i in range(N):
        dx[i, y[i]] -= dx[i].sum()
    return hinge.sum() / N, (dx / N).astype(x.dtype)
""",
    ),
    "bn-eps-outside-root": Restyled(
        "batchnorm_forward",
        """
def batchnorm_forward(x, gamma, beta, bn_param):
    mode, eps = bn_param["mode"], bn_param.get("eps", 1e-5)
    momentum, D = bn_param.get("momentum", 0.9), x.shape[1]
    rm = bn_param.get("running_mean", np.zeros(D, dtype=x.dtype))
    rv = bn_param.get("running_var", np.zeros(D, dtype=x.dtype))
    cache = None
    if mode == "train":
        mu, var = np.mean(x, axis=0), np.var(x, axis=0)
        std = np.sqrt(var) + eps
        xc = x - mu
        out = xc / std * gamma + beta
        cache = (xc / std, xc, std, gamma)
        rm = momentum * rm + (1 - momentum) * mu
        rv = momentum * rv + (1 - momentum) * var
    elif mode == "test":
        out = (x - rm) / np.sqrt(rv + eps) * gamma + beta
    else:
        raise ValueError("mode")
    bn_param["running_mean"], bn_param["running_var"] = rm, rv
    return out, cache
""",
    ),
    "bn-momentum-reversed": Restyled(
        "batchnorm_forward",
        """
def batchnorm_forward(x, gamma, beta, bn_param):
    eps, m = bn_param.get("eps", 1e-5), bn_param.get("momentum", 0.9)
    bn_param.setdefault("running_mean", np.zeros(x.shape[1], dtype=x.dtype))
    bn_param.setdefault("running_var", np.zeros(x.shape[1], dtype=x.dtype))
    if bn_param["mode"] == "test":
        scale = gamma / np.sqrt(bn_param["running_var"] + eps)
        return x * scale + (beta - bn_param["running_mean"] * scale), None
    if bn_param["mode"] != "train":
        raise ValueError("mode")
    mu = x.sum(axis=0) / x.shape[0]
    xmu = x - mu
    var = (xmu * xmu).sum(axis=0) / x.shape[0]
    ivar = 1.0 / np.sqrt(var + eps)
    xhat = xmu * ivar
    bn_param["running_mean"] = (1 - m) * bn_param["running_mean"] + m * mu
    bn_param["running_var"] = (1 - m) * bn_param["running_var"] + m * var
    return gamma * xhat + beta, (xhat, xmu, 1.0 / ivar, gamma)
""",
    ),
    "bn-back-no-mean-term": Restyled(
        "batchnorm_backward",
        """
def batchnorm_backward(dout, cache):
    xhat, xmu, std, gamma = cache
    N, D = dout.shape
    dbeta = np.sum(dout, axis=0)
    dgamma = np.sum(dout * xhat, axis=0)
    dxhat = dout * gamma
    divar = np.sum(dxhat * xmu, axis=0)
    dvar = -0.5 * divar / std**3
    dsq = dvar * np.ones((N, D)) / N
    return dxhat / std + 2 * xmu * dsq, dgamma, dbeta
""",
    ),
    "bn-back-no-gamma": Restyled(
        "batchnorm_backward",
        """
def batchnorm_backward(dout, cache):
    xhat, _, std, gamma = cache
    N = dout.shape[0]
    dgamma = np.einsum("nd,nd->d", dout, xhat)
    dbeta = np.einsum("nd->d", dout)
    dx = (N * dout - dout.sum(0) - xhat * (dout * xhat).sum(0)) / (N * std)
    return dx, dgamma, dbeta
""",
    ),
    "ln-unbiased-variance": Restyled(
        "layernorm_forward",
        """
def layernorm_forward(x, gamma, beta, ln_param):
    eps = ln_param.get("eps", 1e-5)
    xT = x.T
    mu = np.mean(xT, axis=0)
    var = np.var(xT, axis=0, ddof=1)
    std = np.sqrt(var + eps)
    xhat = ((xT - mu) / std).T
    return xhat * gamma + beta, (xhat, std.reshape(-1, 1), gamma)
""",
    ),
    "ln-back-wrong-axis": Restyled(
        "layernorm_backward",
        """
def layernorm_backward(dout, cache):
    xhat, std, gamma = cache
    N, D = dout.shape
    dgamma, dbeta = np.sum(dout * xhat, 0), np.sum(dout, 0)
    g = dout * gamma
    dx = (g - g.mean(0) - xhat * (g * xhat).mean(0)) / std
    return dx, dgamma, dbeta
""",
    ),
    "dropout-not-scaled": Restyled(
        "dropout_forward",
        """
def dropout_forward(x, dropout_param):
    p, mode = dropout_param["p"], dropout_param["mode"]
    if "seed" in dropout_param:
        np.random.seed(dropout_param["seed"])
    if mode == "train":
        mask = (np.random.rand(*x.shape) < p).astype(x.dtype)
        return x * mask, mask
    if mode == "test":
        return x.copy(), None
    raise ValueError("mode")
""",
    ),
    "momentum-step-reversed": Restyled(
        "sgd_momentum",
        """
def sgd_momentum(w, dw, config=None):
    if config is None:
        config = {}
    lr, mu = config.setdefault("learning_rate", 1e-2), config.setdefault("momentum", 0.9)
    v = config.get("velocity", np.zeros_like(w))
    config["velocity"] = mu * v - lr * dw
    return w - config["velocity"], config
""",
        "optim.py",
    ),
    "rmsprop-epsilon-inside-root": Restyled(
        "rmsprop",
        """
def rmsprop(w, dw, config=None):
    config = {} if config is None else config
    lr, decay = config.setdefault("learning_rate", 1e-2), config.setdefault("decay_rate", 0.99)
    eps = config.setdefault("epsilon", 1e-8)
    cache = config.get("cache", np.zeros_like(w))
    cache = cache - (1 - decay) * (cache - np.square(dw))
    config["cache"] = cache
    return w - lr * dw * np.power(cache + eps, -0.5), config
""",
        "optim.py",
    ),
    "adam-no-correction": Restyled(
        "adam",
        """
def adam(w, dw, config=None):
    config = {} if config is None else config
    config.setdefault("t", 0)
    b1, b2 = config.setdefault("beta1", 0.9), config.setdefault("beta2", 0.999)
    rate, eps = config.setdefault("learning_rate", 1e-3), config.setdefault("epsilon", 1e-8)
    config["t"] += 1
    config["m"] = b1 * config.get("m", np.zeros_like(w)) + (1 - b1) * dw
    config["v"] = b2 * config.get("v", np.zeros_like(w)) + (1 - b2) * dw**2
    return w - rate * config["m"] / (np.sqrt(config["v"]) + eps), config
""",
        "optim.py",
    ),
    "adam-t-late": Restyled(
        "adam",
        """
def adam(w, dw, config=None):
    config = {} if config is None else config
    b1, b2 = config.setdefault("beta1", 0.9), config.setdefault("beta2", 0.999)
    rate, eps = config.setdefault("learning_rate", 1e-3), config.setdefault("epsilon", 1e-8)
    t = config.get("t", 0)
    m = b1 * config.get("m", np.zeros_like(w)) + (1 - b1) * dw
    v = b2 * config.get("v", np.zeros_like(w)) + (1 - b2) * dw**2
    with np.errstate(all="ignore"):
        mt, vt = np.divide(m, 1 - b1**t), np.divide(v, 1 - b2**t)
    config["m"], config["v"], config["t"] = m, v, t + 1
    return w - rate * mt / (np.sqrt(vt) + eps), config
""",
        "optim.py",
    ),
    "two-layer-penalty-no-half": Restyled(
        "TwoLayerNet",
        """
_loss_of_the_net = TwoLayerNet.loss


def _with_penalty(self, X, y=None):
    found = _loss_of_the_net(self, X, y)
    if y is None:
        return found
    loss, grads = found
    return loss + 0.5 * self.reg * sum(np.sum(self.params[k] ** 2) for k in ("W1", "W2")), grads


TwoLayerNet.loss = _with_penalty
""",
        "classifiers/fc_net.py",
    ),
}
