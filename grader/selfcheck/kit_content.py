"""What is in a kit's wheel: the modules that a self-check needs, and what is public.

The modules are found by their imports when the kit is made, so that nothing else comes along.
"""

from __future__ import annotations

import hashlib
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Final

import msgspec

from grader.assignment.folder import Assignment
from grader.assignment.layout import inside_wheel
from grader.assignment.plugin import CallForm, plugin_files
from grader.assignment.template_digests import FILE
from grader.diagnosis.catalogue_compiler import CatalogueCompiler
from grader.diagnosis.compiled_catalogue import CompiledCatalogue
from grader.diagnosis.mutated_package import Catalogue
from grader.model.module_path import module_file
from grader.model.result import Visibility
from grader.runner.answer_key import Key
from grader.runner.check import Check, ListedCheck
from grader.runner.recording import record_key
from grader.runner.reference import reference_files
from grader.runner.session import run_session
from grader.selfcheck.import_closure import import_closure, imported_names
from grader.selfcheck.kit_rubric import kit_rubric, kit_seed
from grader.selfcheck.public_bank import function_of, public_bank
from grader.selfcheck.wheel_file import DISTRIBUTION, HARNESS

ROOTS: Final = (
    "grader.__main__",
    "grader.cli.student_app",
    "grader.pytest_plugin",
    "grader.selfcheck.self_check",
    "grader.batches.grading_server",
    "grader.grading.pipeline",
    "grader.checks.suite",
)
"""What a student runs (the command, pytest's plugin, a notebook's cell, the test file), and what is
imported by a name that is put together: the server's process, `grader.grading`'s names."""
_FOR_WORKERS: Final = ("worker", "protocol")
"""Folders that are staged into a sandbox, but for what serves notebooks."""
_FILES: Final = ("py.typed", "runner/bank.ini")
NEEDS: Final = (
    "numpy>=1.26",
    "pytest>=7.0",
    "msgspec>=0.18",
    'tomli>=1.1; python_version < "3.11"',
)
"""No more than is on Google Colab, on Kaggle and in an Anaconda of 2024, but for msgspec.
The terminal has colours where rich is installed, which those have.
Python 3.10 has no `tomllib`; pytest brings `tomli` there in any case."""
_ENTRY_POINTS: Final = """\
[console_scripts]
grader = grader.cli.student_app:main

[pytest11]
gradewall = grader.pytest_plugin
"""


class KitContent(msgspec.Struct):
    """A kit's wheel, before it is written."""

    version: str
    """Of the distribution: another for each kit, so that `pip install` replaces one by another."""
    files: dict[str, bytes]
    """By the names inside."""
    about: dict[str, bytes]


def kit_content(assignment: Assignment, *, mistakes: bool = True) -> KitContent:
    """Gather what goes into the wheel.

    Args:
        assignment: for which it is.
        mistakes: whether it is to name the known mistakes. To find out what each of them answers
            takes longer than all else.

    Raises:
        InputError: a hidden check cannot be left out.
        InternalError: the answer key cannot be recorded.
    """
    files = dict(_assignment(assignment, mistakes=mistakes))
    files = {**_harness(files), **files}
    digest = hashlib.sha256()
    for name, data in sorted(files.items()):
        digest.update(f"{name}\0{len(data)}\0".encode() + data)
    id = re.sub("[^a-z0-9]+", ".", assignment.rubric.id.lower()).strip(".") or "kit"
    public = metadata.version(DISTRIBUTION).partition("+")[0]
    version = f"{public}+{id}.{digest.hexdigest()[:8]}"
    return KitContent(version, files, _about(version))


def _about(version: str) -> dict[str, bytes]:
    needs = "".join(f"Requires-Dist: {line}\n" for line in NEEDS)
    text = (
        f"Metadata-Version: 2.1\nName: {DISTRIBUTION}\nVersion: {version}\n"
        "Summary: Checks your own work on an assignment, with its public checks.\n"
        f"Requires-Python: >=3.10\n{needs}"
        'Provides-Extra: watch\nRequires-Dist: watchfiles>=0.20; extra == "watch"\n'
    )
    return {"METADATA": text.encode(), "entry_points.txt": _ENTRY_POINTS.encode()}


