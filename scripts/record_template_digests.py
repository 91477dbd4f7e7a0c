"""Record what public templates leave to be done, as hashes of syntax trees: facts, no text.

    python scripts/record_template_digests.py ASSIGNMENT FOLDER

FOLDER has an untouched template in each of its folders. Each is graded, and what is recorded are
functions that its release asks for and of which no check passes: what a template gives complete is
none of them. Hashes that are there stay.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Final

from grader.assignment.folder import Assignment
from grader.assignment.template_digests import FILE, function_digests, recorded_digests
from grader.batches.grading_client import Engine
from grader.grading import Settings
from grader.model.contract import owner_of
from grader.model.result import Outcome
from grader.submission import load, single

_NOT_LEFT: Final = (Outcome.PASSED, Outcome.INTERNAL)


def left_in(assignment: Assignment, engine: Engine, folder: Path) -> dict[str, str]:
    """The functions and methods that a template leaves to be done, with their digests."""
    submission = load(
        single(folder),
        contract=assignment.contract,
        form=assignment.form,
        given=assignment.given_files,
        plugin=assignment.plugin,
    )
    result = engine.grade(single(folder))
    right = {name for c in result.checks if c.outcome in _NOT_LEFT for name in c.targets}
    asked = {
        name
        for check in result.checks
        if check.finding is None or check.finding.kind != "not_asked"
        for name in check.targets
    }
    found = function_digests(assignment.contract, folder / submission.package)
    wanted = asked - right
    print(f"{folder.name}: {submission.release and submission.release.id}: {sorted(wanted)}")
    return {name: each for name, each in found.items() if {name, owner_of(name)} & wanted}


def main() -> None:
    """Write the file beside the assignment's `releases.py`."""
    assignment = Assignment.load(sys.argv[1])
    path = assignment.layout.plugin / FILE
    digests = {name: set(known) for name, known in recorded_digests(path).items()}
    with Engine(Settings(assignment=str(assignment.path), notebooks=False)) as engine:
        for folder in sorted(Path(sys.argv[2]).iterdir()):
            for name, digest in left_in(assignment, engine, folder).items():
                digests.setdefault(name, set()).add(digest)
    lines = [
        f"  {json.dumps(name)}: {json.dumps(sorted(digests[name]))}" for name in sorted(digests)
    ]
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
