"""What students get: the template, and a wheel of the self-check that holds no reference.

The wheel is this very package without the reference, the catalogue of mistakes and the full answer
key: in their place stand the recorded answers of the public checks.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec

from grader.assignment.folder import Assignment
from grader.assignment.layout import inside_wheel
from grader.assignment.plugin import plugin_files
from grader.assignment.template_digests import FILE
from grader.model.errors import InputError
from grader.model.module_path import module_file
from grader.runner.recording import record_key
from grader.selfcheck.wheel_file import HARNESS, write_wheel

_TESTS: Final = "test_selfcheck.py"
_SUITE: Final = '''\
"""The self-check as tests: run `pytest` in this folder, or the tests in your editor.

    pytest                    everything
    pytest -k NAME            what has NAME in its name
    pytest --lf               what failed the last time
    pytest -x                 stop at the first thing that is wrong
"""

from grader.checks.suite import suite_of

globals().update(suite_of("{id}"))
'''


def build_kit(assignment: Assignment, out: Path) -> Path:
    """Put template, test file and wheel into `out`.

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
        if not (out / _TESTS).exists():
            text = _SUITE.replace("{id}", assignment.rubric.id)
            (out / _TESTS).write_text(text, encoding="utf-8")
        return write_wheel(out, _data(assignment))
    except OSError as error:
        raise InputError(f"{out}: cannot write the kit: {error.strerror or error}.") from None


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
    yield _left_as_given(assignment)
    with tempfile.TemporaryDirectory() as folder:
        key = Path(folder) / "public.key"
        record_key(assignment, public_only=True).save(key)
        key_name = layout.key.name if layout.is_shipped else f"{name}.key"
        yield inside_wheel("rubrics", key_name), key.read_bytes()


def _left_as_given(assignment: Assignment) -> tuple[str, bytes]:
    """By what untouched functions are told: a student's machine has no template to compare with."""
    contract = assignment.contract
    known = {name: sorted(contract[name].templates) for name in contract.targets}
    content = {name: digests for name, digests in known.items() if digests}
    place = f"{HARNESS.name}/assignments/{assignment.layout.shipped or assignment.rubric.id}"
    return f"{place}/{FILE}", msgspec.json.encode(content)


def _own_code(assignment: Assignment) -> Iterator[tuple[str, bytes]]:
    """Bank and hooks of an assignment that does not come with the harness.

    Not its `data.py`, which knows what is held out: a self-check runs no notebooks.
    """
    layout = assignment.layout
    place = f"{HARNESS.name}/assignments/{assignment.rubric.id}"
    for path in sorted(layout.bank.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            yield f"{place}/bank/{path.relative_to(layout.bank).as_posix()}", path.read_bytes()
    for path in plugin_files(layout.plugin):
        if path.name != "data.py":
            yield f"{place}/{path.name}", path.read_bytes()
