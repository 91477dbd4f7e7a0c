"""The leaderboard: predictions found, validated, scored against labels that nobody else has."""

from __future__ import annotations

import hashlib
import io
import itertools
import math
import posixpath
import secrets
import zipfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np

from grader.model.errors import GraderError, InputError
from grader.model.leaderboard import LeaderboardEntry
from grader.notebooks.find import files_of
from grader.report.atomic_write import write_pieces
from grader.report.csv import Row, csv_pieces, read_csv
from grader.report.text import by_name, one_line
from grader.submission import Source
from grader.submission.identity import Names

_NAMED: Final = "prediction"
"""What the names of files with predictions hold."""
_PSEUDONYMS: Final = ("submission", "pseudonym")
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
        raise InputError(f"{path}: does not hold labels ({error}).") from None
    if labels.ndim != 1 or not labels.size or labels.dtype.kind not in "iu" or labels.min() < 0:
        raise InputError(f"{path}: expected classes, one per line, as integers from 0.")
    return labels


def anyone_knows(labels: np.ndarray, known: np.ndarray | None) -> bool:
    """Whether these are labels that everybody can compute, as the assignment's data say."""
    if known is None or len(labels) > len(known):
        return False
    return np.array_equal(labels, known[: len(labels)])


def rank(sources: Iterable[Source], labels: np.ndarray) -> list[LeaderboardEntry]:
    """Score every submission; the best first, those without a score last."""
    return _ranked([_scored(source, labels) for source in sources])


def with_same_predictions(entries: Iterable[LeaderboardEntry]) -> list[list[str]]:
    """The names of those that have the same predictions as others, group by group.

    For the instructor alone: teams and shared baselines have the same predictions too.
    """
    groups: dict[str, list[str]] = {}
    for entry in entries:
        if entry.digest:
            groups.setdefault(entry.digest, []).append(entry.name)
    return [names for names in groups.values() if len(names) > 1]


def _scored(source: Source, labels: np.ndarray) -> LeaderboardEntry:
    """A submission's entry: whatever it is, it is one."""
    try:
        predicted, note = _validated(*_prediction(source), labels)
    except GraderError as error:
        return LeaderboardEntry(name=source.id, problem=error.message)
    except Exception as error:  # a stranger's file may make NumPy and zipfile raise anything
        return LeaderboardEntry(
            name=source.id, problem=f"Its files cannot be read ({_said(error)})."
        )
    return LeaderboardEntry(
        name=source.id,
        correct=int(np.sum(predicted == labels)),
        total=len(labels),
        note=note,
        digest=hashlib.sha256(predicted.tobytes()).hexdigest(),
    )


def _prediction(source: Source) -> tuple[np.ndarray, str]:
    if source.problem:
        raise InputError(source.problem)
    zips = files_of(source.path, _named_prediction(".zip"), _MAX_BYTES)
    for name, data in sorted(zips.items(), key=lambda item: (item[0].count("/"), item[0])):
        return _array(_from_zip(data, name), name), name
    arrays = files_of(source.path, _named_prediction(".npy"), _MAX_BYTES)
    for name, data in sorted(arrays.items(), key=lambda item: (item[0].count("/"), item[0])):
        return _array(data, name), name
    raise InputError("There is no .npy file, nor a .zip of one, with `prediction` in its name.")


def _named_prediction(ending: str) -> Callable[[str], bool]:
    return lambda name: name.endswith(ending) and _NAMED in posixpath.basename(name)


def _from_zip(data: bytes, name: str) -> bytes:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            inside = [info for info in archive.infolist() if info.filename.endswith(".npy")]
            if not inside:
                raise InputError(f"{name} holds no .npy file.")
            best = min(inside, key=lambda info: _NAMED not in info.filename)
            if best.file_size > _MAX_BYTES:
                raise InputError(f"{name} unpacks to more than a prediction can be.")
            return archive.read(best)
    except InputError:
        raise
    except Exception as error:  # of its decompressors each has its own
        raise InputError(f"{name} is damaged or not a zip file ({_said(error)}).") from None


def _array(data: bytes, name: str) -> np.ndarray:
    """An array out of a `.npy` file, without any of Python's own objects."""
    try:
        shape, dtype = _header(data)
    except Exception as error:  # the header is parsed as Python: tokens, literals, names of types
        raise InputError(f"{name} is not a .npy file that can be read ({_said(error)}).") from None
    if dtype.hasobject:
        raise InputError(f"{name} holds Python objects instead of numbers.")
    if any(length > _MAX_PREDICTIONS for length in shape) or math.prod(shape) > _MAX_PREDICTIONS:
        raise InputError(f"{name} has shape {_short(shape)}: far more than one class each.")
    if math.prod(shape) * dtype.itemsize > _MAX_BYTES:
        raise InputError(f"{name} has dtype {_short(dtype)}; expected integers.")
    try:
        loaded: np.ndarray = np.load(io.BytesIO(data), allow_pickle=False)
    except Exception as error:
        raise InputError(f"{name} is not a .npy file that can be read ({_said(error)}).") from None
    return loaded


