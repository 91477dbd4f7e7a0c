"""Proving a bank: everything is put before it, in parallel, and the results are put together."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Final

import msgspec

from grader.assignment.folder import Assignment
from grader.grading import Settings, select
from grader.model.errors import InputError
from grader.model.result import CheckResult
from grader.runner.check import Check
from grader.runner.reference import reference_files
from grader.runner.session import run_session
from grader.sandbox.forked_tasks import Done, Send, run_forked
from grader.verify.analysis import conclude, verdict_of
from grader.verify.equivalent_mutants import argue, load_arguments
from grader.verify.in_memory import InMemoryBank
from grader.verify.programs import Program, gather
from grader.verify.proof import CheckRecord, ProgramKind, ProgramVerdict, Proof, Subject
from grader.verify.seeds import Progress, SeedTrial

ALL: Final = (ProgramKind.VARIANT, ProgramKind.MISTAKE, ProgramKind.MUTANT, ProgramKind.IDLE)
_CATALOGUE: Final = (ProgramKind.VARIANT, ProgramKind.MISTAKE)
_CPU_FACTOR: Final = 10
_CPU_LEAST: Final = 5
_RESULT: Final = msgspec.json.Decoder(CheckResult)


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What to prove."""

    kinds: tuple[ProgramKind, ...] = ALL
    seeds: int = 200
    """Under which the reference must pass."""
    catalogue_seeds: int = 0
    """Under which every mistake and variant must get the same outcomes."""
    keyword: str = ""
    """Only subjects whose id holds this text."""
    jobs: int = 1

    @property
    def whole(self) -> bool:
        """Whether all subjects are asked for."""
        return set(self.kinds) == set(ALL) and not self.keyword

    @property
    def not_run(self) -> list[str]:
        """What this leaves out of a whole proof, in words."""
        named = {kind.label: kind in self.kinds for kind in ALL}
        named["the reference under other seeds"] = self.seeds > 0
        named["the catalogue under other seeds"] = self.catalogue_seeds > 0
        left_out = [what for what, asked in named.items() if not asked]
        rest = [f"everything without {self.keyword!r} in its id"] if self.keyword else []
        return left_out + rest


def prove(assignment: Assignment, wanted: Wanted, progress: Progress) -> Proof:
    """Run the bank over everything.

    Args:
        assignment: whose bank; with its reference at hand.
        wanted: what to run.
        progress: told how far it is.

    Raises:
        InputError: the bank, the catalogue or the arguments cannot be used; says why.
        InternalError: this system cannot fork.
    """
    start = time.perf_counter()
    proofs: list[Proof] = []

    def loop(checks: list[Check]) -> None:
        chosen = select(Settings(), assignment.rubric, checks)
        with tempfile.TemporaryDirectory(prefix="gradewall-verify-") as folder:
            bench = InMemoryBank(assignment, chosen, Path(folder).resolve())
            proofs.append(_prove(assignment, bench, wanted, progress))

    run_session(assignment, loop)
    (proof,) = proofs
    proof.seconds = round(time.perf_counter() - start, 2)
    return proof


