"""Naming the mistake behind failed checks."""

from __future__ import annotations

import numpy as np
import pytest
from msgspec.structs import replace

from grader.assignment.catalogue import load_variants, patched
from grader.assignment.plugin import CallForm
from grader.diagnosis.diagnose import diagnose
from grader.diagnosis.visible import structural
from grader.model.result import CheckResult, Finding, Outcome
from grader.student.trace import Traces
from tests.diagnosis.clinic import Clinic, Patient, named

ONE_EACH = {
    "affine_forward": "affine-bias-summed",
    "affine_backward": "affine-dw-mean",
    "relu_forward": "relu-leaky",
    "relu_backward": "relu-looks-at-dout",
    "softmax_loss": "softmax-target-every-row",
    "svm_loss": "svm-pulls-once",
    "batchnorm_forward": "bn-running-standard-deviation",
    "batchnorm_backward": "bn-back-mean-not-divided",
    "batchnorm_backward_alt": "bn-alt-no-variance-term",
    "layernorm_forward": "ln-one-statistic",
    "layernorm_backward": "ln-back-gamma-last",
    "dropout_forward": "dropout-scaled-by-drop",
    "dropout_backward": "dropout-back-not-scaled",
    "sgd_momentum": "momentum-nesterov",
    "rmsprop": "rmsprop-old-average",
    "adam": "adam-stores-corrected",
    "TwoLayerNet": "two-layer-penalty-on-biases",
    "FullyConnectedNet": "net-shared-statistics",
}


def test_a_mistake_of_every_function_is_named(clinic: Clinic) -> None:
    patients = {f: clinic.patient(f, mistakes=(m,)) for f, m in ONE_EACH.items()}
    found = clinic.examine(patients)
    for function, mistake in ONE_EACH.items():
        assert found[function], function
        assert named(found[function]) == [[mistake]] * len(found[function])
        causes = [check.causes[0] for check in found[function]]
        assert all(cause.certain and cause.function == function for cause in causes)


def test_a_layers_mistake_is_named_for_the_net_that_it_spoils(clinic: Clinic) -> None:
    mistake = "bn-unbiased-variance"
    net = "fully_connected_net::"
    found = clinic.examine(
        {
            "with the layer": clinic.patient("batchnorm_forward", net, mistakes=(mistake,)),
            "net alone": clinic.patient(net, mistakes=(mistake,)),
        }
    )
    for checks in found.values():
        of_net = [check for check in checks if check.id.startswith(net)]
        assert len(of_net) >= 5
        assert named(of_net) == [[mistake]] * len(of_net)


PAIRS = {
    "in different values": ("affine-dw-mean", "affine-db-mean"),
    "in one value": ("bn-back-no-gamma", "bn-back-mean-not-divided"),
    "forward and backward": ("ln-eps-fixed", "ln-back-gamma-last"),
    "layer and net": ("relu-leaky", "net-penalty-doubled"),
}


def test_two_mistakes_at_once(clinic: Clinic) -> None:
    patients = {
        what: clinic.patient(
            *(clinic.catalogue.mistakes[name].function for name in pair), mistakes=pair
        )
        for what, pair in PAIRS.items()
    }
    for what, checks in clinic.examine(patients).items():
        first, second = PAIRS[what]
        for check in checks:
            ids = {cause.id for cause in check.causes}
            assert ids <= {first, second}, (what, check.id, ids)
            assert ids, (what, check.id, check.message)
        assert {name for ids in named(checks) for name in ids} == {first, second}


def test_several_that_may_be_are_offered(clinic: Clinic) -> None:
    """The penalty alone does not tell whether the gradient has it right."""
    patient = clinic.patient("two_layer_net::penalty", mistakes=("two-layer-penalty-doubled",))
    ((check,),) = clinic.examine({"one": patient}).values()
    assert {cause.id for cause in check.causes} == {
        "two-layer-penalty-doubled",
        "two-layer-penalty-no-half",
    }
    assert not any(cause.certain for cause in check.causes)


