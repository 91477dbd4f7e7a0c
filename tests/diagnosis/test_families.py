"""Mistakes as people make them: with numbers of their own, in another style, two at once."""

from __future__ import annotations

import pytest

from grader.assignment.catalogue import patched
from tests.diagnosis.clinic import Clinic, Patient, named

MOMENTUM = """
def sgd_momentum(w, dw, config=None):
    if config is None: config = {}
    mu, rate = config.setdefault("momentum", 0.9), config.setdefault("learning_rate", 1e-2)
    v = config.get("velocity", np.zeros_like(w)).copy()
    v *= 0.83
    v -= rate * dw
    config["velocity"] = v
    return np.add(w, v), config
"""
SOFTMAX = """
def softmax_loss(x, y):
    loss, dx = 0.0, np.zeros_like(x)
    for i in range(x.shape[0]):
        e = np.exp(x[i] - np.max(x[i]))
        p = e / np.sum(e)
        loss -= np.log(p[y[i]] + 3e-6)
        for j in range(x.shape[1]):
            dx[i][j] = p[j] - (j == y[i])
    return loss / x.shape[0], dx / x.shape[0]
"""
RELU = """
def relu_forward(x):
    flat = [v if v > 0 else 0.23 * v for v in x.ravel()]
    return np.array(flat, dtype=x.dtype).reshape(x.shape), x
"""
GRAPH = """
def batchnorm_forward(x, gamma, beta, bn_param):
    out, (x_hat, centred, std, gamma) = _right(x, gamma, beta, bn_param)
    return out, (x_hat, centred, 1.0 / std, gamma)


def batchnorm_backward(dout, cache):
    xhat, xmu, ivar, gamma = cache
    N, D = dout.shape
    dbeta = np.sum(dout, axis=0)
    dgamma = np.sum(dout * xhat, axis=0)
    dxhat = dout
    divar = np.sum(dxhat * xmu, axis=0)
    dvar = -0.5 * ivar ** 3 * divar
    dxmu = dxhat * ivar + xmu * np.ones((N, D)) / N * dvar
    return dxmu - np.mean(dxmu, axis=0), dgamma, dbeta


_right = batchnorm_forward_of_the_reference
"""
OWN_NAME = """
def relu_forward(x):
    return np.maximum(0, xx), x
"""


def written(clinic: Clinic, file: str, code: str, *checks: str) -> Patient:
    """A package whose file ends with a function of somebody else's."""
    return Patient({**clinic.files, file: f"{clinic.files[file]}\n{code}"}, checks)


def test_the_number_in_a_mistake_is_that_of_the_student(clinic: Clinic) -> None:
    found = clinic.examine(
        {
            "momentum-fixed": written(clinic, "optim.py", MOMENTUM, "sgd_momentum"),
            "softmax-small-number-in-log": written(clinic, "layers.py", SOFTMAX, "softmax_loss"),
            "relu-leaky": written(clinic, "layers.py", RELU, "relu_forward"),
        }
    )
    numbers = {"momentum-fixed": 0.83, "softmax-small-number-in-log": 3e-6, "relu-leaky": 0.23}
    for mistake, checks in found.items():
        assert checks
        for check in checks:
            (cause,) = check.causes
            assert (cause.id, cause.certain) == (mistake, True)
            assert cause.numbers == pytest.approx([numbers[mistake]])
            assert f"= {numbers[mistake]:.6g}." in cause.words


def test_two_mistakes_in_one_value_are_both_named(clinic: Clinic) -> None:
    """In a computation graph, behind a cache that is laid out in another way."""
    text = clinic.files["layers.py"]
    renamed = text.replace("def batchnorm_forward(", "def batchnorm_forward_of_the_reference(")
    patient = Patient({**clinic.files, "layers.py": renamed + GRAPH}, ("batchnorm_backward",))
    (checks,) = clinic.examine({"one": patient}).values()
    assert checks
    for check in checks:
        assert {cause.id for cause in check.causes} == {"bn-back-no-gamma", "bn-back-variance-half"}
        assert all(cause.certain for cause in check.causes)


