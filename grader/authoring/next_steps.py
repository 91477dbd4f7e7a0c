"""What `grader new` says in the end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from grader.assignment.layout import MAIN
from grader.authoring.call_naming import listed
from grader.authoring.import_assignment import Carried
from grader.authoring.new_assignment import Made

_SHOWN = 8


def summary_of(made: Made) -> Iterator[str]:
    """The lines, the next steps last."""
    found, folder = made.survey, made.folder
    yield (
        f"{folder}: {len(found.contract)} functions and classes, {len(found.chosen)} checks that "
        f"catch {found.killed} of {found.mutants} automatic mutants ({found.share:.0%})."
    )
    yield f"  {MAIN:<17}contract, parts and points"
    yield f"  {'bank/':<17}the checks: change, remove and add what you like"
    yield f"  {'reference/':<17}your solution, with marks around what students are to write"
    yield f"  {'template/':<17}what students get"
    if found.foreign:
        yield (
            f"Students' code has NumPy and the standard library, not {listed(found.foreign)}: "
            "`grader lint` names the checks that need more."
        )
    yield from _some("Not checked:", [f"{name}: {why}" for name, why in found.left_out.items()])
    yield from _some("Not called by any check:", found.unreached)
    if found.untried:
        yield (
            f"The time was up before {found.untried} further mutants were tried; "
            "`--minutes` allows more."
        )
    if found.survivors:
        yield "Changes to the solution that no check notices:"
        for mutant in found.survivors[:_SHOWN]:
            program = mutant.subject
            yield f"  {program.file}, in {mutant.place[1]}: {program.old}  ->  {program.new}"
        if len(found.survivors) > _SHOWN:
            yield f"  and {len(found.survivors) - _SHOWN} more; `grader verify` lists them"
    yield "Next:"
    yield f"  1. Read {folder / MAIN} and the checks in {folder / 'bank'}."
    yield f"  2. grader lint -a {folder}      whether everything fits together"
    yield f"  3. grader verify -a {folder}    what the checks would miss"
    yield f"  4. grader batch SUBMISSIONS -a {folder} --out reports"


def _some(title: str, lines: Sequence[str]) -> Iterator[str]:
    """A list under its title, cut where it is long; nothing where it is empty."""
    if lines:
        yield title
        yield from (f"  {line}" for line in lines[:_SHOWN])
    if len(lines) > _SHOWN:
        yield f"  and {len(lines) - _SHOWN} more"


def carried_over(carried: Carried) -> Iterator[str]:
    """What came over from another grader, what did not, and the next steps."""
    folder = carried.folder
    came = f"{carried.checks} of {carried.tests} tests came over"
    hidden = f", {carried.hidden} of them hidden" if carried.hidden else ""
    yield f"{folder}: {came}{hidden}; they judge {carried.functions} functions and classes."
    if carried.left_out:
        yield "Not carried over:"
        yield from (f"  {each.place}: {each.why}" for each in carried.left_out)
    yield "Next:"
    yield f"  1. grader lint -a {folder}      whether everything fits together"
    yield f"  2. grader verify -a {folder}    what the checks would miss"