def _prove(
    assignment: Assignment, bench: InMemoryBank, wanted: Wanted, progress: Progress
) -> Proof:
    files = reference_files(assignment)
    progress("reference", 0, 1)
    start = time.process_time()
    observed, results = bench.observe(files)
    budget = max(_CPU_LEAST, round(_CPU_FACTOR * (time.process_time() - start)))
    proof = Proof(
        assignment=assignment.rubric.id,
        seed=bench.seed,
        whole=wanted.whole,
        not_run=wanted.not_run,
        checks=_records(assignment, bench),
        verdicts=[],
    )
    weights = {check.id: check.weight for check in proof.checks}
    reference = Subject(id="reference", kind=ProgramKind.REFERENCE, title="The reference itself")
    proof.verdicts.append(verdict_of(reference, list(bench.checks), results, weights, ""))
    sources = (assignment.layout, files, assignment.contract, observed, proof.checks)
    asked = _asked(wanted, gather(*sources, wanted.kinds))
    known = _asked(wanted, gather(*sources, _CATALOGUE)) if wanted.catalogue_seeds else []
    if (wanted.kinds or wanted.keyword) and not (asked or known or wanted.whole):
        raise _nothing_to_run(assignment, wanted)
    proof.verdicts += _verdicts(bench, files, asked, weights, wanted.jobs, budget, progress)
    stale = argue(proof.verdicts, load_arguments(assignment.layout.equivalents))
    proof.stale_arguments = stale if wanted.whole else []
    trial = SeedTrial(bench, files, wanted.jobs, budget, progress)
    proof.seeds, proof.flakes = wanted.seeds, list(trial.flakes(wanted.seeds))
    if wanted.catalogue_seeds:
        proof.catalogue_seeds, proof.catalogue_subjects = wanted.catalogue_seeds, len(known)
        proof.flips = trial.flips(known, wanted.catalogue_seeds)
    classes = {name for name, entry in assignment.contract.items() if entry.makes_object}
    conclude(proof, _handing_on(assignment), classes)
    return proof


def _asked(wanted: Wanted, cases: list[Program]) -> list[Program]:
    return [case for case in cases if wanted.keyword.lower() in case.subject.id.lower()]


def _nothing_to_run(assignment: Assignment, wanted: Wanted) -> InputError:
    """A run that was asked for a part, and found nothing there, must not look like a good one."""
    kinds = ", ".join(kind.label for kind in wanted.kinds or _CATALOGUE)
    named = f" with {wanted.keyword!r} in their id" if wanted.keyword else ""
    return InputError(
        f"{assignment.rubric.id} has no {kinds}{named}, so there is nothing to run.",
        hint="The ids stand in the report of `grader verify --json FILE`." if named else "",
    )


def _handing_on(assignment: Assignment) -> set[str]:
    """The functions that leave something with the student for others to be handed."""
    return {
        name
        for name, entry in assignment.contract.items()
        if any(value.endswith("*") for value in entry.returns) and len(entry.returns) > 1
    }


def _records(assignment: Assignment, bench: InMemoryBank) -> list[CheckRecord]:
    return [_record(assignment, check) for check in bench.checks.values()]


def _record(assignment: Assignment, check: Check) -> CheckRecord:
    override = assignment.rubric.checks.get(check.id)
    weight = override.points if override and override.points is not None else check.points
    return CheckRecord(
        id=check.id,
        title=check.title,
        part=check.part,
        targets=check.targets,
        uses=check.uses,
        weight=weight,
        follow_through=assignment.rubric.parts[check.part].follow_through,
    )


def _verdicts(
    bench: InMemoryBank,
    files: dict[str, str],
    cases: list[Program],
    weights: dict[str, float],
    jobs: int,
    budget: int,
    progress: Progress,
) -> list[ProgramVerdict]:
    """The verdicts in the order of the cases; the longest ones are begun first."""

    def work(case: Program, send: Send) -> None:
        def tell(result: CheckResult) -> None:
            send(msgspec.json.encode(_slim(result)) + b"\n")

        bench.judge({**files, **case.changed}, case.checks, tell)

    found: dict[tuple[ProgramKind, str], ProgramVerdict] = {}
    ordered = sorted(cases, key=lambda case: -len(case.checks))
    for done in run_forked(ordered, work, jobs=jobs, cpu_seconds=budget):
        subject = done.task.subject
        found[subject.kind, subject.id] = _verdict(done, weights)
        progress("subjects", len(found), len(cases))
    return [found[case.subject.kind, case.subject.id] for case in cases]


def _verdict(done: Done[Program], weights: dict[str, float]) -> ProgramVerdict:
    results = [_RESULT.decode(line) for line in done.said.splitlines()]
    return verdict_of(done.task.subject, done.task.checks, results, weights, done.ending)


def _slim(result: CheckResult) -> CheckResult:
    return msgspec.structs.replace(
        result, finding=None, source=None, stdout="", warnings=[], message=result.message[:500]
    )
