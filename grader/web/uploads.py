"""Files that are uploaded: written to disk piece by piece, within a size, in a folder of their own.

The folder lies in the course, so that a handler can keep a file by moving it; what it leaves there
is removed.
"""

from __future__ import annotations

import functools
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final, NamedTuple

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.concurrency import run_in_threadpool

from grader.model.errors import InputError, UsageError, reason_of
from grader.report.text import visible
from grader.web.handler import (
    Endpoint,
    Handler,
    admit,
    answered,
    check_form_token,
    check_origin,
    desk_of,
    marked,
)
from grader.web.page_errors import TooLarge
from grader.web.permissions import Need
from grader.web.request_body import FORM_BYTES, SentForm, pieces_of

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks
    from starlette.requests import Request
    from starlette.responses import Response

UPLOADS: Final = "uploads"
"""In the course's folder."""
_LONGEST_NAME: Final = 120
_UNSAFE: Final = frozenset('/\\:*?"<>|')


class Upload(NamedTuple):
    """A file as it was uploaded."""

    path: Path
    """Called as it was by whoever sent it, as far as that can be a file's name."""
    name: str
    """What they called it."""


def upload(need: Need, *, at_most: int) -> Callable[[Handler], Endpoint]:
    """As `handler.action`, for a form that holds one file: `upload_of(request)`.

    Its other fields, `csrf` among them, must stand before the file.

    Args:
        need: what the account must be allowed to do.
        at_most: how many bytes may be sent.
    """

    def decorate(handler: Handler) -> Endpoint:
        async def receive(request: Request) -> Response:
            check_origin(request)
            desk = desk_of(request)
            account = await run_in_threadpool(admit, request, desk, need)
            async with _own_folder(desk.course.path / UPLOADS) as folder:
                receiver = _Receiver(folder, lambda form: _check(request, form))
                await _feed(request, receiver, at_most)
                request.state.form, request.state.upload = receiver.form, receiver.upload
                return await run_in_threadpool(handler, request, desk, account)

        @functools.wraps(handler)
        async def endpoint(request: Request) -> Response:
            return await answered(request, lambda: receive(request))

        return marked(endpoint, need)

    return decorate


def upload_of(request: Request) -> Upload:
    """The file that was uploaded.

    Raises:
        UsageError: the form held none.
    """
    found: Upload | None = request.state.upload
    if found is None:
        raise UsageError("No file was chosen.", hint="Choose one, or drop it onto the page.")
    return found


def safe_name(name: str) -> str:
    """The name of an uploaded file, as one in a folder of its own."""
    last = visible(name.replace("\\", "/").rpartition("/")[2]).replace("\n", " ").strip()
    kept = "".join("_" if char in _UNSAFE else char for char in last)[-_LONGEST_NAME:]
    return kept.lstrip(".").strip() or "upload"


class _Receiver:
    """What the parser of a form tells, part by part; the file goes to disk in between."""

    def __init__(self, folder: Path, check: Callable[[SentForm], None]) -> None:
        self.upload: Upload | None = None
        self._folder = folder
        self._check = check
        self._pairs: list[tuple[str, str]] = []
        self._header, self._value = b"", b""
        self._disposition = b""
        self._field: str | None = None
        self._text = bytearray()
        self._pending: list[bytes] = []
        self._file: IO[bytes] | None = None

    @property
    def form(self) -> SentForm:
        """The fields beside the file."""
        return SentForm(self._pairs)

    @property
    def callbacks(self) -> MultipartCallbacks:
        """For the parser."""
        return {
            "on_part_begin": self._begin,
            "on_header_field": self._header_name,
            "on_header_value": self._header_value,
            "on_header_end": self._header_end,
            "on_headers_finished": self._headers_finished,
            "on_part_data": self._data,
            "on_part_end": self._end,
        }

    def write(self) -> None:
        """Put on disk what has come of the file."""
        if self._file is not None:
            self._file.writelines(self._pending)
        self._pending.clear()

    def close(self) -> None:
        """All has come, or nothing more will."""
        if self._file is not None:
            self._file.close()

    def _begin(self) -> None:
        self._disposition, self._field = b"", None
        self._text.clear()

    def _header_name(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _header_end(self) -> None:
        if self._header.lower() == b"content-disposition":
            self._disposition = self._value
        self._header, self._value = b"", b""

    def _headers_finished(self) -> None:
        options = parse_options_header(self._disposition)[1]
        if b"filename" not in options:
            self._field = options.get(b"name", b"").decode(errors="replace")
        elif options[b"filename"]:
            self._open(options[b"filename"].decode(errors="replace"))

    def _open(self, name: str) -> None:
        if self.upload is not None:
            raise UsageError("One file at a time can be uploaded.")
        self._check(self.form)
        path = self._folder / safe_name(name)
        self._file = path.open("xb")
        self.upload = Upload(path, name)

    def _data(self, data: bytes, start: int, end: int) -> None:
        if self._field is None:
            self._pending.append(data[start:end])
            return
        self._text += data[start:end]
        if len(self._text) + sum(len(value) for _, value in self._pairs) > FORM_BYTES:
            raise TooLarge("A field of the form is longer than any that is taken here.")

    def _end(self) -> None:
        if self._field is not None:
            self._pairs.append((self._field, self._text.decode(errors="replace")))


async def _feed(request: Request, receiver: _Receiver, at_most: int) -> None:
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    try:
        if kind != b"multipart/form-data":
            raise UsageError("A form with a file was expected.")
        parser = MultipartParser(options.get(b"boundary", b""), receiver.callbacks)
        async for piece in pieces_of(request, at_most + FORM_BYTES):
            parser.write(piece)
            await run_in_threadpool(receiver.write)
        parser.finalize()
    except FormParserError:
        raise UsageError("The form that was sent cannot be read.") from None
    except OSError as error:
        hint = "Make room on the disk, then upload it again."
        raise InputError(f"The file cannot be kept: {reason_of(error)}.", hint=hint) from None
    finally:
        receiver.close()
    _check(request, receiver.form)


def _check(request: Request, form: SentForm) -> None:
    check_form_token(request, desk_of(request), form.text("csrf"))


@asynccontextmanager
async def _own_folder(parent: Path) -> AsyncIterator[Path]:
    parent.mkdir(mode=0o700, exist_ok=True)
    folder = Path(tempfile.mkdtemp(dir=parent))
    try:
        yield folder
    finally:
        await run_in_threadpool(shutil.rmtree, folder, ignore_errors=True)
