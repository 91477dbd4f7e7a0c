"""What a batch writes: results and reports as they come, the class pages at the end."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Final, Literal, NamedTuple
from urllib.parse import quote

import msgspec
from msgspec.structs import replace

from grader.assignment.folder import digest
from grader.batches.answer_sheets import Waiting, read_store, write_sheet
from grader.batches.fingerprint import Fingerprint
from grader.batches.run_history import content_of
from grader.batches.run_recorder import RunRecorder
from grader.batches.staged_folder import StagedFolder
from grader.batches.state import NAME as STATE
from grader.batches.state import BatchState, StateEntry
from grader.batches.storage import Folder, Storage, open_storage
from grader.course import marks
from grader.course.marks import Mark, Marks, Place
from grader.course.overrides import as_graded
from grader.course.requests import KEY, new_key, token_of
from grader.course.submission_worth import Worth
from grader.model.class_list import ClassList
from grader.model.errors import InputError
from grader.model.result import Result
from grader.model.similar_pairs import SIMILAR_JSON, SimilarityReport
from grader.report import html
from grader.report.atomic_write import instructor_page, result_file, student_page_of
from grader.report.gradebook import gradebook_pieces
from grader.report.html import class_pieces, student_page
from grader.report.request_form import RequestForm
from grader.report.strings import Lang
from grader.report.summary import Register, Summary
from grader.submission.workspace import Workspace, no_room

_PIECE: Final = 1 << 18
_MAX_SHOWN: Final = 5
CLASS: Final = "class.json"
_GRADEBOOK: Final = "gradebook.csv"
"""Who is in the class: a `ClassList`."""


class KeptResult(NamedTuple):
    """What there is of a submission from an earlier run."""

    summary: Summary | None
    """If its result still is what grading would give."""
    why: tuple[str, ...] = ()
    """Else why not; see `grader.batches.rerun_reasons`."""


class BatchOutput:
    """Where a batch puts what it makes."""

    def __init__(
        self,
        place: str | Path | Storage,
        *,
        title: str = "",
        assignment: str = "",
        lang: Lang = "en",
        recorder: RunRecorder | None = None,
        into: Literal["", "add", "replace"] = "",
        requests_to: str | None = None,
    ) -> None:
        """Nothing is written yet.

        Args:
            place: a folder's path, or the URL of a place that fsspec can write to.
            title: what the class is called.
            assignment: the assignment's title, which is the heading of the class page.
            lang: language of the pages.
            recorder: keeps what this run gives; nobody if None.
            into: what becomes of a class that is there already and is not the one that is graded:
                `add` keeps both, `replace` lets go of it, and without either `take` refuses.
            requests_to: address to which students may send regrade requests from their pages;
                empty for files alone, None for no requests.

        Raises:
            UsageError: the URL cannot be used.
        """
        self._storage = open_storage(place) if isinstance(place, str | Path) else place
        self._title = title
        self._assignment = assignment
        self._lang: Lang = lang
        self._recorder = recorder
        self._into = into
        self._state: BatchState | None = None
        self._spool = Workspace()
        self._requests_to = requests_to
        self._page = " ".join(
            [_page_hash(lang), *([] if requests_to is None else ["asks", requests_to])]
        )
        self._marks: Marks | None = None
        self._unsaved: set[str] = set()
        self._asked = False
        """Whether there are written answers."""
        self.waiting = Waiting()
        """The written answers that wait for a mark, once `finish` has counted them."""
        self.strays: list[str] = []
        """Submissions that have marks and are not in the class, once `finish` has looked."""

    @property
    def index(self) -> str:
        """The class page."""
        return self._storage.shown("index.html")

    @property
    def handed_out(self) -> str:
        """Where the students' copies are, and nothing else."""
        return self._storage.shown("reports")

    @property
    def register(self) -> Register:
        """What the summaries of this class have in common."""
        return self._open().register

    def prepare(self) -> None:
        """Make sure that the folder can be written before anything is graded.

        Raises:
            InputError: it cannot.
        """
        self._storage.prepare()
        if self._requests_to is not None and self._storage.read(KEY) is None:
            self._storage.write(KEY, new_key())
        self._open()
        self._stored_marks()
        if self._recorder is not None:
            self._recorder.prepare()

    def take(self, ids: Iterable[str], made: Callable[[], ClassList]) -> None:
        """Take up the class that is going to be graded, and note who is in it.

        Raises:
            InputError: another class is there, and nobody said what becomes of it.
        """
        self._storage.prepare()
        others = self._open().others(ids)
        known = self._class_list() if others and self._into == "add" else None
        if others and not self._into:
            shown = ", ".join(others[:_MAX_SHOWN])
            more = f" and {len(others) - _MAX_SHOWN} more" if len(others) > _MAX_SHOWN else ""
            raise InputError(
                f"{self._storage.shown('')}: holds results of {len(others)} submissions that are "
                f"not in this class: {shown}{more}.",
                hint="Choose another folder; or --add to keep them beside these, or --replace to "
                "drop them from gradebook and class page.",
            )
        if self._into == "replace":
            self._open().forget(others)
        for id in others if self._into == "add" else ():
            self._open().keep(id)
        listed = known.with_(made()) if known else made()
        self._storage.write(CLASS, msgspec.json.format(msgspec.json.encode(listed), indent=1))

    def _class_list(self) -> ClassList | None:
        content = self._storage.read(CLASS)
        try:
            return msgspec.json.decode(content, type=ClassList) if content is not None else None
        except msgspec.DecodeError:
            return None

    def enter(self, entered: Mapping[Place, Mark | None]) -> None:
        """Keep marks for written answers, in place of earlier ones for the same; None takes back.

        Raises:
            InputError: the earlier ones cannot be read, or these not be written.
        """
        self._marks = self._stored_marks().with_(entered)
        self._storage.write(marks.NAME, self._marks.to_json())

    def use_marks(self, found: Marks) -> None:
        """Take marks that are kept elsewhere, in place of those in the output."""
        self._marks = found

    def settled(self, result: Result, worth: Worth) -> Result:
        """A result with its marks, overrides and lateness: what is handed to `add`."""
        marked = self._stored_marks().applied(as_graded(result), self._lang)
        return worth.applied(marked, self._lang)

    def as_graded(self, result: Result) -> Result:
        """A result without its marks, overrides and lateness."""
        return Marks().applied(replace(as_graded(result), submitted_at=""), self._lang)

    def find(self, submission: str, inputs: Fingerprint, worth: Worth) -> KeptResult:
        """What of an earlier run still holds; what is missing beside a good result is mended.

        Raises:
            InputError: a report cannot be written.
        """
        known = self._open().find(submission)
        if known is None:
            return self._adopted(submission, inputs, worth)
        entry, summary = known
        if changed := inputs.changed(entry.inputs):
            return KeptResult(None, changed)
        if summary.error_kind == "internal" or summary.internal:
            return KeptResult(None, ("failed",))
        if self._is_as_made(submission, entry, worth):
            self._open().keep(submission)
            self._asked |= bool(summary.answers)
            return KeptResult(summary)
        kept = self._adopted(submission, inputs, worth)
        return kept if kept.summary else KeptResult(None, ("damaged",))

    def result(self, submission: str) -> Result | None:
        """A submission's result, if it is there and whole."""
        content = self._storage.read(result_file(submission))
        try:
            result = Result.from_json(content) if content is not None else None
        except msgspec.DecodeError:
            return None
        return result if result and result.submission == submission else None

    def add(self, result: Result, inputs: Fingerprint, worth: Worth) -> Summary:
        """Write a submission's pages and result; the result last, so that it vouches for all.

        Raises:
            InputError: cannot be written; names the file. The class page has it all the same.
        """
        summary = self.register.summary(result)
        self._asked |= bool(summary.answers)
        name, raw = result.submission, self.as_graded(result)
        self._unsaved.add(name)
        if self._recorder is not None:
            self._recorder.put(raw)
        stamps: tuple[str, ...] = ("",)
        try:
            for place, page in _pages(result, self._lang, self._form(result)):
                self._storage.write(place, page.encode())
            self._storage.write(result_file(name), result.to_json())
            stamps = self._stamps(name)
        finally:
            marked = self._stamp_of_marks(name)
            content = content_of(raw)
            entry = StateEntry(inputs, self._page, stamps, worth.stamp, content, marked)
            self._open().put(entry, summary)
        self._unsaved.discard(name)
        return summary

    def finish(self) -> None:
        """Write class page, gradebook and the sheet of written answers; let go of the state.

        Raises:
            InputError: cannot be written; names the file.
        """
        roster = self._open().roster()
        page = class_pieces(
            roster,
            title=self._title,
            assignment=self._assignment,
            gradebook=_GRADEBOOK,
            made=time.strftime("%Y-%m-%d %H:%M"),
            lang=self._lang,
            similar=self._similar(),
        )
        self._storage.write("index.html", _encoded(page))
        self._storage.write(_GRADEBOOK, gradebook_pieces(roster))
        if marked := self._stored_marks().submissions:
            self.strays = sorted(marked.difference(each.submission for each in roster))
        if self._asked:
            self.waiting = write_sheet(self._storage, roster, self._address)
        if self._recorder is not None and not self._unsaved:  # else the run before stays in force
            self._recorder.finish(self._open().given(), self._stored)
        self.close()

    def _similar(self) -> SimilarityReport | None:
        """What `grader similar` found, if it wrote it here; the class page leads to it."""
        content = self._storage.read(SIMILAR_JSON)
        try:
            return SimilarityReport.from_json(content) if content is not None else None
        except msgspec.DecodeError:
            return None

    def close(self) -> None:
        """Let go of the state; it is opened again when it is needed."""
        if self._state is not None:
            self._state.close()
            self._state = None
            self._send_state()

    def _adopted(self, submission: str, inputs: Fingerprint, worth: Worth) -> KeptResult:
        """A result that the state does not vouch for, if it says itself that it holds."""
        result = self.result(submission)
        if result is None:
            there = bool(self._storage.stamp(result_file(submission)))
            return KeptResult(None, ("damaged",) if there else ("new",))
        if not result.sound:
            return KeptResult(None, ("failed",))
        if result.digest != inputs.digest:
            return KeptResult(None, ("unknown",))
        return KeptResult(self.add(self.settled(result, worth), inputs, worth))

    def holds(self, submission: str, content: str, worth: Worth) -> bool:
        """Whether this very result is there, with its pages as they would be made; it is kept."""
        known = self._open().find(submission)
        if known is None or known[0].content != content:
            return False
        if not self._is_as_made(submission, known[0], worth):
            return False
        self._open().keep(submission)
        self._asked |= bool(known[1].answers)
        return True

    def _is_as_made(self, submission: str, entry: StateEntry, worth: Worth) -> bool:
        made = (entry.page, entry.worth, entry.marks)
        as_made = made == (self._page, worth.stamp, self._stamp_of_marks(submission))
        return as_made and all(entry.stamps) and entry.stamps == self._stamps(submission)

    def _form(self, result: Result) -> RequestForm | None:
        key = None if self._requests_to is None else self._storage.read(KEY)
        if key is None:
            return None
        title = result.title or result.assignment
        return RequestForm(token_of(key, result.submission), title, self._requests_to or "")

    def _stored(self, submission: str) -> Result | None:
        result = self.result(submission)
        return None if result is None else self.as_graded(result)

    def _stored_marks(self) -> Marks:
        if self._marks is None:
            content = read_store(self._storage, marks.NAME)
            shown = self._storage.shown(marks.NAME)
            self._marks = Marks() if content is None else Marks.from_json(content, shown)
        return self._marks

    def _stamp_of_marks(self, submission: str) -> str:
        return self._stored_marks().stamp(submission)

    def _address(self, submission: str) -> str:
        """Of a report, for whoever opens the sheet of written answers."""
        name = instructor_page(submission)
        if isinstance(self._storage, Folder | StagedFolder):
            return Path(self._storage.shown(name)).resolve().as_uri()
        return self._storage.shown(name)

    def _stamps(self, submission: str) -> tuple[str, ...]:
        places = (result_file, student_page_of, instructor_page)
        return tuple(self._storage.stamp(place(submission)) for place in places)

    def _open(self) -> BatchState:
        if self._state is None:
            self._state = BatchState(self._state_path())
        return self._state

    def _state_path(self) -> Path | None:
        """Where the state is kept while it is used: a copy, if the place is not a folder."""
        if isinstance(self._storage, Folder):
            return self._storage.path / STATE
        path = self._spool.folder() / STATE
        content = self._storage.read(STATE)
        if content is not None:
            try:
                path.write_bytes(content)
            except OSError as error:
                raise no_room(path, error) or error from None
        return path

    def _send_state(self) -> None:
        if not isinstance(self._storage, Folder):
            with self._spool as spool, contextlib.suppress(InputError):  # it is not needed
                self._storage.write(STATE, (spool.folder() / STATE).read_bytes())


def _pages(result: Result, lang: Lang, ask: RequestForm | None) -> Iterator[tuple[str, str]]:
    """The copies of a submission's page, and where each lies."""
    student, instructor = student_page_of(result.submission), instructor_page(result.submission)
    yield student, student_page(result, lang=lang, ask=ask)
    beside = f"../{quote(student)}"
    yield instructor, student_page(result, audience="instructor", lang=lang, beside=beside)


@cache
def _page_hash(lang: Lang) -> str:
    """Of what reports are made with: when that changes they are made again from the results."""
    folder = Path(html.__file__).parent
    return digest(sorted([*folder.glob("*.py"), *folder.glob("templates/*")]), lang)


def _encoded(pieces: Iterator[str]) -> Iterator[bytes]:
    """Text as bytes, in pieces that are worth writing."""
    waiting: list[str] = []
    size = 0
    for piece in pieces:
        waiting.append(piece)
        size += len(piece)
        if size > _PIECE:
            yield "".join(waiting).encode()
            waiting, size = [], 0
    yield "".join(waiting).encode()
