"""From a reference to a contract and the checks that are worth having."""

from __future__ import annotations

import random
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from typing import Final, NamedTuple

import msgspec

from grader.authoring.allowance import MINUTES, Allowance
from grader.authoring.call_naming import listed
from grader.authoring.candidates import Candidate
from grader.authoring.check_writer import Written, write_check
from grader.authoring.cover import cover
from grader.authoring.folder_writer import file_name
from grader.authoring.libraries import foreign_libraries, import_libraries
from grader.authoring.mutant_trials import Trials, Tried
from grader.authoring.reference_source import ReferenceSource, module_of
from grader.authoring.solution_marks import marked
from grader.authoring.unit_reports import explored
from grader.model.contract import ContractEntry
from grader.model.errors import InputError
from grader.verify.mutants import Mutant
from grader.verify.obvious_equivalents import is_display
from grader.verify.source_pieces import functions

_MOST_MUTANTS: Final = 4000
_EXPLORING: Final = 0.4
_REFERENCE: Final = 0.3
"""Shares of the time that is left, for two of the steps; trying mutants may take the rest."""
Progress = Callable[[str, int, int], None]


class Chosen(NamedTuple):
    """A check of the bank."""

    written: Written
    candidate: Candidate
    kills: int


class Survey(NamedTuple):
    """What was found out about a reference."""

    contract: dict[str, ContractEntry]
    pairs: dict[str, str]
    """Backward pass to its forward pass."""
    chosen: list[Chosen]
    mutants: int
    killed: int
    survivors: list[Mutant]
    untried: int
    """Mutants for which there was no time."""
    left_out: dict[str, str]
    """Names that are not in the contract, and why."""
    unreached: list[str]
    """Functions and methods of what is in the contract that no check calls."""
    seconds: float
    foreign: list[str]
    """Libraries that it imports and students' code cannot have."""

    @property
    def share(self) -> float:
        """Of the mutants, those killed."""
        return self.killed / self.mutants if self.mutants else 1.0


def survey(
    source: ReferenceSource, jobs: int, progress: Progress, minutes: float = MINUTES
) -> Survey:
    """Explore a reference, try candidate checks on its mutants, and choose.

    Args:
        source: the reference.
        jobs: processes at once.
        progress: told what is being done, how much of it is done, and how much there is.
        minutes: of processor time that it may take; what was found by then is chosen from.

    Raises:
        InputError: nothing in it can be called.
    """
    start = time.perf_counter()
    allowance = Allowance(60 * minutes)
    import_libraries(source)
    found = explored(source, jobs, allowance.part(_EXPLORING), progress)
    if not found.candidates:
        raise _nothing_called(source, found.left_out)
    contract = _with_methods(found.contract, found.candidates)
    written = _written(found.candidates, contract)
    source = ReferenceSource(source.package, marked(source, contract), source.given)
    trials = _trials(source, contract, written)
    progress("candidates", 0, len(written))
    tried = _tried(trials, written, allowance.part(_REFERENCE), jobs)
    mutants = _sample(trials.mutants(tried))
    kills, survivors, count = _killed(
        trials, tried, mutants, _costs(written, tried), jobs, allowance, progress
    )
    chosen = _chosen(contract, written, tried, kills)
    _leave_out_unjudged(contract, found.left_out, chosen, written, tried)
    return Survey(
        contract, found.pairs, chosen, count, count - len(survivors), survivors,
        len(mutants) - count, found.left_out, _unreached(source, contract, tried, chosen),
        time.perf_counter() - start, foreign_libraries(source),
    )  # fmt: skip


def _nothing_called(source: ReferenceSource, left_out: Mapping[str, str]) -> InputError:
    by_reason = defaultdict(list)
    for name, why in left_out.items():
        by_reason[why.rstrip(".")].append(name)
    reasons = "; ".join(f"{listed(names)}: {why}" for why, names in list(by_reason.items())[:5])
    missing = any("ModuleNotFoundError" in why for why in by_reason)
    return InputError(
        f"{source.package}: none of its functions could be called: {reasons}.",
        hint="Students' code has NumPy and the standard library; if the module is yours, give the "
        "folder above."
        if missing
        else "",
    )


def _trials(
    source: ReferenceSource,
    contract: Mapping[str, ContractEntry],
    written: Mapping[str, tuple[Written, Candidate]],
) -> Trials:
    """Trials of the candidates, the cheapest first."""
    best_first = sorted(written, key=lambda name: written[name][1].cost)
    texts = {name: written[name][0].text for name in best_first}
    return Trials(source, contract, texts, {name: written[name][0].id for name in best_first})


def _tried(
    trials: Trials,
    written: Mapping[str, tuple[Written, Candidate]],
    allowance: Allowance,
    jobs: int,
) -> Tried:
    """What came of the reference; a check that a function passes which does nothing is refused.

    Raises:
        GraderError: the reference cannot be tried.
    """
    tried = trials.on_reference(allowance, jobs)
    targets = {name: written[name][1].target.partition(".")[0] for name in tried.passed}
    for name in trials.paying_idlers(tried, targets, jobs):
        del tried.passed[name]
        tried.refused[name] = "a function that does nothing, or the template, passes the check"
    return tried


def _costs(written: Mapping[str, tuple[Written, Candidate]], tried: Tried) -> dict[str, float]:
    """What each check that passes costs, tenths of a second that it takes included.

    Finer times are not the same twice, and the checks that are chosen would not be either.
    """
    return {name: written[name][1].cost + 5 * round(tried.passed[name], 1) for name in tried.passed}


