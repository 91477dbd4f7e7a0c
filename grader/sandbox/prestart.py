"""A worker that is ordered before it is needed: it starts while its submission is read."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from grader.model.errors import InternalError
from grader.model.limits import Limits
from grader.sandbox.sandboxes import Sandbox, Worker


class Ordered:
    """A sandbox that has begun to start its first worker; ends it if nobody asks for one."""

    def __init__(self, sandbox: Sandbox, limits: Limits) -> None:
        self._sandbox = sandbox
        self.info = sandbox.info
        self._first: Callable[[], Worker] | None = sandbox.begin(limits)

    def spawn(self, limits: Limits) -> Worker:
        """The worker that was ordered, then others; the first has the limits of its order."""
        return self.begin(limits)()

    def begin(self, limits: Limits) -> Callable[[], Worker]:
        """See `Sandbox.begin`."""
        first, self._first = self._first, None
        return first or self._sandbox.begin(limits)

    def close(self) -> None:
        """End the worker that nobody has asked for; the sandbox goes on."""
        first, self._first = self._first, None
        if first is not None:
            with suppress(InternalError):
                first().kill()

    def __enter__(self) -> Ordered:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()
