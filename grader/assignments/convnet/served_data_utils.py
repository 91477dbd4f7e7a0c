"""The data functions of the template, over arrays that the trusted side sent.

`data.py` puts this text at the end of the student's `data_utils.py`: it runs beside student code,
and replaces what has the same names there. Nothing is read from disk, and no label of held-out
images is here.
"""

from pathlib import Path
from typing import Any

import numpy as np

from grader.worker.notebook_data import arrays as _arrays

_SPLITS = ("train", "val", "test")
_Split = tuple[np.ndarray, np.ndarray]


def generate_split(size: int, split: int, seed: int = 231) -> _Split:
    """Up to `size` images of a split, uint8 of shape (N, 3, 32, 32), and their labels."""
    name = _SPLITS[split]
    return _arrays[f"X_{name}"][:size].copy(), _arrays[f"y_{name}"][:size].copy()


def get_CIFAR10_data(
    num_training: int | None = None,
    num_validation: int = 1000,
    num_test: int = 1000,
    subtract_mean: bool = True,
    folder: str | Path | None = None,
    **_options: Any,
) -> dict[str, np.ndarray]:
    """As the template's function: at most as many images as there are."""
    data = {}
    for split, size in enumerate((num_training, num_validation, num_test)):
        name = _SPLITS[split]
        X, y = generate_split(len(_arrays[f"y_{name}"]) if size is None else size, split)
        data[f"X_{name}"], data[f"y_{name}"] = X.astype(np.float32), y
    if subtract_mean:
        mean = data["X_train"].mean(axis=0, dtype=np.float64).astype(np.float32)
        for name in _SPLITS:
            data[f"X_{name}"] -= mean
    return data


def find_cifar10() -> None:
    """There is no folder."""


def load_cifar10(folder: str | Path = "") -> tuple[_Split, _Split]:
    """Training and test images."""
    parts = [(_arrays[f"X_{name}"], _arrays[f"y_{name}"]) for name in _SPLITS]
    (X, y), (X_val, y_val), test = parts
    return (np.concatenate([X, X_val]), np.concatenate([y, y_val])), test


def load_batch(path: str | Path) -> _Split:
    """The training images, whichever file was asked for."""
    return _arrays["X_train"], _arrays["y_train"]
