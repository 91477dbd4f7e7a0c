"""The leaderboard: found, validated, scored; ties, copies, pseudonyms."""

from __future__ import annotations

import csv
import io
import itertools
import os
import re
import zipfile
from pathlib import Path

import numpy as np
import pytest

from grader.assignment.data_service import served_data
from grader.assignment.folder import Assignment
from grader.assignments.numpynn import leaderboard_data
from grader.course.open_class import open_class
from grader.course.ranking import (
    anyone_knows,
    as_csv,
    rank,
    read_labels,
    with_pseudonyms,
    with_same_predictions,
)
from grader.model.errors import InputError
from grader.model.leaderboard import LeaderboardEntry
from grader.report.html import ranking_page
from grader.report.strings import Lang, Texts
from grader.submission import discover
from grader.submission.identity import Names
from tests.support import FORM, grader

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
    entries = rank(discover(hand_ins, FORM), LABELS)
    ranks = [(e.rank, e.name, e.correct) for e in entries]
    assert ranks == [(1, "dan", 20), (2, "ann", 19), (2, "bob", 19), (4, "cid", 17)]
    assert [entry.note for entry in entries[:2]] == ["", ""]
    assert with_same_predictions(entries) == [["ann", "bob"]]
    assert "float" in entries[2].note
    assert "(N, 1)" in entries[3].note


@pytest.mark.parametrize(
    ("data", "file", "said"),
    [
        (_npy(np.eye(10)[LABELS]), "prediction.npy", "submit the class with the highest one"),
        (_npy(LABELS[:5]), "prediction.npy", "expected (20,)"),
        (_npy(LABELS + 1), "prediction.npy", "holds 10; classes are 0 to 9"),
        (_npy(LABELS - 1), "prediction.npy", "holds -1"),
        (_npy(LABELS + 0.5), "prediction.npy", "expected integers"),
        (_npy(np.full(20, np.nan)), "prediction.npy", "expected integers"),
        (_npy(np.array([None] * 20), allow_pickle=True), "prediction.npy", "Python objects"),
        (b"\x93NUMPY", "prediction.npy", "not a .npy file"),
        (b"PK\x03\x04 no zip", "prediction_phase_1.zip", "damaged or not a zip"),
        (_zipped(b"x", "a.txt"), "prediction_phase_1.zip", "holds no .npy file"),
        (b"x", "notes.txt", "There is no .npy file"),
    ],
)
def test_what_cannot_be_scored_is_listed_with_the_reason(
    tmp_path: Path, data: bytes, file: str, said: str
) -> None:
    _hand_in(tmp_path, "eve", data, file)
    (entry,) = rank(discover(tmp_path, FORM), LABELS)
    assert said in entry.problem
    assert entry.rank == 0


def _header(text: bytes, version: bytes = b"\x01\x00", length: int | None = None) -> bytes:
    """A `.npy` file with a header of that text, and some numbers behind it."""
    size = len(text) if length is None else length
    width = 2 if version == b"\x01\x00" else 4
    return b"\x93NUMPY" + version + size.to_bytes(width, "little") + text + LABELS.tobytes()


