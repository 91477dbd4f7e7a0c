"""A sandbox that opens in the background: its processes start while other things are read."""

from __future__ import annotations

import threading

from grader.sandbox.sandboxes import Sandbox, open_sandbox


class OpeningSandbox:
    """A sandbox that is being opened from now on, by a thread that mostly waits."""

    def __init__(self, kind: str) -> None:
        """See `open_sandbox` for the kinds."""
        self._kind = kind
        self._opened: Sandbox | None = None
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._open, name="opening a sandbox")
        self._thread.start()

    def wait(self) -> Sandbox:
        """The sandbox, once it is open; `close` ends it.

        Raises:
            UsageError, InternalError: as `open_sandbox` does.
        """
        self._thread.join()
        if self._error is not None:
            raise self._error
        assert self._opened is not None
        return self._opened

    def close(self) -> None:
        """End it, whether or not anybody has waited for it."""
        self._thread.join()
        if self._opened is not None:
            self._opened.close()

    def _open(self) -> None:
        try:
            self._opened = open_sandbox(self._kind)
        except Exception as error:  # told to whoever waits
            self._error = error

    def __enter__(self) -> OpeningSandbox:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()
