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

    def begin(self, account: str, address: str) -> None:
        """Count an attempt as failed, before it is known to be: so that many at once are few too.

        Raises:
            TooManyAttempts: too many have failed of late.
        """
        limits = {("account", account): _PER_ACCOUNT, ("address", address): _PER_ADDRESS}
        with self._lock:
            if any(len(self._recent(what)) >= most for what, most in limits.items()):
                hint = "Wait a quarter of an hour, or ask an owner of the course for a link."
                raise TooManyAttempts("Signing in has failed too often.", hint=hint)
            for what in limits:
                self._failed[what] = [*self._recent(what), self._clock()]
                self._failed.move_to_end(what)
            while len(self._failed) > _REMEMBERED:
                self._failed.popitem(last=False)

    def succeeded(self, account: str, address: str) -> None:
        """Take an attempt back, and all that failed for an account whose password is known."""
        with self._lock:
            self._failed.pop(("account", account), None)
            self._failed[("address", address)] = self._recent(("address", address))[:-1]

    def _recent(self, what: tuple[str, str]) -> list[float]:
        since = self._clock() - _SECONDS
        return [at for at in self._failed.get(what, ()) if at > since]
