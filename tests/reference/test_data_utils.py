"""The data of the reference: CIFAR-10 read safely, and the images generated in its place."""

from __future__ import annotations

import hashlib
import os
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpynn.data_utils import generate_split, get_CIFAR10_data, load_batch

BATCHES = [*(f"data_batch_{number}" for number in range(1, 6)), "test_batch"]


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in an empty folder: no CIFAR-10 is here unless the test puts it there."""
    monkeypatch.chdir(tmp_path)


def write_cifar10(folder: Path, per_batch: int = 10) -> None:
    """Write a tiny CIFAR-10; image number i (of a batch) has pixels b + i in batch number b."""
    folder.mkdir(parents=True)
    for number, name in enumerate(BATCHES):
        pixels = number + np.arange(per_batch, dtype=np.uint8)[:, np.newaxis]
        batch = {"data": np.repeat(pixels, 3072, axis=1), "labels": [number] * per_batch}
        (folder / name).write_bytes(pickle.dumps(batch))


def python2_batch(pixels: bytes, labels: list[int]) -> bytes:
    """Return a batch as Python 2 pickled it, which is how CIFAR-10 is published."""
    count = bytes([len(labels)])
    array = (
        b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R"
        b"(K\x01K" + count + b"M\x00\x0c\x86"
        b"cnumpy\ndtype\nU\x02u1K\x00K\x01\x87R"
        b"(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
        b"\x89T" + len(pixels).to_bytes(4, "little") + pixels + b"tb"
    )
    numbers = b"](" + b"".join(b"K" + bytes([label]) for label in labels) + b"e"
    return b"\x80\x02}(U\x04data" + array + b"U\x06labels" + numbers + b"u."


def test_generated_data_by_default() -> None:
    data = get_CIFAR10_data()
    sizes = {"train": 5000, "val": 1000, "test": 1000}
    for name, size in sizes.items():
        X, y = data[f"X_{name}"], data[f"y_{name}"]
        assert X.shape == (size, 3, 32, 32)
        assert X.dtype == np.float32
        assert y.shape == (size,)
        assert y.dtype == np.int64
        assert np.bincount(y, minlength=10).min() > size / 15
    np.testing.assert_allclose(data["X_train"].mean(axis=0), 0, atol=1e-3)
    assert 40 < data["X_train"].std() < 80


def test_sizes_and_mean_are_configurable() -> None:
    data = get_CIFAR10_data(30, 20, 10, subtract_mean=False)
    assert [len(data[f"y_{name}"]) for name in ("train", "val", "test")] == [30, 20, 10]
    assert data["X_train"].min() >= 0
    assert data["X_train"].max() <= 255


def test_generated_images_are_reproducible_and_independent() -> None:
    np.random.seed(0)
    X, y = generate_split(20, split=0)
    np.random.seed(1)
    X_again, y_again = generate_split(20, split=0)
    np.testing.assert_array_equal(X, X_again)
    np.testing.assert_array_equal(y, y_again)
    for other, _ in (generate_split(20, split=1), generate_split(20, split=0, seed=1)):
        assert np.corrcoef(X.ravel(), other.ravel())[0, 1] < 0.5


def test_generated_images_are_the_same_on_every_machine() -> None:
    X, y = generate_split(50, split=0)
    digest = hashlib.sha256(X.tobytes() + y.tobytes()).hexdigest()
    assert digest.startswith("8e8a9458236c943c")


@pytest.mark.parametrize(
    "place",
    ["cifar-10-batches-py", "datasets/cifar-10-batches-py", "a/datasets/cifar-10-batches-py"],
)
def test_cifar10_is_found_and_cut(place: str) -> None:
    write_cifar10(Path(place))
    data = get_CIFAR10_data(44, 5, 3, subtract_mean=False)
    np.testing.assert_array_equal(data["y_train"], np.repeat([0, 1, 2, 3, 4], 10)[:44])
    np.testing.assert_array_equal(data["X_val"][:, 0, 0, 0], [8, 9, 10, 11, 12])
    np.testing.assert_array_equal(data["X_test"][:, 2, 31, 31], [5, 6, 7])
    assert data["X_train"].dtype == np.float32


def test_mean_training_image_is_subtracted_everywhere(tmp_path: Path) -> None:
    write_cifar10(tmp_path / "mine")
    data = get_CIFAR10_data(10, 1, 1, folder=tmp_path / "mine")
    np.testing.assert_array_equal(data["X_train"][:, 0, 0, 0], np.arange(10) - 4.5)
    np.testing.assert_array_equal(data["X_val"][:, 0, 0, 0], [1 - 4.5])
    np.testing.assert_array_equal(data["X_test"][:, 0, 0, 0], [5 - 4.5])


def test_more_than_there_is_is_refused() -> None:
    write_cifar10(Path("cifar-10-batches-py"))
    with pytest.raises(ValueError, match="holds 50 training and 10 test images"):
        get_CIFAR10_data(50, 1, 1)
    with pytest.raises(FileNotFoundError):
        get_CIFAR10_data(folder="nowhere")


def test_python2_pickle(tmp_path: Path, rng: np.random.Generator) -> None:
    pixels = rng.integers(256, size=(3, 3, 32, 32), dtype=np.uint8)
    (tmp_path / "batch").write_bytes(python2_batch(pixels.tobytes(), [7, 0, 9]))
    X, y = load_batch(tmp_path / "batch")
    np.testing.assert_array_equal(X, pixels)
    np.testing.assert_array_equal(y, [7, 0, 9])


class Payload:
    """Runs a command when it is unpickled."""

    def __reduce__(self) -> Any:
        return os.mkdir, ("pwned",)


def test_code_in_a_pickle_is_not_run(tmp_path: Path) -> None:
    (tmp_path / "batch").write_bytes(pickle.dumps({"data": Payload()}))
    with pytest.raises(
        ValueError, match=r"batch is not a batch of CIFAR-10: it refers to \w+\.mkdir"
    ):
        load_batch(tmp_path / "batch")
    assert not Path("pwned").exists()


IMAGES = np.zeros((2, 3072), dtype=np.uint8)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no pickle at all",
        pickle.dumps([1, 2]),
        pickle.dumps({"data": IMAGES}),
        pickle.dumps({"data": IMAGES, "labels": [1, 2, 3]}),
        pickle.dumps({"data": IMAGES.astype(float), "labels": [1, 2]}),
        pickle.dumps({"data": IMAGES, "labels": ["cat", "dog"]}),
        pickle.dumps({"data": IMAGES, "labels": [1.5, 2.5]}),
        pickle.dumps({"data": IMAGES, "labels": [1, 2]})[:-3000],
    ],
)
def test_other_files_are_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "batch").write_bytes(content)
    with pytest.raises(ValueError, match="is not a batch of CIFAR-10"):
        load_batch(tmp_path / "batch")
