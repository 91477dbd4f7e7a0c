"""The parameters of the contract's networks: their names, shapes and values to check with."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from grader.checks.inputs import Inputs

Parameters = dict[str, NDArray[np.float64]]
"""Values by contract name."""
Shapes = dict[str, tuple[int, ...]]


def two_layer_shapes(input_dim: int, hidden_dim: int, num_classes: int) -> Shapes:
    """The parameters of a `TwoLayerNet`."""
    return fully_connected_shapes([hidden_dim], input_dim, num_classes)


def fully_connected_shapes(
    hidden_dims: Sequence[int], input_dim: int, num_classes: int, normalization: str | None = None
) -> Shapes:
    """The parameters of a `FullyConnectedNet`: gamma and beta belong to hidden layers only."""
    sizes = [input_dim, *hidden_dims, num_classes]
    shapes: Shapes = {}
    for i, (fan_in, fan_out) in enumerate(itertools.pairwise(sizes), 1):
        shapes[f"W{i}"] = (fan_in, fan_out)
        shapes[f"b{i}"] = (fan_out,)
        if normalization and i < len(sizes) - 1:
            shapes[f"gamma{i}"] = shapes[f"beta{i}"] = (fan_out,)
    return shapes


def shapes_of(kind: str, settings: Mapping[str, Any]) -> Shapes:
    """The parameters of a network made with some settings; none where these do not tell."""
    try:
        dims, classes = settings["input_dim"], settings["num_classes"]
        if kind == "TwoLayerNet":
            return two_layer_shapes(dims, settings["hidden_dim"], classes)
        normalization = settings.get("normalization")
        return fully_connected_shapes(settings["hidden_dims"], dims, classes, normalization)
    except KeyError:
        return {}


def with_sizes_of_their_own(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings of a network with as many layers, no two of which have the same size."""
    apart: dict[str, Any] = {"input_dim": 3, "num_classes": 4}
    if "hidden_dim" in settings:
        return {**apart, "hidden_dim": 5}
    hidden_dims = [5 + i for i in range(len(settings["hidden_dims"]))]
    kept = {name: settings[name] for name in ("normalization",) if name in settings}
    return {**apart, **kept, "hidden_dims": hidden_dims, "dtype": np.float64}


def seeded_parameters(inputs: Inputs, shapes: Shapes, scale: float = 0.5) -> Parameters:
    """One array a parameter; gamma stays near 1, so that a norm keeps its layer alive."""
    return {
        name: inputs.normal(*shape, scale=scale, shift=1.0 if name.startswith("gamma") else 0.0)
        for name, shape in shapes.items()
    }
