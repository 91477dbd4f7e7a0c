"""What a browser sends: read within a size and a time, whoever sends it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl

from starlette.requests import ClientDisconnect

from grader.model.errors import UsageError
from grader.web.page_errors import TooLarge, TooSlow
from grader.web.paging import whole_number

if TYPE_CHECKING:
    from starlette.requests import Request

FORM_BYTES: Final = 1 << 20
_FIELDS: Final = 5_000
_PATIENCE: Final = 20.0
"""Seconds that pass before a sender is held to a pace, and for which one may fall silent."""
_PACE: Final = 16_384
"""Bytes per second."""


class SentForm:
    """The fields of a form that was sent."""

    def __init__(self, pairs: list[tuple[str, str]]) -> None:
        self._pairs = pairs

    def text(self, name: str, default: str = "") -> str:
        """A field without the white space around it."""
        return next((value.strip() for key, value in self._pairs if key == name), default)

    def secret(self, name: str) -> str:
        """A field as it was sent, white space and all."""
        return next((value for key, value in self._pairs if key == name), "")

    def every(self, name: str) -> list[str]:
        """A field that may be there several times, as it was sent."""
        return [value for key, value in self._pairs if key == name]

    def number(self, name: str) -> float | None:
        """A field that holds a number, if any.

        Raises:
            UsageError: it holds something else.
        """
        said = self.text(name).replace(",", ".")
        if not said:
            return None
        try:
            found = float(said)
        except ValueError:
            found = float("nan")
        if not abs(found) < 1e9:
            raise UsageError(f"{said[:40]!r} is not a number.", hint="Write it such as 7.5.")
        return found

    def whole(self, name: str) -> int:
        """A field that holds a whole number.

        Raises:
            UsageError: it does not.
        """
        said = self.text(name)
        found = whole_number(said)
        if found is None:
            raise UsageError(f"{said[:40]!r} is not a whole number.")
        return found


async def pieces_of(request: Request, at_most: int, pace: int = _PACE) -> AsyncIterator[bytes]:
    """The body, piece by piece as it comes.

    Raises:
        TooLarge: it has more than `at_most` bytes.
        TooSlow: it comes too slowly, or not at all.
    """
    if int(request.headers.get("content-length", "0")) > at_most:
        raise _too_large(at_most)
    begun, received = time.monotonic(), 0
    stream = aiter(request.stream())
    while True:
        left = begun + _PATIENCE + received / pace - time.monotonic()
        try:
            piece = await asyncio.wait_for(anext(stream), max(0.01, min(left, _PATIENCE)))
        except StopAsyncIteration:
            return
        except (TimeoutError, ClientDisconnect):
            raise TooSlow("What was sent did not arrive in time. Send it again.") from None
        received += len(piece)
        if received > at_most:
            raise _too_large(at_most)
        yield piece


async def form_of_body(request: Request) -> SentForm:
    """The fields of a form that is sent as browsers do by default.

    Raises:
        UsageError: it is not such a form.
        TooLarge: as `pieces_of`; `TooSlow` too.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    body = b"".join([piece async for piece in pieces_of(request, FORM_BYTES)])
    if body and kind != "application/x-www-form-urlencoded":
        raise UsageError(f"A form was expected, not {kind[:80] or 'something unnamed'}.")
    try:
        pairs = parse_qsl(
            body.decode("utf-8"), keep_blank_values=True, max_num_fields=_FIELDS, errors="strict"
        )
    except ValueError:
        raise UsageError("The form that was sent cannot be read.") from None
    return SentForm([(name, value.replace("\r\n", "\n")) for name, value in pairs])


def _too_large(at_most: int) -> TooLarge:
    shown = f"{at_most >> 20} MB" if at_most >= 1 << 20 else f"{at_most >> 10} KB"
    return TooLarge(f"More than {shown} were sent, which is more than is taken here.")
