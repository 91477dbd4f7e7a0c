"""What a proof is made of: plain records, which terminal, JSON and HTML show."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

import msgspec

from grader.model.contract import owner_of

SCHEMA_VERSION: Final = 1


class ProgramKind(StrEnum):
    """What is put before the bank."""

    REFERENCE = "reference"
    VARIANT = "variant"
    MISTAKE = "mistake"
    MUTANT = "mutant"
    IDLE = "idle"

    @property
    def label(self) -> str:
        """What several of them are called."""
        return {"variant": "valid variants", "idle": "idle functions"}.get(self, f"{self}s")


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """A package that the bank judges."""

    id: str
    """Of a mutant `function:operator:ordinal`."""
    kind: ProgramKind
    functions: tuple[str, ...] = ()
    """Contract names whose fault it is."""
    title: str = ""
    file: str = ""
    line: int = 0
    operator: str = ""
    old: str = ""
    """The statement, or the head of one, that is changed; its text in a standard form."""
    new: str = ""
    severity: str = ""


class ProgramVerdict(msgspec.Struct, kw_only=True):
    """What the bank says of a subject."""

    subject: Subject
    killed_by: list[str] = []
    """Checks that fail and cost points."""
    noted_by: list[str] = []
    """Checks that fail and cost nothing, by the rubric."""
    broken: list[str] = []
    """Checks that broke themselves, each with why: a fault of the bank."""
    paid_by: list[str] = []
    """Checks that an idle function passes, though they judge nothing but idle functions."""
    ended: str = ""
    """How the run ended before its time: `timeout`, or the signal or status in words."""
    asked: list[str] = []
    """Checks that were run: those that reach the changed code and that it may cost points."""
    equivalent: str = ""
    """Why nobody can tell this mutant from the reference, where that has been argued."""
    messages: dict[str, str] = {}
    """Why, by check; for the reference and variants only."""

    @property
    def killed(self) -> bool:
        """Whether it loses points."""
        return bool(self.killed_by or self.ended)


class CheckRecord(msgspec.Struct, kw_only=True):
    """A check, and what it is good for."""

    id: str
    title: str
    part: str
    targets: tuple[str, ...]
    uses: tuple[str, ...] = ()
    weight: float
    """In the rubric; 0 costs nothing."""
    follow_through: bool
    """Whether it is repeated with wrong functions of other parts replaced."""
    kills: int = 0
    """Mistakes and mutants that it kills, or notes where its weight is 0."""
    alone: int = 0
    """Those that no other check kills."""
    redundant: str = ""
    """A check that kills all that this one does, if any."""

    @property
    def owners(self) -> set[str]:
        """The functions and classes that it judges, or of which it judges methods."""
        return set(map(owner_of, self.targets))


class Flake(msgspec.Struct, frozen=True, kw_only=True):
    """A check that the reference does not pass under some seed."""

    check: str
    seed: str
    message: str


class Flip(msgspec.Struct, frozen=True, kw_only=True):
    """A check that ends one way under some seeds and another way under others, on the same code."""

    check: str
    subject: str
    """A mistake or variant of the catalogue."""
    outcomes: dict[str, int]
    """Outcome to the number of seeds under which it came out; empty where the run did not get to
    the check."""


class Stray(msgspec.Struct, frozen=True, kw_only=True):
    """A check that fails through a fault of functions that it does not judge."""

    check: str
    subject: str


class FunctionScore(msgspec.Struct, kw_only=True):
    """Mutants of one function."""

    function: str
    mutants: int = 0
    killed: int = 0
    equivalent: int = 0
    survived: int = 0


class Proof(msgspec.Struct, kw_only=True):
    """What is known of a bank; lists of ids unless said otherwise."""

    assignment: str
    seed: str
    whole: bool
    """Whether all subjects were run, so that checks may be judged by what they kill."""
    not_run: list[str] = []
    """What the whole proof has and this run left out, in words; nothing is known of it."""
    checks: list[CheckRecord]
    verdicts: list[ProgramVerdict]
    functions: list[FunctionScore] = []
    failed_reference: list[str] = []
    """Checks."""
    failed_variants: list[str] = []
    surviving_mistakes: list[str] = []
    tolerated_mistakes: list[str] = []
    """Minor ones that the rubric lets pass."""
    survivors: list[str] = []
    """Mutants that are not argued to be equivalent."""
    timeouts: list[str] = []
    killed_once: list[str] = []
    """Mutants that a single check kills."""
    handed_on: list[str] = []
    """Mistakes and mutants whose fault is in what the function leaves with the student, such as a
    cache: it costs the functions that are handed it."""
    unattributed: list[str] = []
    """Other mistakes and mutants that cost none of their own functions anything."""
    strays: list[Stray] = []
    dependent: list[Stray] = []
    """Checks that fail through a fault of a class that they say they use."""
    paid: list[Stray] = []
    """Checks that give points to a function that does nothing."""
    idle_checks: list[str] = []
    """Checks that kill nothing."""
    redundant_checks: list[str] = []
    broken: list[str] = []
    """Checks that broke, and on what."""
    stale_arguments: list[str] = []
    """Arguments for equivalence that fit no mutant."""
    false_arguments: list[str] = []
    """Mutants argued to be equivalent that are killed all the same."""
    seeds: int = 0
    flakes: list[Flake] = []
    catalogue_seeds: int = 0
    """Seeds under which every mistake and variant was judged."""
    catalogue_subjects: int = 0
    """How many mistakes and variants these were."""
    flips: list[Flip] = []
    seconds: float = 0.0
    schema_version: int = SCHEMA_VERSION

    @property
    def proven(self) -> bool:
        """Whether everything was run, and the bank did what it should."""
        return self.passed and not self.not_run

    @property
    def passed(self) -> bool:
        """Whether the bank did what it should in all that was run."""
        return not (
            self.failed_reference
            or self.failed_variants
            or self.surviving_mistakes
            or self.survivors
            or self.unattributed
            or self.strays
            or self.idle_checks
            or self.paid
            or self.broken
            or self.flakes
            or self.flips
        )

    def of_kind(self, kind: ProgramKind) -> list[ProgramVerdict]:
        """The verdicts on subjects of one kind."""
        return [verdict for verdict in self.verdicts if verdict.subject.kind is kind]

    @property
    def killed_share(self) -> float:
        """Share of the mutants that are killed, of those not argued to be equivalent."""
        judged = [v for v in self.of_kind(ProgramKind.MUTANT) if v.killed or not v.equivalent]
        return sum(v.killed for v in judged) / len(judged) if judged else 1.0
