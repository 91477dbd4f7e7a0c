"""The generated images that the notebook is served, and those whose labels nobody else has.

They are made by the reference's `data_utils.py`. The text of `served_data_utils.py` is put at the
end of the student's, so that whatever the notebook asks for, it gets these.
"""

from __future__ import annotations

import hashlib
import importlib.util
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np

from grader.model.errors import InputError
from grader.model.served_data import DataRequest, ServedData, Split

_FILE: Final = "data_utils.py"
_SPLITS: Final = ("train", "val", "test")
_CLASSES: Final = 10


def serve_data(request: DataRequest) -> ServedData:
    """The images of a scale, made once in a process.

    Raises:
        InputError: the rubric names a folder of data, or the reference makes no images.
    """
    if request.folder is not None:
        raise InputError(
            f"{request.folder}: the notebook of convnet is graded on generated images.",
            hint="Take `data` out of the rubric.",
        )
    sizes = tuple(request.sizes.get(name, 0) for name in (*_SPLITS, "heldout"))
    return _served(sizes, request.reference, request.secret)


@cache
def _served(sizes: tuple[int, ...], reference: Path, secret: str) -> ServedData:
    arrays: dict[str, np.ndarray] = {}
    for number, (name, size) in enumerate(zip(_SPLITS, sizes, strict=False)):
        arrays[f"X_{name}"], arrays[f"y_{name}"] = _generated(reference, size, number)
    drawn = int.from_bytes(hashlib.sha256(f"held out/{secret}".encode()).digest()[:4], "big")
    X, y = _generated(reference, sizes[-1], drawn)
    mean = arrays["X_train"].mean(axis=0, dtype=np.float64) if sizes[0] else 0.0
    own = Path(__file__).with_name("served_data_utils.py").read_text(encoding="utf-8")

    def prepared(images: np.ndarray) -> np.ndarray:
        return np.asarray(images - mean, dtype=np.float32)

    return ServedData(
        arrays=arrays,
        modules={_FILE: own},
        splits={
            "val": Split(prepared(arrays["X_val"]), arrays["y_val"], "validation images"),
            "heldout": Split(prepared(X), y, "held-out images", held_out=True),
        },
        classes=_CLASSES,
        is_stand_in=True,
    )


def _generated(reference: Path, size: int, number: int) -> tuple[np.ndarray, np.ndarray]:
    try:
        X, y = _data_utils(reference).generate_split(size, number)
    except Exception as error:  # the reference may be an instructor's own
        raise InputError(
            f"{reference / _FILE}: generate_split({size}, {number}) raised "
            f"{type(error).__name__}: {error}."
        ) from error
    return X, y


@cache
def _data_utils(reference: Path) -> Any:
    spec = importlib.util.spec_from_file_location("_convnet_data_utils", reference / _FILE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
