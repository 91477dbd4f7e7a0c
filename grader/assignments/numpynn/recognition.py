"""Telling by its marks which release a submission was written for.

A release fits as far as the marks that are there are its own. The best fit is taken, but for one
case: where what tells it from a release that asks for more speaks for both, it is the latter. Marks
that both have say nothing of the two, however many they are. So nobody gains by taking things out,
and whoever puts something of another release in has the rest of their own against it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Final

import msgspec
from msgspec.structs import replace

from grader.assignment.plugin import SubmissionFacts
from grader.assignments.numpynn.call_forms import LAYER
from grader.assignments.numpynn.dropout_meaning import stated_meaning
from grader.assignments.numpynn.marks import WEIGHTS, has_given_rules, marks_of
from grader.assignments.numpynn.release_facts import RELEASES, names_judged
from grader.model.release import Release

_CLEARLY: Final = 2.0
"""How many times as much must speak for the best fit as for a release that asks for more."""
NEEDS: Final = {"cs231n-2025-a1": "net dropout_keep_ratio"}
"""A mark without which a release is not meant: first assignments of other years have the same
texts, and no such network. Who leaves it out is not excused from what they do not ask for."""
_GIVES_RULES: Final = {"cs231n-2025-a2": True, "cs231n-2026-a2": False}
"""The same texts, and whether the update rules are the code that was given out."""
_TABLE: Final = Path(__file__).with_name("release_marks.json")
_SAID: Final = {
    "net": "FullyConnectedNet takes {}",
    "has": "defines {}",
    "file": "there is a file {}",
    "code": "{} is the code that was given out",
    "order": "layers.py has the {}",
    "python": "written for Python {}",
    "package": "the package is called {}",
}


def recognise(facts: SubmissionFacts) -> Release:
    """The release, with the evidence."""
    marks = marks_of(facts)
    release = by_marks(marks)
    return _with_meaning(replace(release, evidence=tuple(_told(release, marks))), facts)


def by_marks(marks: Iterable[str]) -> Release:
    """The release that fits best, or one that asks for more where the marks do not rule it out."""
    known = _telling(marks)
    given = has_given_rules(known, table())
    meant = [
        release
        for release in RELEASES
        if NEEDS.get(release.id) in {None, *known} and _GIVES_RULES.get(release.id, given) is given
    ]
    best = max(meant, key=lambda release: (_fit(release, known), names_judged(release)))
    near = [release for release in meant if not _is_ruled_out(release, best, known)]
    return max(near, key=lambda release: (names_judged(release), _fit(release, known)))


def _is_ruled_out(release: Release, best: Release, marks: Sequence[str]) -> bool:
    """Whether the marks that tell it from the best fit speak clearly for that one."""
    speaking = [mark for mark in marks if len({release.id, best.id} & table()[mark]) == 1]
    return _fit(best, speaking) > _CLEARLY * _fit(release, speaking)


def _fit(release: Release, marks: Iterable[str]) -> float:
    return sum(_weight(mark) for mark in marks if release.id in table()[mark])


@cache
def table() -> Mapping[str, frozenset[str]]:
    """Each known mark, and the ids of the releases that have it."""
    return msgspec.json.decode(_TABLE.read_bytes(), type=dict[str, frozenset[str]])


def _telling(marks: Iterable[str]) -> list[str]:
    """Those that only some releases have, in order."""
    known = table()
    return sorted(mark for mark in marks if mark in known and len(known[mark]) < len(RELEASES))


def _weight(mark: str) -> float:
    return WEIGHTS[mark.partition(" ")[0]]


def _told(release: Release, marks: Iterable[str]) -> list[str]:
    known = _telling(marks)
    fitting = [mark for mark in known if release.id in table()[mark]]
    if not known:
        return ["nothing tells its template: everything is asked for"]
    documented = [mark for mark in fitting if mark.startswith("doc ")]
    told = [f"{len(fitting)} of {len(known)} signs fit {release.title}"]
    if documented:
        told.append(f"{len(documented)} docstrings are those of its template")
    return told + [_said(mark) for mark in fitting if not mark.startswith("doc ")]


def _said(mark: str) -> str:
    kind, what, *_ = mark.split(" ") if mark.startswith("code ") else mark.split(" ", 1)
    return _SAID[kind].format(what)


def _with_meaning(release: Release, facts: SubmissionFacts) -> Release:
    """With what the student's own docstring says that the number of dropout means."""
    node = facts.definitions.get(LAYER)
    text = (ast.get_docstring(node) or "") if isinstance(node, ast.FunctionDef) else ""
    meaning = stated_meaning(text)
    if not meaning:
        return release
    return replace(
        release,
        readings={**release.readings, "dropout_p": meaning, "net_dropout": meaning},
        evidence=(*release.evidence, f"{LAYER}'s docstring: p is the probability to {meaning}"),
    )
