"""The bank against other ways of writing batch and layer normalization."""

from __future__ import annotations

import pytest

from grader.model.result import CheckResult
from tests.bank.patches import Change, assert_costs, grade, rewritten

VARIANTS = [
    rewritten(
        "batch norm one node a line, with a long cache",
        """
        def batchnorm_forward(x, gamma, beta, bn_param):
            mode = bn_param["mode"]
            eps = bn_param.get("eps", 1e-5)
            momentum = bn_param.get("momentum", 0.9)
            N, D = x.shape
            running_mean = bn_param.get("running_mean", np.zeros(D, dtype=x.dtype))
            running_var = bn_param.get("running_var", np.zeros(D, dtype=x.dtype))
            out, cache = None, None
            if mode == "train":
                mu = 1.0 / N * np.sum(x, axis=0)
                xmu = x - mu
                sq = xmu ** 2
                var = 1.0 / N * np.sum(sq, axis=0)
                sqrtvar = np.sqrt(var + eps)
                ivar = 1.0 / sqrtvar
                xhat = xmu * ivar
                gammax = gamma * xhat
                out = gammax + beta
                cache = (xhat, gamma, xmu, ivar, sqrtvar, var, eps, mu, sq, gammax, x, beta)
                running_mean = momentum * running_mean + (1 - momentum) * mu
                running_var = momentum * running_var + (1 - momentum) * var
            elif mode == "test":
                xhat = (x - running_mean) / np.sqrt(running_var + eps)
                out = xhat * gamma + beta
            else:
                raise ValueError('Invalid forward batchnorm mode "%s"' % mode)
            bn_param["running_mean"] = running_mean
            bn_param["running_var"] = running_var
            return out, cache

        def batchnorm_backward(dout, cache):
            xhat, gamma, xmu, ivar, sqrtvar, var, eps = cache[:7]
            N, D = dout.shape
            dbeta = np.sum(dout, axis=0)
            dgamma = np.sum(dout * xhat, axis=0)
            dxhat = dout * gamma
            divar = np.sum(dxhat * xmu, axis=0)
            dxmu1 = dxhat * ivar
            dsqrtvar = -1.0 / (sqrtvar ** 2) * divar
            dvar = 0.5 * 1.0 / np.sqrt(var + eps) * dsqrtvar
            dsq = 1.0 / N * np.ones((N, D)) * dvar
            dxmu2 = 2 * xmu * dsq
            dx1 = dxmu1 + dxmu2
            dmu = -1 * np.sum(dxmu1 + dxmu2, axis=0)
            dx2 = 1.0 / N * np.ones((N, D)) * dmu
            return dx1 + dx2, dgamma, dbeta

        def batchnorm_backward_alt(dout, cache):
            xhat, gamma, xmu, ivar = cache[0], cache[1], cache[2], cache[3]
            N = dout.shape[0]
            dxhat = dout * gamma
            dx = (N * dxhat - dxhat.sum(0) - xhat * (dxhat * xhat).sum(0)) * ivar / N
            return dx, (dout * xhat).sum(0), dout.sum(0)
        """,
    ),
    rewritten(
        "batch norm with rows of shape (1, D) and a dict for a cache",
        """
        def batchnorm_forward(x, gamma, beta, bn_param):
            mode, eps = bn_param["mode"], bn_param.get("eps", 1e-5)
            momentum = bn_param.get("momentum", 0.9)
            zeros = np.zeros((1, x.shape[1]))
            bn_param.setdefault("running_mean", zeros)
            bn_param.setdefault("running_var", zeros)
            if mode == "train":
                mean, var = x.mean(axis=0, keepdims=True), x.var(axis=0, keepdims=True)
                for name, value in (("running_mean", mean), ("running_var", var)):
                    bn_param[name] = momentum * bn_param[name] + (1 - momentum) * value
            elif mode == "test":
                mean, var = bn_param["running_mean"], bn_param["running_var"]
            else:
                raise ValueError("train or test")
            norm = (x - mean) / np.sqrt(var + eps)
            out = gamma.reshape(1, -1) * norm + beta.reshape(1, -1)
            return out, dict(x=x, mean=mean, var=var, eps=eps, gamma=gamma, norm=norm)

        def batchnorm_backward(dout, cache):
            x, mean, var, eps, gamma = (cache[k] for k in ("x", "mean", "var", "eps", "gamma"))
            m = x.shape[0]
            dnorm = dout * gamma
            dvar = np.sum(dnorm * (x - mean) * -0.5 * (var + eps) ** -1.5, axis=0, keepdims=True)
            dmean = np.sum(-dnorm / np.sqrt(var + eps), axis=0, keepdims=True)
            dmean += dvar * np.mean(-2 * (x - mean), axis=0, keepdims=True)
            dx = dnorm / np.sqrt(var + eps) + dvar * 2 * (x - mean) / m + dmean / m
            dgamma = np.sum(dout * cache["norm"], axis=0, keepdims=True)
            return dx, dgamma, np.sum(dout, axis=0, keepdims=True)

        def batchnorm_backward_alt(dout, cache):
            norm, gamma = cache["norm"], cache["gamma"]
            dnorm = dout * gamma
            dx = dnorm - dnorm.mean(0) - norm * (dnorm * norm).mean(0)
            dx /= np.sqrt(cache["var"] + cache["eps"])
            return dx, np.einsum("nd,nd->d", dout, norm), np.einsum("nd->d", dout)
        """,
    ),
    rewritten(
        "batch norm that writes into its arguments and the running averages",
        """
        def batchnorm_forward(x, gamma, beta, bn_param):
            eps, momentum = bn_param.get("eps", 1e-5), bn_param.get("momentum", 0.9)
            if bn_param["mode"] not in {"train", "test"}:
                raise ValueError("unknown mode")
            for name in ("running_mean", "running_var"):
                if name not in bn_param:
                    bn_param[name] = np.zeros(x.shape[1])
            if bn_param["mode"] == "test":
                x -= bn_param["running_mean"]
                x /= np.sqrt(bn_param["running_var"] + eps)
                return x * gamma + beta, None
            mean, var = np.mean(x, axis=0), np.var(x, axis=0)
            bn_param["running_mean"] *= momentum
            bn_param["running_mean"] += (1 - momentum) * mean
            bn_param["running_var"] *= momentum
            bn_param["running_var"] += (1 - momentum) * var
            x -= mean
            x /= np.sqrt(var + eps)
            return x * gamma + beta, [x, gamma, var + eps]

        def batchnorm_backward(dout, cache):
            x_hat, gamma, v = cache
            dbeta = dout.sum(axis=0)
            dgamma = (dout * x_hat).sum(axis=0)
            dout *= gamma
            dout -= dout.mean(axis=0) + x_hat * (dout * x_hat).mean(axis=0)
            dout /= v**0.5
            return dout, dgamma, dbeta

        def batchnorm_backward_alt(dout, cache):
            return batchnorm_backward(dout, cache)
        """,
    ),
    rewritten(
        "batch norm whose alternative is the better one, with matrices",
        """
        def batchnorm_backward_alt(dout, cache):
            x_hat, _, std, gamma = cache
            n = dout.shape[0]
            dx = np.empty_like(dout)
            for d in range(dout.shape[1]):
                z = x_hat[:, d]
                jacobian = (np.eye(n) - 1.0 / n - np.outer(z, z) / n) * gamma[d] / std[d]
                dx[:, d] = jacobian.T.dot(dout[:, d])
            return dx, np.diag(dout.T.dot(x_hat)), dout.sum(axis=0)
        """,
    ),
    rewritten(
        "layer norm by way of batch norm on the transpose",
        """
        def layernorm_forward(x, gamma, beta, ln_param):
            eps = ln_param.get("eps", 1e-5)
            xt = x.T
            mean, var = xt.mean(axis=0), xt.var(axis=0)
            x_hat = ((xt - mean) / np.sqrt(var + eps)).T
            return gamma * x_hat + beta, {"x_hat": x_hat, "var": var, "eps": eps, "gamma": gamma}

        def layernorm_backward(dout, cache):
            x_hat, gamma = cache["x_hat"].T, cache["gamma"]
            std = np.sqrt(cache["var"] + cache["eps"])
            dx_hat = (dout * gamma).T
            d = dx_hat.shape[0]
            dx = (d * dx_hat - dx_hat.sum(axis=0) - x_hat * (dx_hat * x_hat).sum(axis=0)) / std / d
            return dx.T, np.sum(dout * x_hat.T, axis=0), np.sum(dout, axis=0)
        """,
    ),
    rewritten(
        "layer norm in loops over the samples, with gradients of shape (1, D)",
        """
        def layernorm_forward(x, gamma, beta, ln_param):
            eps = ln_param.get("eps", 1e-5)
            out, cache = np.zeros_like(x), []
            for i, row in enumerate(x):
                std = (row.var() + eps) ** 0.5
                hat = (row - row.mean()) / std
                out[i] = hat * gamma + beta
                cache.append((hat, std, gamma))
            return out, cache

        def layernorm_backward(dout, cache):
            dx, dgamma = np.zeros_like(dout), np.zeros((1, dout.shape[1]))
            for i, (hat, std, gamma) in enumerate(cache):
                g = dout[i] * gamma
                dx[i] = (g - g.mean() - hat * (g * hat).mean()) / std
                dgamma[0] += dout[i] * hat
            return dx, dgamma, dout.sum(axis=0)[None, :]
        """,
    ),
]


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[CheckResult]]:
    return grade(VARIANTS, ["normalization"], tmp_path_factory.mktemp("normalization"))


@pytest.mark.parametrize("change", VARIANTS, ids=str)
def test_variant_passes(change: Change, graded: dict[str, list[CheckResult]]) -> None:
    assert_costs(change, graded[change.name])