def test_an_exception_of_their_own_is_no_known_mistake(clinic: Clinic) -> None:
    patient = written(clinic, "layers.py", OWN_NAME, "relu_forward")
    (checks,) = clinic.examine({"one": patient}).values()
    assert checks
    for check in checks:
        (cause,) = check.causes
        assert cause.id == "structure:NameError"
        assert "xx is not defined" in cause.title


def test_what_is_explained_in_part_is_not_certain(clinic: Clinic) -> None:
    """One sample too few in the gradient, and besides something that no catalogue knows."""
    patient = clinic.changed(
        "adam", "next_w = w - config", "next_w = 1.001 * w + 0.5 - config", file="optim.py"
    )
    (checks,) = clinic.examine({"one": patient}).values()
    assert checks
    assert not any(cause.certain for check in checks for cause in check.causes)


FORMS = [
    "bn-running-added-up",
    "softmax-overflows",
    "dropout-normal-numbers",
    "net-statistics-lost",
]


@pytest.mark.parametrize("name", FORMS)
def test_each_form_of_a_mistake_has_its_name(clinic: Clinic, name: str) -> None:
    mistake = clinic.catalogue.mistakes[name]
    patients = {
        str(form): Patient(patched(clinic.files, mistake.patches(form)), (mistake.function,))
        for form in range(len(mistake.forms))
    }
    for form, checks in clinic.examine(patients).items():
        assert checks, form
        assert {ids[0] for ids in named(checks) if ids} == {name}, form


def test_a_net_whose_masks_nobody_can_foretell_keeps_its_other_names(clinic: Clinic) -> None:
    draw = "np.random.default_rng((dropout_param.get('seed', 1), np.random.randint(9))).random"
    strange = clinic.files["layers.py"].replace("draw(x.shape) < p", f"{draw}(x.shape[::-1]).T < p")
    patches = clinic.catalogue.mistakes["net-no-dropout"].patches()
    files = patched({**clinic.files, "layers.py": strange}, patches)
    checks = ("dropout_forward", "net_modes::dropout_places", "net_modes::dropout_varies")
    (found,) = clinic.examine({"one": Patient(files, checks)}).values()
    of_net = [check for check in found if check.id.startswith("net_modes")]
    assert len(of_net) >= 3
    assert all(ids[:1] == ["net-no-dropout"] for ids in named(of_net))


UNCORRECTED = """
def adam(w, dw, config=None):
    config = {} if config is None else config
    config.setdefault("t", START)
    b1, b2 = config.setdefault("beta1", 0.9), config.setdefault("beta2", 0.999)
    rate, eps = config.setdefault("learning_rate", 1e-3), config.setdefault("epsilon", 1e-8)
    config["m"] = b1 * config.get("m", np.zeros_like(w)) + (1 - b1) * dw
    config["v"] = b2 * config.get("v", np.zeros_like(w)) + (1 - b2) * dw**2
    return w - rate * config["m"] / (np.sqrt(config["v"]) + eps), config
"""


@pytest.mark.parametrize("start", [0, 1])
def test_one_of_two_is_not_certain_if_another_may_be_in_its_place(
    clinic: Clinic, start: int
) -> None:
    """Once nothing is corrected, t that is not stored answers like t that is not counted.

    Where t starts at 1, as no mistake has it, nothing is certain; two are made all the same.
    """
    code = UNCORRECTED.replace("START", str(start))
    files = {**clinic.files, "optim.py": clinic.files["optim.py"] + code}
    (checks,) = clinic.examine({"one": Patient(files, ("adam",))}).values()
    assert len(checks) > 5
    for check in checks:
        first, *others = check.causes
        assert (first.id, first.certain) == ("adam-no-correction", start == 0)
        assert first.choice == 0
        assert {cause.id for cause in others} == {"adam-t-not-stored", "adam-t-never-counted"}
        assert not any(cause.certain for cause in others)
        (choice,) = {cause.choice for cause in others}
        assert choice


