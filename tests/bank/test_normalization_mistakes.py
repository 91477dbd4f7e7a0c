"""The bank against mistakes in batch and layer normalization."""

from __future__ import annotations

import pytest

from grader.model.result import CheckResult
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


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[CheckResult]]:
    return grade(MISTAKES, ["normalization"], tmp_path_factory.mktemp("normalization"))


@pytest.mark.parametrize("change", MISTAKES, ids=str)
def test_mistake_costs_what_it_should(change: Change, graded: dict[str, list[CheckResult]]) -> None:
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
