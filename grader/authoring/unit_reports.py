"""Exploring a reference: each module's functions, and each class, in processes of their own."""

from __future__ import annotations

import pickle
import struct
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, Final, NamedTuple

from grader.authoring.allowance import Allowance
from grader.authoring.candidates import (
    Candidate,
    find_pairs,
    function_candidates,
    pair_candidates,
)
from grader.authoring.class_candidates import class_candidates, made
from grader.authoring.explore import Explorer
from grader.authoring.native_reference import NativeReference, TimeUp, quiet
from grader.authoring.reference_source import (
    ClassDefinition,
    Definition,
    ReferenceSource,
    module_of,
)
from grader.authoring.result_candidates import result_candidates
from grader.authoring.side_effects import forbid_side_effects
from grader.model.contract import ContractEntry
from grader.model.errors import InputError
from grader.sandbox.forked_tasks import TIMEOUT, Send, run_forked
from grader.worker import compat

_IMPORT_SECONDS: Final = 3
"""For the module itself; the libraries that it uses are there already."""
_MOST_SECONDS: Final = 60
"""Processor time for a module's functions, or for a class."""
_NO_ARGUMENTS: Final = "no arguments were found that it accepts"
Progress = Callable[[str, int, int], None]


class Explored(NamedTuple):
    """What was found out about a reference by calling it."""

    contract: dict[str, ContractEntry]
    pairs: dict[str, str]
    """Backward pass to its forward pass."""
    left_out: dict[str, str]
    """Names that could not be called, and why."""
    candidates: list[Candidate]


class _Unit(NamedTuple):
    name: str
    module: str
    functions: tuple[str, ...]
    is_class: bool
    weight: int


class _Report(NamedTuple):
    """What one process has found out."""

    signatures: dict[str, ContractEntry]
    pairs: dict[str, str]
    left_out: dict[str, str]


def explored(
    source: ReferenceSource, jobs: int, allowance: Allowance, progress: Progress
) -> Explored:
    """Call all that can be called, and propose checks.

    Args:
        source: the reference.
        jobs: processes at once.
        allowance: what may be spent; each unit gets a share, and what it finds by then is kept.
        progress: told what is being done, how much of it is done, and how much there is.
    """
    units = list(_units(source))
    started: list[_Unit] = []

    def tasks() -> Iterator[_Unit]:
        for unit in units:
            started.append(unit)
            yield unit

    def limit() -> int:
        weight = started[-1].weight
        waiting = sum(each.weight for each in units[len(started) - 1 :])
        return allowance.task(min(_MOST_SECONDS, 2 * allowance.left * weight / waiting))

    def work(unit: _Unit, send: Send) -> None:
        def tell(item: Candidate | _Report) -> None:
            data = pickle.dumps(item)
            send(struct.pack("<I", len(data)) + data)

        compat.install()
        forbid_side_effects()
        try:
            for item in _explore(source, unit):
                tell(item)
        except Exception as error:  # what was found until then is kept
            why = f"exploring it failed: {type(error).__name__}: {error}"
            tell(_Report({}, {}, dict.fromkeys(unit.functions, why)))

    found: dict[str, Explored] = {}
    for number, done in enumerate(run_forked(tasks(), work, jobs=jobs, cpu_seconds=limit), 1):
        progress("functions and classes", number, len(units))
        found[done.task.name] = _put_together(done.task, _unpacked(done.said), done.ending)
    return _joined(found[unit.name] for unit in units)


def _put_together(unit: _Unit, items: Iterator[Any], ending: str) -> Explored:
    """What a unit's process said; what it left unsaid is left out."""
    result = Explored({}, {}, {}, [])
    for item in items:
        if isinstance(item, Candidate):
            result.candidates.append(item)
        else:
            result.contract.update(item.signatures)
            result.pairs.update(item.pairs)
            result.left_out.update(item.left_out)
    judged = {each.target.partition(".")[0] for each in result.candidates}
    why = "there was no time left for it" if ending == TIMEOUT else ending
    for name in unit.functions:
        if name not in judged and why:
            result.left_out.setdefault(name, why)
        elif name not in judged and name not in result.contract:
            result.left_out.setdefault(name, "it could not be called")
    return result


