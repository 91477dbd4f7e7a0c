"""How often signing in may fail, by account and by where it is tried from."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from grader.web.page_errors import TooManyAttempts

_SECONDS: Final = 15 * 60
_PER_ACCOUNT: Final = 10
_PER_ADDRESS: Final = 30
_REMEMBERED: Final = 10_000
"""Names and addresses; the oldest are forgotten, so that strangers cannot fill the memory."""


class SignInLimits:
    """Counts what failed within a quarter of an hour. Kept in memory: a restart forgets."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failed: OrderedDict[tuple[str, str], list[float]] = OrderedDict()
        self._lock = threading.Lock()

    def check(self, account: str, address: str) -> None:
        """Say whether another attempt may be made.

        Raises:
            TooManyAttempts: too many have failed of late.
        """
        with self._lock:
            limits = {("account", account): _PER_ACCOUNT, ("address", address): _PER_ADDRESS}
            if any(len(self._recent(what)) >= most for what, most in limits.items()):
                hint = "Wait a quarter of an hour, or ask an owner of the course for a link."
                raise TooManyAttempts("Signing in has failed too often.", hint=hint)

    def failed(self, account: str, address: str) -> None:
        """Count an attempt that failed."""
        with self._lock:
            for what in (("account", account), ("address", address)):
                self._failed[what] = [*self._recent(what), self._clock()]
                self._failed.move_to_end(what)
            while len(self._failed) > _REMEMBERED:
                self._failed.popitem(last=False)

    def succeeded(self, account: str) -> None:
        """Forget what failed for an account whose password is known after all."""
        with self._lock:
            self._failed.pop(("account", account), None)

    def _recent(self, what: tuple[str, str]) -> list[float]:
        since = self._clock() - _SECONDS
        return [at for at in self._failed.get(what, ()) if at > since]
