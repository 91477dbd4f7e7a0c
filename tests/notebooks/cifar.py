"""CIFAR-10 in the layout of its makers, small: pickled by Python 2, as they did."""

from __future__ import annotations

import io
import pickle
import struct
from pathlib import Path
from typing import Any

import numpy as np


class _Python2(pickle._Pickler):
    """Writes bytes and text as Python 2 wrote `str`."""

    dispatch = dict(pickle._Pickler.dispatch)  # noqa: RUF012


def _save_string(pickler: Any, value: bytes | str) -> None:
    data = value if isinstance(value, bytes) else value.encode("latin1")
    pickler.write(b"T" + struct.pack("<i", len(data)) + data)
    pickler.memoize(value)


_Python2.dispatch[bytes] = _Python2.dispatch[str] = _save_string


def pickled(value: Any) -> bytes:
    """As by `cPickle.dumps(value, 2)` with the NumPy of that time."""
    out = io.BytesIO()
    _Python2(out, 2).dump(value)
    return out.getvalue().replace(b"numpy._core.multiarray", b"numpy.core.multiarray")


def write_batch(path: Path, X: np.ndarray, y: np.ndarray) -> None:
    """One file: images of shape (N, 3, 32, 32) as rows of 3072 bytes, labels as a list."""
    names = [f"image_{number}.png" for number in range(len(y))]
    content = {"batch_label": path.name, "labels": y.tolist(), "data": X.reshape(len(y), -1),
               "filenames": names}  # fmt: skip
    path.write_bytes(pickled(content))


def make(
    folder: Path, X: np.ndarray, y: np.ndarray, X_test: np.ndarray, y_test: np.ndarray
) -> Path:
    """The folder `cifar-10-batches-py`: five training batches and a test batch."""
    path = folder / "cifar-10-batches-py"
    path.mkdir()
    parts = zip(np.array_split(X, 5), np.array_split(y, 5), strict=True)
    for number, (images, labels) in enumerate(parts, start=1):
        write_batch(path / f"data_batch_{number}", images, labels)
    write_batch(path / "test_batch", X_test, y_test)
    return path
