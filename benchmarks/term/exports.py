"""The files that learning platforms would give for a term: rosters, exports, lists of times."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import re
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from benchmarks.term.world import Task, Try, World

_PDF: Final = b"%PDF-1.4\n%%EOF\n"
_MOST_TRIES: Final = 3


def email(student: int) -> str:
    """The address of a student."""
    return f"u{student:04d}@uni.example"


def canvas_id(student: int) -> int:
    """Their number on Canvas."""
    return 41_000 + student


def moodle_id(student: int) -> int:
    """Their participant's number on Moodle, in another order."""
    return 70_000 + student * 7 % 9_973


def write_rosters(world: World, folder: Path) -> None:
    """`roster.csv` of Canvas, `moodle.csv` of Moodle, and `left.csv` without who withdrew."""
    rows = list(enumerate(world.names))
    _canvas_roster(world, folder / "roster.csv", rows)
    _canvas_roster(
        world, folder / "left.csv", [row for row in rows if row[0] not in world.withdrawn]
    )
    heading = (
        "Identifier", "Full name", "Email address", "Status", "Grade", "Maximum Grade",
        "Grade can be changed", "Last modified (submission)", "Last modified (grade)",
        "Feedback comments",
    )  # fmt: skip
    lines = [
        (
            f"Participant {moodle_id(student)}",
            name,
            email(student),
            "",
            "",
            "100",
            "Yes",
            "-",
            "-",
            "",
        )
        for student, name in rows
    ]
    _write_csv(folder / "moodle.csv", [heading, *lines])


def _canvas_roster(world: World, path: Path, rows: Iterable[tuple[int, str]]) -> None:
    heading = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section", "hw1 (501)")
    points = ("    Points Possible", "", "", "", "", "100")
    lines = [
        (_sortable(name), str(canvas_id(n)), f"S{n:04d}", email(n), world.sections[n], "")
        for n, name in rows
    ]
    _write_csv(path, [heading, points, *lines])


def _sortable(name: str) -> str:
    first, _, last = name.partition(" ")
    return f"{last}, {first}" if last else first


def write_exports(world: World, task: Task, folder: Path) -> list[tuple[Path, Path | None]]:
    """The exports of a task in the order of their downloads, each with its list of times if any."""
    write = {"canvas": _canvas, "gradescope": _gradescope, "moodle": _moodle}[task.platform]
    made: list[tuple[Path, Path | None]] = []
    for download in range(1, _MOST_TRIES + 1):
        latest = _latest(world.tries[task.id], download)
        if made and latest == _latest(world.tries[task.id], download - 1):
            break
        made.append(write(world, task, latest, folder / f"{task.id}-{download}.zip"))
    return made


def _latest(tries: list[Try], download: int) -> list[Try]:
    """The last of everybody's first so many: an export holds one of each."""
    own: dict[tuple[int, ...], list[Try]] = {}
    for each in tries:
        own.setdefault(each.members, []).append(each)
    return [sorted(each, key=lambda one: one.at)[:download][-1] for each in own.values()]


def _canvas(world: World, task: Task, tries: list[Try], path: Path) -> tuple[Path, Path]:
    files, times = {}, []
    for number, tried in enumerate(tries):
        student = tried.members[0]
        name = re.sub(r"\W", "", _sortable(world.names[student])).lower()
        late = "_LATE" if tried.at > task.due else ""
        for at, (file, content) in enumerate(_files(task, tried).items()):
            place = f"{name}{late}_{canvas_id(student)}_{9_000_000 + 10 * number + at}_{file}"
            files[place] = content
        times.append((str(canvas_id(student)), tried.at.isoformat()))
    _write_zip(path, files)
    return path, _write_times(path, times)


def _moodle(world: World, task: Task, tries: list[Try], path: Path) -> tuple[Path, Path]:
    files, times = {}, []
    for tried in tries:
        student = tried.members[0]
        name = world.names[student].replace("_", " ")
        for file, content in _files(task, tried).items():
            place = f"{name}_{moodle_id(student)}_assignsubmission_file/{file}"
            files[place] = content
        times.append((str(moodle_id(student)), tried.at.isoformat()))
    _write_zip(path, files)
    return path, _write_times(path, times)


def _gradescope(world: World, task: Task, tries: list[Try], path: Path) -> tuple[Path, None]:
    root, lines, files = f"assignment_{4_700}_export", [], {}
    for number, tried in enumerate(tries):
        folder = f"submission_{880_000 + number}"
        lines += [f"{folder}:", "  :submitters:"]
        for student in tried.members:
            name = json.dumps(world.names[student], ensure_ascii=False)
            sid, mail = f"S{student:04d}", email(student)
            lines += [f"  - :name: {name}", f"    :sid: {sid}", f"    :email: {mail}"]
        at = tried.at.astimezone(dt.UTC)
        lines += [f"  :created_at: {at:%Y-%m-%d %H:%M:%S} Z", "  :score: 0.0"]
        for file, content in _files(task, tried).items():
            files[f"{root}/{folder}/{file}"] = content
    files[f"{root}/submission_metadata.yml"] = ("---\n" + "\n".join(lines) + "\n").encode()
    _write_zip(path, files)
    return path, None


def _files(task: Task, tried: Try) -> dict[str, bytes]:
    """What a student uploads: the module in one of many forms."""
    code = source(task, tried).encode()
    whole = zipped({f"{task.id}/work.py": code, f"{task.id}/__init__.py": b""})
    notebook = json.dumps({"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
    return {
        "zip": {"final.zip": whole},
        "loose": {"work.py": code},
        "zip+pdf": {"written part.pdf": _PDF, "my work.zip": whole},
        "loose+notebook": {"work-1.py": code, "notes.ipynb": notebook.encode()},
        "py.txt": {"work.py.txt": code},
        "nested": {"outer.zip": zipped({"inner.zip": whole})},
    }[tried.form]


def source(task: Task, tried: Try) -> str:
    """The module, in which some functions are right."""
    about = f'"""{task.id} of {", ".join(map(str, tried.members))} at {tried.at.isoformat()}."""'
    return "\n\n\n".join([about, *(_function(n, right) for n, right in enumerate(tried.right))])


def _function(number: int, right: bool) -> str:
    shift = 1 if right else 2
    return f"def f{number}(x):\n    out = {number + 2} * x + {shift}\n    return out\n"


def zipped(files: Mapping[str, bytes]) -> bytes:
    """Some files as the bytes of a zip."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return content.getvalue()


def _write_zip(path: Path, files: Mapping[str, bytes]) -> None:
    path.write_bytes(zipped(files))


def _write_times(path: Path, times: Iterable[tuple[str, str]]) -> Path:
    listed = path.with_suffix(".times.csv")
    _write_csv(listed, [("submission", "submitted"), *times])
    return listed


def _write_csv(path: Path, rows: Iterable[Iterable[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
