"""What students get: the template, and a wheel of the self-check that holds no reference.

The wheel is this very package without the reference, the catalogue of mistakes and the full answer
key: in their place stand the recorded answers of the public checks.
"""

from __future__ import annotations

import base64
import hashlib
import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Final

from grader.assignment.folder import Assignment
from grader.assignment.layout import inside_wheel
from grader.assignment.plugin import plugin_files
from grader.model.errors import InputError
from grader.model.module_path import module_file
from grader.runner.recording import record_key

_PACKAGE: Final = Path(__file__).resolve().parents[1]
_WHEEL: Final = """\
Wheel-Version: 1.0
Generator: gradewall
Root-Is-Purelib: true
Tag: py3-none-any
"""


def build_kit(assignment: Assignment, out: Path) -> Path:
    """Put template and wheel into `out`.

    Returns:
        The wheel.

    Raises:
        InputError: `out` holds something already, or cannot be written.
        InternalError: the answer key cannot be recorded.
    """
    if out.exists() and any(out.iterdir()):
        raise InputError(f"{out}: is not empty.", hint="Name a new folder.")
    try:
        shutil.copytree(
            assignment.layout.template,
            out,
            dirs_exist_ok=True,
            ignore=shutil.ignore_patterns("__pycache__"),
        )
        return _wheel(assignment, out)
    except OSError as error:
        raise InputError(f"{out}: cannot write the kit: {error.strerror or error}.") from None


def _wheel(assignment: Assignment, out: Path) -> Path:
    distribution = metadata.distribution("gradewall")
    name = f"gradewall-{distribution.version}"
    path = out / f"{name}-py3-none-any.whl"
    about = {
        f"{name}.dist-info/METADATA": distribution.read_text("METADATA") or "",
        f"{name}.dist-info/entry_points.txt": distribution.read_text("entry_points.txt") or "",
        f"{name}.dist-info/WHEEL": _WHEEL,
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        record = []
        for inside, content in [
            *_code(),
            *_data(assignment),
            *((inside, text.encode()) for inside, text in about.items()),
        ]:
            archive.writestr(inside, content)
            record.append(_record_line(inside, content))
        listed = f"{name}.dist-info/RECORD"
        archive.writestr(listed, "".join([*record, f"{listed},,\n"]))
    return path


def _code() -> Iterator[tuple[str, bytes]]:
    for path in sorted(_PACKAGE.rglob("*")):
        inside = path.relative_to(_PACKAGE)
        if path.is_file() and "_data" not in inside.parts and "__pycache__" not in inside.parts:
            yield f"grader/{inside.as_posix()}", path.read_bytes()


def _data(assignment: Assignment) -> Iterator[tuple[str, bytes]]:
    """The assignment as it lies in a wheel: there it is one of those that come with the harness."""
    layout, id = assignment.layout, assignment.rubric.id
    name = layout.rubric.stem if layout.is_shipped else id
    yield inside_wheel("rubrics", f"{name}.toml"), layout.rubric.read_bytes()
    if layout.base:
        yield inside_wheel("rubrics", layout.base.name), layout.base.read_bytes()
    if not layout.is_shipped:
        yield from _own_code(assignment)
    for module, text in assignment.given_files.items():
        yield inside_wheel("given", f"{id}/{module_file(module)}"), text.encode()
    for notebook, text in assignment.given_notebooks.items():
        yield inside_wheel("given", f"{id}/{notebook}.ipynb"), text.encode()
    with tempfile.TemporaryDirectory() as folder:
        key = Path(folder) / "public.key"
        record_key(assignment, public_only=True).save(key)
        key_name = layout.key.name if layout.is_shipped else f"{name}.key"
        yield inside_wheel("rubrics", key_name), key.read_bytes()


def _own_code(assignment: Assignment) -> Iterator[tuple[str, bytes]]:
    """Bank and hooks of an assignment that does not come with the harness.

    Not its `data.py`, which knows what is held out: a self-check runs no notebooks.
    """
    layout = assignment.layout
    place = f"{_PACKAGE.name}/assignments/{assignment.rubric.id}"
    for path in sorted(layout.bank.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            yield f"{place}/bank/{path.relative_to(layout.bank).as_posix()}", path.read_bytes()
    for path in plugin_files(layout.plugin):
        if path.name != "data.py":
            yield f"{place}/{path.name}", path.read_bytes()


def _record_line(inside: str, content: bytes) -> str:
    digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
    return f"{inside},sha256={digest},{len(content)}\n"
