"""Grading again: a preview that changes nothing, and putting a run in force as a whole."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Final

import msgspec

from grader.batches.fingerprint import Fingerprint, Fingerprints
from grader.batches.output import BatchOutput
from grader.batches.run import Progress
from grader.batches.run_history import RunHistory
from grader.batches.staged_folder import StagedFolder, settle_staged, staged_note
from grader.batches.storage import Folder, Storage
from grader.course.regrade import regrade, score_change
from grader.course.submission_worth import Worth
from grader.model.errors import InputError
from grader.model.result import Result
from grader.model.score_change import Regrade, ScoreChange
from grader.report.atomic_write import result_file
from grader.report.regrade_page import regrade_csv, regrade_page
from grader.report.strings import Lang
from grader.submission import Source

CHECKS: Final = "checks.json"
"""In the output: how each check was written when its results were put in force."""
_PREVIEW: Final = "preview/changes.json"
_UNKNOWN: Final = Fingerprint(*[""] * len(Fingerprint.__struct_fields__))
"""Of a result of an earlier run: equal to nothing that could be graded now."""


class Preview:
    """Compares what a batch gives with what is in force."""

    def __init__(self, folder: Path, staged: StagedFolder, changed_checks: frozenset[str]) -> None:
        self._base = Folder(folder)
        self._staged = staged
        self._changed_checks = changed_checks
        self._changes: list[ScoreChange] = []
        self._total = 0

    def look_at(self, step: Progress) -> None:
        """Compare one submission."""
        self._total += 1
        name = result_file(step.summary.submission)
        if not self._staged.is_staged(name):
            return
        before = _stored(self._base.read(name), step.summary.submission)
        found = score_change(before, step.result, step.why, self._changed_checks)
        if found is not None:
            self._changes.append(found)

    def found(self) -> Regrade:
        """What changes, once everything was looked at."""
        return regrade(self._total, self._changes)


def write_preview(folder: Path, found: Regrade, title: str, lang: Lang) -> None:
    """Keep what a preview found beside the results: as a page, a table, and for `read_preview`.

    Raises:
        InputError: it cannot be written.
    """
    output = Folder(folder)
    output.write("preview/index.html", regrade_page(found, title=title, lang=lang).encode())
    output.write("preview/changes.csv", regrade_csv(found, lang))
    output.write(_PREVIEW, msgspec.json.encode(found))


def read_preview(folder: Path) -> Regrade | None:
    """What the last preview found; None where there is none that can be read."""
    content = Folder(folder).read(_PREVIEW)
    try:
        return msgspec.json.decode(content, type=Regrade) if content is not None else None
    except msgspec.MsgspecError:
        return None


def put_in_force(
    run: int,
    history: RunHistory,
    sources: Iterable[Source],
    worth: Callable[[Source], Worth],
    *,
    folder: Path,
    fingerprints: Fingerprints,
    title: str = "",
    assignment: str = "",
    lang: Lang = "en",
    requests_to: str | None = None,
    begin: Callable[[BatchOutput], None] | None = None,
) -> int:
    """Write the output of a run anew and put it in place; how many results changed.

    Whatever happens on the way, the folder holds the one state or the other: at the latest when the
    next command has called `recover`. `begin` is told of the output before anything is written to
    it, as where marks are kept elsewhere.

    Raises:
        InputError: something cannot be read or written; nothing has changed then, unless a file
            could not be moved, which the next command does.
    """
    staged = StagedFolder(folder)
    output = BatchOutput(
        staged, title=title, assignment=assignment, lang=lang, requests_to=requests_to
    )
    by_id = {source.id: source for source in sources}
    written = 0
    try:
        if begin is not None:
            begin(output)
        output.prepare()
        for given in history.given(run):
            source = by_id.get(given.submission)
            own = worth(source) if source else Worth()
            if output.holds(given.submission, given.content, own):
                continue
            result = output.settled(history.result(given.content), own)
            output.add(result, _inputs(fingerprints, source, result), own)
            written += 1
        output.finish()
        staged.make_ready(str(run))
    except BaseException:
        output.close()
        staged.discard()
        raise
    recover(folder, history)
    return written


def recover(folder: Path, history: RunHistory) -> None:
    """Go on with what was ready to be put in force when a command was stopped.

    Raises:
        InputError: it cannot be written.
    """
    note = staged_note(folder)
    if note is not None and note.isdecimal():
        history.go_to(int(note))
    settle_staged(folder)


def check_digests(bank_files: Iterable[Path]) -> dict[str, str]:
    """How each check of a bank is written, whatever its comments and layout."""
    return {
        f"{path.stem}::{name}": digest
        for path in bank_files
        for name, digest in _digests_in(path.read_text(encoding="utf-8")).items()
    }


@lru_cache(maxsize=64)
def _digests_in(text: str) -> dict[str, str]:
    """Those of the checks of a module, not to be changed: a run asks before grading and after."""
    return {
        node.name.removeprefix("test_"): hashlib.sha256(ast.dump(node).encode()).hexdigest()[:16]
        for node in ast.parse(text).body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }


def stored_checks(storage: Storage) -> dict[str, str]:
    """How the checks of the results in force were written; empty where that is not known."""
    try:
        return msgspec.json.decode(storage.read(CHECKS) or b"{}", type=dict[str, str])
    except msgspec.DecodeError:
        return {}


def store_checks(storage: Storage, checks: Mapping[str, str]) -> None:
    """Note how the checks are written.

    Raises:
        InputError: it cannot be written.
    """
    content = msgspec.json.encode(dict(checks))
    if storage.read(CHECKS) != content:
        storage.write(CHECKS, content)


def changed_checks(before: Mapping[str, str], after: Mapping[str, str]) -> frozenset[str]:
    """Checks that are written differently; none where nothing is known of before."""
    every = {*before, *after} if before else set()
    return frozenset(id for id in every if before.get(id) != after.get(id))


def _stored(content: bytes | None, submission: str) -> Result | None:
    try:
        result = Result.from_json(content) if content is not None else None
    except msgspec.DecodeError:
        return None
    return result if result and result.submission == submission else None


def _inputs(fingerprints: Fingerprints, source: Source | None, result: Result) -> Fingerprint:
    """What the result came from, if that is what would be graded now."""
    try:
        inputs = fingerprints.of(source) if source else _UNKNOWN
    except InputError:
        return _UNKNOWN
    return inputs if inputs.digest == result.digest else _UNKNOWN
