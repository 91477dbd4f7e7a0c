"""The images that notebooks are served, and those whose labels stay here."""

from __future__ import annotations

import hashlib
import importlib.util
from functools import cache
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np

from grader.model.errors import InputError
from grader.model.rubric import ScaleRule

_SPLITS: Final = ("train", "val", "test", "leaderboard")
LEADERBOARD: Final = 1000
"""Images of the leaderboard."""
_SHAPE: Final = (3, 32, 32)
_CLASSES: Final = 10
Split = tuple[np.ndarray, np.ndarray]


class Images(msgspec.Struct, frozen=True):
    """What one scale of an assignment has."""

    served: dict[str, np.ndarray]
    """`X_train`, `y_train`, ...: uint8 of shape (N, 3, 32, 32), int64 of shape (N,)."""
    heldout: Split

    def prepared(self, X: np.ndarray) -> np.ndarray:
        """Images as a network gets them: float32, the mean training image subtracted."""
        mean = self.served["X_train"].mean(axis=0, dtype=np.float64)
        difference: np.ndarray = (X - mean).astype(np.float32)
        return difference


def images(scale: ScaleRule, reference: Path, folder: str = "", *, secret: str = "") -> Images:
    """The images of a scale, made or read once in a process.

    Args:
        scale: how many.
        reference: the reference package, whose `data_utils.py` makes or reads them.
        folder: CIFAR-10; empty to have images generated.
        secret: decides which images are held out, of those that could be generated.

    Raises:
        InputError: there are no such files, too few images in them, or something else.
    """
    sizes = (scale.train, scale.val, scale.test, scale.heldout)
    return _images(sizes, reference, folder, "" if folder else secret)


def hidden(reference: Path, size: int, secret: str) -> Split:
    """Generated images and labels that only who knows the secret can make again.

    Raises:
        InputError: the reference makes no images.
    """
    number = int.from_bytes(hashlib.sha256(secret.encode()).digest()[:4], "big")
    return _generated(reference, size, number)


def public(reference: Path, size: int) -> Split:
    """The leaderboard's images as everybody can generate them, with their labels.

    Raises:
        InputError: the reference makes no images.
    """
    return _generated(reference, size, _SPLITS.index("leaderboard"))


def _generated(reference: Path, size: int, number: int) -> Split:
    module = _data_utils(reference)
    try:
        made: Split = module.generate_split(size, number)
    except Exception as error:  # it is the instructor's code
        raise InputError(
            f"{reference / 'data_utils.py'}: generate_split({size}, {number}) raised "
            f"{type(error).__name__}: {error}."
        ) from error
    return made


@cache
def _images(sizes: tuple[int, int, int, int], reference: Path, folder: str, secret: str) -> Images:
    if folder:
        return _from_cifar10(_data_utils(reference), Path(folder), sizes)
    train, val, test, heldout = sizes
    splits = [_generated(reference, size, number)
              for number, size in enumerate((train, val, test, LEADERBOARD))]  # fmt: skip
    return _arranged(splits, hidden(reference, heldout, f"held out/{secret}"))


def _from_cifar10(module: Any, folder: Path, sizes: tuple[int, int, int, int]) -> Images:
    """Training and validation images from the training batches, the others from the test batch."""
    train, val, test, heldout = sizes
    batches = [_batch(module, folder / f"data_batch_{number}") for number in range(1, 6)]
    X, y = (np.concatenate(parts) for parts in zip(*batches, strict=True))
    X_test, y_test = _batch(module, folder / "test_batch")
    ends = np.cumsum([test, LEADERBOARD, heldout])
    for kind, wanted, found in (("training", train + val, len(X)), ("test", ends[2], len(X_test))):
        if found < wanted:
            raise InputError(
                f"{folder}: holds {found} {kind} images; the rubric's scale asks for {wanted}."
            )
    splits = [
        (X[:train], y[:train]), (X[train : train + val], y[train : train + val]),
        (X_test[:test], y_test[:test]), (X_test[test : ends[1]], y_test[test : ends[1]]),
    ]  # fmt: skip
    return _arranged(splits, (X_test[ends[1] : ends[2]], y_test[ends[1] : ends[2]]))


def _batch(module: Any, path: Path) -> Split:
    """One file of CIFAR-10, read by an unpickler that runs no code."""
    hint = "The rubric's `data` names the folder `cifar-10-batches-py`, as its makers give it out."
    try:
        X, y = module.load_batch(path)
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}.", hint=hint) from None
    except Exception as error:  # a damaged pickle ends in almost any
        reason = str(error).removeprefix(f"{path} ").rstrip(".")
        raise InputError(f"{path}: {reason or type(error).__name__}.", hint=hint) from None
    if np.shape(X) != (len(y), *_SHAPE) or X.dtype != np.uint8:
        raise InputError(f"{path}: holds no images of 3 x 32 x 32 bytes.", hint=hint)
    if not set(np.unique(y)) <= set(range(_CLASSES)):
        raise InputError(f"{path}: holds labels that are none of 0 to {_CLASSES - 1}.", hint=hint)
    return X, y


def _arranged(splits: list[Split], heldout: Split) -> Images:
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
