"""Frames: values sent and received over a socket, by both sides of the wall.

A frame is a 16-byte preamble (magic, length of the head, length of the body), then head and body as
`grader.protocol.wire` makes them. Whatever the other side sends, and however slowly, gives a value
within the limits or a `WireError`, by the deadline.

Several frames may be under way at once. What is posted goes out as the other side takes it, so that
neither waits to write while the other waits to be read; what comes is read in large pieces and
handed out in order.
"""

from __future__ import annotations

import selectors
import socket
import struct
import time
from collections import deque
from collections.abc import Callable, Iterable
from typing import Final, NamedTuple

from grader.protocol import wire

MAX_HEAD: Final = 1 << 20
"""Bytes of a head: generous, as it holds no numbers of arrays; each can become 130 in memory."""

_PREAMBLE: Final = struct.Struct("<4sIQ")
_MAGIC: Final = b"GW01"
_SMALL: Final = 1 << 16
"""Bytes up to which a frame is sent in one piece, and that are read at once."""
_MOST_PARTS: Final = 64
_STEP: Final = 0.25
"""Seconds after which a wait is interrupted to look at the clock."""
_Selector: Final = getattr(selectors, "PollSelector", selectors.SelectSelector)

Frame = list[memoryview]
"""The parts of a frame as they lie in memory; a small one is one part."""
Waiting = Callable[[], None] | None


class Raw(NamedTuple):
    """A frame as it came: what is in it is not looked at."""

    head: bytearray
    body: bytearray


class WireClosed(wire.WireError):
    """The other side closed the connection."""


class WireTimeout(wire.WireError):
    """No whole frame came within the time allowed."""


def encode(value: wire.Value) -> Frame:
    """The frame of a value.

    Raises:
        NotPlain: it cannot cross.
    """
    head, buffers = wire.pack(value)
    if len(head) > MAX_HEAD:
        raise wire.TooMuch("a structure of too many parts")
    size = sum(len(buffer) for buffer in buffers)
    if size > wire.MAX_BODY:
        raise wire.TooMuch(f"{size} bytes of arrays")
    start = _PREAMBLE.pack(_MAGIC, len(head), size)
    if len(head) + size <= _SMALL:
        return [memoryview(b"".join([start, head, *buffers]))]
    return [memoryview(start + head), *(buffer for buffer in buffers if buffer)]


def raw(frame: bytes) -> Raw:
    """The parts of a whole frame.

    Raises:
        WireError: it is none of ours.
    """
    head_size, _ = _sizes(frame[: _PREAMBLE.size])
    end = _PREAMBLE.size + head_size
    return Raw(bytearray(frame[_PREAMBLE.size : end]), bytearray(frame[end:]))


def decode(frame: bytes) -> wire.Value:
    """The value of a whole frame.

    Raises:
        WireError: it is none of ours.
    """
    return wire.unpack(*raw(frame))


def _sizes(preamble: bytes | bytearray | memoryview) -> tuple[int, int]:
    magic, head_size, body_size = _PREAMBLE.unpack(preamble)
    if magic != _MAGIC or head_size > MAX_HEAD or body_size > wire.MAX_BODY:
        raise wire.WireError("not a frame of ours, or one beyond the limits")
    return head_size, body_size