def test_a_mistake_in_another_style_is_named(clinic: Clinic) -> None:
    variants = {v.id: v for v in load_variants(clinic.assignment.layout.variants)}
    cases = {
        ("net-counts-from-zero", "net-no-relu"): ("fully_connected_net::",),
        ("dropout-default-rng", "dropout-back-no-mask"): ("dropout_backward",),
        ("dropout-default-rng", "net-no-dropout-backward"): (
            "dropout_forward",
            "net_modes::dropout_gradients",
        ),
        ("two-layer-biases-rows", "two-layer-relu-on-scores"): ("two_layer_net::",),
        ("bn-cache-dict", "bn-running-standard-deviation"): ("batchnorm_forward",),
    }
    patients = {}
    for (variant, mistake), checks in cases.items():
        patches = [*variants[variant].patch, *clinic.catalogue.mistakes[mistake].patches()]
        patients[f"{variant} {mistake}"] = Patient(patched(clinic.files, patches), checks)
    for name, failures in clinic.examine(patients).items():
        assert failures, name
        assert named(failures) == [[name.split()[1]]] * len(failures), name


def test_nothing_is_named_for_what_no_mistake_explains(clinic: Clinic) -> None:
    patients = {
        "relu": clinic.changed("relu_forward", "np.maximum(x, 0)", "np.maximum(x, 0) ** 1.5"),
        "affine": clinic.changed("affine_forward", "@ w + b", "@ w + b**3 + 0.25"),
        "adam": clinic.changed("adam", "m_hat /", "np.sign(m_hat) /", file="optim.py"),
        "net": clinic.changed(
            "FullyConnectedNet", "return scores", "return scores + 1",
            "fully_connected_net::scores", file="classifiers/fc_net.py",
        ),
    }  # fmt: skip
    for name, checks in clinic.examine(patients).items():
        assert checks, name
        assert not any(named(checks)), name


def test_the_language_is_that_asked_for(clinic: Clinic) -> None:
    mistake = clinic.catalogue.mistakes["relu-absolute"]
    patient = clinic.patient("relu_forward", mistakes=("relu-absolute",), lang="zh")
    (checks,) = clinic.examine({"one": patient}).values()
    cause = checks[0].causes[0]
    assert (cause.title, cause.explanation, cause.hint) == (
        mistake.title.zh, mistake.explanation.zh, mistake.hint.zh,
    )  # fmt: skip


def test_severity_is_told(clinic: Clinic) -> None:
    names = {"bn-test-eps-outside-root": "minor", "bn-test-no-scale": "major"}
    patients = {n: clinic.patient("batchnorm_forward", mistakes=(n,)) for n in names}
    for name, checks in clinic.examine(patients).items():
        assert checks[0].causes[0].severity == names[name]


def test_without_a_budget_there_is_no_cause_and_no_harm(clinic: Clinic) -> None:
    patient = clinic.patient("affine_backward", mistakes=("affine-dw-mean",), work=0)
    (checks,) = clinic.examine({"one": patient}).values()
    assert checks
    assert not any(named(checks))


def test_the_global_generator_is_left_alone(clinic: Clinic) -> None:
    np.random.seed(3)
    before = np.random.random_sample(3).tolist()
    np.random.seed(3)
    check = failed("it is wrong")
    diagnose([check], Traces(), Traces(), clinic.catalogue, CallForm())
    assert np.random.random_sample(3).tolist() == before


def failed(message: str, pattern: str = "") -> CheckResult:
    return CheckResult(
        id="layers::one",
        title="one",
        part="affine",
        targets=["affine_forward"],
        outcome=Outcome.FAILED,
        points=0.0,
        max_points=1.0,
        message=message,
        finding=Finding(kind="values", pattern=pattern),
    )


@pytest.mark.parametrize(
    ("lang", "words"), [("en", "4 times too large everywhere"), ("zh", "处处是正确值的 4 倍")]
)
def test_without_the_reference_the_pattern_is_the_cause(lang: str, words: str) -> None:
    (check,) = structural([failed("no", pattern="4 times too large everywhere")], lang)
    (cause,) = check.causes
    assert (cause.kind, cause.title, cause.function) == ("structure", words, "affine_forward")


def test_a_passed_check_has_no_cause() -> None:
    check = failed("", pattern="zero everywhere")
    passed = replace(check, outcome=Outcome.PASSED)
    assert structural([passed], "en") == [passed]
