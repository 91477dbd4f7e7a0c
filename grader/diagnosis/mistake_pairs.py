"""Two mistakes at once that may explain what neither does alone."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

from grader.diagnosis.evidence import Evidence
from grader.diagnosis.mutated_package import Version, Versions
from grader.diagnosis.observed_values import ValueKey
from grader.diagnosis.work_budget import BudgetShare


def likely_pairs(
    candidates: Sequence[Version],
    screen: Sequence[Evidence],
    known: Versions,
    budget: BudgetShare,
) -> Iterator[tuple[Version, Version]]:
    """The pairs of which each value is changed by one and explained, or changed by both."""
    ids = {version.id for version in known}
    effects: dict[Version, list[tuple[frozenset[ValueKey], frozenset[ValueKey]]]] = {}
    for version in candidates:
        budget.check()
        if version.id not in ids:
            effect = [_effect(each, (*known, version)) for each in screen]
            if all(changed is not None for changed in effect) and any(c for c, _ in effect):
                effects[version] = effect
    for one, other in itertools.combinations(effects, 2):
        if one.id != other.id and all(
            _may_explain(each, a, b)
            for each, a, b in zip(screen, effects[one], effects[other], strict=True)
        ):
            yield one, other


def _effect(
    evidence: Evidence, versions: Versions
) -> tuple[frozenset[ValueKey], frozenset[ValueKey]]:
    """The values that mistakes change, and of these the ones they explain."""
    changed = frozenset(evidence.changed(versions))
    explained = evidence.explained(versions)
    return changed, frozenset(key for key in changed if explained.get(key, 0.0) > 0)


Effect = tuple[frozenset[ValueKey], frozenset[ValueKey]]


def _may_explain(evidence: Evidence, one: Effect, other: Effect) -> bool:
    wrong = set(evidence.wrong)
    if not wrong <= one[0] | other[0]:
        return False
    alone = (one[0] - other[0]) - one[1], (other[0] - one[0]) - other[1]
    return not any(alone)
