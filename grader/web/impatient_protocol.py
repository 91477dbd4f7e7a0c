"""HTTP that waits only so long for a client: to say what it wants, and to read the answer."""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.h11_impl import H11Protocol


class ImpatientProtocol(H11Protocol):
    """Hangs up on whoever is slower than any browser. Slow bodies are for `request_body`."""

    head_seconds = 15.0
    """For the head of a request to be whole."""
    unread_seconds = 60.0
    """For a client that reads nothing of an answer to read on."""
    _head: asyncio.TimerHandle | None = None
    _unread: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wait for a first request."""
        super().connection_made(transport)
        self._head = self.loop.call_later(self.head_seconds, transport.abort)

    def data_received(self, data: bytes) -> None:
        """Wait no more once a head is whole; wait again for that of the next request."""
        before = self.cycle
        super().data_received(data)
        if self.cycle is not before:
            self._stop_waiting("_head")
        elif self._head is None and (before is None or before.response_complete):
            self._head = self.loop.call_later(self.head_seconds, self.transport.abort)

    def pause_writing(self) -> None:
        """Wait for the client to read what it asked for."""
        super().pause_writing()
        self._unread = self.loop.call_later(self.unread_seconds, self.transport.abort)

    def resume_writing(self) -> None:
        """It has read on."""
        self._stop_waiting("_unread")
        super().resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing more."""
        self._stop_waiting("_head")
        self._stop_waiting("_unread")
        super().connection_lost(exc)

    def _stop_waiting(self, name: str) -> None:
        timer: asyncio.TimerHandle | None = getattr(self, name)
        if timer is not None:
            timer.cancel()
        setattr(self, name, None)