_GOOD = b"{'descr': '<i8', 'fortran_order': False, 'shape': (20,), }"
ODD = {
    "an open bracket": _header(_GOOD[:-2]),
    "a string that does not end": _header(b"{'descr': '<i8"),
    "brackets without end": _header(b"(" * 9_000),
    "minus signs without end": _header(b"-" * 9_000 + b"1"),
    "a type of many parts": _header(_GOOD.replace(b"'<i8'", b"[" * 90 + b"'<i8'" + b"]" * 90)),
    "no text": _header(b"\xff\xfe\x00"),
    "a name that is no type": _header(_GOOD.replace(b"<i8", b"<q99")),
    "a type of nothing": _header(_GOOD.replace(b"<i8", b"V0")),
    "objects": _header(_GOOD.replace(b"<i8", b"|O")),
    "objects inside": _header(_GOOD.replace(b"'<i8'", b"[('a', '|O')]")),
    "a record": _header(_GOOD.replace(b"'<i8'", b"[('a', '<i8')]")),
    "texts": _header(_GOOD.replace(b"<i8", b"<U2")),
    "dates": _header(_GOOD.replace(b"<i8", b"<M8[s]")),
    "very long items": _header(_GOOD.replace(b"<i8", b"S2000000000")),
    "a negative length": _header(_GOOD.replace(b"20,", b"-20,")),
    "lengths that overflow": _header(_GOOD.replace(b"(20,)", b"(10**400,)")),
    "a length of four hundred digits": _header(_GOOD.replace(b"20,", b"9" * 400 + b",")),
    "a length beyond the memory": _header(_GOOD.replace(b"20,", b"0, 9999999999999999999,")),
    "many axes": _header(_GOOD.replace(b"(20,)", b"(" + b"1," * 99 + b")")),
    "a shape that is none": _header(_GOOD.replace(b"(20,)", b"'abc'")),
    "a shape of truth values": _header(_GOOD.replace(b"(20,)", b"(True, None)")),
    "a dict with other keys": _header(b"{1: 2}"),
    "a list": _header(b"[1, 2]"),
    "a header longer than the file": _header(_GOOD, length=60_000),
    "a later version": _header(_GOOD, b"\x03\x00"),
    "a version that never was": _header(_GOOD, b"\x09\x00"),
    "a second version cut off": _header(_GOOD, b"\x02\x00")[:9],
    "cut in the numbers": _npy(LABELS)[:-8],
    "the other order of axes": _npy(np.asfortranarray(LABELS.reshape(5, 4))),
    "a pickle": b"cposix\nsystem\n(S'echo'\ntR.",
    "an .npz": _zipped(_npy(LABELS)),
    "nothing": b"",
    "enormous numbers": _npy(np.full(20, 1e300)),
    "numbers beyond int64": _npy(np.full(20, 2**64 - 1, np.uint64)),
    "halves": _npy(np.full(20, np.inf, np.float16)),
    "complex numbers": _npy(LABELS.astype(complex)),
}


@pytest.mark.parametrize("packed", [False, True], ids=["bare", "zipped"])
def test_one_bad_file_is_one_bad_row(tmp_path: Path, packed: bool) -> None:
    for number, data in enumerate(ODD.values()):
        file = "prediction_phase_1.zip" if packed else "prediction.npy"
        _hand_in(tmp_path, f"{number:02}", _zipped(data) if packed else data, file)
    _hand_in(tmp_path, "right", _npy(LABELS))
    best, *others = rank(discover(tmp_path, FORM), LABELS)
    assert (best.name, best.correct) == ("right", 20)
    unsaid = [name for name, entry in zip(ODD, others, strict=True) if not entry.problem]
    assert unsaid == []
    assert all(len(entry.problem) < 300 and entry.problem.isprintable() for entry in others)


def test_files_that_are_none_are_bad_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _hand_in(tmp_path, "right", _npy(LABELS))
    for name in ("folder", "link", "loop", "pipe", "gone"):
        (tmp_path / name).mkdir()
    (tmp_path / "folder" / "prediction.npy").mkdir()
    (tmp_path / "link" / "prediction.npy").symlink_to(tmp_path / "right" / "output")
    (tmp_path / "loop" / "prediction.npy").symlink_to("prediction.npy")
    os.mkfifo(tmp_path / "pipe" / "prediction.npy")
    (tmp_path / "cut.zip").write_bytes(_zipped(_npy(LABELS))[:40])
    (tmp_path / "odd.tar.xz").write_bytes(b"\xfd7zXZ\x00 and no more")
    (tmp_path / "lone").symlink_to(tmp_path / "nowhere")
    sources = list(discover(tmp_path, FORM))
    (tmp_path / "gone").rmdir()
    best, *others = rank(sources, LABELS)
    assert best.name == "right"
    assert len(others) == 7
    assert all(entry.problem for entry in others)


