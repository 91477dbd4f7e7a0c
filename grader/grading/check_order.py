"""The order in which checks run."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

from grader.runner.check import Check


def shuffled(checks: Sequence[Check], seed: str) -> list[Check]:
    """The checks in an order that `seed` decides, each after those that it needs."""
    waiting = list(checks)
    random.Random(f"order/{seed}").shuffle(waiting)
    left = {check.family for check in checks}
    needs = {check: left.intersection(check.needed) for check in checks}
    ordered: list[Check] = []
    while waiting:
        ready = [check for check in waiting if not needs[check] & left]
        first = ready[0] if ready else waiting[0]  # a circle: then as it comes
        waiting.remove(first)
        ordered.append(first)
        if not any(check.family == first.family for check in waiting):
            left.discard(first.family)
    return ordered


def public_first(
    checks: Sequence[Check], is_hidden: Callable[[Check], bool]
) -> tuple[list[Check], list[Check]]:
    """The checks that run first, and those that run once hidden inputs have been seen.

    Code that has seen the inputs of a hidden check could print them in any later one. A public
    check that needs a hidden one runs among these, and is as good as hidden.
    """
    late = {check for check in checks if is_hidden(check)}
    while True:
        hidden = {check.family for check in late}
        more = {c for c in checks if c not in late and not hidden.isdisjoint(c.needed)}
        if not more:
            break
        late |= more
    return [c for c in checks if c not in late], [c for c in checks if c in late]
