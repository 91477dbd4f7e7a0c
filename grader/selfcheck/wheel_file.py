"""Writing a wheel, and making one of this very package."""

from __future__ import annotations

import base64
import hashlib
import zipfile
from collections.abc import Iterable, Iterator, Mapping
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
    """A wheel of this package, whole, in `folder`: its code, and `data` by the names inside.

    What `data` has of a name that the code has, too, stands in for that.

    Raises:
        OSError: it cannot be written.
    """
    distribution = metadata.distribution(DISTRIBUTION)
    about = {
        name: (distribution.read_text(name) or "").encode()
        for name in ("METADATA", "entry_points.txt")
    }
    return pack_wheel(folder, distribution.version, dict([*_code(), *data]), about)


def pack_wheel(
    folder: Path, version: str, content: Mapping[str, bytes], about: Mapping[str, bytes]
) -> Path:
    """A wheel in `folder`, of this distribution's name; returns its path.

    The same content makes the same file, byte for byte.

    Args:
        folder: where it goes.
        version: of the distribution.
        content: what is installed, by its name inside.
        about: what lies beside `WHEEL` and `RECORD`: `METADATA`, `entry_points.txt`.

    Raises:
        OSError: it cannot be written.
    """
    name = f"{DISTRIBUTION}-{version}"
    path = folder / f"{name}-py3-none-any.whl"
    told = {f"{name}.dist-info/{file}": text for file, text in about.items()}
    told[f"{name}.dist-info/WHEEL"] = _WHEEL.encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        record = []
        for inside, data in {**content, **told}.items():
            archive.writestr(zipfile.ZipInfo(inside), data, zipfile.ZIP_DEFLATED)
            record.append(_record_line(inside, data))
        listed = f"{name}.dist-info/RECORD"
        archive.writestr(zipfile.ZipInfo(listed), "".join([*record, f"{listed},,\n"]))
    return path


def _code() -> Iterator[tuple[str, bytes]]:
    for path in sorted(HARNESS.rglob("*")):
        inside = path.relative_to(HARNESS)
        if path.is_file() and "_data" not in inside.parts and "__pycache__" not in inside.parts:
            yield f"{HARNESS.name}/{inside.as_posix()}", path.read_bytes()


def _record_line(inside: str, content: bytes) -> str:
    digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
    return f"{inside},sha256={digest},{len(content)}\n"