def test_a_fault_that_nobody_foresaw_costs_one_row(
    hand_ins: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def load(*_: object, **__: object) -> object:
        if next(calls) == 0:
            raise ZeroDivisionError("odd")
        return _with_errors(0)

    calls = itertools.count()
    monkeypatch.setattr(np, "load", load)
    entries = rank(discover(hand_ins, FORM), LABELS)
    assert [bool(entry.problem) for entry in entries] == [False] * 3 + [True]


def test_nothing_is_calculated_in_what_it_writes(tmp_path: Path) -> None:
    folder = tmp_path / "subs"
    for name in ("=1+1", "@x", "a;=1", "-2"):
        _hand_in(folder, name, _npy(LABELS), f"=cmd/{name}prediction.npy")
    _hand_in(folder, "+3", _npy(LABELS[:5]), "=cmd prediction.npy")
    np.save(tmp_path / "labels.npy", LABELS)
    out, names = tmp_path / "board", tmp_path / "names.csv"
    names.write_text("submission,pseudonym\n@x,=red fox\n", "utf-8")
    command = (
        "leaderboard",
        "-a",
        "numpynn",
        folder,
        "--labels",
        tmp_path / "labels.npy",
        "--out",
        out,
    )
    grader(*command)
    _no_formulas(out / "leaderboard.csv")
    grader(*command, "--pseudonyms", names)
    before = names.read_bytes()
    grader(*command, "--pseudonyms", names)
    assert names.read_bytes() == before
    _no_formulas(out / "leaderboard.csv")
    _no_formulas(names)


def _no_formulas(path: Path) -> None:
    rows = list(csv.reader(io.StringIO(path.read_text("utf-8-sig"), newline="")))
    assert len(rows) == 6
    for cell in (cell for row in rows for cell in row):
        assert not re.search(r"(^|;\s*)[=+@\t\r-]", cell), cell


def test_a_pseudonym_stays_with_its_own_entry(hand_ins: Path, tmp_path: Path) -> None:
    _hand_in(hand_ins, "eve.zip", b"")
    (hand_ins / "eve.zip").rename(hand_ins / "eve")
    path = tmp_path / "names.csv"
    path.write_text("submission,pseudonym\neve,red fox\n", "utf-8")
    (hand_ins / "eve.zip").write_bytes(_zipped(_npy(LABELS)))
    sources = discover(hand_ins, FORM)
    with pytest.raises(InputError, match=r"names\.csv, line 2: 'eve' may be any of eve/, eve\.zip"):
        with_pseudonyms(rank(sources, LABELS), path, Names(sources))


def test_a_header_that_claims_too_much_is_not_believed(tmp_path: Path) -> None:
    head = (
        b"\x93NUMPY\x01\x00v\x00{'descr': '<i8', 'fortran_order': False, 'shape': (10**9, 10**9), }"
    )
    honest = _npy(LABELS).replace(b"(20,)", b"(999999999999,)")
    for number, data in enumerate((head, honest)):
        _hand_in(tmp_path, f"s{number}", data)
    assert all(entry.problem for entry in rank(discover(tmp_path, FORM), LABELS))


def test_pseudonyms_stay_the_same(hand_ins: Path, tmp_path: Path) -> None:
    entries = rank(discover(hand_ins, FORM), LABELS)
    path = tmp_path / "names.csv"
    path.write_text("submission,pseudonym\nann,=red fox\n")
    known = Names(discover(hand_ins, FORM))
    first, second = (with_pseudonyms(entries, path, known) for _ in range(2))
    assert first == second
    names = {entry.name for entry in first}
    assert len(names) == 4
    assert not names & {"ann", "bob", "cid", "dan"}
    assert "'=red fox" in b"".join(as_csv(first)).decode()


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
    said = grader(
        "leaderboard", "-a", "numpynn", hand_ins, "--labels", tmp_path / "labels.npy", "--out", out
    )
    told, rest = said.stdout.split("\n", 1)
    assert told.startswith("The same predictions: ann, bob. That is so for teams")
    assert rest.startswith("4 of 4 have a score.")
    assert (
        (out / "leaderboard.csv")
        .read_text("utf-8-sig")
        .splitlines()[1]
        .startswith("1,dan,1.0000,20,20")
    )
    page = (out / "leaderboard.html").read_text()
    assert "95.00\u00a0%" in page
    assert "same" not in page + (out / "leaderboard.csv").read_text("utf-8-sig")


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_what_has_no_score_stands_apart_and_is_not_blamed(lang: Lang) -> None:
    texts = Texts(lang)
    entries = [
        LeaderboardEntry(name="ann", rank=1, correct=3, total=4),
        LeaderboardEntry(name="bob", problem="p.npy has shape (3,); expected (4,)."),
    ]
    page = ranking_page(entries, title="Round 1", lang=lang)
    ranked, apart = page.split(texts("board.others_note"))
    assert "ann" in ranked
    assert "bob" not in ranked
    assert "<b>bob</b> <span>p.npy has shape (3,); expected (4,).</span>" in apart
    assert texts("board.others") not in ranking_page(entries[:1], title="x", lang=lang)
    assert texts("board.empty") in ranking_page(entries[1:], title="x", lang=lang)


def test_an_export_is_ranked_by_people(tmp_path: Path) -> None:
    export = tmp_path / "canvas"
    export.mkdir()
    right, worse = _npy(LABELS), _npy(_with_errors(2))
    (export / "smithann_340_208_prediction.npy").write_bytes(worse)
    (export / "smithann_340_209_prediction-1.npy").write_bytes(right)
    (export / "leebob_341_210_prediction.zip").write_bytes(_zipped(worse))
    with open_class(export, Assignment.load("numpynn")) as those:
        entries = rank(those.sources, LABELS)
        path = tmp_path / "names.csv"
        path.write_text("submission,pseudonym\n340,red fox\n341,blue owl\n", "utf-8")
        named = with_pseudonyms(entries, path, those.names())
    assert [(e.name, e.correct) for e in entries] == [("smithann_340", 20), ("leebob_341", 18)]
    assert [entry.name for entry in named] == ["red fox", "blue owl"]


def test_labels_that_anyone_can_compute_are_pointed_out(hand_ins: Path, tmp_path: Path) -> None:
    labels = served_data(Assignment.load("numpynn")).known_labels
    assert labels is not None
    known = labels[:20].copy()
    np.save(tmp_path / "labels.npy", known)
    command = ("leaderboard", "-a", "numpynn", hand_ins, "--out", tmp_path / "board", "--labels")
    assert "Everybody can compute these labels" in grader(*command, tmp_path / "labels.npy").stderr
    known[3] += 1
    np.save(tmp_path / "labels.npy", known)
    assert grader(*command, tmp_path / "labels.npy").stderr == ""


def test_images_whose_labels_are_a_secret(tmp_path: Path) -> None:
    for name, arguments in {"a": ["x"], "b": ["x"], "c": ["y"], "d": [], "e": []}.items():
        assert leaderboard_data.main([str(tmp_path / name), *arguments]) == 0
    labels = {name: read_labels(tmp_path / name / "labels.npy") for name in "abcde"}
    assert np.array_equal(labels["a"], labels["b"])
    assert len({array.tobytes() for array in labels.values()}) == 4
    known = served_data(Assignment.load("numpynn")).known_labels
    assert not any(anyone_knows(array, known) for array in labels.values())
    images = np.load(tmp_path / "a" / "phase_1.npy")
    assert (images.shape, images.dtype) == ((1000, 3, 32, 32), np.uint8)
    assert set(labels["a"]) == set(range(10))


def test_images_need_a_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert leaderboard_data.main([]) == 2
    assert (
        "python -P -m grader.assignments.numpynn.leaderboard_data FOLDER" in capsys.readouterr().err
    )
    (tmp_path / "file").touch()
    assert leaderboard_data.main([str(tmp_path / "file" / "x")]) == 3
    assert "cannot be written" in capsys.readouterr().err
