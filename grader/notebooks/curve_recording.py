"""Recording the reference's training curves, which reports draw beside a student's.

`python -P -m grader.notebooks.curve_recording ASSIGNMENT` runs the solved notebooks at every
scale of the rubric and writes `<rubric>.curves.json` beside it.
"""

from __future__ import annotations

import sys

import msgspec
from msgspec.structs import replace

from grader.assignment.folder import Assignment
from grader.model.errors import ExitCode, InputError, exit_code_of
from grader.notebooks.curves import AtScale, Recorded, origin
from grader.notebooks.notebook_grading import NotebookBench
from grader.submission import load, single


def record(assignment: Assignment) -> bytes:
    """The content of the file of curves.

    Raises:
        InputError: the rubric asks for no notebooks, or the reference leaves no such curve.
        GraderError: they could not be run.
    """
    rules = assignment.rubric.notebooks
    if rules is None:
        raise InputError(f"{assignment.path}: asks for no notebooks.")
    rubric = assignment.rubric
    scales = {}
    for scale in rules.scales:
        assignment.rubric = replace(rubric, notebooks=replace(rules, scale=scale))
        scales[scale] = AtScale(origin(assignment, scale), _at_scale(assignment))
    assignment.rubric = rubric
    return msgspec.json.format(msgspec.json.encode(scales), indent=1) + b"\n"


def _at_scale(assignment: Assignment) -> Recorded:
    folder = assignment.layout.solution
    bench = NotebookBench(assignment, reference_curves=False)
    try:
        graded = bench.grade(
            load(single(folder), contract=assignment.contract, form=assignment.form), folder
        )
    finally:
        bench.close()
    found = {
        book.id: {curve.name: [round(value, 4) for value in curve.val] for curve in book.curves}
        for book in graded.notebooks
    }
    for name, rule in bench.rules.files.items():
        if missing := rule.curves.keys() - found.get(name, {}).keys():
            raise InputError(f"{folder}: {name} leaves no curve {', '.join(sorted(missing))}.")
    return found


def main(arguments: list[str]) -> int:
    """Record the curves of the assignment that is named."""
    if len(arguments) != 1:
        sys.stderr.write(f"{__doc__}")
        return int(ExitCode.USAGE)

    def save() -> None:
        assignment = Assignment.load(arguments[0])
        assignment.layout.curves.write_bytes(record(assignment))

    return exit_code_of(save)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
