"""From a reference to a contract and the checks that are worth having."""

from __future__ import annotations

import pickle
import struct
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, NamedTuple

import msgspec

from grader.authoring.candidates import (
    Candidate,
    find_pairs,
    function_candidates,
    pair_candidates,
)
from grader.authoring.check_writer import Written, write_check
from grader.authoring.class_candidates import class_candidates, made
from grader.authoring.cover import cover
from grader.authoring.explore import Explorer
from grader.authoring.mutant_trials import Trials, Tried
from grader.authoring.native_reference import NativeReference
from grader.authoring.reference_source import ClassDefinition, Definition, ReferenceSource
from grader.model.contract import ContractEntry
from grader.model.errors import InputError
from grader.sandbox.forked_tasks import Send, run_forked
from grader.verify.mutants import Mutant

_EXPLORE_SECONDS: Final = 60
"""Processor time for a module's functions, or for a class."""
_MOST_MUTANTS: Final = 4000
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
    left_out: dict[str, str]
    """Names that are not in the contract, and why."""
    seconds: float

    @property
    def share(self) -> float:
        """Of the mutants, those killed."""
        return self.killed / self.mutants if self.mutants else 1.0


class _Unit(NamedTuple):
    name: str
    functions: tuple[str, ...]
    is_class: bool


class _Report(NamedTuple):
    """What one process has found out."""

    signatures: dict[str, ContractEntry]
    pairs: dict[str, str]
    left_out: dict[str, str]


def survey(source: ReferenceSource, jobs: int, progress: Progress) -> Survey:
    """Explore a reference, try candidate checks on its mutants, and choose.

    Args:
        source: the reference.
        jobs: processes at once.
        progress: told what is being done, how much of it is done, and how much there is.

    Raises:
        InputError: nothing in it can be called.
    """
    start = time.perf_counter()
    contract, pairs, left_out, candidates = _explored(source, jobs, progress)
    if not candidates:
        raise _nothing_called(source, left_out)
    contract = _with_methods(contract, candidates)
    written = _written(candidates, contract)
    trials = _trials(source, contract, written)
    progress("candidates", 0, len(written))
    tried = _tried(trials, written)
    mutants = _sample(trials.mutants(tried))
    kills, survivors = _killed(trials, tried, mutants, _costs(written, tried), jobs, progress)
    chosen = _chosen(contract, written, tried, kills)
    _leave_out_unjudged(contract, left_out, chosen, written, tried)
    return Survey(
        contract, pairs, chosen, len(mutants), len(mutants) - len(survivors), survivors, left_out,
        time.perf_counter() - start,
    )  # fmt: skip


def _nothing_called(source: ReferenceSource, left_out: Mapping[str, str]) -> InputError:
    reasons = "; ".join(f"{name}: {why}" for name, why in list(left_out.items())[:5])
    return InputError(f"{source.package}: none of its functions could be called: {reasons}.")


def _trials(
    source: ReferenceSource,
    contract: Mapping[str, ContractEntry],
    written: Mapping[str, tuple[Written, Candidate]],
) -> Trials:
    """Trials of the candidates, the cheapest first."""
    best_first = sorted(written, key=lambda name: written[name][1].cost)
    return Trials(source, contract, {name: written[name][0].text for name in best_first})


def _tried(trials: Trials, written: Mapping[str, tuple[Written, Candidate]]) -> Tried:
    """What came of the reference; a check that a function passes which does nothing is refused.

    Raises:
        GraderError: the reference cannot be tried.
    """
    tried = trials.on_reference()
    targets = {name: written[name][1].target.partition(".")[0] for name in tried.passed}
    for name in trials.paying_idlers(tried, targets):
        del tried.passed[name]
        tried.refused[name] = "a function that does nothing passes the check as well"
    return tried


def _costs(written: Mapping[str, tuple[Written, Candidate]], tried: Tried) -> dict[str, float]:
    """What each check that passes costs, the time that it takes included."""
    return {name: written[name][1].cost + 5 * tried.passed[name] for name in tried.passed}


