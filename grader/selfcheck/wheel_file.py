"""Making a wheel of this very package, with whatever data belongs into it."""

from __future__ import annotations

import base64
import hashlib
import zipfile
from collections.abc import Iterable, Iterator
from importlib import metadata
from pathlib import Path
from typing import Final

DISTRIBUTION: Final = "gradewall"
HARNESS: Final = Path(__file__).resolve().parents[1]
_WHEEL: Final = """\
Wheel-Version: 1.0
Generator: gradewall
Root-Is-Purelib: true
Tag: py3-none-any
"""


def write_wheel(folder: Path, data: Iterable[tuple[str, bytes]]) -> Path:
    """A wheel of this package in `folder`: its code, and `data` by the names inside.

    What `data` has of a name that the code has, too, stands in for that.

    Raises:
        OSError: it cannot be written.
    """
    distribution = metadata.distribution(DISTRIBUTION)
    name = f"{DISTRIBUTION}-{distribution.version}"
    path = folder / f"{name}-py3-none-any.whl"
    about = {
        f"{name}.dist-info/METADATA": distribution.read_text("METADATA") or "",
        f"{name}.dist-info/entry_points.txt": distribution.read_text("entry_points.txt") or "",
        f"{name}.dist-info/WHEEL": _WHEEL,
    }
    told = ((inside, text.encode()) for inside, text in about.items())
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        record = []
        for inside, content in dict([*_code(), *data, *told]).items():
            archive.writestr(inside, content)
            record.append(_record_line(inside, content))
        listed = f"{name}.dist-info/RECORD"
        archive.writestr(listed, "".join([*record, f"{listed},,\n"]))
    return path


def _code() -> Iterator[tuple[str, bytes]]:
    for path in sorted(HARNESS.rglob("*")):
        inside = path.relative_to(HARNESS)
        if path.is_file() and "_data" not in inside.parts and "__pycache__" not in inside.parts:
            yield f"{HARNESS.name}/{inside.as_posix()}", path.read_bytes()


def _record_line(inside: str, content: bytes) -> str:
    digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
    return f"{inside},sha256={digest},{len(content)}\n"
