"""The order in which checks run."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest

from grader.checks.plugin import check_id, item_spec
from grader.result import Visibility


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
    items: Sequence[pytest.Item],
) -> tuple[list[pytest.Item], list[pytest.Item]]:
    """The checks that run first, and those that run once hidden inputs have been seen.

    Code that has seen the inputs of a hidden check could print them in any later one. A public
    check that needs a hidden one runs among these, and is as good as hidden.
    """
    late = {_name(item) for item in items if _is_hidden(item)}
    while more := {_name(item) for item in items if _needs(item) & late} - late:
        late |= more
    first = [item for item in items if _name(item) not in late]
    return first, [item for item in items if _name(item) in late]


def _is_hidden(item: pytest.Item) -> bool:
    spec = item_spec(item)
    return spec is not None and spec.visibility is Visibility.HIDDEN


def _name(item: pytest.Item) -> str:
    """Of the check function: all its cases have it."""
    return check_id(item).partition("[")[0]


def _needs(item: pytest.Item) -> set[str]:
    spec = item_spec(item)
    module = check_id(item).partition("::")[0]
    return {f"{module}::{name.removeprefix('test_')}" for name in spec.needs} if spec else set()
