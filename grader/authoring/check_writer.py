"""Writing a candidate down as the check that a person would write."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

from grader.authoring.call_naming import listed
from grader.authoring.candidates import GRADIENT, KEPT, Candidate
from grader.authoring.scenario import SEED, SET, Scenario, Seen, Step
from grader.model.contract import ContractEntry

_NOTHING_MADE: Final[Mapping[str, str]] = {}


class Written(NamedTuple):
    """A check as source."""

    name: str
    """Of its function."""
    title: str
    text: str
    part: str

    @property
    def id(self) -> str:
        """As the runner names it, and draws its inputs by."""
        return f"{self.part}::{self.name.removeprefix('test_')}"


def title_of(candidate: Candidate) -> str:
    """One line for the student."""
    target, words = candidate.target, candidate.words
    if candidate.form == KEPT:
        return f"{target} {words}"
    if candidate.form == GRADIENT and candidate.backward is not None:
        title = f"{candidate.backward.gradient} of {target} agrees with numerical gradients"
        return f"{title} {words}".strip()
    seen = candidate.scenario.seen
    returned = [each.label for each in seen if not each.path and not each.kept]
    held = [each.label for each in seen if each.path or each.kept]
    parts = []
    if returned == [target.rpartition(".")[2].strip("_")] or returned == ["value"]:
        parts.append("returns the right value")
    elif returned:
        parts.append(f"returns {listed(returned)}")
    if held:
        parts.append(f"sets {listed(list(dict.fromkeys(held)))}")
    title = f"{target} {' and '.join(parts)} {words}".strip()
    return f"{title}, with the generator seeded" if candidate.scenario.seeded else title


def write_check(
    candidate: Candidate, contract: Mapping[str, ContractEntry], part: str, target: str
) -> Written:
    """The source of a check.

    Args:
        candidate: what it checks.
        contract: what calls return by themselves.
        part: of the rubric.
        target: contract name that it judges.
    """
    title = title_of(candidate)
    name = f"test_{slug(title)}"
    body = _body(candidate, contract)
    head = [
        "@check(",
        f"    {string_of(title)},",
        f'    part="{part}",',
        f'    targets="{target}",',
    ]
    uses = [use for use in dict.fromkeys(candidate.uses) if use in contract and use != target]
    if uses:
        head.append(
            f"    uses=({', '.join(map(string_of, uses))},),"
            if len(uses) > 1
            else f'    uses="{uses[0]}",'
        )
    if body[:1] == [""]:
        body = body[1:]
    head += [")", f"def {name}(student: Student, reference: Student, inputs: Inputs) -> None:"]
    text = "\n".join([*head, *(f"    {line}" if line else "" for line in body)]) + "\n"
    return Written(name, title, text, part)


def _body(candidate: Candidate, contract: Mapping[str, ContractEntry]) -> list[str]:
    scenario = candidate.scenario.filled()
    if candidate.form == GRADIENT:
        return _gradient(candidate, scenario)
    draws = _draws(scenario)
    is_one_call = (
        len(scenario.steps) == 1
        and not scenario.seeded
        and not any(s.path or s.kept for s in scenario.seen)
    )
    if is_one_call:
        return [*draws, *_one_call(scenario, contract, candidate.kept)]
    if candidate.form == KEPT:
        return [*draws, *_kept(candidate, scenario, contract)]
    return [*draws, *_run(scenario, contract)]


def _draws(scenario: Scenario) -> list[str]:
    return [f"{name} = {code}" for name, code in scenario.draws]


def _one_call(
    scenario: Scenario, contract: Mapping[str, ContractEntry], kept: str = ""
) -> list[str]:
    """The values of one call; and that it leaves the argument `kept` alone, if there is one.

    The values are judged then, too: a function that does nothing leaves everything alone.
    """
    step = _asking(scenario.steps[0], contract)
    seen = {each.variable for each in scenario.seen}
    results = tuple(name if name in seen else "_" for name in step.results)
    right = tuple(f"expected_{name}" if name != "_" else "_" for name in results)
    args = tuple((key, "kept" if kept and code == kept else code) for key, code in step.args)
    lines = [
        step._replace(results=right).code("reference"),
        *([f'kept = student.keep("{kept}", {kept})'] if kept else []),
        step._replace(results=results, args=args).code("student"),
    ]
    lines += [
        _assertion(each, each.variable, f"expected_{each.variable}") for each in scenario.seen
    ]
    return [*lines, *([f'assert_same("{kept}", kept.read(), {kept})'] if kept else [])]


def _run(scenario: Scenario, contract: Mapping[str, ContractEntry]) -> list[str]:
    """The scenario as a function of either side."""
    made = {
        step.results[0]: step.function
        for step in scenario.steps
        if step.function in contract and len(step.results) == 1
    }
    steps = [_asking(step, contract, made) for step in scenario.steps]
    inner = [f"side.seed({SEED})"] if scenario.seeded else []
    kept = [each.variable for each in scenario.seen if each.kept]
    drawn = dict(scenario.draws)
    written = [step.receiver for step in steps if step.function == SET and step.receiver in drawn]
    kept += [name for name in dict.fromkeys(written) if name not in kept]
    for name in kept:
        inner.append(f'{name}_kept = side.keep("{name}", {name})')
    read = {name for each in scenario.seen for name in [each.variable]}
    for step in steps:
        args = tuple((key, f"{code}_kept" if code in kept else code) for key, code in step.args)
        later = " ".join(code for other in steps for _, code in other.args) + " ".join(
            s.receiver for s in steps
        )
        wanted = tuple(
            n if n in read or re.search(rf"\b{n}\b", later) else "_" for n in step.results
        )
        results = wanted if any(n != "_" for n in wanted) else ()
        on = f"{step.receiver}_kept" if step.receiver in kept else step.receiver
        inner.append(step._replace(args=args, results=results, receiver=on).code("side"))
    values = [s.code for s in scenario.seen]
    inner.append(f"return {', '.join(values)}")
    lines = ["", "def run(side: Student) -> Any:", *(f"    {line}" for line in inner), ""]
    if len(values) == 1:
        only = scenario.seen[0]
        return [*lines, "expected = run(reference)", _assertion(only, "run(student)", "expected")]
    lines += ["expected = run(reference)", "received = run(student)"]
    return lines + [
        _assertion(s, f"received[{i}]", f"expected[{i}]") for i, s in enumerate(scenario.seen)
    ]


def _kept(
    candidate: Candidate, scenario: Scenario, contract: Mapping[str, ContractEntry]
) -> list[str]:
    name = candidate.kept
    lines = [f'kept = student.keep("{name}", {name})']
    for step in scenario.steps:
        step = _asking(step, contract)
        args = tuple((key, "kept" if code == name else code) for key, code in step.args)
        last = step is scenario.steps[-1] or step.args == scenario.steps[-1].args
        lines.append(step._replace(args=args, results=() if last else step.results).code("student"))
    return [*lines, f'assert_same("{name}", kept.read(), {name})']


def _gradient(candidate: Candidate, scenario: Scenario) -> list[str]:
    judged = candidate.backward
    assert judged is not None
    draws = dict(scenario.draws)
    dout = draws.pop(judged.dout, judged.dout)
    lines = [f"{name} = {code}" for name, code in draws.items()]
    args = [code for _, code in scenario.steps[-2].args]
    return [
        *lines,
        "assert_backward(",
        "    student,",
        "    reference,",
        f'    forward="{judged.forward}",',
        f'    backward="{judged.backward}",',
        f"    args=({', '.join(args)}{',' if len(args) == 1 else ''}),",
        f"    dout={dout},",
        f'    gradient="{judged.gradient}",',
        ")",
    ]


def _asking(
    step: Step, contract: Mapping[str, ContractEntry], made: Mapping[str, str] = _NOTHING_MADE
) -> Step:
    """A step without what its call returns by itself."""
    if step.returns is None:
        return step
    usual = contract[step.function].returns if step.function in contract else ("value",)
    if step.receiver in made and not step.method.startswith("__"):
        method = contract[made[step.receiver]].methods.get(step.method)
        if method is not None and method.returns == step.returns:
            return step._replace(returns=None)
        if method is not None:
            return step
    if step.receiver and step.method.startswith("__") and step.method != "__call__":
        return step
    if step.returns == usual or (
        step.receiver and len(step.returns) == 1 and _is_value(step.returns[0])
    ):
        return step._replace(returns=None)
    if (
        step.function
        and len(usual) == 1
        and len(step.returns) == 1
        and _is_value(usual[0]) == _is_value(step.returns[0])
    ):
        return step._replace(returns=None)
    return step


def _is_value(name: str) -> bool:
    return not name.endswith("*") and name != "_"


def _assertion(seen: Seen, received: str, expected: str) -> str:
    label = f"{seen.variable}{seen.path}" if seen.path else seen.label
    return f"assert_same({string_of(label)}, {received}, {expected})"


def slug(title: str) -> str:
    """A title as part of a function's name."""
    words = re.findall(r"[a-z0-9]+", title.lower().replace("__", ""))
    return "_".join(words)[:70].rstrip("_")


def string_of(text: str) -> str:
    """A text as Python writes it."""
    return '"' + text.replace("\\", "\\\\").replace('"', "'") + '"'
