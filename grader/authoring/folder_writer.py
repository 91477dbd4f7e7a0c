"""What all that writes an assignment's folder has in common."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from grader.model.errors import InputError

POINTS: Final = 100
SEED: Final = 7
"""Of the inputs that the checks of a new assignment draw."""


def require_empty(out: Path) -> None:
    """Refuse a folder that holds something.

    Raises:
        InputError: it does.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise InputError(f"{out}: is not an empty folder.", hint="Name one that is not there yet.")


def file_name(module: str) -> str:
    """The bank's module for one of the reference, and its part of the rubric."""
    return module.replace(".", "_").strip("_") or "checks"


def package_name(package: str, assignment: str) -> str:
    """A name that can be imported: the package's own, or the assignment's."""
    if package.isidentifier() and package not in {"reference", "solution", "example", "src"}:
        return package
    return re.sub(r"\W+", "_", assignment).strip("_") or "solution"


def shared_points(weights: Mapping[str, int]) -> dict[str, int]:
    """Points of each part, in whole numbers that add up."""
    total = sum(weights.values())
    shares = {name: POINTS * weight // total for name, weight in weights.items()}
    for name in list(shares)[: POINTS - sum(shares.values())]:
        shares[name] += 1
    return shares


def spoken(name: str) -> str:
    """`K means` for `k_means`, `RNN layers` for `rnn_layers`."""
    words = re.sub(r"[\W_]+", " ", name).strip()
    words = re.sub(r"\b[b-df-hj-np-tv-xz]{2,4}\b", lambda found: found[0].upper(), words)
    return words[:1].upper() + words[1:]
