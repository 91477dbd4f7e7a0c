"""Making the demo class: from the invented students to folders and archives."""

from __future__ import annotations

import ast
import shutil
import textwrap
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Final

from grader.assignment.catalogue import (
    Mistake,
    Variant,
    apply,
    docstring_end,
    find_definition,
    load_mistakes,
    load_variants,
    read_package,
)
from grader.assignment.folder import Assignment
from grader.assignment.stripping import strip_solutions, without_markers
from grader.demo.hand_in_layouts import course_of, hand_in
from grader.demo.invented_student import InventedStudent
from grader.model.errors import InputError, InternalError, UsageError

_OURS: Final = ".made-by-grader-demo"
"""Hidden file in a folder that holds a demo, and may be used for another."""

Files = dict[str, str]
Catalogue = Mapping[str, Mistake | Variant]


def claim(out: Path) -> Path:
    """Take a folder for a demo, and remove an earlier demo's submissions from it.

    Returns:
        Where the submissions go; not there yet.

    Raises:
        UsageError: it holds something that is not of a demo.
        InputError: it cannot be written.
    """
    try:
        if out.exists() and any(out.iterdir()) and not (out / _OURS).is_file():
            raise UsageError(
                f"{out}: is not empty, and was not made by `grader demo`.",
                hint="Choose another --out; nothing was changed.",
            )
        out.mkdir(parents=True, exist_ok=True)
        (out / _OURS).touch()
        shutil.rmtree(out / "submissions", ignore_errors=True)
    except OSError as error:
        raise InputError(f"{out}: cannot be written: {error.strerror}.") from None
    return out / "submissions"


def make_class(students: Iterable[InventedStudent], folder: Path, assignment: Assignment) -> None:
    """Write what each student hands in; the same students always give the same bytes."""
    layout = assignment.layout
    reference = read_package(layout.reference)
    entries: list[Mistake | Variant] = [
        *load_mistakes(layout.mistakes),
        *load_variants(layout.variants),
    ]
    catalogue = {entry.id: entry for entry in entries}
    course = course_of(assignment)
    rendered = assignment.plugin.hook("rendering", "rendered")
    folder.mkdir(parents=True, exist_ok=True)
    for student in students:
        hand_in(
            written_by(student, reference, catalogue, rendered),
            folder,
            student.id,
            student.layout,
            course,
        )


def written_by(
    student: InventedStudent,
    reference: Files,
    catalogue: Catalogue,
    rendered: Callable[[Files, str], Files] | None = None,
) -> Files:
    """The package of one student: text by path inside it.

    `rendered` gives a package the form of a release; it is a hook of the assignment.
    """
    files = {**reference, **student.replaces}
    for name in (*student.variants, *student.mistakes):
        files = apply(files, catalogue[name])
    for function in student.unfinished:
        file, body = _located(files, function)
        template = strip_solutions(reference[file], file)
        files[file] = files[file].replace(body, _source(template, function))
    for function, act in student.begins.items():
        file, body = _located(files, function)
        files[file] = files[file].replace(body, _begun(body, textwrap.indent(act, "    ")))
    for name, text in student.adds.items():
        files[name] = f"{files[name]}\n\n{text}"
    files = rendered(files, student.release) if rendered and student.release else _unmarked(files)
    if student.broken:
        file, body = _located(files, student.broken)
        files[file] = files[file].replace(body, _begun(body, "   "))
    return {name: text for name, text in files.items() if name not in student.forgets}


def _unmarked(files: Files) -> Files:
    return {name: without_markers(text) for name, text in files.items()}


def _located(files: Files, name: str) -> tuple[str, str]:
    """The file that defines a function or class, and its lines."""
    for file, text in files.items():
        if find_definition(text, name) is not None:
            return file, _source(text, name)
    raise InternalError(f"The demo class needs {name}, which the reference does not define.")


def _source(text: str, name: str) -> str:
    node = find_definition(text, name)
    assert node is not None
    return "".join(text.splitlines(keepends=True)[node.lineno - 1 : node.end_lineno])


def _begun(body: str, insertion: str) -> str:
    """The lines of a function with something inserted in front of its first statement."""
    node = ast.parse(body).body[0]
    assert isinstance(node, ast.FunctionDef)
    lines = body.splitlines(keepends=True)
    cut = docstring_end(node) or node.lineno
    return "".join([*lines[:cut], insertion, *lines[cut:]])
