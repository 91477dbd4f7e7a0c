"""What notebooks are served: CIFAR-10 where the rubric names it, and never a hidden label."""

from __future__ import annotations

import pickle
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from msgspec.structs import replace

from grader.assignment.folder import Assignment
from grader.assignments.numpynn.data import _data_utils, hidden, serve_data
from grader.batches.reference_at_hand import notebooks_of
from grader.grading import Settings
from grader.model.errors import InputError, UsageError
from grader.model.result import Outcome
from grader.model.rubric import ScaleRule
from grader.model.served_data import DataRequest, ServedData
from grader.notebooks.notebook_grading import NotebookBench
from grader.submission import load, single
from tests.notebooks import cifar
from tests.notebooks.books import as_json, hurried
from tests.support import submission

SIZES = {"train": 55, "val": 40, "test": 20, "heldout": 30}
REFERENCE = Assignment.load("numpynn-notebooks").reference


def images(
    reference: Path = REFERENCE,
    folder: Path | None = None,
    secret: str = "",
    sizes: Mapping[str, int] = SIZES,
) -> ServedData:
    """What is served of these sizes."""
    return serve_data(DataRequest(sizes, reference, folder, secret))


def numbered(count: int, first: int) -> tuple[np.ndarray, np.ndarray]:
    """Images that differ, with labels of every class."""
    rng = np.random.RandomState(first)
    return rng.randint(256, size=(count, 3, 32, 32)).astype(np.uint8), np.arange(count) % 10


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return cifar.make(tmp_path_factory.mktemp("data"), *numbered(100, 1), *numbered(1060, 2))


def test_the_files_are_as_their_makers_wrote_them(folder: Path) -> None:
    with (folder / "data_batch_3").open("rb") as file:
        batch = pickle.load(file, encoding="bytes")
    assert set(batch) == {b"batch_label", b"labels", b"data", b"filenames"}
    assert (batch[b"data"].shape, batch[b"data"].dtype) == ((20, 3072), np.uint8)
    assert isinstance(batch[b"labels"], list)


def test_every_split_is_another_part(folder: Path) -> None:
    found = images(folder=folder)
    (X, y), (X_test, y_test) = numbered(100, 1), numbered(1060, 2)
    for name, expected in {
        "X_train": X[:55], "y_train": y[:55], "X_val": X[55:95], "y_val": y[55:95],
        "X_test": X_test[:20], "y_test": y_test[:20],
        "X_leaderboard": X_test[20:1020], "y_leaderboard": np.zeros(1000),
    }.items():  # fmt: skip
        assert np.array_equal(found.arrays[name], expected), name
    mean = X[:55].mean(axis=0, dtype=np.float64)
    heldout = found.splits["heldout"]
    assert np.array_equal(heldout.inputs, (X_test[1020:1050] - mean).astype(np.float32))
    assert np.array_equal(heldout.labels, y_test[1020:1050])


class _Hostile:
    def __reduce__(self) -> Any:
        return Path.touch, (Path("/tmp/gradewall-was-here"),)


def _truncated(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:1000])


def _hostile(path: Path) -> None:
    path.write_bytes(pickle.dumps({"data": _Hostile(), "labels": [1]}))


def _wrong_width(path: Path) -> None:
    path.write_bytes(cifar.pickled({"data": np.zeros((2, 3071), np.uint8), "labels": [1, 2]}))


def _floats(path: Path) -> None:
    path.write_bytes(cifar.pickled({"data": np.zeros((2, 3072)), "labels": [1, 2]}))


def _odd_label(path: Path) -> None:
    path.write_bytes(cifar.pickled({"data": np.zeros((2, 3072), np.uint8), "labels": [1, 10]}))


def _no_dictionary(path: Path) -> None:
    path.write_bytes(pickle.dumps([1, 2]))


def _attribute_of_a_number(path: Path) -> None:
    path.write_bytes(b"K\x01}b.")


def _no_pickle(path: Path) -> None:
    path.write_bytes(b"version https://git-lfs.github.com/spec/v1\n")


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (Path.unlink, "cannot be read: No such file or directory"),
        (_truncated, "is not a batch of CIFAR-10: (pickle data was truncated|Ran out of)"),
        (_hostile, "is not a batch of CIFAR-10: it refers to"),
        (_wrong_width, "is not a batch of CIFAR-10: cannot reshape"),
        (_floats, "is not a batch of CIFAR-10: its pixels are float64"),
        (_odd_label, "holds labels that are none of 0 to 9"),
        (_no_dictionary, "is not a batch of CIFAR-10"),
        (_attribute_of_a_number, "'int' object has no attribute"),
        (_no_pickle, "is not a batch of CIFAR-10"),
    ],
)
@pytest.mark.parametrize("name", ["data_batch_4", "test_batch"])
def test_a_bad_file_is_named(
    folder: Path, tmp_path: Path, name: str, spoil: Callable[[Path], None], said: str
) -> None:
    shutil.copytree(folder, tmp_path / "data")
    spoil(tmp_path / "data" / name)
    with pytest.raises(InputError, match=f"{re.escape(str(tmp_path))}/data/{name}: .*{said}"):
        images(folder=tmp_path / "data")
    assert not Path("/tmp/gradewall-was-here").exists()


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"train": 61}, "holds 100 training images; the rubric's scale asks for 101"),
        ({"heldout": 41}, "holds 1060 test images; the rubric's scale asks for 1061"),
    ],
)
def test_too_few_images_are_refused(folder: Path, more: dict[str, int], said: str) -> None:
    with pytest.raises(InputError, match=said):
        images(folder=folder, sizes={**SIZES, **more})


