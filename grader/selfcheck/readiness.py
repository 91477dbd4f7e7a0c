"""Whether work is ready to be handed in: what was packed, read as the instructor will read it."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import Final

from grader.assignment.composed import ComposedAssignment, members_of
from grader.assignment.folder import Assignment
from grader.model.submission import Submission
from grader.report.strings import Texts
from grader.report.text import one_line
from grader.selfcheck.notebook_state import state_of
from grader.selfcheck.remark import SubmitRemark
from grader.selfcheck.work_files import PackedFile
from grader.submission import load, single

_MARKER: Final = re.compile(rb"^(?:<{7}|>{7}|\|{7}) \S", re.MULTILINE)
_NEWER: Final = 2.0
"""Seconds by which a copy of an editor has to be newer than its file."""
_SHOWN: Final = 12


def findings(
    archive: Path,
    packed: Mapping[str, bytes],
    opened: Assignment | ComposedAssignment,
    texts: Texts,
) -> Iterator[SubmitRemark]:
    """What the archive lacks, and what its files say of themselves.

    Args:
        archive: the archive, on which the instructor's reading is tried.
        packed: what is in it, by path.
        opened: the assignment.
        texts: of the language to answer in.

    Raises:
        InputError: there is nothing of the assignment in it.
    """
    for assignment in members_of(opened):
        yield from _of_code(_loaded(archive, assignment, opened), texts)
    yield from _absent(packed, opened, texts)
    for path, content in packed.items():
        marker = _MARKER.search(content) if path.endswith((".py", ".ipynb")) else None
        if marker:
            line = content.count(b"\n", 0, marker.start()) + 1
            yield SubmitRemark(texts("submit.conflict", name=path, line=line))
        elif path.endswith(".py"):
            yield from _unparsed(path, content, texts)
        elif path.endswith(".ipynb"):
            yield from state_of(path, content, texts)


def unsaved(files: Sequence[PackedFile], texts: Texts) -> Iterator[SubmitRemark]:
    """What an editor seems to hold that is newer than the file."""
    for file in files:
        saved = file.place.stat().st_mtime
        for copy in _copies(file.place):
            if copy.is_symlink() or (copy.exists() and copy.stat().st_mtime > saved + _NEWER):
                yield SubmitRemark(texts("submit.unsaved", name=file.path, copy=copy.name))
                break


def _loaded(
    archive: Path, assignment: Assignment, opened: Assignment | ComposedAssignment
) -> Submission:
    return load(
        single(archive),
        contract=assignment.contract,
        form=opened.form,
        given=assignment.given_files,
        notebooks=assignment.given_notebooks,
        plugin=assignment.plugin,
        fixed=assignment.rubric.grading.release,
    )


def _of_code(found: Submission, texts: Texts) -> Iterator[SubmitRemark]:
    """Names of the contract that are missing, cannot be used, or were not begun."""
    by_file: dict[str, list[str]] = {}
    for name, file in found.missing.items():
        by_file.setdefault(file, []).append(name)
    for file, names in by_file.items():
        yield SubmitRemark(texts("submit.missing", names=_listed(names), name=file))
    for reason in dict.fromkeys(found.broken.values()):
        yield SubmitRemark(texts("submit.broken", reason=reason))
    if found.todo:
        yield SubmitRemark(texts("submit.untouched", n=len(found.todo), names=_listed(found.todo)))


def _absent(
    packed: Mapping[str, bytes], opened: Assignment | ComposedAssignment, texts: Texts
) -> Iterator[SubmitRemark]:
    """Notebooks and other files that the rubric asks for and that are not there."""
    rules = opened.rubric.notebooks
    books = {PurePosixPath(path).stem.casefold() for path in packed if path.endswith(".ipynb")}
    wanted = [*(rules.files if rules else ()), *opened.rubric.submit.notebooks]
    for name in dict.fromkeys(wanted):
        if name.casefold() not in books:
            yield SubmitRemark(texts("submit.no_notebook", name=f"{name}.ipynb"))
    for pattern in opened.rubric.submit.files:
        if not any(fnmatchcase(path, pattern) for path in packed):
            yield SubmitRemark(texts("submit.no_file", name=pattern))


def _unparsed(path: str, content: bytes, texts: Texts) -> Iterator[SubmitRemark]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(content)
    except SyntaxError as error:
        said = one_line(error.msg or "", 80)
        yield SubmitRemark(texts("submit.syntax", name=path, line=error.lineno or 1, error=said))
    except (ValueError, RecursionError, MemoryError) as error:
        yield SubmitRemark(texts("submit.broken", reason=f"{path}: {one_line(str(error), 80)}"))


def _copies(place: Path) -> Iterator[Path]:
    """Where editors keep what is not saved: Vim, Emacs (its lock is a link), Kate, Jupyter."""
    name, folder = place.name, place.parent
    yield folder / f".{name}.swp"
    yield folder / f"#{name}#"
    if (folder / f".#{name}").is_symlink():
        yield folder / f".#{name}"
    yield folder / f".{name}.kate-swp"
    if place.suffix == ".ipynb":
        yield folder / ".ipynb_checkpoints" / f"{place.stem}-checkpoint.ipynb"


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_SHOWN])
    return shown if len(names) <= _SHOWN else f"{shown}, … (+{len(names) - _SHOWN})"
