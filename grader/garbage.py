"""When a process of ours looks for cycles of garbage."""

from __future__ import annotations

import gc


def collect_seldom() -> None:
    """Look for cycles seldom, among old objects most seldom.

    Python's own thresholds suit programs that make many cycles. A command mostly imports modules,
    which are never garbage, for a tenth of its time; a desk keeps millions of objects of a large
    class, and going through them took a tenth of a second, at one request of four.
    """
    gc.set_threshold(50_000, 20, 100)
