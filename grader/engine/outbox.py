"""The output folder of a batch: results and reports as they come, the class pages at the end."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final
from urllib.parse import quote

import msgspec

from grader.errors import InputError
from grader.report.csv import write_gradebook
from grader.report.files import write_atomically
from grader.report.html import class_page, student_page
from grader.report.strings import Lang
from grader.result import Result

_UNSAFE: Final = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f]+|[. ]+$|^[. ~-]+')
"""What some file system or shell refuses or misreads in a name."""
_LONGEST: Final = 120


def file_stem(submission: str) -> str:
    """A file name for a submission's id: the id itself where it is harmless, else made unique."""
    safe = _UNSAFE.sub("_", submission[:_LONGEST]) or "_"
    if safe == submission and submission.isprintable():
        return safe
    digest = hashlib.sha256(submission.encode(errors="backslashreplace")).hexdigest()
    return f"{safe.encode(errors='replace').decode()}-{digest[:8]}"


class Outbox:
    """Where a batch puts what it makes."""

    def __init__(self, folder: Path, *, title: str = "", lang: Lang = "en") -> None:
        self.folder = folder
        self._title = title
        self._lang: Lang = lang

    @property
    def index(self) -> Path:
        """The class page."""
        return self.folder / "index.html"

    def stored(self, submission: str, digest: str) -> Result | None:
        """The result of an earlier run, if it is still what grading would give."""
        try:
            result = Result.load(self._result_path(submission))
        except (OSError, msgspec.DecodeError):
            return None
        current = result.digest == digest and result.error_kind != "internal"
        return result if current and self._report_path(submission).is_file() else None

    def add(self, result: Result) -> None:
        """Write a submission's result and report; the result last, so that it vouches for both.

        Raises:
            InputError: cannot be written; names the file.
        """
        page = student_page(result, lang=self._lang)
        write_atomically(self._report_path(result.submission), page.encode())
        write_atomically(self._result_path(result.submission), result.to_json())

    def finish(self, results: Iterable[Result]) -> None:
        """Write the class page and the gradebook.

        Raises:
            InputError: cannot be written; names the file.
        """
        every: Sequence[Result] = list(results)
        page = class_page(
            every,
            title=self._title,
            made=time.strftime("%Y-%m-%d %H:%M"),
            lang=self._lang,
            href=lambda result: f"reports/{quote(file_stem(result.submission))}.html",
        )
        write_atomically(self.index, page.encode())
        write_gradebook(every, self.folder / "gradebook.csv")

    def prepare(self) -> None:
        """Make sure that the folder can be written before anything is graded.

        Raises:
            InputError: it cannot.
        """
        probe = self.folder / ".probe"
        write_atomically(probe, b"")
        try:
            probe.unlink()
        except OSError as error:
            raise InputError(f"Cannot write in {self.folder}: {error.strerror}.") from None

    def _result_path(self, submission: str) -> Path:
        return self.folder / "results" / f"{file_stem(submission)}.json"

    def _report_path(self, submission: str) -> Path:
        return self.folder / "reports" / f"{file_stem(submission)}.html"
