"""The bank against mistakes in, and other ways of writing, batch and layer normalization."""

from __future__ import annotations

import pytest

from grader.result import CheckResult
from tests.bank.patches import LOST, Change, assert_costs, grade, mistake, rewritten

BN, BACKWARD, ALT = "batchnorm_forward", "batchnorm_backward", "batchnorm_backward_alt"
LN, LN_BACKWARD = "layernorm_forward", "layernorm_backward"

VAR = "var = (centred**2).mean(axis=0)"
STD = "std = np.sqrt(var + eps)"
OUT = "out = gamma * x_hat + beta"
MEAN_STEP = "momentum * running_mean + (1 - momentum) * mean"
VAR_STEP = "momentum * running_var + (1 - momentum) * var"
TEST_OUT = "gamma * (x - running_mean) / np.sqrt(running_var + eps) + beta"
RAISE = """raise ValueError(f'mode must be "train" or "test", not {mode!r}')"""
LN_VAR = "(centred**2).mean(axis=1, keepdims=True)"

FORWARD_MISTAKES = [
    mistake(BN, "unbiased variance", VAR, f"{VAR} * len(x) / (len(x) - 1)"),
    mistake(BN, "variance around 0", VAR, "var = (x**2).mean(axis=0)"),
    mistake(BN, "one variance for all", VAR, "var = (centred**2).mean() * np.ones(x.shape[1])"),
    mistake(
        BN, "one mean for all", "mean = x.mean(axis=0)", "mean = x.mean() * np.ones(x.shape[1])"
    ),
    mistake(BN, "eps outside the root", STD, "std = np.sqrt(var) + eps"),
    mistake(BN, "eps forgotten", STD, "std = np.sqrt(var)"),
    mistake(BN, "eps not read", 'bn_param.get("eps", 1e-5)', "1e-5"),
    mistake(BN, "another default eps", 'bn_param.get("eps", 1e-5)', 'bn_param.get("eps", 1e-8)'),
    mistake(BN, "not divided by the root", STD, "std = var + eps"),
    mistake(BN, "gamma forgotten", OUT, "out = x_hat + beta"),
    mistake(BN, "beta forgotten", OUT, "out = gamma * x_hat"),
    mistake(BN, "beta scaled too", OUT, "out = gamma * (x_hat + beta)"),
    mistake(BN, "gamma by samples", OUT, "out = gamma.reshape(-1, 1) * x_hat + beta"),
    mistake(BN, "gamma added", OUT, "out = gamma + x_hat + beta"),
    mistake(
        BN,
        "running mean: momentum the wrong way",
        MEAN_STEP,
        "(1 - momentum) * running_mean + momentum * mean",
    ),
    mistake(
        BN,
        "running variance: momentum the wrong way",
        VAR_STEP,
        "(1 - momentum) * running_var + momentum * var",
    ),
    mistake(BN, "running mean not kept", MEAN_STEP, "mean"),
    mistake(BN, "running variance of std", VAR_STEP, VAR_STEP.replace(") * var", ") * std")),
    mistake(
        BN, "running variance with eps", VAR_STEP, VAR_STEP.replace(") * var", ") * (var + 0.1)")
    ),
    mistake(BN, "running variance unbiased", VAR_STEP, f"{VAR_STEP} * len(x) / (len(x) - 1)"),
    mistake(
        BN,
        "running mean of x_hat",
        MEAN_STEP,
        MEAN_STEP.replace(") * mean", ") * x_hat.mean(axis=0)"),
    ),
    mistake(BN, "running mean added up", MEAN_STEP, "running_mean + (1 - momentum) * mean"),
    mistake(
        BN,
        "running mean starts at the first mean",
        'bn_param.get("running_mean", np.zeros(x.shape[1], dtype=x.dtype))',
        'bn_param.get("running_mean", x.mean(axis=0))',
    ),
    mistake(
        BN,
        "running variance starts at 1",
        'bn_param.get("running_var", np.zeros(x.shape[1], dtype=x.dtype))',
        'bn_param.get("running_var", np.ones(x.shape[1]))',
    ),
    mistake(BN, "momentum not read", 'bn_param.get("momentum", 0.9)', "0.9"),
    mistake(
        BN,
        "another default momentum",
        'bn_param.get("momentum", 0.9)',
        'bn_param.get("momentum", 0.99)',
    ),
    mistake(BN, "running mean not written back", 'bn_param["running_mean"] = running_mean', "pass"),
    mistake(
        BN, "running variance not written back", 'bn_param["running_var"] = running_var', "pass"
    ),
    mistake(
        BN,
        "writes into a copy",
        'mode = bn_param["mode"]',
        'bn_param = dict(bn_param)\n    mode = bn_param["mode"]',
    ),
    mistake(
        BN,
        "running averages in train mode",
        "x_hat = centred / std",
        "x_hat = (x - running_mean) / std",
    ),
    mistake(
        BN,
        "batch statistics in test mode",
        TEST_OUT,
        "gamma * (x - x.mean(axis=0)) / np.sqrt(x.var(axis=0) + eps) + beta",
    ),
    mistake(
        BN,
        "test mode without gamma and beta",
        TEST_OUT,
        "(x - running_mean) / np.sqrt(running_var + eps)",
    ),
    mistake(
        BN,
        "test mode without root",
        TEST_OUT,
        "gamma * (x - running_mean) / (running_var + eps) + beta",
    ),
    mistake(
        BN,
        "test mode with eps outside",
        TEST_OUT,
        "gamma * (x - running_mean) / (np.sqrt(running_var) + eps) + beta",
    ),
    mistake(
        BN,
        "test mode without eps",
        TEST_OUT,
        "gamma * (x - running_mean) / np.sqrt(running_var) + beta",
    ),
    mistake(
        BN, "test mode without centring", TEST_OUT, "gamma * x / np.sqrt(running_var + eps) + beta"
    ),
    mistake(
        BN,
        "test mode moves the mean",
        f"out = {TEST_OUT}",
        f"running_mean = 0.5 * (running_mean + x.mean(axis=0))\n        out = {TEST_OUT}",
    ),
    mistake(
        BN,
        "test mode moves the variance",
        f"out = {TEST_OUT}",
        f"out = {TEST_OUT}\n        running_var = 0.5 * (running_var + x.var(axis=0))",
    ),
    mistake(BN, "unknown mode accepted", RAISE, "out, cache = x, None"),
    mistake(BN, "unknown mode raises something else", RAISE, "raise KeyError(mode)"),
    mistake(LN, "statistics of the features", "x.mean(axis=1, keepdims=True)", "x.mean(axis=0)"),
    mistake(LN, "variance of the features", LN_VAR, "(centred**2).mean(axis=0)"),
    mistake(LN, "statistics of the whole batch", "x.mean(axis=1, keepdims=True)", "x.mean()"),
    mistake(LN, "unbiased variance", LN_VAR, f"{LN_VAR} * x.shape[1] / (x.shape[1] - 1)"),
    mistake(LN, "eps outside the root", f"np.sqrt({LN_VAR} + eps)", f"np.sqrt({LN_VAR}) + eps"),
    mistake(LN, "eps not read", 'ln_param.get("eps", 1e-5)', "1e-5"),
    mistake(LN, "eps forgotten", "+ eps", "+ 0"),
    mistake(LN, "no root", f"np.sqrt({LN_VAR} + eps)", f"{LN_VAR} + eps"),
    mistake(LN, "gamma by samples", "gamma * x_hat + beta", "gamma.reshape(-1, 1) * x_hat + beta"),
    mistake(LN, "gamma forgotten", "gamma * x_hat + beta", "x_hat + beta"),
    mistake(LN, "beta forgotten", "gamma * x_hat + beta", "gamma * x_hat"),
    mistake(
        LN,
        "test mode changes nothing",
        "out = gamma * x_hat + beta",
        'out = gamma * x_hat + beta if ln_param.get("mode") != "test" else x',
    ),
    rewritten(
        "batchnorm_forward: eps outside the root in both passes, which agree",
        """
        def batchnorm_forward(x, gamma, beta, bn_param):
            mode, eps = bn_param["mode"], bn_param.get("eps", 1e-5)
            momentum, d = bn_param.get("momentum", 0.9), x.shape[1]
            running_mean = bn_param.get("running_mean", np.zeros(d))
            running_var = bn_param.get("running_var", np.zeros(d))
            if mode not in ("train", "test"):
                raise ValueError(mode)
            mean, var = running_mean, running_var
            if mode == "train":
                mean, var = x.mean(axis=0), x.var(axis=0)
                running_mean = momentum * running_mean + (1 - momentum) * mean
                running_var = momentum * running_var + (1 - momentum) * var
            bn_param["running_mean"], bn_param["running_var"] = running_mean, running_var
            x_hat = (x - mean) / (np.sqrt(var) + eps)
            return gamma * x_hat + beta, (x - mean, np.sqrt(var), eps, gamma)

        def batchnorm_backward(dout, cache):
            centred, root, eps, gamma = cache
            std, n = root + eps, len(dout)
            dx_hat = dout * gamma
            droot = -(dx_hat * centred).sum(axis=0) / std**2
            dcentred = dx_hat / std + droot * centred / (n * root)
            dgamma = (dout * centred / std).sum(axis=0)
            return dcentred - dcentred.mean(axis=0), dgamma, dout.sum(axis=0)

        def batchnorm_backward_alt(dout, cache):
            return batchnorm_backward(dout, cache)
        """,
        costs=[BN],
    ),
]

