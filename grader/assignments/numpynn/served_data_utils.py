"""The data functions of the course, over arrays that the trusted side sent.

`data.py` puts this text at the end of the student's `data_utils.py`: it runs beside student code,
and replaces what has the same names there. Nothing is read from disk, and no label of held-out
images is here. Every split is a pair of images, uint8 of shape (N, 3, 32, 32), and labels, int64 of
shape (N,).
"""

from pathlib import Path
from typing import Any

import numpy as np

from grader.worker.notebook_data import arrays as _arrays

_SPLITS = ("train", "val", "test", "leaderboard")
_Split = tuple[np.ndarray, np.ndarray]


def _served(name: str) -> _Split:
    return _arrays[f"X_{name}"], _arrays[f"y_{name}"]


def generate_split(size: int, split: int, seed: int = 231) -> _Split:
    """Up to `size` images of a split and their labels (zeros for the leaderboard)."""
    X, y = _served(_SPLITS[split])
    return X[:size].copy(), y[:size].copy()


def get_CIFAR10_data(
    num_training: int | None = None,
    num_validation: int = 1000,
    num_test: int = 1000,
    subtract_mean: bool = True,
    folder: str | Path | None = None,
    **_options: Any,
) -> dict[str, np.ndarray]:
    """As the course's function: at most as many images as there are."""
    data = {}
    sizes = (num_training, num_validation, num_test)
    for name, size in zip(_SPLITS, sizes, strict=False):
        X, y = _served(name)
        data[f"X_{name}"] = X[:size].astype(np.float32)
        data[f"y_{name}"] = y[:size].copy()
    if subtract_mean:
        mean = data["X_train"].mean(axis=0, dtype=np.float64).astype(np.float32)
        for name in _SPLITS[:3]:
            data[f"X_{name}"] -= mean
    return data


def find_cifar10() -> None:
    """There is no folder."""


def load_cifar10(folder: str | Path = "") -> tuple[_Split, _Split]:
    """Training and test images."""
    X, y = _served("train")
    X_val, y_val = _served("val")
    return (np.concatenate([X, X_val]), np.concatenate([y, y_val])), _served("test")


def load_batch(path: str | Path) -> _Split:
    """The training images, whichever file was asked for."""
    return _served("train")


def load_CIFAR_batch(filename: str) -> _Split:  # noqa: N802
    """As the course's function: float images of shape (N, 32, 32, 3)."""
    X, y = _served("train")
    return X.transpose(0, 2, 3, 1).astype("float"), y


def load_CIFAR10(ROOT: str = "") -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:  # noqa: N802
    """As the course's function: float images of shape (N, 32, 32, 3)."""
    (X, y), (X_test, y_test) = load_cifar10()
    return (
        X.transpose(0, 2, 3, 1).astype("float"), y,
        X_test.transpose(0, 2, 3, 1).astype("float"), y_test,
    )  # fmt: skip
