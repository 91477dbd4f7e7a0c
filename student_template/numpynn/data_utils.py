"""Image data: CIFAR-10 where it is on disk, and generated images of its shape elsewhere.

CIFAR-10 (Krizhevsky 2009) comes as a folder `cifar-10-batches-py` of pickle files. Unpickling
runs whatever code a file names, so these are read by an unpickler that knows only the few names
that an array of numbers needs.
"""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np

Split = tuple[np.ndarray, np.ndarray]
"""Images of shape (N, 3, 32, 32) and their labels, of shape (N,)."""

NUM_CLASSES = 10
IMAGE_SHAPE = (3, 32, 32)
CIFAR_FOLDERS = (
    "cifar-10-batches-py",
    "datasets/cifar-10-batches-py",
    "*/datasets/cifar-10-batches-py",
)
"""Where to look for CIFAR-10, from the working directory."""


def get_CIFAR10_data(
    num_training: int | None = None,
    num_validation: int = 1000,
    num_test: int = 1000,
    subtract_mean: bool = True,
    folder: str | Path | None = None,
) -> dict[str, np.ndarray]:
    """Return training, validation and test data, ready for a network.

    Reads CIFAR-10 from `folder`, or from the first of CIFAR_FOLDERS there is. Without any, the
    images are generated; see `generate_split`.

    Args:
        num_training: Size of the training data; 49000 by default, 5000 if generated.
        num_validation: Size of the validation data.
        num_test: Size of the test data.
        subtract_mean: Subtract the mean training image from all images.
        folder: The folder `cifar-10-batches-py`.

    Returns:
        "X_train", "X_val" and "X_test": float32 arrays of shape (N, 3, 32, 32), on the scale of
        pixel values from 0 to 255; "y_train", "y_val" and "y_test": int64 arrays of shape (N,).

    Raises:
        ValueError: CIFAR-10 does not hold as many images, or a file of it is not as it should be.
    """
    path = find_cifar10() if folder is None else Path(folder)
    if path is not None:
        splits = _cifar10_splits(path, num_training or 49000, num_validation, num_test)
    else:
        sizes = (num_training or 5000, num_validation, num_test)
        splits = [generate_split(size, index) for index, size in enumerate(sizes)]

    data = {}
    for name, (X, y) in zip(("train", "val", "test"), splits, strict=True):
        data[f"X_{name}"], data[f"y_{name}"] = X.astype(np.float32), y
    if subtract_mean:
        mean_image = data["X_train"].mean(axis=0, dtype=np.float64).astype(np.float32)
        for name in ("X_train", "X_val", "X_test"):
            data[name] -= mean_image
    return data


def find_cifar10() -> Path | None:
    """Return the first of CIFAR_FOLDERS that is there, or None."""
    found = (path for pattern in CIFAR_FOLDERS for path in sorted(Path().glob(pattern)))
    return next((path for path in found if path.is_dir()), None)


def load_cifar10(folder: str | Path) -> tuple[Split, Split]:
    """Read the 50000 training and the 10000 test images.

    Raises:
        OSError: A file cannot be read.
        ValueError: A file is not a batch of CIFAR-10.
    """
    batches = [load_batch(Path(folder) / f"data_batch_{n}") for n in range(1, 6)]
    X = np.concatenate([images for images, _ in batches])
    y = np.concatenate([labels for _, labels in batches])
    return (X, y), load_batch(Path(folder) / "test_batch")


def load_batch(path: str | Path) -> Split:
    """Read one file: uint8 images and int64 labels.

    Raises:
        OSError: The file cannot be read.
        ValueError: It is not a batch of CIFAR-10.
    """
    try:
        with open(path, "rb") as file:
            batch = _ArrayUnpickler(file, encoding="latin1").load()
        X, y = np.asarray(batch["data"]), np.asarray(batch["labels"])
        images, labels = X.reshape(len(y), *IMAGE_SHAPE), y.astype(np.int64, casting="safe")
    except (pickle.UnpicklingError, EOFError, LookupError, TypeError, ValueError) as error:
        raise ValueError(f"{path} is not a batch of CIFAR-10: {error}") from error
    if images.dtype != np.uint8:
        raise ValueError(f"{path} is not a batch of CIFAR-10: its pixels are {images.dtype}")
    return images, labels