def _killed(
    trials: Trials,
    tried: Tried,
    mutants: list[Mutant],
    costs: Mapping[str, float],
    jobs: int,
    progress: Progress,
) -> tuple[dict[str, set[str]], list[Mutant]]:
    """The mutants that each check kills, and those that none does."""
    kills: dict[str, set[str]] = defaultdict(set)
    survivors = []
    order = sorted(costs, key=costs.__getitem__)
    for mutant, killers in trials.on_mutants(
        tried, mutants, order, jobs, lambda done, all_: progress("mutants", done, all_)
    ):
        for name in killers:
            kills[name].add(mutant.subject.id + mutant.subject.file)
        if not killers:
            survivors.append(mutant)
    return kills, survivors


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
    """All of them, or every n-th of very many."""
    step = -(-len(mutants) // _MOST_MUTANTS) if mutants else 1
    return mutants[::step]


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
        part = contract[target].module.replace(".", "_")
        one = write_check(candidate, contract, part, candidate.target)
        body = one.text.partition(" -> None:")[2] + target
        if body in bodies:
            continue
        bodies.add(body)
        name, number = one.name, 2
        while name in found:
            name, number = f"{one.name}_{number}", number + 1
        text = one.text.replace(f"def {one.name}(", f"def {name}(")
        found[name] = (Written(name, one.title, text), candidate)
    return found


def _explored(
    source: ReferenceSource, jobs: int, progress: Progress
) -> tuple[dict[str, ContractEntry], dict[str, str], dict[str, str], list[Candidate]]:
    units = list(_units(source))

    def work(unit: _Unit, send: Send) -> None:
        def tell(item: Candidate | _Report) -> None:
            data = pickle.dumps(item)
            send(struct.pack("<I", len(data)) + data)

        try:
            for item in _explore(source, unit):
                tell(item)
        except Exception as error:  # what was found until then is kept
            why = f"exploring it failed: {type(error).__name__}: {error}"
            tell(_Report({}, {}, dict.fromkeys(unit.functions, why)))

    found: dict[str, list[Any]] = {}
    left_out: dict[str, str] = {}
    for number, done in enumerate(
        run_forked(units, work, jobs=jobs, cpu_seconds=_EXPLORE_SECONDS), 1
    ):
        progress("functions and classes", number, len(units))
        found[done.task.name] = list(_unpacked(done.said))
        if not found[done.task.name]:
            left_out |= dict.fromkeys(done.task.functions, done.ending or "it could not be called")
    contract: dict[str, ContractEntry] = {}
    pairs: dict[str, str] = {}
    candidates: list[Candidate] = []
    for unit in units:
        for item in found[unit.name]:
            if isinstance(item, Candidate):
                candidates.append(item)
            else:
                contract |= item.signatures
                pairs |= item.pairs
                left_out |= item.left_out
    return contract, pairs, left_out, candidates


def _unpacked(said: bytes) -> Iterator[Any]:
    at = 0
    while at + 4 <= len(said):
        (size,) = struct.unpack_from("<I", said, at)
        if at + 4 + size > len(said):
            return
        yield pickle.loads(said[at + 4 : at + 4 + size])
        at += 4 + size


def _units(source: ReferenceSource) -> Iterator[_Unit]:
    modules: dict[str, list[str]] = defaultdict(list)
    for definition in source.functions:
        if not definition.name.startswith("_"):
            modules[definition.module].append(definition.name)
    for module, names in modules.items():
        yield _Unit(module, tuple(names), False)
    for known in source.classes.values():
        if not known.name.startswith("_"):
            yield _Unit(f"class {known.name}", (known.name,), True)


def _explore(source: ReferenceSource, unit: _Unit) -> Iterator[Candidate | _Report]:
    explorer = Explorer(source, NativeReference(source.files, source.package))
    if unit.is_class:
        yield from _explore_class(explorer, source.classes[unit.functions[0]])
    else:
        names = set(unit.functions)
        definitions = [d for d in source.functions if d.module == unit.name and d.name in names]
        yield from _explore_functions(explorer, definitions)


def _explore_class(explorer: Explorer, known: ClassDefinition) -> Iterator[Candidate | _Report]:
    makers = explorer.makers(known.name)
    start = made(explorer, makers[0], known.name) if makers else None
    if start is None:
        yield _Report({}, {}, {known.name: "no arguments were found with which it can be made"})
        return
    signature = ContractEntry(known.module, (f"{start.receiver}*",))
    others = {
        name: ContractEntry(explorer.modules[name], (f"{name.lower()}*",))
        for name in explorer.objects
    }
    yield _Report({**others, known.name: signature}, {}, {})
    yield from class_candidates(explorer, known.name)
    others = {
        name: ContractEntry(explorer.modules[name], (f"{name.lower()}*",))
        for name in explorer.objects
        if name != known.name
    }
    yield _Report(others, {}, {})


def _explore_functions(
    explorer: Explorer, definitions: list[Definition]
) -> Iterator[Candidate | _Report]:
    known = {d.name: call for d in definitions if (call := explorer.function(d)) is not None}
    pairs = [pair for pair in find_pairs(explorer, known) if pair.backward in definitions]
    backward = {pair.backward.name: pair for pair in pairs}
    kept: dict[str, set[str]] = defaultdict(set)
    for pair in pairs:
        kept[pair.forward.call.definition.name].add(pair.cache)
    signatures, left_out = {}, {}
    for definition in definitions:
        call = known.get(definition.name)
        if call is None and definition.name not in backward:
            left_out[definition.name] = "no arguments were found that it accepts"
        elif definition.name not in backward and call is not None:
            named = explorer.called(call)
            if named is not None:
                returns = named[0].steps[-1].returns or ("value",)
                handles = kept[definition.name]
                signatures[definition.name] = ContractEntry(
                    definition.module,
                    tuple(f"{r}*" if r in handles else r for r in returns),
                )
    for name, pair in backward.items():
        names = pair.backward.returns or ("value",)
        signatures[name] = ContractEntry(
            pair.backward.module, names if len(names) > 1 else names[:1]
        )
    yield _Report(
        signatures, {name: p.forward.call.definition.name for name, p in backward.items()}, left_out
    )
    for definition in definitions:
        if definition.name in backward:
            yield from pair_candidates(explorer, backward[definition.name])
        elif definition.name in known:
            handles = kept[definition.name]
            for candidate in function_candidates(explorer, known[definition.name]):
                yield _without(candidate, handles)


def _without(candidate: Candidate, handles: set[str]) -> Candidate:
    """A candidate that does not look at what is kept for another function."""
    scenario = candidate.scenario
    last = scenario.steps[-1]
    if not handles or last.returns is None:
        return candidate
    returns = tuple(f"{r}*" if r in handles else r for r in last.returns)
    seen = tuple(each for each in scenario.seen if each.label not in handles)
    steps = (*scenario.steps[:-1], last._replace(returns=returns))
    return candidate._replace(scenario=scenario._replace(steps=steps, seen=seen))
