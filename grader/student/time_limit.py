"""The wall-clock time of one submission, and what has used it up."""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager


class TimeLimit:
    """Runs from when it is made."""

    def __init__(self, seconds: float = math.inf) -> None:
        self.seconds = seconds
        self.until = time.monotonic() + seconds
        """On the clock of `time.monotonic`."""
        self._used: Counter[str] = Counter()

    @property
    def is_over(self) -> bool:
        """Whether nothing more should be begun."""
        return time.monotonic() >= self.until

    @contextmanager
    def used_by(self, about: str) -> Iterator[None]:
        """Count the time inside the block for what is waited for: a function of the student's."""
        start = time.monotonic()
        try:
            yield
        finally:
            self._used[about] += time.monotonic() - start  # type: ignore[assignment]

    def __str__(self) -> str:
        """That it is over, and what has used most of it."""
        over = f"the {self.seconds:g} seconds that a submission may take were over"
        if not self._used:
            return over
        about, seconds = self._used.most_common(1)[0]
        return f"{over}; {seconds:.0f} of them went to {about}"
