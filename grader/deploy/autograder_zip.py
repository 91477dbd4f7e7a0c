"""The zip that Gradescope takes: two scripts, this package, and a whole assignment."""

from __future__ import annotations

import os
import tempfile
import zipfile
from collections.abc import Iterator
from importlib import metadata
from importlib.resources import files
from pathlib import Path
from typing import Final

import msgspec
from msgspec.structs import replace
from packaging.requirements import Requirement

from grader.assignment.folder import Assignment
from grader.assignment.layout import shipped_data
from grader.deploy.autograder_run import SETTINGS, AutograderSettings
from grader.model.errors import InputError
from grader.selfcheck.wheel_file import DISTRIBUTION, write_wheel

_SCRIPTS: Final = ("setup.sh", "run_autograder")
_FOLDER: Final = "assignment"
"""Where an assignment of one's own lies in the zip."""
_EXECUTABLE: Final = 0o755 << 16
_DATE: Final = (2020, 1, 1, 0, 0, 0)


def write_autograder(path: Path, settings: AutograderSettings) -> int:
    """Write the zip; returns its size in bytes.

    It holds the reference and the hidden checks: it is for Gradescope, not for students.

    Raises:
        GraderError: the assignment cannot be loaded.
        InputError: the zip cannot be written.
    """
    assignment = Assignment.load(settings.assignment)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f".{path.name}.part")
        with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in _content(assignment, settings):
                entry = zipfile.ZipInfo(name, _DATE)
                entry.compress_type = zipfile.ZIP_DEFLATED
                entry.external_attr = _EXECUTABLE if name in _SCRIPTS else 0o644 << 16
                archive.writestr(entry, content)
        part.replace(path)
        return path.stat().st_size
    except OSError as error:
        raise InputError(f"Cannot write {path}: {error.strerror or error}.") from None


def _content(assignment: Assignment, settings: AutograderSettings) -> Iterator[tuple[str, bytes]]:
    for script in _SCRIPTS:
        yield script, files("grader.deploy").joinpath("scripts", script).read_bytes()
    layout = assignment.layout
    if layout.is_shipped:
        place = layout.rubric.stem
    else:
        own = [file.resolve() for file in layout.own_files()]
        root = Path(os.path.commonpath([file.parent for file in own]))
        place = f"{_FOLDER}/{layout.rubric.resolve().relative_to(root).as_posix()}"
        for file in own:
            yield f"{_FOLDER}/{file.relative_to(root).as_posix()}", file.read_bytes()
    yield SETTINGS, msgspec.json.format(msgspec.json.encode(replace(settings, assignment=place)))
    yield "requirements.txt", "".join(f"{line}\n" for line in requirements()).encode()
    with tempfile.TemporaryDirectory() as folder:
        shipped = ((name, file.read_bytes()) for name, file in shipped_data())
        wheel = write_wheel(Path(folder), shipped)
        yield wheel.name, wheel.read_bytes()


def requirements() -> list[str]:
    """What this package needs, in the versions that are installed here: what was tested."""
    found: dict[str, str] = {}
    waiting = [DISTRIBUTION]
    while waiting:
        distribution = metadata.distribution(waiting.pop())
        for line in distribution.requires or []:
            needed = Requirement(line)
            if needed.marker is not None and not needed.marker.evaluate({"extra": ""}):
                continue
            if needed.name not in found:
                found[needed.name] = metadata.version(needed.name)
                waiting.append(needed.name)
    return [f"{name}=={version}" for name, version in sorted(found.items(), key=str)]
