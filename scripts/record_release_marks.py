"""Record by which marks the releases of `numpynn` are recognised: hashes and facts, no text.

    python scripts/record_release_marks.py FOLDER

FOLDER has a folder for each release, and in it packages made from its template (students' work,
whoever's it is): `FOLDER/cs231n-2018/anybody/cs231n/layers.py`. A mark is a release's if half of
them, and two at least, have it; code is one only where the release gives it, and the package's
name is what `release_facts` says. The marks of our own release are read off `student_template/`,
and may be recorded alone: without FOLDER those of the others stay as they are.
"""

from __future__ import annotations

import ast
import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from grader.assignment.folder import Assignment
from grader.assignments.numpynn.marks import code_digest, marks_of
from grader.assignments.numpynn.recognition import _TABLE
from grader.assignments.numpynn.release_facts import RELEASES, RULES
from grader.assignments.numpynn.rendering import reference_as
from grader.model.errors import InputError
from grader.model.release import Release
from grader.submission import load, single

_OURS: Final = "numpynn"
_GIVING: Final = "cs231n-2025-a2"
_LIKE: Final = {_GIVING: ("cs231n-2026-a2",)}
"""Releases with the texts of another one, which differ in the code that they give."""


def own_marks() -> frozenset[str]:
    """Of our own template."""
    return _marks(Assignment.load(_OURS).layout.template)


def given_rules() -> Iterator[str]:
    """Those that our rendering of that release gives complete."""
    for node in ast.parse(reference_as(_GIVING)["optim.py"]).body:
        if isinstance(node, ast.FunctionDef) and node.name in RULES:
            yield f"code {node.name} {code_digest(node)}"


def _marks(folder: Path) -> frozenset[str]:
    seen: list[frozenset[str]] = []

    class Watching:
        def choose(self, facts: object, **_named: str) -> None:
            seen.append(marks_of(facts))  # type: ignore[arg-type]

    assignment = Assignment.load(_OURS)
    load(single(folder), contract=assignment.contract, plugin=Watching())  # type: ignore[arg-type]
    return seen[0]


def _of_release(folder: Path) -> frozenset[str]:
    counts: Counter[str] = Counter()
    hands = [entry for entry in sorted(folder.iterdir()) if entry.is_dir()]
    for entry in hands:
        try:
            counts.update(_marks(entry))
        except InputError as error:
            print(f"{entry}: {error}", file=sys.stderr)
    least = max(len(hands) / 2, min(2, len(hands)))
    return frozenset(mark for mark, count in counts.items() if count >= least)


def _written(found: Mapping[str, Iterable[str]]) -> str:
    names = [release.id for release in RELEASES]
    by_mark: dict[str, list[str]] = {}
    for release in RELEASES:
        own = {mark for mark in found.get(release.id, ()) if _may_tell(mark, release)}
        for mark in own | {f"package {name}" for name in release.packages}:
            by_mark.setdefault(mark, []).append(release.id)
    telling = {mark: ids for mark, ids in by_mark.items() if len(ids) < len(names)}
    lines = [f"  {json.dumps(mark)}: {json.dumps(telling[mark])}" for mark in sorted(telling)]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _may_tell(mark: str, release: Release) -> bool:
    kind, what, *_ = mark.split(" ")
    return kind != "package" and (kind != "code" or what in release.gives)


def _recorded() -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for mark, ids in json.loads(_TABLE.read_text(encoding="utf-8")).items():
        for name in ids:
            found.setdefault(name, set()).add(mark)
    return found


def main() -> None:
    """Write the table."""
    found: dict[str, Iterable[str]] = dict(_recorded()) if len(sys.argv) < 2 else {}
    for folder in sorted(Path(sys.argv[1]).iterdir()) if len(sys.argv) > 1 else []:
        found[folder.name] = _of_release(folder)
        found |= dict.fromkeys(_LIKE.get(folder.name, ()), found[folder.name])
    found[_OURS] = own_marks()
    found[_GIVING] = {*found.get(_GIVING, ()), *given_rules()}
    _TABLE.write_text(_written(found), encoding="utf-8")


if __name__ == "__main__":
    main()