@pytest.fixture(scope="module")
def bench(folder: Path) -> Iterator[NotebookBench]:
    assignment = Assignment.load("numpynn-notebooks")
    rules = assignment.rubric.notebooks
    assert rules is not None
    files = {"Dropout": rules.files["Dropout"]}
    rules = replace(
        rules, scale="tiny", scales={"tiny": ScaleRule(sizes=SIZES)}, data=str(folder), files=files
    )
    assignment.rubric = replace(assignment.rubric, notebooks=rules)
    try:
        made = NotebookBench(assignment)
    except UsageError:
        made = NotebookBench(assignment, sandbox="none")
    made.releases["Dropout"] = hurried(made.releases["Dropout"])
    with closing(made):
        yield made


def test_our_notebook_runs_through_on_it(bench: NotebookBench, tmp_path: Path) -> None:
    path = submission(tmp_path, "ann")
    made = bench._assignment
    graded = bench.grade(load(single(path), contract=made.contract, form=made.form), path)
    assert {check.outcome for check in graded.checks} == {Outcome.PASSED}
    (book,) = graded.notebooks
    (shapes,) = (cell.outputs[0].data for cell in book.cells if cell.id == "load-data")
    assert "X_train: (55, 3, 32, 32)" in shapes
    assert "X_val: (40, 3, 32, 32)" in shapes


def test_a_notebook_that_loads_the_files_by_itself_gets_our_images(
    bench: NotebookBench, tmp_path: Path
) -> None:
    """By the functions of the course; the package's own data functions are not asked."""
    path = submission(tmp_path, "bob")
    (path / "numpynn" / "data_utils.py").write_text("def load_CIFAR10(root):\n    return 1 / 0\n")
    (path / "Dropout.ipynb").write_bytes(
        as_json(
            [
                "from cs231n.data_utils import load_CIFAR10, load_CIFAR_batch, get_CIFAR10_data\n"
                "X, y, X_test, y_test = load_CIFAR10('cs231n/datasets/cifar-10-batches-py')\n"
                "print(X.shape, y[:3], X_test.shape, y_test[:3], X[0, 0, 0], X.dtype)",
                "X, y = load_CIFAR_batch('cs231n/datasets/cifar-10-batches-py/data_batch_1')\n"
                "print(X.shape, y[:3])",
            ]
        )
    )
    made = bench._assignment
    graded = bench.grade(load(single(path), contract=made.contract, form=made.form), path)
    (book,) = graded.notebooks
    printed = [cell.outputs[0].data for cell in book.cells]
    first = numbered(100, 1)[0][0, :, 0, 0].astype(float)
    assert printed == [
        f"(95, 32, 32, 3) [0 1 2] (20, 32, 32, 3) [0 1 2] {first} float64\n",
        "(55, 32, 32, 3) [0 1 2]\n",
    ]


def test_a_generator_that_fails_is_named(tmp_path: Path) -> None:
    (tmp_path / "data_utils.py").write_text("def generate_split(size, split):\n    1 / 0\n")
    said = "data_utils.py: generate_split(55, 0) raised ZeroDivisionError: division by zero"
    with pytest.raises(InputError, match=re.escape(said)):
        images(tmp_path)


def test_held_out_images_depend_on_a_secret() -> None:
    one, other = (images(secret=secret) for secret in ("a", "b"))
    mine, theirs = one.splits["heldout"].labels, other.splits["heldout"].labels
    assert np.array_equal(mine, hidden(REFERENCE, SIZES["heldout"], "held out/a")[1])
    assert not np.array_equal(mine, theirs)
    data_utils = _data_utils(REFERENCE)
    for split in range(10):
        _, known = data_utils.generate_split(SIZES["heldout"], split)
        assert not np.array_equal(mine, known)
    for name, served in one.arrays.items():
        assert np.array_equal(served, other.arrays[name])


@pytest.mark.parametrize(("seed", "expected"), [("", "231"), ("of mine", "of mine")])
def test_the_secret_is_the_seed(monkeypatch: pytest.MonkeyPatch, seed: str, expected: str) -> None:
    found: dict[str, Any] = {}
    monkeypatch.setattr(
        "grader.notebooks.notebook_grading.NotebookBench",
        lambda _assignment, **told: found.update(told),
    )
    notebooks_of(Assignment.load("numpynn-notebooks"), Settings(seed=seed), "auto")
    assert found["seed"] == expected


@pytest.mark.parametrize("seed", ["", "of mine"])
def test_a_bench_holds_out_what_its_seed_says(monkeypatch: pytest.MonkeyPatch, seed: str) -> None:
    asked: list[str] = []

    def stop(*_: Any, secret: str) -> None:
        asked.append(secret)
        raise InputError("that is enough")

    monkeypatch.setattr("grader.notebooks.notebook_grading.served_data", stop)
    with pytest.raises(InputError, match="enough"):
        NotebookBench(Assignment.load("numpynn-notebooks"), seed=seed)
    assert asked == [seed]
