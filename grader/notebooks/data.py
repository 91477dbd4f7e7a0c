"""The images that notebooks are served, and those whose labels stay here."""

from __future__ import annotations

import importlib.util
from functools import cache
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np

from grader.errors import InputError
from grader.rubric import ScaleRule

_SPLITS: Final = ("train", "val", "test", "leaderboard")
_HELD_OUT: Final = 7
"""Number of a split that is never served."""
_LEADERBOARD: Final = 1000


class Images(msgspec.Struct, frozen=True):
    """What one scale of an assignment has."""

    served: dict[str, np.ndarray]
    """`X_train`, `y_train`, ...: uint8 of shape (N, 3, 32, 32), int64 of shape (N,)."""
    heldout: tuple[np.ndarray, np.ndarray]

    def prepared(self, X: np.ndarray) -> np.ndarray:
        """Images as a network gets them: float32, the mean training image subtracted."""
        mean = self.served["X_train"].mean(axis=0, dtype=np.float64)
        difference: np.ndarray = (X - mean).astype(np.float32)
        return difference


def images(scale: ScaleRule, reference: Path, folder: str = "") -> Images:
    """The images of a scale, made or read once in a process.

    Args:
        scale: how many.
        reference: the reference package, whose `data_utils.py` makes or reads them.
        folder: CIFAR-10; empty to have images generated.

    Raises:
        InputError: there are no such files.
    """
    return _images(scale.train, scale.val, scale.test, scale.heldout, reference, folder)


@cache
def _images(train: int, val: int, test: int, heldout: int, reference: Path, folder: str) -> Images:
    module = _data_utils(reference)
    if folder:
        return _from_cifar10(module, folder, (train, val, test, heldout))
    splits = [module.generate_split(size, number)
              for number, size in enumerate((train, val, test, _LEADERBOARD))]  # fmt: skip
    return _arranged(splits, module.generate_split(heldout, _HELD_OUT))


def _from_cifar10(module: Any, folder: str, sizes: tuple[int, int, int, int]) -> Images:
    train, val, test, heldout = sizes
    try:
        (X, y), (X_test, y_test) = module.load_cifar10(folder)
    except (OSError, ValueError) as error:
        raise InputError(f"{folder}: {error}", hint="It is named in the rubric's `data`.") from None
    ends = (test, test + _LEADERBOARD, test + _LEADERBOARD + heldout)
    splits = [
        (X[:train], y[:train]), (X[train : train + val], y[train : train + val]),
        (X_test[:test], y_test[:test]), (X_test[test : ends[1]], y_test[test : ends[1]]),
    ]  # fmt: skip
    return _arranged(splits, (X_test[ends[1] : ends[2]], y_test[ends[1] : ends[2]]))


def _arranged(splits: list[Any], heldout: tuple[np.ndarray, np.ndarray]) -> Images:
    served = {}
    for name, (X, y) in zip(_SPLITS, splits, strict=True):
        served[f"X_{name}"], served[f"y_{name}"] = X, y
    served["y_leaderboard"] = np.zeros_like(served["y_leaderboard"])
    return Images(served, heldout)


@cache
def _data_utils(reference: Path) -> Any:
    path = reference / "data_utils.py"
    spec = importlib.util.spec_from_file_location("gradewall_data_utils", path)
    if not path.is_file() or spec is None or spec.loader is None:
        raise InputError(f"{path}: is not there, so there are no images for notebooks.")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
