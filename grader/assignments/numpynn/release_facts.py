"""What each release asks for and gives, and how its calls differ from the contract's.

`readings` say how its code is called and what it does differently:

    dropout_p     what the number of `dropout_forward` means: to keep, or to drop
    net_dropout   the same of the number that the network takes
    net_form      keywords of the network that are not the contract's: `dropout` (1 is off), or
                  `use_batchnorm` (with `dropout`, where 0 is off)
    adam_t        the `t` that the template puts into adam's config, where it is not 0
    net_modes     `confused`: its given code sets `bn_param[mode]` where `bn_param["mode"]` is meant
"""

from __future__ import annotations

from typing import Final

from grader.model.release import Release

LAYERS: Final = frozenset(
    {"affine_forward", "affine_backward", "relu_forward", "relu_backward",
     "affine_relu_forward", "affine_relu_backward"}
)  # fmt: skip
RULES: Final = frozenset({"sgd_momentum", "rmsprop", "adam"})
GIVEN: Final = frozenset({"sgd", "Solver"})
"""Given by every release, which the contract says already."""
LAYERNORM: Final = frozenset({"layernorm_forward", "layernorm_backward"})
LATER: Final = LAYERNORM | {
    "batchnorm_forward",
    "batchnorm_backward",
    "batchnorm_backward_alt",
    "dropout_forward",
    "dropout_backward",
}
"""Normalization and dropout."""
LOSSES: Final = frozenset({"softmax_loss", "svm_loss"})
NETS: Final = frozenset({"TwoLayerNet", "FullyConnectedNet"})
EVERYTHING: Final = LAYERS | RULES | GIVEN | LATER | LOSSES | NETS

_KEEP: Final = {"dropout_p": "keep", "net_dropout": "keep"}
_DROP: Final = {"dropout_p": "drop", "net_dropout": "drop", "net_form": "use_batchnorm"}
_SECOND: Final = EVERYTHING - {"svm_loss", "TwoLayerNet"}
"""Asked by a second assignment whose first one has softmax_loss, svm_loss and TwoLayerNet."""
_TRIED_BEFORE: Final = LAYERS | LOSSES | {"TwoLayerNet"}
"""What other notebooks of the first assignment try, and FullyConnectedNets since 2021 no more."""

_LEFT_OUT: Final = frozenset(
    {
        "FullyConnectedNets[overfit_three]", "FullyConnectedNets[overfit_five]",
        "FullyConnectedNets[best-test]", "FullyConnectedNets[leaderboard-save]",
        "FullyConnectedNets[leaderboard]",
    }
)  # fmt: skip
"""What our notebooks have and no course's: names that ours give, and a ranking."""
_ONE_QUESTION: Final = _LEFT_OUT | {
    "FullyConnectedNets[question 1]", "FullyConnectedNets[question 3]",
    "BatchNormalization[question 2]", "BatchNormalization[question 3]",
    "BatchNormalization[question 4]",
    "Dropout[question 1]", "Dropout[question 3]",
}  # fmt: skip
"""Until 2017 each notebook asked one."""
_FEWER_QUESTIONS: Final = _LEFT_OUT | {"FullyConnectedNets[question 1]", "Dropout[question 3]"}
"""Since 2021; the second of them only since 2022."""

RELEASES: Final = (
    Release(
        id="numpynn",
        title="gradewall's own template",
        packages=("numpynn",),
        readings=_KEEP,
    ),
    Release(
        id="cs231n-2016",
        title="CS231n 2016",
        asks=EVERYTHING - LAYERNORM - LOSSES,
        gives=LOSSES,
        left_out=_ONE_QUESTION,
        own_data=True,
        packages=("cs231n",),
        readings={**_DROP, "net_modes": "confused"},
    ),
    Release(
        id="cs231n-2017",
        title="CS231n 2017",
        asks=EVERYTHING - LAYERNORM - LOSSES,
        gives=LOSSES,
        left_out=_ONE_QUESTION,
        own_data=True,
        packages=("cs231n",),
        readings={**_DROP, "adam_t": "1"},
    ),
    Release(
        id="cs231n-2018",
        title="CS231n 2018 to 2020",
        aliases=("cs231n-2019", "cs231n-2020"),
        asks=EVERYTHING - LOSSES,
        gives=LOSSES,
        left_out=_LEFT_OUT,
        own_data=True,
        packages=("cs231n",),
        readings={**_KEEP, "net_form": "dropout"},
    ),
    Release(
        id="dasecv-2021",
        title="DaSE CV 2021",
        asks=EVERYTHING - LOSSES,
        gives=LOSSES,
        left_out=_LEFT_OUT | {"Dropout[question 3]"},
        own_data=True,
        packages=("daseCV",),
        readings={**_KEEP, "net_form": "dropout"},
    ),
    Release(
        id="cs231n-2021",
        title="CS231n 2021 to 2024",
        aliases=("cs231n-2022", "cs231n-2023", "cs231n-2024"),
        asks=_SECOND,
        untried=_TRIED_BEFORE,
        left_out=_FEWER_QUESTIONS,
        own_data=True,
        packages=("cs231n",),
        readings=_KEEP,
    ),
    Release(
        id="cs231n-2025-a1",
        title="CS231n 2025 and 2026, assignment 1",
        aliases=("cs231n-2026-a1",),
        asks=(EVERYTHING - LATER - LOSSES) | {"softmax_loss"},
        untried=_TRIED_BEFORE,
        left_out=_FEWER_QUESTIONS,
        own_data=True,
        packages=("cs231n",),
        readings=_KEEP,
    ),
    Release(
        id="cs231n-2025-a2",
        title="CS231n 2025, assignment 2",
        asks=_SECOND - RULES,
        gives=RULES,
        left_out=_FEWER_QUESTIONS,
        own_data=True,
        packages=("cs231n",),
        readings=_KEEP,
    ),
    Release(
        id="cs231n-2026-a2",
        title="CS231n 2026, assignment 2",
        asks=_SECOND - {"sgd_momentum", "rmsprop"},
        left_out=_FEWER_QUESTIONS,
        own_data=True,
        packages=("cs231n",),
        readings=_KEEP,
    ),
)


def names_judged(release: Release) -> int:
    """How much a release asks for."""
    return sum(map(release.counts, EVERYTHING))
