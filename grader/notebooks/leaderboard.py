"""The leaderboard: predictions found, validated, scored against labels that nobody else has."""

from __future__ import annotations

import csv
import hashlib
import io
import secrets
import zipfile
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import msgspec
import numpy as np

from grader.errors import GraderError, InputError
from grader.notebooks.data import LEADERBOARD, public
from grader.notebooks.find import files_of
from grader.report.text import by_name
from grader.submission import Source

ZIP_NAME: Final = "prediction_phase_1.zip"
_NPY_NAME: Final = "prediction.npy"
_MAX_BYTES: Final = 256 << 20
_MAX_PREDICTIONS: Final = 10_000_000
_COLOURS: Final = (
    "amber", "azure", "coral", "crimson", "golden", "indigo", "ivory", "jade", "lilac", "maroon",
    "olive", "ruby", "scarlet", "silver", "teal", "violet",
)  # fmt: skip
_ANIMALS: Final = (
    "badger", "beaver", "crane", "dolphin", "falcon", "gecko", "heron", "ibex", "koala", "lemur",
    "lynx", "marten", "otter", "panda", "puffin", "raven", "seal", "stork", "tapir", "wombat",
)  # fmt: skip


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One hand-in."""

    name: str
    rank: int = 0
    """1 is best, equal accuracies have equal ranks; 0 where there is no score."""
    correct: int = 0
    total: int = 0
    problem: str = ""
    """Why it has no score; empty if it has one."""
    note: str = ""

    @property
    def accuracy(self) -> float:
        """Share of labels that are right."""
        return self.correct / self.total if self.total else 0.0


def read_labels(path: Path) -> np.ndarray:
    """Labels from `.npy`, or from text with one a line.

    Raises:
        InputError: they cannot be read, or are no classes.
    """
    try:
        data = path.read_bytes()
        if path.suffix == ".npy":
            labels = _array(data, path.name)
        else:
            labels = np.array([int(word) for word in data.decode().split()], dtype=np.int64)
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}.") from None
    except (ValueError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: holds no labels ({error}).") from None
    if labels.ndim != 1 or not labels.size or labels.dtype.kind not in "iu" or labels.min() < 0:
        raise InputError(f"{path}: expected classes from 0 on, one an image, as integers.")
    return labels


def anyone_knows(labels: np.ndarray, reference: Path) -> bool:
    """Whether these are the labels of the images that the template generates."""
    try:
        _, known = public(reference, LEADERBOARD)
    except InputError:
        return False
    return len(labels) <= len(known) and np.array_equal(labels, known[: len(labels)])


def rank(sources: Iterable[Source], labels: np.ndarray) -> list[Entry]:
    """Score every submission; the best first, those without a score last."""
    found: list[tuple[Entry, str]] = []
    for source in sources:
        try:
            predicted, note = _validated(*_prediction(source), labels)
        except GraderError as error:
            found.append((Entry(name=source.id, problem=error.message), ""))
            continue
        correct = int(np.sum(predicted == labels))
        entry = Entry(name=source.id, correct=correct, total=len(labels), note=note)
        found.append((entry, hashlib.sha256(predicted.tobytes()).hexdigest()))
    return _ranked(_with_duplicates(found))


def _prediction(source: Source) -> tuple[np.ndarray, str]:
    if source.problem:
        raise InputError(source.problem)
    zips = files_of(source.path, ZIP_NAME, _MAX_BYTES)
    for name, data in sorted(zips.items(), key=lambda item: (item[0].count("/"), item[0])):
        return _array(_from_zip(data, name), name), name
    arrays = files_of(source.path, ".npy", _MAX_BYTES)
    named = {name: data for name, data in arrays.items() if "prediction" in name.lower()}
    for name, data in sorted(named.items(), key=lambda item: (item[0].count("/"), item[0])):
        return _array(data, name), name
    raise InputError(f"There is neither {ZIP_NAME} nor {_NPY_NAME}.")


def _from_zip(data: bytes, name: str) -> bytes:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            inside = [info for info in archive.infolist() if info.filename.endswith(".npy")]
            if not inside:
                raise InputError(f"{name} holds no .npy file.")
            best = min(inside, key=lambda info: not info.filename.endswith(_NPY_NAME))
            if best.file_size > _MAX_BYTES:
                raise InputError(f"{name} unpacks to more than a prediction can be.")
            return archive.read(best)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise InputError(f"{name} is damaged or no zip file ({error}).") from None


def _array(data: bytes, name: str) -> np.ndarray:
    """An array out of a `.npy` file, without any of Python's own objects."""
    try:
        stream = io.BytesIO(data)
        version = np.lib.format.read_magic(stream)
        head = np.lib.format.read_array_header_1_0 if version == (1, 0) else None
        head = head or np.lib.format.read_array_header_2_0
        shape, _, dtype = head(stream)
        if dtype.hasobject:
            raise InputError(f"{name} holds Python objects instead of numbers.")
        if np.prod(shape, dtype=float) > _MAX_PREDICTIONS:
            raise InputError(f"{name} has shape {shape}: far more than one class an image.")
        loaded: np.ndarray = np.load(io.BytesIO(data), allow_pickle=False)
    except (ValueError, EOFError, OSError, TypeError, SyntaxError) as error:
        reason = " ".join(str(error).split())[:120]
        raise InputError(f"{name} is no .npy file that can be read ({reason}).") from None
    return loaded