BACKWARD_MISTAKES = [
    mistake(BACKWARD, "dgamma of dout alone", "(dout * x_hat).sum(axis=0)", "dout.sum(axis=0)"),
    mistake(
        BACKWARD, "dgamma of centred", "(dout * x_hat).sum(axis=0)", "(dout * centred).sum(axis=0)"
    ),
    mistake(BACKWARD, "dbeta a mean", "dbeta = dout.sum(axis=0)", "dbeta = dout.mean(axis=0)"),
    mistake(BACKWARD, "dgamma and dbeta exchanged", "dx, dgamma, dbeta\n", "dx, dbeta, dgamma\n"),
    mistake(BACKWARD, "gamma forgotten", "dout * gamma", "dout"),
    mistake(BACKWARD, "mean held constant", "dmean / n", "0"),
    mistake(BACKWARD, "dmean with the wrong sign", "-dcentred.sum", "dcentred.sum"),
    mistake(BACKWARD, "dmean not divided", "dmean / n", "dmean"),
    mistake(BACKWARD, "variance held constant", "+ dvar * 2 * centred / n", "+ 0"),
    mistake(BACKWARD, "dvar with the wrong sign", "dstd = -", "dstd = "),
    mistake(BACKWARD, "factor 2 forgotten", "dvar * 2 * centred", "dvar * centred"),
    mistake(BACKWARD, "root forgotten", "dstd / (2 * std)", "dstd"),
    mistake(BACKWARD, "unbiased", "* centred / n", "* centred / (n - 1)"),
    mistake(
        BACKWARD,
        "eps left out",
        "n = len(dout)",
        "n = len(dout)\n    std = np.sqrt((centred**2).mean(axis=0))",
    ),
    mistake(ALT, "the part of x_hat forgotten", "dbeta + x_hat * dgamma", "dbeta"),
    mistake(ALT, "the part of the mean forgotten", "(dbeta + x_hat * dgamma)", "(x_hat * dgamma)"),
    mistake(ALT, "not divided by n", "dgamma) / n)", "dgamma))"),
    mistake(ALT, "gamma forgotten", "gamma / std", "1 / std"),
    mistake(ALT, "std forgotten", "gamma / std *", "gamma *"),
    mistake(ALT, "divided by the variance", "gamma / std *", "gamma / std**2 *"),
    mistake(ALT, "dgamma of dout alone", "(dout * x_hat).sum(axis=0)", "dout.sum(axis=0)"),
    mistake(ALT, "dbeta doubled", "dbeta = dout.sum(axis=0)", "dbeta = 2 * dout.sum(axis=0)"),
    mistake(ALT, "gradient of x_hat", "dx = gamma / std * (", "dx = gamma * ("),
    mistake(
        LN_BACKWARD, "dgamma by samples", "(dout * x_hat).sum(axis=0)", "(dout * x_hat).sum(axis=1)"
    ),
    mistake(LN_BACKWARD, "dbeta by samples", "dout.sum(axis=0)", "dout.sum(axis=1)"),
    mistake(LN_BACKWARD, "gamma forgotten", "dx_hat = dout * gamma", "dx_hat = dout"),
    mistake(LN_BACKWARD, "gamma by samples", "dout * gamma", "dout * gamma.reshape(-1, 1)"),
    mistake(
        LN_BACKWARD,
        "mean over the batch",
        "dx_hat.mean(axis=1, keepdims=True)",
        "dx_hat.mean(axis=0)",
    ),
    mistake(
        LN_BACKWARD,
        "x_hat over the batch",
        "(dx_hat * x_hat).mean(axis=1, keepdims=True)",
        "(dx_hat * x_hat).mean(axis=0)",
    ),
    mistake(
        LN_BACKWARD,
        "sum for a mean",
        "dx_hat.mean(axis=1, keepdims=True)",
        "dx_hat.sum(axis=1, keepdims=True)",
    ),
    mistake(LN_BACKWARD, "mean held constant", "- along_mean ", ""),
    mistake(LN_BACKWARD, "variance held constant", "- along_x_hat)", ")"),
    mistake(LN_BACKWARD, "std forgotten", "along_x_hat) / std", "along_x_hat)"),
    mistake(LN_BACKWARD, "dgamma forgotten", "return dx, dgamma, dbeta", "return dx, None, dbeta"),
]

MISTAKES = [*FORWARD_MISTAKES, *BACKWARD_MISTAKES]

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
    return grade(
        [*MISTAKES, *VARIANTS], ["normalization"], tmp_path_factory.mktemp("normalization")
    )


@pytest.mark.parametrize("change", [*MISTAKES, *VARIANTS], ids=str)
def test_change_costs_what_it_should(change: Change, graded: dict[str, list[CheckResult]]) -> None:
    assert_costs(change, graded[change.name])


@pytest.mark.parametrize(
    "name",
    [
        f"{BN}: eps outside the root",
        f"{BN}: eps not read",
        f"{BN}: test mode with eps outside",
        f"{BN}: test mode without eps",
        f"{LN}: eps outside the root",
        f"{LN}: eps not read",
        f"{BACKWARD}: eps left out",
    ],
)
def test_fault_of_eps_costs_the_checks_of_eps_only(
    name: str, graded: dict[str, list[CheckResult]]
) -> None:
    lost = [result.id for result in graded[name] if result.outcome in LOST]
    assert lost
    assert all("eps" in check for check in lost)
