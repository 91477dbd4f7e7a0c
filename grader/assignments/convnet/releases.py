"""The templates of this unit over the years: what each asks, and by what it is told.

All take the same calls. What differs is that the earliest have no group and no layer normalization,
and that those of the course do not say some things which ours does:

    ties        where the gradient goes when several values of a window are the largest
    left_over   what becomes of rows and columns that belong to no window

Where the reading of that name is `open`, the checks that are marked so do not count.
`docs/releases.md` says it for people.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from msgspec.structs import replace

from grader.assignment.plugin import SubmissionFacts
from grader.model.release import Release

OPEN: Final = {"ties": "open", "left_over": "open"}

_LEFT_OUT: Final = frozenset(
    f"ConvolutionalNetworks[{what}]"
    for what in (
        "overfit-plot", "train-plot", "filters-plot", "overfit", "figure_training",
        "figure_filters", "question 1", "question 2", "question 3",
    )
)  # fmt: skip
"""What our notebook has and no course's."""

_BELOW: Final = (
    "affine_forward", "affine_backward", "relu_forward", "relu_backward", "softmax_loss",
    "batchnorm_forward", "batchnorm_backward", "batchnorm_backward_alt",
)  # fmt: skip
_EARLY_NAMES: Final = frozenset(
    (
        *_BELOW, "conv_forward_naive", "conv_backward_naive", "max_pool_forward_naive",
        "max_pool_backward_naive", "spatial_batchnorm_forward", "spatial_batchnorm_backward",
        "ThreeLayerConvNet", "affine_relu_forward", "affine_relu_backward", "conv_relu_forward",
        "conv_relu_backward", "conv_relu_pool_forward", "conv_relu_pool_backward",
        "conv_forward_fast", "conv_backward_fast", "max_pool_forward_fast",
        "max_pool_backward_fast",
    )
)  # fmt: skip
"""What the templates without group and layer normalization ask for or give."""

OURS: Final = Release(id="convnet", title="gradewall's own template", packages=("numpynn",))
RELEASES: Final = (
    OURS,
    Release(
        id="cs231n-2016",
        title="CS231n 2016",
        asks=_EARLY_NAMES,
        left_out=_LEFT_OUT,
        own_data=True,
        packages=("cs231n",),
        readings=OPEN,
    ),
    Release(
        id="cs231n-2017",
        title="CS231n 2017",
        asks=_EARLY_NAMES,
        left_out=_LEFT_OUT,
        own_data=True,
        packages=("cs231n",),
        readings=OPEN,
    ),
    Release(
        id="cs231n-2018",
        title="CS231n 2018 to 2020",
        aliases=("cs231n-2019", "cs231n-2020"),
        left_out=_LEFT_OUT,
        own_data=True,
        packages=("cs231n",),
        readings=OPEN,
    ),
    Release(
        id="dasecv-2021",
        title="DaSE CV 2021",
        left_out=_LEFT_OUT,
        own_data=True,
        packages=("daseCV",),
        readings=OPEN,
    ),
    Release(
        id="cs231n-2021",
        title="CS231n 2021 to 2024",
        aliases=("cs231n-2022", "cs231n-2023", "cs231n-2024"),
        left_out=_LEFT_OUT,
        own_data=True,
        packages=("cs231n",),
        readings=OPEN,
    ),
    Release(
        id="cs231n-2025-a2",
        title="CS231n 2025 and 2026, assignment 2",
        aliases=("cs231n-2026-a2",),
        left_out=_LEFT_OUT,
        own_data=True,
        packages=("cs231n",),
        readings=OPEN,
    ),
)
_BY_ID: Final = {release.id: release for release in RELEASES}
_EARLY: Final = ("cs231n-2016", "cs231n-2017")
_MIDDLE: Final = ("cs231n-2018", "dasecv-2021")
_LATE: Final = ("cs231n-2021", "cs231n-2025-a2")
_LATER: Final = (*_MIDDLE, *_LATE)
_COURSE: Final = (*_EARLY, *_LATER)

Sign = tuple[str, tuple[str, ...]]
"""What was seen, and the ids of the releases that have it."""


def recognise(facts: SubmissionFacts) -> Release:
    """The release that most signs fit; of those that fit equally, the one that comes first.

    What one leaves out is no sign. One of the earliest is taken only where its own text is there
    and nothing speaks for a later one, so that nobody is excused from what they deleted.
    """
    signs = list(_signs(facts))
    if not signs:
        return replace(OURS, evidence=("nothing tells its template: everything is asked for",))
    early = any(ids == _EARLY for _, ids in signs)
    later = any(not set(ids) & set(_EARLY) for _, ids in signs)
    candidates = _EARLY if early and not later else (OURS.id, *_LATER)
    fits = {name: sum(name in ids for _, ids in signs) for name in candidates}
    best = max(candidates, key=lambda name: fits[name])
    evidence = tuple(text for text, ids in signs if best in ids)
    return replace(_BY_ID[best], evidence=evidence)


def _signs(facts: SubmissionFacts) -> Iterator[Sign]:
    yield from _of_functions(facts)
    yield from _of_package(facts)


def _of_functions(facts: SubmissionFacts) -> Iterator[Sign]:
    conv = facts.definitions.get("conv_forward_naive")
    if isinstance(conv, ast.FunctionDef):
        if any(arg.annotation for arg in conv.args.args):
            yield "conv_forward_naive has type annotations", (OURS.id,)
        if "- x:" in _documentation(conv):
            yield "conv_forward_naive's docstring lists its arguments with dashes", _COURSE
    pool = _documentation(facts.definitions.get("max_pool_forward_naive"))
    if "- x:" in pool:
        known = "H'" in pool
        what = "gives" if known else "does not give"
        text = f"max_pool_forward_naive's docstring {what} the size of the output"
        yield text, _LATER if known else _EARLY
    groupnorm = facts.definitions.get("spatial_groupnorm_forward")
    if groupnorm is not None:
        yield "defines spatial_groupnorm_forward", (OURS.id, *_LATER)
    if "- gamma:" in (text := _documentation(groupnorm)):
        shape = "(1, C, 1, 1)" if "(1, C, 1, 1)" in text else "(C,)"
        late = shape == "(1, C, 1, 1)"
        yield f"spatial_groupnorm_forward takes gamma of shape {shape}", _LATE if late else _MIDDLE


def _of_package(facts: SubmissionFacts) -> Iterator[Sign]:
    package = facts.package.rpartition("/")[2]
    named = tuple(release.id for release in RELEASES if package in release.packages)
    if named:
        yield f"the package is called {package}", named
    if facts.python2:
        yield "written for Python 2", ("cs231n-2016",)
    if "rnn_layers_pytorch.py" in facts.files:
        yield "there is a file rnn_layers_pytorch.py", ("cs231n-2025-a2",)
    if "from builtins import range" in facts.files.get("layers.py", ""):
        yield "layers.py imports range from builtins", _COURSE[1:]
    if f"from {package}.layers import" in facts.files.get("classifiers/cnn.py", ""):
        yield "cnn.py imports the package by its name", (*_EARLY, *_MIDDLE)
    nets = facts.files.get("classifiers/fc_net.py", "")
    if "use_batchnorm=" in nets:
        yield "FullyConnectedNet takes use_batchnorm", _EARLY
    elif "normalization=" in nets:
        yield "FullyConnectedNet takes normalization", _LATER


def _documentation(node: ast.stmt | None) -> str:
    return (ast.get_docstring(node) or "") if isinstance(node, ast.FunctionDef) else ""