def test_a_mistake_is_not_named_for_a_check_that_it_does_not_touch(clinic: Clinic) -> None:
    """Where a check finds no gamma and stops, nothing is wrong in what it was answered."""
    patient = clinic.patient(
        "fully_connected_net::parameters_batchnorm",
        "fully_connected_net::loss_layernorm",
        "net_modes::dropout_places",
        mistakes=("net-no-normalization", "net-no-dropout"),
    )
    (checks,) = clinic.examine({"one": patient}).values()
    lacking = [check for check in checks if check.finding and check.finding.kind == "missing"]
    others = [check for check in checks if check not in lacking]
    assert len(lacking) >= 4
    assert len(others) >= 2
    assert named(lacking) == [["net-no-normalization"]] * len(lacking)
    assert named(others) == [["net-no-dropout"]] * len(others)


SWAPPED = """
def batchnorm_backward(dout, cache):
    xmu, xhat, std, gamma = cache
    N, D = dout.shape
    dbeta = np.sum(dout, axis=0)
    dgamma = np.sum(dout * xhat, axis=0)
    dxhat = dout * gamma
    dvar = -0.5 / std ** 3 * np.sum(dxhat * xmu, axis=0)
    dxmu = dxhat / std + 2.0 / N * xmu * dvar
    return dxmu - np.mean(dxmu, axis=0), dgamma, dbeta
"""


def test_what_explains_one_quantity_of_two_is_not_certain(clinic: Clinic) -> None:
    """Mistakes that no catalogue has: a part of what they do is what a known one does."""
    patients = {
        "swapped": written(clinic, "layers.py", SWAPPED, "batchnorm_backward"),
        "added": clinic.changed("dropout_forward", "out = x * cache", "out = x + cache"),
    }
    for name, checks in clinic.examine(patients).items():
        assert checks, name
        assert not any(cause.certain for check in checks for cause in check.causes), name


_VAR = "(centred**2).mean(axis=0)"
_LOG = "-log_p[rows, y].mean()"
_RATE = 'config["learning_rate"] * dw'
NUMBERS = {
    "ln-eps-fixed": ("layernorm_forward", "keepdims=True) + eps", "keepdims=True) + 3e-10", 3e-10),
    "affine-db-mean": ("affine_backward", "dout.sum(axis=0)", "0.7 * dout.sum(axis=0)", 0.7),
    "bn-unbiased-variance": (
        "batchnorm_forward", _VAR, "(centred**2).sum(axis=0) / (len(x) + 2)", -2,
    ),
    "bn-divides-by-variance": (
        "batchnorm_forward", "std = np.sqrt(var + eps)", "std = (var + eps) ** 0.4", 0.4,
    ),
    "softmax-small-number-in-log": (
        "softmax_loss", _LOG, "-np.log(np.exp(log_p[rows, y]) + 2e-11).mean()", 2e-11,
    ),
    "dropout-test-scaled": ("dropout_forward", "out = x.copy()", "out = 0.3 * x", 0.3),
    "adam-counts-twice": ("adam", 't = config["t"] + 1', 't = config["t"] + 4', 4),
    "adam-epsilon-fixed": ("adam", 'config["epsilon"])', "3e-6)", 3e-6),
    "momentum-gradient-damped": ("sgd_momentum", _RATE, f"0.3 * {_RATE}", 0.3),
    "net-gammas-start-at-zero": (
        "FullyConnectedNet", "np.ones(fan_out)", "np.full(fan_out, 0.3)", 0.3,
    ),
    "bn-eps-fixed": (
        "batchnorm_forward", "std = np.sqrt(var + eps)", "std = np.sqrt(var + 3e-4)", 3e-4,
    ),
    "bn-running-var-scaled": (
        "batchnorm_forward", "(1 - momentum) * var", "0.7 * (1 - momentum) * var", 0.7,
    ),
    "net-biases-not-zero": (
        "FullyConnectedNet", 'self.params[f"b{layer}"] = np.zeros(fan_out)',
        'self.params[f"b{layer}"] = np.full(fan_out, 0.013)', 0.013,
    ),
}  # fmt: skip
FILES = {
    "adam": "optim.py",
    "sgd_momentum": "optim.py",
    "FullyConnectedNet": "classifiers/fc_net.py",
}


