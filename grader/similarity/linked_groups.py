"""What hangs together by links, directly or through others."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import TypeVar

Member = TypeVar("Member", bound=Hashable)


def linked_groups(links: Iterable[tuple[Member, Member]]) -> list[set[Member]]:
    """The sets of members that are linked, in the order in which they are first met."""
    group_of: dict[Member, set[Member]] = {}
    for one, other in links:
        a, b = group_of.get(one, {one}), group_of.get(other, {other})
        if a is not b or one not in group_of:
            merged = a | b
            group_of |= dict.fromkeys(merged, merged)
    unique = {id(group): group for group in group_of.values()}
    return list(unique.values())