def generate_split(size: int, split: int, seed: int = 231) -> Split:
    """Generate images with a class structure, the same ones at every call.

    A class has four patterns. An image is one of them, mixed with a weaker pattern of another
    class, under noise with large and small features, as photographs have. A network with two
    layers comes to classify somewhat more than half of them.

    Args:
        size: Number of images.
        split: Which independent sample of images: 0 training, 1 validation, 2 test.
        seed: Determines the patterns and the images.

    Returns:
        Images, whole numbers from 0 to 255 as float32, and int64 labels.
    """
    patterns = _noise(np.random.RandomState([seed]), NUM_CLASSES * 4, finest=8)
    patterns = patterns.reshape(NUM_CLASSES, 4, *IMAGE_SHAPE)

    rng = np.random.RandomState([seed, split])
    y = rng.randint(NUM_CLASSES, size=size)
    other = (y + rng.randint(1, NUM_CLASSES, size=size)) % NUM_CLASSES
    own_pattern, other_pattern = rng.randint(4, size=(2, size))
    share = rng.uniform(0.25, 1, size=(size, 1, 1, 1)).astype(np.float32)
    mixture = share * patterns[y, own_pattern] + (1 - share) * patterns[other, other_pattern]
    images = 120 + 45 * (0.85 * mixture + _noise(rng, size, finest=32))
    return np.clip(np.rint(images), 0, 255), y.astype(np.int64)


def _cifar10_splits(folder: Path, *sizes: int) -> list[Split]:
    """Cut CIFAR-10 into training and validation data, which follows it, and test data."""
    num_training, num_validation, num_test = sizes
    (X, y), (X_test, y_test) = load_cifar10(folder)
    end = num_training + num_validation
    if end > len(X) or num_test > len(X_test):
        raise ValueError(
            f"{folder} holds {len(X)} training and {len(X_test)} test images; "
            f"{end} (with validation) and {num_test} were asked for"
        )
    return [
        (X[:num_training], y[:num_training]),
        (X[num_training:end], y[num_training:end]),
        (X_test[:num_test], y_test[:num_test]),
    ]


def _noise(rng: np.random.RandomState, count: int, finest: int) -> np.ndarray:
    """Add up random grids of 1, 2, 4, ... `finest` cells a side, the fainter the finer."""
    channels, side, _ = IMAGE_SHAPE
    images = np.zeros((count, *IMAGE_SHAPE), dtype=np.float32)
    cells = 1
    while cells <= finest:
        grid = rng.standard_normal((count, channels, cells, cells)).astype(np.float32)
        stretch = _stretch(cells, side)
        images += (stretch @ grid @ stretch.T) / np.float32(cells**0.5)
        cells *= 2
    return images


def _stretch(cells: int, side: int) -> np.ndarray:
    """Return the matrix (side, cells) of linear interpolation between the centres of cells."""
    position = np.clip((np.arange(side) + 0.5) * cells / side - 0.5, 0, cells - 1)
    distance = np.abs(position[:, np.newaxis] - np.arange(cells))
    weights: np.ndarray = np.maximum(1 - distance, 0)
    return weights.astype(np.float32)


_reconstruct = np.zeros(0).__reduce__()[0]
_ARRAY_NAMES = {
    ("numpy", "ndarray"): np.ndarray,
    ("numpy", "dtype"): np.dtype,
    ("numpy.core.multiarray", "_reconstruct"): _reconstruct,
    ("numpy._core.multiarray", "_reconstruct"): _reconstruct,
}


class _ArrayUnpickler(pickle.Unpickler):
    """Reads dictionaries, lists, strings, numbers and arrays; refuses anything else."""

    def find_class(self, module: str, name: str) -> Any:
        """Resolve a name from the file, if it is one that arrays need."""
        try:
            return _ARRAY_NAMES[module, name]
        except KeyError:
            raise pickle.UnpicklingError(f"it refers to {module}.{name}") from None