def test_any_number_is_fitted_and_told_as_it_is(clinic: Clinic) -> None:
    patients = {
        name: clinic.changed(function, old, new, file=FILES.get(function, "layers.py"))
        for name, (function, old, new, _) in NUMBERS.items()
    }
    for name, checks in clinic.examine(patients).items():
        assert checks, name
        for check in checks:
            first = check.causes[0]
            assert first.id == name, (name, check.id)
            assert first.numbers == pytest.approx([NUMBERS[name][3]], rel=1e-6)
            assert f"= {NUMBERS[name][3]:.6g}." in first.words, name


def test_a_number_that_answers_bound_but_do_not_tell_is_not_told(clinic: Clinic) -> None:
    """Between two inputs each threshold stops the same."""
    patient = clinic.changed("relu_forward", "cache = x > 0", "cache = x > 0.02", "relu_backward")
    (checks,) = clinic.examine({"one": patient}).values()
    assert checks, "seen by the layer's own checks"
    for check in checks:
        assert check.causes[0].id == "relu-back-thresholds"
        assert "0.0" not in check.causes[0].words


def test_a_number_may_stand_beside_a_size(clinic: Clinic) -> None:
    patient = clinic.changed("affine_backward", ".T @ dout", ".T @ dout * 3 / dout.shape[1]")
    (checks,) = clinic.examine({"one": patient}).values()
    assert checks
    for check in checks:
        (cause,) = check.causes
        assert (cause.id, cause.title, cause.certain) == ("affine-dw-mean", "dw is scaled", True)
        assert cause.words.endswith("Your answers fit factor = 3 / dout.shape[1].")


def test_nets_that_start_alike_are_told_whatever_the_seed(clinic: Clinic) -> None:
    patient = clinic.changed(
        "TwoLayerNet", 'self.params["W1"] = weight_scale',
        'np.random.seed(77)\nself.params["W1"] = weight_scale\n',
        "state::two_layer_net_drawn_anew", file="classifiers/fc_net.py",
    )  # fmt: skip
    (checks,) = clinic.examine({"one": patient}).values()
    assert [check.causes[0].id for check in checks] == ["two-layer-seeded"]


TWO_AT_ONCE = [
    ("bn-running-standard-deviation", "bn-test-not-divided"),
    ("momentum-fixed", "momentum-step-reversed"),
]


@pytest.mark.parametrize("pair", TWO_AT_ONCE)
def test_what_explains_whole_checks_is_completed(clinic: Clinic, pair: tuple[str, str]) -> None:
    """Where both act, neither explains anything; where one acts, it explains all."""
    function = clinic.catalogue.mistakes[pair[0]].function
    (checks,) = clinic.examine({"one": clinic.patient(function, mistakes=pair)}).values()
    assert checks
    assert {cause.id for check in checks for cause in check.causes} == {*pair}
    assert all(cause.certain for check in checks for cause in check.causes)


def test_what_is_drawn_or_raised_does_not_stop_the_search(clinic: Clinic) -> None:
    """Of some answers no number is left to be fitted, and a call that raises has no `dx`."""
    mistakes = {
        "dropout-keep-fixed": "dropout_forward",
        "dropout-back-test-drops": "dropout_backward",
    }
    found = clinic.examine(
        {name: clinic.patient(function, mistakes=(name,)) for name, function in mistakes.items()}
    )
    for name, checks in found.items():
        assert {ids[0] for ids in named(checks)} == {name}
