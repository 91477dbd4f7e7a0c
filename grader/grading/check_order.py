"""The order in which checks run."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

import pytest

from grader.runner.bank_plugin import check_id, item_spec


def shuffled(items: Sequence[pytest.Item], seed: str) -> list[pytest.Item]:
    """The checks in an order that `seed` decides, each after those that it needs."""
    waiting = list(items)
    random.Random(f"order/{seed}").shuffle(waiting)
    names = {item: _name(item) for item in items}
    needs = {item: _needs(item) & set(names.values()) for item in items}
    left = set(names.values())
    ordered: list[pytest.Item] = []
    while waiting:
        ready = [item for item in waiting if not needs[item] & left]
        first = ready[0] if ready else waiting[0]  # a circle: then as it comes
        waiting.remove(first)
        ordered.append(first)
        if not any(names[item] == names[first] for item in waiting):
            left.discard(names[first])
    return ordered


def public_first(
    items: Sequence[pytest.Item], is_hidden: Callable[[pytest.Item], bool]
) -> tuple[list[pytest.Item], list[pytest.Item]]:
    """The checks that run first, and those that run once hidden inputs have been seen.

    Code that has seen the inputs of a hidden check could print them in any later one. A public
    check that needs a hidden one runs among these, and is as good as hidden.
    """
    late = {item for item in items if is_hidden(item)}
    while True:
        names = {_name(item) for item in late}
        more = {item for item in items if item not in late and _needs(item) & names}
        if not more:
            break
        late |= more
    return [item for item in items if item not in late], [item for item in items if item in late]


def _name(item: pytest.Item) -> str:
    """Of the check function: all its cases have it."""
    return check_id(item).partition("[")[0]


def _needs(item: pytest.Item) -> set[str]:
    spec = item_spec(item)
    module = check_id(item).partition("::")[0]
    return {f"{module}::{name.removeprefix('test_')}" for name in spec.needs} if spec else set()