def _harness(own: Mapping[str, bytes]) -> dict[str, bytes]:
    """The modules of the harness that are needed, also by the assignment's own code."""
    roots = [*ROOTS]
    for folder in _FOR_WORKERS:
        roots += [
            f"grader.{folder}.{path.stem}"
            for path in (HARNESS / folder).glob("*.py")
            if not path.stem.startswith("notebook_")
        ]
    for name, data in own.items():
        if name.endswith(".py"):
            roots += imported_names(data.decode())
    needed = set(import_closure(HARNESS, roots).values())
    needed |= {HARNESS / "assignments" / "__init__.py", *(HARNESS / file for file in _FILES)}
    return {
        f"{HARNESS.name}/{path.relative_to(HARNESS).as_posix()}": path.read_bytes()
        for path in sorted(needed)
    }


def _assignment(assignment: Assignment, *, mistakes: bool) -> Iterator[tuple[str, bytes]]:
    """The assignment as it lies in a wheel: there it is one of those that come with the harness."""
    layout, id = assignment.layout, assignment.rubric.id
    name = layout.rubric.stem if layout.is_shipped else id
    place = f"{HARNESS.name}/assignments/{layout.shipped if layout.is_shipped else id}"
    key = record_key(assignment, str(kit_seed(assignment)), public_only=True)
    hidden = {function_of(each.id) for each in key.checks if not _is_public(assignment, each)}
    kept = [check for check in key.checks if function_of(check.id) not in hidden]
    ids, parts = {check.id for check in kept}, {check.part for check in kept}
    yield inside_wheel("rubrics", f"{name}.toml"), kit_rubric(assignment, ids, parts).encode()
    yield f"{place}/__init__.py", b""
    for file, text in public_bank(layout.bank, hidden).items():
        yield f"{place}/bank/{file}", text.encode()
    for path in _hooks(layout.plugin):
        yield f"{place}/{path.name}", path.read_bytes()
    for module, text in assignment.given_files.items():
        yield inside_wheel("given", f"{id}/{module_file(module)}"), text.encode()
    for notebook, text in assignment.given_notebooks.items():
        yield inside_wheel("given", f"{id}/{notebook}.ipynb"), text.encode()
    yield f"{place}/{FILE}", _left_as_given(assignment)
    key.answers = {check: rows for check, rows in key.answers.items() if check in ids}
    key.checks = kept
    if mistakes:
        yield inside_wheel("rubrics", f"{name}.mistakes"), _mistakes(assignment, key, ids)
    key.digest = ""  # of the whole bank, which is not there to compare it with
    yield inside_wheel("rubrics", f"{name}.key"), _encoded(key)


def _is_public(assignment: Assignment, check: ListedCheck) -> bool:
    declared = assignment.rubric.visibility(check.id, check.part, check.visibility)
    return declared is Visibility.PUBLIC


def _hooks(folder: Path) -> list[Path]:
    """The hooks of `releases.py`, with the tables and modules beside it that it needs.

    Not those of `data.py`, which knows what is held out: a self-check runs no notebooks.
    """
    files = {path.name: path for path in plugin_files(folder)}
    found, waiting = dict[str, Path](), ["releases.py", *(n for n in files if n.endswith(".json"))]
    while waiting:
        name = waiting.pop()
        if name not in files or name in found:
            continue
        found[name] = files[name]
        if name.endswith(".py"):
            text = files[name].read_text(encoding="utf-8")
            waiting += [f"{step}.py" for each in imported_names(text) for step in each.split(".")]
    return sorted(path for name, path in found.items() if name != FILE)


def _encoded(key: Key) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "public.key"
        key.save(path, compressed=True)
        return path.read_bytes()


def _mistakes(assignment: Assignment, key: Key, public: set[str]) -> bytes:
    """What the kit knows of the known mistakes."""
    salt = hashlib.sha256(f"{key.seed}/mistakes".encode()).digest()[:16]
    files, names = reference_files(assignment), assignment.package_names
    catalogue = Catalogue(assignment.layout, assignment.contract, files, names)
    made = [CompiledCatalogue(salt, [])]

    def compile_mistakes(checks: Sequence[Check]) -> None:
        chosen = [check for check in checks if check.id in public]
        form = CallForm(None, assignment.plugin)
        made.append(CatalogueCompiler(catalogue, key, form, chosen).compiled(salt))

    run_session(assignment, compile_mistakes)
    return made[-1].encode()


def _left_as_given(assignment: Assignment) -> bytes:
    """By what untouched functions are told: a student's machine has no template to compare with."""
    contract = assignment.contract
    known = {name: sorted(contract[name].templates) for name in contract.targets}
    return msgspec.json.encode({name: digests for name, digests in known.items() if digests})
