"""Frames: values sent and received over a socket, by both sides of the wall.

A frame is a 16-byte preamble (magic, length of the head, length of the body), then head and body as
`grader.wall.wire` makes them. Whatever the other side sends, and however slowly, gives a value
within the limits or a `WireError`, by the deadline.
"""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from grader.wall import wire

MAX_HEAD: Final = 1 << 20
"""Bytes of a head: generous, as it holds no numbers of arrays; each can become 130 in memory."""

_PREAMBLE: Final = struct.Struct("<4sIQ")
_MAGIC: Final = b"GW01"
_SMALL: Final = 1 << 16
"""Bytes up to which a frame is sent and received in one piece."""
_MOST_PARTS: Final = 64
_STEP: Final = 0.25
"""Seconds after which a wait is interrupted to look at the clock."""


class WireClosed(wire.WireError):
    """The other side closed the connection."""


class WireTimeout(wire.WireError):
    """No whole frame came within the time allowed."""


def send(sock: socket.socket, value: wire.Value, *, deadline: float | None = None) -> None:
    """Write one frame.

    Raises:
        NotPlain: `value` cannot cross; nothing was written.
        WireClosed, WireTimeout: the other side is gone or does not read.
    """
    head, buffers = wire.pack(value)
    if len(head) > MAX_HEAD:
        raise wire.TooMuch("a structure of too many parts")
    size = sum(len(buffer) for buffer in buffers)
    if size > wire.MAX_BODY:
        raise wire.TooMuch(f"{size} bytes of arrays")
    try:
        first = memoryview(_PREAMBLE.pack(_MAGIC, len(head), size) + head)
        _send_all(sock, [first, *(buffer for buffer in buffers if buffer)], deadline)
    except TimeoutError:
        raise WireTimeout("the other side does not read") from None
    except OSError as error:
        raise WireClosed(str(error)) from None


def _send_all(sock: socket.socket, parts: list[memoryview], deadline: float | None) -> None:
    """A small frame in one piece; the arrays of a larger one as they lie in memory."""
    if sum(map(len, parts)) <= _SMALL:
        parts = [memoryview(b"".join(parts))]
    while parts:
        _arm(sock, deadline, None)
        with suppress(TimeoutError):  # only a step of it; _arm looks at the deadline
            parts = _after(parts, _push(sock, parts))


def _push(sock: socket.socket, parts: list[memoryview]) -> int:
    if len(parts) == 1 or not hasattr(sock, "sendmsg"):  # not on Windows
        return sock.send(parts[0])
    return sock.sendmsg(parts[:_MOST_PARTS])


def _after(parts: list[memoryview], sent: int) -> list[memoryview]:
    """What is left of `parts`."""
    for number, part in enumerate(parts):
        if sent < len(part):
            return [part[sent:], *parts[number + 1 :]]
        sent -= len(part)
    return []


def receive(
    sock: socket.socket,
    *,
    deadline: float | None = None,
    waiting: Callable[[], None] | None = None,
) -> wire.Value:
    """Read one frame.

    Args:
        sock: a connected stream socket.
        deadline: on the clock of `time.monotonic`, for the whole frame, however it drips.
        waiting: called about four times a second while nothing comes; may raise.

    Raises:
        WireClosed, WireTimeout, WireError: no whole frame came, or none of ours.
    """
    data = bytearray(_SMALL)
    have = 0
    while have < _PREAMBLE.size:
        have += _receive_some(sock, memoryview(data)[have:], deadline, waiting)
    magic, head_size, body_size = _PREAMBLE.unpack_from(data)
    if magic != _MAGIC or head_size > MAX_HEAD or body_size > wire.MAX_BODY:
        raise wire.WireError("not a frame of ours, or one beyond the limits")
    start = _PREAMBLE.size + head_size
    if have > start + body_size:
        raise wire.WireError("more than the frame that was asked for")
    head, body = data[_PREAMBLE.size : min(start, have)], data[start : max(start, have)]
    _receive_rest(sock, head, head_size, deadline, waiting)
    _receive_rest(sock, body, body_size, deadline, waiting)
    return wire.unpack(head, body)


def _receive_rest(
    sock: socket.socket,
    data: bytearray,
    size: int,
    deadline: float | None,
    waiting: Callable[[], None] | None,
) -> None:
    """Fill `data` up to `size`; it grows as bytes come: a lie about the size costs little."""
    filled = len(data)
    while filled < size:
        if filled == len(data):
            data.extend(bytes(min(size - filled, max(filled, _SMALL))))
        with memoryview(data) as view:
            filled += _receive_some(sock, view[filled:], deadline, waiting)


def _receive_some(
    sock: socket.socket,
    room: memoryview,
    deadline: float | None,
    waiting: Callable[[], None] | None,
) -> int:
    """How many bytes came; at least one."""
    while True:
        try:
            _arm(sock, deadline, waiting)
            count = sock.recv_into(room)
        except TimeoutError:
            if deadline is not None and time.monotonic() >= deadline:
                raise WireTimeout("no answer in time") from None
            if waiting is not None:
                waiting()
            continue
        except OSError as error:
            raise WireClosed(str(error)) from None
        if not count:
            raise WireClosed("the connection was closed")
        return count


def _arm(sock: socket.socket, deadline: float | None, waiting: Callable[[], None] | None) -> None:
    """Have the socket return now and then where somebody wants to look at the time."""
    if deadline is not None and time.monotonic() >= deadline:
        raise TimeoutError
    step = None if deadline is None and waiting is None else _STEP
    if sock.gettimeout() != step:  # setting it costs a system call
        sock.settimeout(step)