def _killed(
    trials: Trials,
    tried: Tried,
    mutants: list[Mutant],
    costs: Mapping[str, float],
    jobs: int,
    allowance: Allowance,
    progress: Progress,
) -> tuple[dict[str, set[str]], list[Mutant], int]:
    """The mutants that each check kills, those that none does, and how many were tried."""
    kills: dict[str, set[str]] = defaultdict(set)
    survivors, count = [], 0
    order = sorted(costs, key=costs.__getitem__)
    for mutant, killers in trials.on_mutants(
        tried, mutants, order, jobs, allowance, lambda done, all_: progress("mutants", done, all_)
    ):
        count += 1
        for name in killers:
            kills[name].add(mutant.subject.id + mutant.subject.file)
        if not killers:
            survivors.append(mutant)
    survivors.sort(key=lambda mutant: (mutant.subject.file, mutant.subject.line))
    return kills, survivors, count


def _unreached(
    source: ReferenceSource,
    contract: Mapping[str, ContractEntry],
    tried: Tried,
    chosen: list[Chosen],
) -> list[str]:
    """What stands in the contract and is entered by no chosen check."""
    names = {each.written.name for each in chosen}
    found = []
    for file, tree in source.trees.items():
        for place, node in functions(file, tree):
            entry = contract.get(place[1].partition(".")[0])
            if entry is None or entry.module != module_of(file) or is_display(node):
                continue
            reaching = tried.observed.reaching({place})
            if reaching is not None and not reaching & names:
                found.append(place[1])
    return found


def _leave_out_unjudged(
    contract: dict[str, ContractEntry],
    left_out: dict[str, str],
    chosen: list[Chosen],
    written: Mapping[str, tuple[Written, Candidate]],
    tried: Tried,
) -> None:
    """Note why no chosen check judges a name, and drop it from the contract if none uses it."""
    judged = {each.candidate.target.partition(".")[0] for each in chosen}
    for name in [name for name in contract if name not in judged]:
        left_out.setdefault(name, _why_unjudged(name, written, tried))
        used = any(
            name in each.candidate.uses or f".{name}(" in each.written.text for each in chosen
        )
        if not used:
            del contract[name]


def _with_methods(
    contract: Mapping[str, ContractEntry], candidates: list[Candidate]
) -> dict[str, ContractEntry]:
    """The contract with the methods that candidates judge, and what these return."""
    methods: dict[str, dict[str, ContractEntry]] = defaultdict(dict)
    for candidate in candidates:
        owner, _, method = candidate.target.partition(".")
        last = candidate.scenario.steps[-1]
        if method and owner in contract and last.method == method:
            returns = last.returns or ("value",)
            entry = ContractEntry(contract[owner].module, returns)
            methods[owner].setdefault(method, entry)
    return {
        name: msgspec.structs.replace(entry, methods=methods[name]) if name in methods else entry
        for name, entry in contract.items()
    }


def _why_unjudged(name: str, written: Mapping[str, tuple[Written, Candidate]], tried: Tried) -> str:
    refused = [
        why
        for check, why in tried.refused.items()
        if written[check][1].target.partition(".")[0] == name
    ]
    return refused[0] if refused else "nothing that it does can be compared"


def _sample(mutants: list[Mutant]) -> list[Mutant]:
    """All of them, or many; in an order in which the first few of them speak for all."""
    return random.Random(0).sample(mutants, min(len(mutants), _MOST_MUTANTS))


def _chosen(
    contract: Mapping[str, ContractEntry],
    written: Mapping[str, tuple[Written, Candidate]],
    tried: Tried,
    kills: Mapping[str, set[str]],
) -> list[Chosen]:
    useful = {name: kills[name] for name in tried.passed if kills.get(name)}
    kept = cover(useful, _costs(written, tried), list(_due(written, tried)))
    order = {name: at for at, name in enumerate(written)}
    return [
        Chosen(*written[name], len(kills.get(name, ())))
        for name in sorted(kept, key=order.__getitem__)
    ]


def _due(written: Mapping[str, tuple[Written, Candidate]], tried: Tried) -> Iterator[set[str]]:
    """Groups of checks of each of which one is wanted: of every target, of every gradient."""
    groups: dict[str, set[str]] = defaultdict(set)
    for name in tried.passed:
        candidate = written[name][1]
        judged = (
            f"{candidate.target} {candidate.backward.gradient}"
            if candidate.backward
            else candidate.target
        )
        groups[judged].add(name)
    targets = {written[name][1].target for name in tried.passed}
    with_methods = {target.partition(".")[0] for target in targets if "." in target}
    with_gradients = {group.partition(" ")[0] for group in groups if " " in group}
    for judged, names in groups.items():
        if judged not in with_methods and judged not in with_gradients:
            yield names


def _written(
    candidates: list[Candidate], contract: Mapping[str, ContractEntry]
) -> dict[str, tuple[Written, Candidate]]:
    """The candidates as source by unique names; those that say the same once."""
    found: dict[str, tuple[Written, Candidate]] = {}
    bodies: set[str] = set()
    for candidate in candidates:
        target = candidate.target.partition(".")[0]
        if target not in contract:
            continue
        part = file_name(contract[target].module)
        one = write_check(candidate, contract, part, candidate.target)
        body = one.text.partition(" -> None:")[2] + target
        if body in bodies:
            continue
        bodies.add(body)
        name, number = one.name, 2
        while name in found:
            name, number = f"{one.name}_{number}", number + 1
        text = one.text.replace(f"def {one.name}(", f"def {name}(")
        found[name] = (one._replace(name=name, text=text), candidate)
    return found
