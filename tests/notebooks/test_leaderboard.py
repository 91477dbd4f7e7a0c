"""The leaderboard: found, validated, scored; ties, copies, pseudonyms."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest

from grader.assignment import data_folder
from grader.errors import InputError
from grader.notebooks import hidden
from grader.notebooks.data import public
from grader.notebooks.leaderboard import (
    anyone_knows,
    as_csv,
    rank,
    read_labels,
    with_pseudonyms,
)
from grader.submission import discover
from tests.support import grader

LABELS = np.arange(20) % 10


def _npy(array: np.ndarray, *, allow_pickle: bool = False) -> bytes:
    out = io.BytesIO()
    np.save(out, array, allow_pickle=allow_pickle)
    return out.getvalue()


def _hand_in(folder: Path, name: str, data: bytes, file: str = "output/prediction.npy") -> None:
    path = folder / name / file
    path.parent.mkdir(parents=True)
    path.write_bytes(data)


def _zipped(data: bytes, name: str = "prediction.npy") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(name, data)
    return out.getvalue()


def _with_errors(count: int) -> np.ndarray:
    predicted = LABELS.copy()
    predicted[:count] = (predicted[:count] + 1) % 10
    return predicted


@pytest.fixture
def hand_ins(tmp_path: Path) -> Path:
    folder = tmp_path / "subs"
    _hand_in(folder, "ann", _zipped(_npy(_with_errors(1))), "prediction_phase_1.zip")
    _hand_in(folder, "bob", _npy(_with_errors(1).astype(np.float64)))
    _hand_in(folder, "cid", _npy(_with_errors(3)[:, None]))
    _hand_in(folder, "dan", _npy(np.roll(_with_errors(0), 0)))
    return folder


def test_the_ranking(hand_ins: Path) -> None:
    entries = rank(discover(hand_ins), LABELS)
    ranks = [(e.rank, e.name, e.correct) for e in entries]
    assert ranks == [(1, "dan", 20), (2, "ann", 19), (2, "bob", 19), (4, "cid", 17)]
    assert "the same predictions as 1 other" in entries[1].note
    assert "float" in entries[2].note
    assert "(N, 1)" in entries[3].note


@pytest.mark.parametrize(
    ("data", "file", "said"),
    [
        (_npy(np.eye(10)[LABELS]), "prediction.npy", "hand in the class with the highest one"),
        (_npy(LABELS[:5]), "prediction.npy", "expected (20,)"),
        (_npy(LABELS + 1), "prediction.npy", "holds 10; classes are 0 to 9"),
        (_npy(LABELS - 1), "prediction.npy", "holds -1"),
        (_npy(LABELS + 0.5), "prediction.npy", "expected integers"),
        (_npy(np.full(20, np.nan)), "prediction.npy", "expected integers"),
        (_npy(np.array([None] * 20), allow_pickle=True), "prediction.npy", "Python objects"),
        (b"\x93NUMPY", "prediction.npy", "no .npy file"),
        (b"PK\x03\x04 no zip", "prediction_phase_1.zip", "damaged or no zip"),
        (_zipped(b"x", "a.txt"), "prediction_phase_1.zip", "holds no .npy file"),
        (b"x", "notes.txt", "There is neither"),
    ],
)
def test_what_cannot_be_scored_is_listed_with_the_reason(
    tmp_path: Path, data: bytes, file: str, said: str
) -> None:
    _hand_in(tmp_path, "eve", data, file)
    (entry,) = rank(discover(tmp_path), LABELS)
    assert said in entry.problem
    assert entry.rank == 0


def test_a_header_that_claims_too_much_is_not_believed(tmp_path: Path) -> None:
    head = (
        b"\x93NUMPY\x01\x00v\x00{'descr': '<i8', 'fortran_order': False, 'shape': (10**9, 10**9), }"
    )
    honest = _npy(LABELS).replace(b"(20,)", b"(999999999999,)")
    for number, data in enumerate((head, honest)):
        _hand_in(tmp_path, f"s{number}", data)
    assert all(entry.problem for entry in rank(discover(tmp_path), LABELS))


def test_pseudonyms_stay_the_same(hand_ins: Path, tmp_path: Path) -> None:
    entries = rank(discover(hand_ins), LABELS)
    path = tmp_path / "names.csv"
    path.write_text("submission,pseudonym\nann,=red fox\n")
    first, second = with_pseudonyms(entries, path), with_pseudonyms(entries, path)
    assert first == second
    names = {entry.name for entry in first}
    assert len(names) == 4
    assert not names & {"ann", "bob", "cid", "dan"}
    assert "'=red fox" in as_csv(first)


def test_labels_that_are_none(tmp_path: Path) -> None:
    path = tmp_path / "labels.txt"
    for text in ("", "a b", "-1 2"):
        path.write_text(text)
        with pytest.raises(InputError, match=r"labels\.txt"):
            read_labels(path)
    path.write_text("0 1\n2")
    assert list(read_labels(path)) == [0, 1, 2]


def test_the_command(hand_ins: Path, tmp_path: Path) -> None:
    np.save(tmp_path / "labels.npy", LABELS)
    out = tmp_path / "board"
    said = grader("leaderboard", hand_ins, "--labels", tmp_path / "labels.npy", "--out", out)
    assert said.stdout.startswith("4 of 4 have a score.")
    assert (out / "leaderboard.csv").read_text().splitlines()[1].startswith("1,dan,1.0000,20,20")
    assert "95.00 %" in (out / "leaderboard.html").read_text()


def test_labels_that_anyone_can_compute_are_pointed_out(hand_ins: Path, tmp_path: Path) -> None:
    _, known = public(data_folder("reference") / "numpynn", 20)
    np.save(tmp_path / "labels.npy", known)
    command = ("leaderboard", hand_ins, "--out", tmp_path / "board", "--labels")
    assert "Everybody can compute these labels" in grader(*command, tmp_path / "labels.npy").stderr
    known[3] += 1
    np.save(tmp_path / "labels.npy", known)
    assert grader(*command, tmp_path / "labels.npy").stderr == ""


def test_images_whose_labels_are_a_secret(tmp_path: Path) -> None:
    for name, arguments in {"a": ["x"], "b": ["x"], "c": ["y"], "d": [], "e": []}.items():
        assert hidden.main([str(tmp_path / name), *arguments]) == 0
    labels = {name: read_labels(tmp_path / name / "labels.npy") for name in "abcde"}
    assert np.array_equal(labels["a"], labels["b"])
    assert len({array.tobytes() for array in labels.values()}) == 4
    assert not any(
        anyone_knows(array, data_folder("reference") / "numpynn") for array in labels.values()
    )
    images = np.load(tmp_path / "a" / "phase_1.npy")
    assert (images.shape, images.dtype) == ((1000, 3, 32, 32), np.uint8)
    assert set(labels["a"]) == set(range(10))


def test_images_need_a_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert hidden.main([]) == 2
    assert "python -m grader.notebooks.hidden FOLDER" in capsys.readouterr().err
    (tmp_path / "file").touch()
    assert hidden.main([str(tmp_path / "file" / "x")]) == 3
    assert "cannot be written" in capsys.readouterr().err
