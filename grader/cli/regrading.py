"""`--preview`, `--accept` and `--undo` of `grader batch`."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from grader.model.errors import UsageError

if TYPE_CHECKING:
    from grader.assignment.composed import ComposedAssignment
    from grader.assignment.folder import Assignment
    from grader.batches.output import BatchOutput
    from grader.batches.regrading import Preview
    from grader.batches.run_history import RunHistory
    from grader.batches.run_recorder import RunRecorder
    from grader.batches.staged_folder import StagedFolder
    from grader.course.submission_worth import Worth
    from grader.grading import Settings
    from grader.report.strings import Lang
    from grader.submission import Source

_LAST = "last"


class Regrading:
    """What a batch does with earlier runs of its output folder."""

    def __init__(
        self,
        out: str,
        history: RunHistory | None,
        assignment: Assignment | ComposedAssignment,
        *,
        preview: bool,
        lang: Lang,
    ) -> None:
        """Go on with what was being put in force when an earlier command was stopped."""
        from grader.batches.regrading import recover
        from grader.batches.storage import local_path

        self._folder = local_path(out)
        self._place: str | StagedFolder = out
        self._history = history
        self._assignment = assignment
        self._lang: Lang = lang
        self._preview: Preview | None = None
        self._staged: StagedFolder | None = None
        self.recorder: RunRecorder | None = None
        if self._folder is None or history is None:
            return
        recover(self._folder, history)
        self._record(self._folder, history, preview=preview)

    def _record(self, folder: Path, history: RunHistory, *, preview: bool) -> None:
        from grader.batches import regrading
        from grader.batches.run_recorder import RunRecorder
        from grader.batches.staged_folder import StagedFolder
        from grader.batches.storage import Folder

        self.recorder = RunRecorder(history, "preview" if preview else "accepted")
        if preview:
            self._staged = self._place = StagedFolder(folder)
            before = regrading.stored_checks(Folder(folder))
            now = regrading.check_digests(self._assignment.bank_files)
            changed = regrading.changed_checks(before, now)
            self._preview = regrading.Preview(folder, self._staged, changed)

    @property
    def place(self) -> str | StagedFolder:
        """Where the batch writes."""
        return self._place

    @property
    def look_at(self) -> Callable[..., None] | None:
        """What each submission that is done is shown to."""
        return self._preview.look_at if self._preview else None

    def with_requests(self, worth: Callable[[Source], Worth]) -> Callable[[Source], Worth]:
        """What decides what a submission is worth, with the regrade requests that were taken in."""
        from msgspec.structs import replace

        from grader.batches.request_store import RequestStore
        from grader.batches.run_history import FolderHistory
        from grader.batches.storage import Folder

        if self._folder is None or not isinstance(self._history, FolderHistory):
            return worth  # a course has them in its database
        store = RequestStore(Folder(self._folder))
        return lambda source: replace(worth(source), requests=store.of(source.id))

    def put_in_force(
        self,
        wanted: str,
        sources: Iterable[Source],
        worth: Callable[[Source], Worth],
        settings: Settings,
        title: str,
        requests_to: str | None = None,
        begin: Callable[[BatchOutput], None] | None = None,
    ) -> None:
        """Put the last preview in force (`wanted` is empty), or go back to an earlier run."""
        from grader.batches import regrading
        from grader.batches.fingerprint import Fingerprints
        from grader.batches.run_history import run_to_accept, run_to_undo_to

        if self._folder is None or self._history is None:
            raise UsageError("Only runs in a folder of this machine are kept.")
        history = self._history
        number = int(wanted) if wanted.isdecimal() else None
        run = run_to_undo_to(history, number) if wanted else run_to_accept(history)
        written = regrading.put_in_force(
            run.id,
            history,
            sources,
            worth,
            folder=self._folder,
            fingerprints=Fingerprints(settings),
            title=title,
            assignment=self._assignment.rubric.title.in_language(self._lang),
            lang=self._lang,
            requests_to=requests_to,
            begin=begin,
        )
        self.finish()
        typer.echo(f"Run {run.id} of {run.at:%Y-%m-%d %H:%M} is in force; changed: {written}.")
        if not wanted:
            typer.echo("To go back, run the same command with: --undo last")

    def finish(self) -> None:
        """Say and write what a preview found, or note what was put in force."""
        from grader.batches import regrading
        from grader.batches.storage import Folder

        if self._folder is None or self._history is None:
            return
        if self._preview is not None:
            self._tell(self._folder, self._preview)
        else:
            checks = regrading.check_digests(self._assignment.bank_files)
            regrading.store_checks(Folder(self._folder), checks)

    def close(self) -> None:
        """Let go of what is staged, and of the history."""
        if self._staged is not None:
            self._staged.discard()
        if self._history is not None:
            self._history.close()

    def _tell(self, folder: Path, preview: Preview) -> None:
        from grader.batches.regrading import write_preview
        from grader.report.regrade_page import regrade_lines

        found = preview.found()
        write_preview(folder, found, self._assignment.rubric.title.en, self._lang)
        for line in regrade_lines(found, self._lang):
            typer.echo(line)
        typer.echo(f"Preview: {folder / 'preview' / 'index.html'}; nothing was changed.")
        if found.changes:
            typer.echo("To put it in force, run the same command with --accept.")


@contextlib.contextmanager
def regrading(
    out: str,
    assignment: Assignment | ComposedAssignment,
    *,
    preview: bool,
    accept: bool,
    undo: str,
    lang: Lang,
    history: RunHistory | None = None,
) -> Iterator[Regrading]:
    """The runs of an output folder, for one command; kept in that folder unless in a `history`.

    Raises:
        UsageError: the options exclude each other, or the output is not a folder here.
    """
    from grader.batches.run_history import FolderHistory
    from grader.batches.storage import local_path

    folder = local_path(out)
    if preview + accept + bool(undo) > 1:
        raise UsageError("--preview, --accept and --undo exclude each other.")
    if folder is None and (preview or accept or undo):
        raise UsageError(f"{out}: runs are kept in folders of this machine only.")
    if undo and undo != _LAST and not undo.isdecimal():
        raise UsageError(f"--undo: {undo!r} is not a run.", hint="Give its number, or `last`.")
    if history is None and folder is not None:
        history = FolderHistory(folder)
    runs = Regrading(out, history, assignment, preview=preview, lang=lang)
    try:
        yield runs
    finally:
        runs.close()