def _joined(parts: Iterator[Explored]) -> Explored:
    whole = Explored({}, {}, {}, [])
    for part in parts:
        whole.contract.update(part.contract)
        whole.pairs.update(part.pairs)
        whole.left_out.update(part.left_out)
        whole.candidates.extend(part.candidates)
    return whole


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
    given = {module_of(path) for path in source.given}
    for definition in source.functions:
        if not definition.name.startswith("_") and definition.module not in given:
            modules[definition.module].append(definition.name)
    for module, names in modules.items():
        yield _Unit(module, module, tuple(names), False, len(names))
    for known in source.classes.values():
        if not known.name.startswith("_") and known.module not in given:
            weight = 1 + len(source.methods(known.name))
            yield _Unit(f"class {known.name}", known.module, (known.name,), True, weight)


def _explore(source: ReferenceSource, unit: _Unit) -> Iterator[Candidate | _Report]:
    reference = NativeReference(source.files, source.package)
    problem = _import_problem(reference, unit.module)
    if problem:
        yield _Report({}, {}, dict.fromkeys(unit.functions, problem))
        return
    explorer = Explorer(source, reference)
    if unit.is_class:
        yield from _explore_class(explorer, source.classes[unit.functions[0]])
    else:
        names = set(unit.functions)
        definitions = [d for d in source.functions if d.module == unit.module and d.name in names]
        yield from _explore_functions(explorer, definitions)


def _import_problem(reference: NativeReference, module: str) -> str:
    """Why nothing of a module can be used; empty if it can."""
    try:
        with quiet(_IMPORT_SECONDS):
            reference.module(module)
    except TimeUp:
        return (
            f"importing its module takes more than {_IMPORT_SECONDS} seconds: put what runs then "
            'under `if __name__ == "__main__":`'
        )
    except InputError as error:
        return str(error)
    return reference.problem  # the harness imports a reference as Python does: whole


def _explore_class(explorer: Explorer, known: ClassDefinition) -> Iterator[Candidate | _Report]:
    makers = explorer.makers(known.name)
    start = made(explorer, makers[0], known.name) if makers else None
    if start is None:
        why = "no arguments were found with which it can be made"
        yield _Report({}, {}, {known.name: _with_problem(explorer, why)})
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


def _with_problem(explorer: Explorer, why: str) -> str:
    """A reason, and what went wrong when the package was imported."""
    problem = explorer.reference.problem
    return f"{why}; {problem}" if problem else why


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
            left_out[definition.name] = _with_problem(explorer, _NO_ARGUMENTS)
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
    yield from _in_turn(
        [
            pair_candidates(explorer, backward[definition.name])
            if definition.name in backward
            else chain(
                _without(function_candidates(explorer, known[definition.name]), kept, definition),
                result_candidates(explorer, definition.name, known[definition.name]),
            )
            for definition in definitions
            if definition.name in backward or definition.name in known
        ]
    )


def _in_turn(generators: Sequence[Iterator[Candidate]]) -> Iterator[Candidate]:
    """One of each, again and again, so that each has had its turn whenever time is up."""
    waiting = list(generators)
    while waiting:
        for generator in list(waiting):
            candidate = next(generator, None)
            if candidate is None:
                waiting.remove(generator)
            else:
                yield candidate


def _without(
    candidates: Iterator[Candidate], kept: Mapping[str, set[str]], definition: Definition
) -> Iterator[Candidate]:
    """Candidates that do not look at what is kept for another function."""
    handles = kept.get(definition.name, set())
    for candidate in candidates:
        scenario = candidate.scenario
        last = scenario.steps[-1]
        if not handles or last.returns is None:
            yield candidate
            continue
        returns = tuple(f"{r}*" if r in handles else r for r in last.returns)
        seen = tuple(each for each in scenario.seen if each.label not in handles)
        steps = (*scenario.steps[:-1], last._replace(returns=returns))
        yield candidate._replace(scenario=scenario._replace(steps=steps, seen=seen))
