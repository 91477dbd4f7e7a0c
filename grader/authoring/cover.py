"""The smallest set of checks that kills the most mutants, found greedily."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def cover(
    kills: Mapping[str, set[str]], costs: Mapping[str, float], must: Sequence[set[str]]
) -> list[str]:
    """The checks that are kept.

    Args:
        kills: check to the mutants that it kills.
        costs: check to what a reader pays for it.
        must: groups of checks, of each of which one is kept.
    """
    kept = [
        min(group, key=lambda name: (costs[name], -len(kills.get(name, ())), name))
        for group in must
    ]
    needed = set(kept)
    left = set().union(*kills.values()) if kills else set()
    left -= set().union(*(kills.get(name, set()) for name in kept))
    while left:
        best = max(
            kills,
            key=lambda name: (len(kills[name] & left) / (1 + costs[name]), -costs[name], name),
        )
        gained = kills[best] & left
        if not gained:
            break
        kept.append(best)
        left -= gained
    return _without_idle(kept, kills, needed)


def _without_idle(kept: list[str], kills: Mapping[str, set[str]], must: set[str]) -> list[str]:
    """Without those whose mutants the others kill as well."""
    left = list(dict.fromkeys(kept))
    for name in list(left):
        others = set().union(*(kills.get(other, set()) for other in left if other != name))
        if name not in must and kills.get(name, set()) <= others:
            left.remove(name)
    return left
