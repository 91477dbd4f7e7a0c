"""Zips of students' pages that Canvas and Moodle hand out, each to the student it is named for.

Both go by file names: Moodle by the participant's number after the name, Canvas by the ids of the
student and of a file that the student submitted. Canvas shows the feedback under the name of that
file, whatever is in it, so the page goes into a zip where the student's file was one.
"""

from __future__ import annotations

import io
import re
import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import IO, Final, Literal, NamedTuple

from grader.course.grade_files.row_matching import listed
from grader.model.errors import InputError, reason_of
from grader.model.person import Person
from grader.submission.delivered_names import canvas_name

PAGE: Final = "feedback.html"
_PIECE: Final = 1 << 20
_DATE: Final = (2020, 1, 1, 0, 0, 0)
_NOT_IN_NAMES: Final = re.compile(r"[\x00-\x1f_/\\\\:*?\"<>|]+")
_FITTING: Final = (".html", ".htm", ".zip")
"""Endings of students' files that a page can go by, the best first."""


class PageOf(NamedTuple):
    """A student's page."""

    person: Person
    page: Path
    entries: Sequence[str] = ()
    """The names that the student's files had in the platform's export."""


class ZipEntry(NamedTuple):
    """A file for the platform."""

    name: str
    page: Path
    packed: bool = False
    """Whether the page goes into a zip, which is this file."""
    misnamed: bool = False
    """Whether the student will see a page under the name of a file that is none."""

    def content(self) -> bytes:
        """What is in the file.

        Raises:
            InputError: the page cannot be read.
        """
        try:
            page = self.page.read_bytes()
        except OSError as error:
            raise InputError(f"{self.page}: cannot be read: {reason_of(error)}.") from None
        if not self.packed:
            return page
        packed = io.BytesIO()
        _write_zip(packed, [(PAGE, page)])
        return packed.getvalue()


class Feedback(NamedTuple):
    """The files of a zip, and who is not in it."""

    entries: list[ZipEntry]
    left_out: list[Person]
    """Those whose page the platform would not know how to deliver."""


def feedback_for(
    platform: Literal["canvas", "moodle"], pages: Sequence[PageOf], *, partial: bool = False
) -> Feedback:
    """The files for Canvas's "Upload Submissions", or Moodle's "Upload multiple feedback files in
    a zip".

    Args:
        platform: whose names they get.
        pages: everybody's.
        partial: whether to leave out those for whom there is no name, in place of refusing.

    Raises:
        InputError: there is no name for somebody, or the same for two.
    """
    name_of = _moodle_name if platform == "moodle" else _canvas_name
    named = [(each, name_of(each)) for each in pages]
    left_out = [each.person for each, name in named if not name]
    if left_out and not partial:
        raise InputError(
            f"{platform.capitalize()} would not know whose the page is of "
            f"{listed(person.name for person in left_out)}.",
            hint="It goes by the names of its own download of submissions: grade that, or name it "
            "with --export. With --partial the others are written.",
        )
    chosen = [(each, name) for each, name in named if name]
    _must_differ(chosen)
    return Feedback([_entry(each, name) for each, name in chosen], left_out)


def _entry(each: PageOf, name: str) -> ZipEntry:
    suffix = PurePosixPath(name).suffix.lower()
    return ZipEntry(name, each.page, packed=suffix == ".zip", misnamed=suffix not in _FITTING)


def _must_differ(named: Sequence[tuple[PageOf, str]]) -> None:
    owners: dict[str, str] = {}
    for each, name in named:
        if name in owners:
            raise InputError(f"{name} would be the page of {owners[name]} and {each.person.name}.")
        owners[name] = each.person.name


def _moodle_name(each: PageOf) -> str:
    """Moodle reads the number between the first two underscores, and looks at nothing else."""
    participant = each.person.ids.get("moodle", "")
    name = " ".join(_NOT_IN_NAMES.sub(" ", each.person.name).split()).strip(".~ ") or "Student"
    return f"{name}_{participant}_assignsubmission_file_/{PAGE}" if participant else ""


def zip_pieces(entries: Iterable[ZipEntry]) -> Iterator[bytes]:
    """The zip, piece by piece once all of it is made; the same entries give the same bytes.

    It is made on disk: the pages of a large class are more than fit into memory.

    Raises:
        InputError: a page cannot be read, or there is no room.
    """
    try:
        made = tempfile.TemporaryFile()  # noqa: SIM115 - whoever takes the pieces closes it
        _write_zip(made, ((entry.name, entry.content()) for entry in entries))
    except OSError as error:
        raise InputError(f"The zip cannot be made: {reason_of(error)}.") from None
    return _pieces(made)


def _pieces(made: IO[bytes]) -> Iterator[bytes]:
    with made:
        made.seek(0)
        while piece := made.read(_PIECE):
            yield piece


def _write_zip(out: IO[bytes], files: Iterable[tuple[str, bytes]]) -> None:
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files:
            info = zipfile.ZipInfo(name, _DATE)
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, content)


def _canvas_name(each: PageOf) -> str:
    """The name of that file of the student which a page can best go by."""
    mine = [
        name
        for name in (PurePosixPath(entry).name for entry in each.entries)
        if _is_file_of(name, each.person)
    ]
    return min(mine, key=_rank, default="")


def _is_file_of(name: str, person: Person) -> bool:
    parts = canvas_name(name) or canvas_name(name, anonymous=True)
    if parts is None or parts.file is None or name.rpartition("_")[2].startswith("link"):
        return False  # Canvas ignores the last, whatever is before
    return parts.user == person.ids.get("canvas", parts.user)


def _rank(name: str) -> tuple[int, str]:
    suffix = PurePosixPath(name).suffix.lower()
    return (_FITTING.index(suffix) if suffix in _FITTING else len(_FITTING)), name