class Stream:
    """Frames over a connected stream socket, which is made non-blocking."""

    def __init__(self, sock: socket.socket) -> None:
        sock.setblocking(False)
        self._sock = sock
        self._going: deque[memoryview] = deque()
        self._gone = ""
        """Why nothing can be sent any more."""
        self._piece = memoryview(bytearray(_SMALL))
        self._start = self._end = 0
        """Of what was read into `_piece` and not handed out."""
        self._selector = _Selector()
        self._selector.register(sock, selectors.EVENT_READ)

    @property
    def has_more(self) -> bool:
        """Whether bytes have been read that nobody has asked for."""
        return self._start < self._end

    def post(self, parts: Iterable[memoryview]) -> None:
        """Send parts of frames; what does not go out at once goes while we wait for an answer.

        That the other side is gone shows when its last answer has been received.
        """
        self._going.extend(parts)
        self._push()

    def send(self, value: wire.Value, *, deadline: float | None = None) -> None:
        """Send a value.

        Raises:
            NotPlain: it cannot cross; nothing was sent.
            WireClosed, WireTimeout: the other side is gone or does not read.
        """
        self.post(encode(value))
        while self._going:
            self._wait(selectors.EVENT_WRITE, deadline)
            self._push()
        if self._gone:
            raise WireClosed(self._gone)

    def receive(self, *, deadline: float | None = None, waiting: Waiting = None) -> wire.Value:
        """The next value; see `receive_raw`."""
        return wire.unpack(*self.receive_raw(deadline=deadline, waiting=waiting))

    def receive_raw(self, *, deadline: float | None = None, waiting: Waiting = None) -> Raw:
        """The next frame.

        Args:
            deadline: on the clock of `time.monotonic`, for the whole frame, however it drips.
            waiting: called about four times a second while nothing comes; may raise.

        Raises:
            WireClosed, WireTimeout, WireError: no whole frame came, or none of ours.
        """
        whole = self.buffered()
        if whole is not None:
            return whole
        head_size, body_size = _sizes(self._take(_PREAMBLE.size, deadline, waiting))
        head = self._take(head_size, deadline, waiting)
        return Raw(head, self._take(body_size, deadline, waiting))

    def buffered(self) -> Raw | None:
        """The next frame, if the whole of it has been read already.

        Raises:
            WireError: what was read is none of ours.
        """
        start = self._start + _PREAMBLE.size
        if start > self._end:
            return None
        head_size, body_size = _sizes(self._piece[self._start : start])
        middle, end = start + head_size, start + head_size + body_size
        if end > self._end:
            return None
        self._start = end
        return Raw(bytearray(self._piece[start:middle]), bytearray(self._piece[middle:end]))

    def _take(self, size: int, deadline: float | None, waiting: Waiting) -> bytearray:
        """So many bytes; they grow as they come: a lie about the size costs little."""
        data = bytearray(self._piece[self._start : min(self._end, self._start + size)])
        self._start += len(data)
        while len(data) < size:
            missing = size - len(data)
            if missing < _SMALL:
                self._end = self._read(self._piece, deadline, waiting)
                self._start = min(self._end, missing)
                data += self._piece[: self._start]
            else:
                self._take_straight(data, min(missing, max(len(data), _SMALL)), deadline, waiting)
        return data

    def _take_straight(
        self, data: bytearray, more: int, deadline: float | None, waiting: Waiting
    ) -> None:
        """Add `more` bytes of a large frame, from the socket to their place."""
        filled = len(data)
        data.extend(bytes(more))
        with memoryview(data) as view:
            while filled < len(data):
                filled += self._read(view[filled:], deadline, waiting)

    def _read(self, room: memoryview, deadline: float | None, waiting: Waiting) -> int:
        """Read what has come into `room`; how many bytes, at least one."""
        while True:
            try:
                count = self._sock.recv_into(room)
            except BlockingIOError:
                self._wait(selectors.EVENT_READ, deadline, waiting)
                self._push()
                continue
            except OSError as error:
                raise WireClosed(str(error)) from None
            if not count:
                raise WireClosed("the connection was closed")
            return count

    def _push(self) -> None:
        """Write what goes out at once."""
        going = self._going
        try:
            while going:
                sent = self._write()
                while going and sent >= len(going[0]):
                    sent -= len(going.popleft())
                if sent:
                    going[0] = going[0][sent:]
        except BlockingIOError:
            return
        except OSError as error:
            going.clear()
            self._gone = str(error)

    def _write(self) -> int:
        if len(self._going) == 1 or not hasattr(self._sock, "sendmsg"):  # not on Windows
            return self._sock.send(self._going[0])
        return self._sock.sendmsg(list(self._going)[:_MOST_PARTS])

    def _wait(self, event: int, deadline: float | None, waiting: Waiting = None) -> None:
        if deadline is not None and time.monotonic() >= deadline:
            raise WireTimeout("no answer in time")
        self._selector.modify(self._sock, event | (selectors.EVENT_WRITE if self._going else 0))
        ready = self._selector.select(None if deadline is None and waiting is None else _STEP)
        if not ready and waiting is not None:
            waiting()


def send(sock: socket.socket, value: wire.Value, *, deadline: float | None = None) -> None:
    """Send one value; see `Stream.send`."""
    Stream(sock).send(value, deadline=deadline)


def receive(sock: socket.socket, *, deadline: float | None = None) -> wire.Value:
    """Receive one value where no other may follow; see `Stream.receive`."""
    stream = Stream(sock)
    value = stream.receive(deadline=deadline)
    if stream.has_more:
        raise wire.WireError("more than the frame that was asked for")
    return value