def _header(data: bytes) -> tuple[tuple[int, ...], np.dtype[Any]]:
    """Shape and type, before any memory is taken for them."""
    stream = io.BytesIO(data)
    version = np.lib.format.read_magic(stream)
    read = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }.get(version)
    if read is None:
        raise ValueError(f"version {version[0]}.{version[1]} of the format, which holds no numbers")
    shape, _, dtype = read(stream)
    if any(length < 0 for length in shape):
        raise ValueError(f"a negative length in shape {shape}")
    return shape, dtype


def _short(value: object) -> str:
    return one_line(str(value), 60)


def _said(error: Exception) -> str:
    return one_line(str(error), 120) or type(error).__name__


def _validated(predicted: np.ndarray, name: str, labels: np.ndarray) -> tuple[np.ndarray, str]:
    notes = []
    if predicted.shape == (len(labels), 1):
        predicted = predicted[:, 0]
        notes.append("shape (N, 1) read as (N,)")
    if predicted.shape != labels.shape:
        hint = ""
        if predicted.ndim == 2 and len(predicted) == len(labels):
            hint = " These look like scores: submit the class with the highest one."
        raise InputError(
            f"{name} has shape {_short(predicted.shape)}; expected ({len(labels)},), one class "
            f"for each input.{hint}"
        )
    whole = predicted.dtype.kind == "f" and bool(np.all(np.isfinite(predicted)))
    if whole and np.all(predicted == np.round(predicted)):
        predicted = predicted.astype(np.int64)
        notes.append("whole numbers of type float read as classes")
    if predicted.dtype.kind not in "iu":
        raise InputError(f"{name} has dtype {_short(predicted.dtype)}; expected integers.")
    classes = int(labels.max()) + 1
    wrong = predicted[(predicted < 0) | (predicted >= classes)]
    if wrong.size:
        raise InputError(f"{name} holds {wrong[0]}; classes are 0 to {classes - 1}.")
    return predicted.astype(np.int64), "; ".join(notes)


def _ranked(entries: list[LeaderboardEntry]) -> list[LeaderboardEntry]:
    """Equal accuracies share a rank, and the next rank leaves as many out."""
    ordered = sorted(entries, key=lambda e: (bool(e.problem), -e.correct, by_name(e.name)))
    ranked: list[LeaderboardEntry] = []
    for place, entry in enumerate(ordered, start=1):
        if entry.problem:
            ranked.append(entry)
            continue
        tied = bool(ranked) and ranked[-1].correct == entry.correct
        number = ranked[-1].rank if tied else place
        ranked.append(msgspec.structs.replace(entry, rank=number))
    return ranked


def with_pseudonyms(
    entries: list[LeaderboardEntry], path: Path, names: Names
) -> list[LeaderboardEntry]:
    """The entries under the names of a CSV `submission,pseudonym`; new ones are added to it.

    Raises:
        InputError: the file is no such CSV, or cannot be written; names the file and the line.
    """
    rows = list(read_csv(path, _PSEUDONYMS)) if path.exists() else []
    known = _known_pseudonyms(rows, str(path), names)
    taken = {row.cells["pseudonym"] for row in rows}
    fresh: dict[str, str] = {}
    for entry in entries:
        if entry.name not in known:
            fresh[entry.name] = _new_name(taken | set(fresh.values()))
    if fresh:
        kept = [(row.cells["submission"], row.cells["pseudonym"]) for row in rows]
        write_pieces(path, csv_pieces([_PSEUDONYMS, *sorted([*kept, *fresh.items()])]))
    known |= fresh
    return [_renamed(entry, known[entry.name]) for entry in entries]


def _known_pseudonyms(rows: Iterable[Row], path: str, names: Names) -> dict[str, str]:
    known: dict[str, str] = {}
    for line, row in rows:
        id, pseudonym = names.find(row["submission"], f"{path}, line {line}"), row["pseudonym"]
        if id is None or not pseudonym:
            continue
        if known.setdefault(id, pseudonym) != pseudonym:
            raise InputError(f"{path}, line {line}: {id!r} has another pseudonym further up.")
    return known


def _renamed(entry: LeaderboardEntry, pseudonym: str) -> LeaderboardEntry:
    """The entry under another name; what is wrong with it must not tell the first one."""
    problem = entry.problem.replace(entry.name, "…")
    return msgspec.structs.replace(entry, name=pseudonym, problem=problem)


def _new_name(taken: set[str]) -> str:
    for _ in range(1_000):
        name = f"{secrets.choice(_COLOURS)} {secrets.choice(_ANIMALS)}"
        if name not in taken:
            return name
    return f"{secrets.choice(_COLOURS)} {secrets.choice(_ANIMALS)} {secrets.token_hex(3)}"


def as_csv(entries: Iterable[LeaderboardEntry]) -> Iterator[bytes]:
    """The ranking as CSV."""
    heading = ("rank", "name", "accuracy", "correct", "total", "problem", "note")
    return csv_pieces(itertools.chain([heading], map(_row, entries)))


def _row(entry: LeaderboardEntry) -> tuple[str | float, ...]:
    accuracy = "" if entry.problem else f"{entry.accuracy:.4f}"
    number = entry.rank or ""
    return number, entry.name, accuracy, entry.correct, entry.total, entry.problem, entry.note
