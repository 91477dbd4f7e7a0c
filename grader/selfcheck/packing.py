"""Packing a student's work: found, sorted, written, and read again as the instructor will."""

from __future__ import annotations

import contextlib
import datetime as dt
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import Final

import msgspec

from grader.assignment.composed import ComposedAssignment, open_assignment
from grader.assignment.folder import Assignment
from grader.grading import harness_version
from grader.model.errors import InputError
from grader.model.packing_list import PACKING_LIST, PackingList, content_digest
from grader.model.submit_rule import SubmitRule
from grader.report.strings import Texts
from grader.selfcheck.notebook_pdf import notebook_pdf
from grader.selfcheck.notebook_run import can_run, run_notebook
from grader.selfcheck.notebook_state import cell_name, code_cells, source_of
from grader.selfcheck.readiness import findings, unsaved
from grader.selfcheck.remark import SubmitRemark
from grader.selfcheck.student_folder import nothing_in, working_folder
from grader.selfcheck.submission_zip import write_zip, zip_bytes
from grader.selfcheck.work_files import PackedFile, SkippedFile, WorkFiles, work_files

_LARGEST: Final = 5

Tell = Callable[[str], None]
"""Is told what goes on while one waits."""


class Packed(msgspec.Struct, frozen=True, kw_only=True):
    """An archive that was written, and what is known of it."""

    archive: Path
    folder: Path
    size: int
    files: list[str]
    left_out: list[SkippedFile]
    findings: list[SubmitRemark]
    notebooks: list[Path]
    rule: SubmitRule


def pack(
    path: Path, out: Path | None, assignment: str, texts: Texts, tell: Tell, now: str = ""
) -> Packed:
    """Pack the work at `path`.

    Args:
        path: the student's folder, or one below it.
        out: the archive; None for the usual name in the folder.
        assignment: its name, or path of its rubric; empty for the one at hand.
        texts: of the language to answer in.
        tell: told what takes long.
        now: when it is packed; by default what the clock says.

    Raises:
        InputError: nothing of the assignment is there, it is larger than the assignment allows, or
            it cannot be written.
    """
    opened = open_assignment(assignment)
    folder = working_folder(path, opened.form)
    if folder.is_file():
        raise InputError(f"{folder}: is a file.", hint="Name the folder with your work.")
    rule, id = opened.rubric.submit, opened.rubric.id
    archive = out or folder / f"{id}-submission.zip"
    work = work_files(folder, rule.files, archive.resolve())
    found = [*unsaved(work.packed, texts)]
    contents = _read(work)
    if rule.pdf:
        found += _add_pdfs(work.packed, contents, texts, tell)
    listed = PackingList(
        assignment=id,
        harness=harness_version(),
        packed_at=now or dt.datetime.now().astimezone().isoformat(timespec="seconds"),
        files={name: content_digest(content) for name, content in sorted(contents.items())},
    )
    made = zip_bytes(contents, listed)
    _must_fit(made, contents, rule)
    found += _as_the_instructor_reads(made, contents, opened, folder, texts)
    write_zip(archive, made)
    return Packed(
        archive=archive,
        folder=folder,
        size=len(made),
        files=sorted(contents),
        left_out=work.left_out,
        findings=found,
        notebooks=[file.place for file in work.packed if file.path.endswith(".ipynb")],
        rule=rule,
    )


def notebook_findings(
    packed: Packed, texts: Texts, *, run: bool, tell: Tell
) -> Iterator[SubmitRemark]:
    """Run each notebook where the student works, and say how far it gets."""
    if not packed.notebooks:
        return
    if not run:
        yield SubmitRemark(texts("submit.not_run"), problem=False)
    elif not can_run():
        yield SubmitRemark(texts("submit.no_jupyter"), problem=False)
    else:
        for path in packed.notebooks:
            yield _run(path, packed.rule.notebook_seconds, texts, tell)


def _run(path: Path, seconds: float, texts: Texts, tell: Tell) -> SubmitRemark:
    name, minutes = path.name, f"{seconds / 60:.3g}"
    tell(texts("submit.running", name=name, minutes=minutes))
    try:
        run = run_notebook(path, seconds)
    except KeyboardInterrupt:
        return SubmitRemark(texts("submit.run_stopped", name=name), problem=False)
    except OSError as error:
        return SubmitRemark(texts("submit.run_not_started", name=name, error=error), problem=False)
    if run.done:
        return SubmitRemark(texts("submit.run_well", name=name), problem=False)
    cell = _cell(path, run.cell)
    if not run.in_time:
        said = texts("submit.run_too_long", name=name, cell=cell, minutes=minutes)
        return SubmitRemark(said, problem=False)
    if not run.cell:
        return SubmitRemark(
            texts("submit.run_not_started", name=name, error=run.error), problem=False
        )
    return SubmitRemark(texts("submit.run_failed", name=name, cell=cell, error=run.error))


def _cell(path: Path, at: int) -> str:
    with contextlib.suppress(OSError, ValueError):
        return cell_name(at, source_of(dict(code_cells(path.read_bytes())).get(at, {})))
    return str(at)


def _read(work: WorkFiles) -> dict[str, bytes]:
    contents = {}
    for file in list(work.packed):
        if file.path == PACKING_LIST:
            work.left_out.append(SkippedFile(file.path, "manifest", file.size))
            continue
        try:
            contents[file.path] = file.place.read_bytes()
        except OSError:
            work.left_out.append(SkippedFile(file.path, "unreadable", file.size))
    return contents


def _add_pdfs(
    files: list[PackedFile], contents: dict[str, bytes], texts: Texts, tell: Tell
) -> Iterator[SubmitRemark]:
    for file in files:
        if not file.path.endswith(".ipynb"):
            continue
        name = str(PurePosixPath(file.path).with_suffix(".pdf"))
        tell(texts("submit.pdf", name=name))
        made = notebook_pdf(file.place)
        if made is None:
            contents.pop(name, None)
            yield SubmitRemark(texts("submit.no_pdf", name=file.path, pdf=PurePosixPath(name).name))
        else:
            contents[name] = made


def _must_fit(made: bytes, contents: dict[str, bytes], rule: SubmitRule) -> None:
    if len(made) <= rule.max_megabytes * (1 << 20):
        return
    largest = sorted(contents, key=lambda name: -len(contents[name]))[:_LARGEST]
    told = ", ".join(f"{name} ({len(contents[name]) / (1 << 20):.1f} MB)" for name in largest)
    raise InputError(
        f"The archive would have {len(made) / (1 << 20):.1f} MB; the assignment allows "
        f"{rule.max_megabytes:g} MB. Nothing was packed.",
        hint=f"The largest files are {told}: clear outputs you do not need, or move files away.",
    )


def _as_the_instructor_reads(
    made: bytes,
    contents: dict[str, bytes],
    opened: Assignment | ComposedAssignment,
    folder: Path,
    texts: Texts,
) -> list[SubmitRemark]:
    with tempfile.TemporaryDirectory(prefix="grader-submit-") as place:
        archive = Path(place) / f"{folder.name or 'submission'}.zip"
        archive.write_bytes(made)
        try:
            return list(findings(archive, contents, opened, texts))
        except InputError as error:
            raise nothing_in(folder, error.message, opened.form) from None
