"""All that is put before the bank."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from grader.assignment.catalogue import Mistake, Variant, apply, load_mistakes, load_variants
from grader.assignment.layout import Layout
from grader.model.contract import Contract
from grader.verify.mutants import make_mutants
from grader.verify.no_op import idle_packages
from grader.verify.observation import Observation
from grader.verify.proof import CheckRecord, ProgramKind, Subject
from grader.verify.source_pieces import Place, changed_places


class Program(NamedTuple):
    """A subject, its files, and the checks that can tell it from the reference."""

    subject: Subject
    changed: Mapping[str, str]
    """Text of the files that differ from the reference's, by path."""
    checks: list[str]


def gather(
    layout: Layout,
    files: Mapping[str, str],
    contract: Contract,
    observed: Observation,
    checks: Sequence[CheckRecord],
    kinds: Sequence[ProgramKind],
) -> list[Program]:
    """The subjects of some kinds, in a fixed order.

    A check is asked of a subject if it reaches the changed code, unless it does not judge the
    function at fault and follow-through would forgive it.

    Args:
        layout: where the catalogue lies.
        files: the reference, text by path.
        contract: the contract.
        observed: which checks reach which functions.
        checks: all checks, in their order.
        kinds: what is asked for.

    Raises:
        InputError: an entry of the catalogue does not fit.
    """
    cases: list[Program] = []

    def add(subject: Subject, changed: Mapping[str, str], places: set[Place] | None) -> None:
        reached = None if places is None else observed.reaching(places)
        asked = [
            check.id
            for check in checks
            if (reached is None or check.id in reached) and not _forgiven(check, subject, contract)
        ]
        cases.append(Program(subject, changed, asked))

    entries: list[tuple[Subject, Mistake | Variant]] = []
    if ProgramKind.VARIANT in kinds:
        entries += [(_of_variant(variant), variant) for variant in load_variants(layout.variants)]
    if ProgramKind.MISTAKE in kinds:
        entries += [(_of_mistake(mistake), mistake) for mistake in load_mistakes(layout.mistakes)]
    for subject, entry in entries:
        changed = apply(files, entry)
        add(subject, _difference(files, changed), changed_places(files, changed))
    if ProgramKind.MUTANT in kinds:
        for mutant in make_mutants(files, observed):
            add(mutant.subject, {mutant.subject.file: mutant.text}, {mutant.place})
    if ProgramKind.IDLE in kinds:
        for name, functions, changed in idle_packages(files, contract):
            subject = Subject(id=name, kind=ProgramKind.IDLE, functions=functions)
            cases.append(Program(subject, changed, _judging_only(checks, functions)))
    return cases


def _judging_only(checks: Sequence[CheckRecord], functions: Sequence[str]) -> list[str]:
    return [check.id for check in checks if check.owners <= set(functions)]


def _forgiven(check: CheckRecord, subject: Subject, contract: Contract) -> bool:
    """Whether follow-through would put the reference's in place: never in a function's family."""
    at_fault, judged = (set(map(contract.family, f)) for f in (subject.functions, check.targets))
    own = not at_fault or bool(at_fault & judged)
    return check.follow_through and not own


def _difference(old: Mapping[str, str], new: Mapping[str, str]) -> dict[str, str]:
    return {file: text for file, text in new.items() if old.get(file) != text}


def _of_variant(variant: Variant) -> Subject:
    return Subject(id=variant.id, kind=ProgramKind.VARIANT, title=variant.title.en)


def _of_mistake(mistake: Mistake) -> Subject:
    first = mistake.patch[0]
    return Subject(
        id=mistake.id,
        kind=ProgramKind.MISTAKE,
        functions=(mistake.function,),
        title=mistake.title.en,
        file=first.file,
        old=" ".join(first.old.split()),
        new=" ".join(first.new.split()),
        severity=mistake.severity.value,
    )
