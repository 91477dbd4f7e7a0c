"""What the terminal shows of a proof, as Rich renderables: nothing here prints."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from grader.verify.proof import Flip, ProgramKind, ProgramVerdict, Proof

_SHOWN: Final = 40


def summary(proof: Proof) -> RenderableType:
    """Figures, mutants by function, and everything that is amiss."""
    return Group(
        _heading(proof),
        _figures(proof),
        *([_functions(proof)] if proof.functions else []),
        *_survivors(proof),
        *_amiss(proof),
        *_remarks(proof),
    )


def _heading(proof: Proof) -> Text:
    style = "bold green" if proof.passed else "bold red"
    told = Text.assemble(
        (proof.assignment, "bold"), "  ", (_word(proof), style), (f", {proof.seconds:.0f} s", "dim")
    )
    if proof.not_run:
        told.append(f"\nNot run, so not judged: {'; '.join(proof.not_run)}.", "yellow")
    return told


def _word(proof: Proof) -> str:
    if not proof.passed:
        return "NOT PROVEN"
    return "proven" if proof.proven else "passed what was run"


def _figures(proof: Proof) -> Table:
    table = _table("", "all", "good", "")
    for label, kind in (("valid variants", ProgramKind.VARIANT), ("mistakes", ProgramKind.MISTAKE)):
        verdicts = proof.of_kind(kind)
        if verdicts:
            bad = proof.failed_variants if kind is ProgramKind.VARIANT else proof.surviving_mistakes
            word = "pass every check" if kind is ProgramKind.VARIANT else _of_mistakes(proof)
            table.add_row(label, str(len(verdicts)), str(len(verdicts) - len(bad)), word)
    mutants = proof.of_kind(ProgramKind.MUTANT)
    if mutants:
        argued = sum(bool(verdict.equivalent) for verdict in mutants if not verdict.killed)
        text = f"killed; {argued} argued equivalent; {100 * proof.killed_share:.2f}% of the others"
        killed = sum(verdict.killed for verdict in mutants)
        table.add_row("mutants", str(len(mutants)), str(killed), text)
    idlers = proof.of_kind(ProgramKind.IDLE)
    if idlers:
        unpaid = sum(not verdict.paid_by for verdict in idlers)
        table.add_row("idle functions", str(len(idlers)), str(unpaid), "earn nothing")
    if proof.whole:
        idle = len(proof.checks) - len(proof.idle_checks)
        table.add_row("checks", str(len(proof.checks)), str(idle), "kill something")
    if proof.seeds:
        flaky = {flake.seed for flake in proof.flakes}
        table.add_row("seeds", str(proof.seeds), str(proof.seeds - len(flaky)), "without a flake")
    if proof.catalogue_seeds:
        steady = proof.catalogue_subjects - len({flip.subject for flip in proof.flips})
        text = f"get the same outcomes under {proof.catalogue_seeds} seeds"
        table.add_row("the catalogue", str(proof.catalogue_subjects), str(steady), text)
    return table


def _of_mistakes(proof: Proof) -> str:
    tolerated = len(proof.tolerated_mistakes)
    return f"killed, or minor and tolerated ({tolerated})" if tolerated else "killed"


def _functions(proof: Proof) -> Table:
    table = _table("mutants of", "all", "killed", "equivalent", "survive")
    for score in proof.functions:
        style = "red" if score.survived else ""
        cells = (score.mutants, score.killed, score.equivalent, score.survived)
        table.add_row(score.function, *map(str, cells), style=style)
    return table


def _survivors(proof: Proof) -> Iterator[Text]:
    mutants = {verdict.subject.id: verdict for verdict in proof.of_kind(ProgramKind.MUTANT)}
    if proof.survivors:
        yield Text("\nMutants that survive", "bold red")
    for name in proof.survivors[:_SHOWN]:
        yield _change(mutants[name])
    yield from _rest(proof.survivors)


def _change(verdict: ProgramVerdict) -> Text:
    subject = verdict.subject
    noted = f"  (noted by {', '.join(verdict.noted_by)})" if verdict.noted_by else ""
    return Text.assemble(
        f"  {subject.id}  ",
        (f"{subject.file}:{subject.line}{noted}\n", "dim"),
        (f"    - {subject.old}\n", "red"),
        (f"    + {subject.new}", "green"),
    )


def _amiss(proof: Proof) -> Iterator[Text]:
    """What keeps the bank from being proven."""
    yield from _list("Checks that the reference fails", _reasons(proof, ["reference"]))
    yield from _list("Variants that fail", _reasons(proof, proof.failed_variants))
    yield from _list("Mistakes that survive", proof.surviving_mistakes)
    yield from _list("Checks that kill nothing", proof.idle_checks)
    yield from _list("Checks that broke", proof.broken)
    yield from _list("Faults that cost their function nothing", proof.unattributed)
    strays = [f"{stray.check} fails on {stray.subject}" for stray in proof.strays]
    yield from _list("Checks that fail through another function's fault", strays)
    paid = [f"{stray.check} pays {stray.subject}" for stray in proof.paid]
    yield from _list("Checks that pay for doing nothing", paid)
    flakes = [f"{flake.check}, seed {flake.seed}: {flake.message}" for flake in proof.flakes]
    yield from _list("Checks that flake", flakes)
    yield from _list("Outcomes that depend on the seed", list(map(_flip, proof.flips)))


def _flip(flip: Flip) -> str:
    counts = ", ".join(f"{outcome or 'not reached'} {n}x" for outcome, n in flip.outcomes.items())
    return f"{flip.check} on {flip.subject}: {counts}"


def _reasons(proof: Proof, names: Iterable[str]) -> list[str]:
    """Each failed check of a subject that should pass, with what it said."""
    verdicts = {v.subject.id: v for v in proof.verdicts if v.subject.kind is not ProgramKind.MUTANT}
    lines: list[str] = []
    for name in names:
        verdict = verdicts[name]
        lines += [f"{name}: {check}: {text}" for check, text in verdict.messages.items()]
        lines += [f"{name}: {verdict.ended}"] * bool(verdict.ended)
    return lines


def _remarks(proof: Proof) -> Iterator[Text]:
    """What is worth knowing and keeps nothing from being proven."""
    yield from _list(
        "Arguments for equivalence that fit no mutant", proof.stale_arguments, "yellow"
    )
    yield from _list("Argued to be equivalent, yet killed", proof.false_arguments, "yellow")
    counts = {
        "mutants that one check alone kills": len(proof.killed_once),
        "ended by a limit": len(proof.timeouts),
        "seen in what a function hands on": len(proof.handed_on),
        "failures of checks that depend on a wrong class": len(proof.dependent),
        "checks that another one makes redundant": len(proof.redundant_checks),
    }
    said = [f"{number} {what}" for what, number in counts.items() if number]
    if said:
        yield Text("\n" + "; ".join(said) + ".", "dim")


def _list(title: str, items: list[str], style: str = "red") -> Iterator[Text]:
    if items:
        yield Text(f"\n{title}", f"bold {style}")
        for item in items[:_SHOWN]:
            yield Text(f"  {item}")
        yield from _rest(items)


def _rest(items: list[str]) -> Iterator[Text]:
    if len(items) > _SHOWN:
        yield Text(f"  and {len(items) - _SHOWN} more; --json and --html have all", "dim")


def _table(first: str, *others: str) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", pad_edge=False)
    table.add_column(first)
    for name in others:
        table.add_column(name, justify="right" if name else "left")
    return table