def _validated(predicted: np.ndarray, name: str, labels: np.ndarray) -> tuple[np.ndarray, str]:
    notes = []
    if predicted.shape == (len(labels), 1):
        predicted = predicted[:, 0]
        notes.append("shape (N, 1) read as (N,)")
    if predicted.shape != labels.shape:
        hint = ""
        if predicted.ndim == 2 and len(predicted) == len(labels):
            hint = " These look like scores: hand in the class with the highest one."
        raise InputError(
            f"{name} has shape {predicted.shape}; expected ({len(labels)},), one class an image."
            + hint
        )
    whole = predicted.dtype.kind == "f" and bool(np.all(np.isfinite(predicted)))
    if whole and np.all(predicted == np.round(predicted)):
        predicted = predicted.astype(np.int64)
        notes.append("whole numbers of type float read as classes")
    if predicted.dtype.kind not in "iu":
        raise InputError(f"{name} has dtype {predicted.dtype}; expected integers.")
    classes = int(labels.max()) + 1
    wrong = predicted[(predicted < 0) | (predicted >= classes)]
    if wrong.size:
        raise InputError(f"{name} holds {wrong[0]}; classes are 0 to {classes - 1}.")
    return predicted.astype(np.int64), "; ".join(notes)


def _with_duplicates(found: list[tuple[Entry, str]]) -> list[Entry]:
    groups: dict[str, int] = {}
    for _, digest in found:
        groups[digest] = groups.get(digest, 0) + 1
    entries = []
    for entry, digest in found:
        if digest and groups[digest] > 1:
            same = f"the same predictions as {groups[digest] - 1} other hand-in(s)"
            note = "; ".join(filter(None, [entry.note, same]))
            entry = msgspec.structs.replace(entry, note=note)
        entries.append(entry)
    return entries


def _ranked(entries: list[Entry]) -> list[Entry]:
    """Equal accuracies share a rank, and the next rank leaves as many out."""
    ordered = sorted(entries, key=lambda e: (bool(e.problem), -e.correct, by_name(e.name)))
    ranked: list[Entry] = []
    for place, entry in enumerate(ordered, start=1):
        if entry.problem:
            ranked.append(entry)
            continue
        tied = bool(ranked) and ranked[-1].correct == entry.correct
        number = ranked[-1].rank if tied else place
        ranked.append(msgspec.structs.replace(entry, rank=number))
    return ranked


def with_pseudonyms(entries: list[Entry], path: Path) -> list[Entry]:
    """The entries under the names of a CSV `submission,pseudonym`; new ones are added to it.

    Raises:
        InputError: the file is no such CSV, or cannot be written.
    """
    known = _read_pseudonyms(path)
    fresh = [entry.name for entry in entries if entry.name not in known]
    for name in fresh:
        known[name] = _new_name(set(known.values()))
    try:
        if fresh:
            with path.open("w", encoding="utf-8", newline="") as file:
                writer = csv.writer(file)
                writer.writerow(("submission", "pseudonym"))
                writer.writerows(sorted(known.items()))
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror or error}.") from None
    return [
        msgspec.structs.replace(
            entry, name=known[entry.name], problem=entry.problem.replace(entry.name, "…")
        )
        for entry in entries
    ]


def _read_pseudonyms(path: Path) -> dict[str, str]:
    if not path.exists():
        return {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
        return {row["submission"]: row["pseudonym"] for row in rows}
    except (OSError, KeyError, UnicodeDecodeError, csv.Error):
        raise InputError(f"{path}: expected a CSV with `submission` and `pseudonym`.") from None


def _new_name(taken: set[str]) -> str:
    for _ in range(1_000):
        name = f"{secrets.choice(_COLOURS)} {secrets.choice(_ANIMALS)}"
        if name not in taken:
            return name
    return f"{secrets.choice(_COLOURS)} {secrets.choice(_ANIMALS)} {secrets.token_hex(3)}"


def as_csv(entries: Iterable[Entry]) -> str:
    """The ranking as CSV; a name that a spreadsheet would take for a formula is disarmed."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("rank", "name", "accuracy", "correct", "total", "problem", "note"))
    for entry in entries:
        name = f"'{entry.name}" if entry.name[:1] in "=+-@\t\r" else entry.name
        accuracy = "" if entry.problem else f"{entry.accuracy:.4f}"
        number = entry.rank or ""
        writer.writerow(
            (number, name, accuracy, entry.correct, entry.total, entry.problem, entry.note)
        )
    return out.getvalue()
