"""A dry run of the bank: what each check asks of the reference, recorded before a student is there.

What was recorded is used for a check only if it is, byte for byte, what was analysed with the
answer key (`independence`).
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from msgspec.structs import replace

from grader.assignment.plugin import CallForm
from grader.model.call import Call
from grader.model.contract import ContractEntry
from grader.runner.answer_key import Key, LocalChannel
from grader.runner.check import Check
from grader.runner.check_run import CheckRun, KeyReplayer
from grader.runner.prefetch.request_script import (
    RequestRecorder,
    RequestScript,
    digest_of,
    frame_of,
)
from grader.student.proxy import Request, Student
from grader.worker.dispatcher import Dispatcher


def dry_run(
    checks: Iterable[Check],
    key: Key,
    contract: Mapping[str, ContractEntry],
    resolve: Callable[[str], Any],
) -> dict[str, RequestScript]:
    """Run the checks on the reference, and record what they ask.

    Args:
        checks: those of the bank that are to run.
        key: the reference's answers, with the analysis of what the checks ask.
        contract: the contract.
        resolve: gives the reference's function of a contract name.
    """
    recorder = RequestRecorder(lambda: LocalChannel(Dispatcher(resolve, lambda _file: False)))

    def student(check: str) -> Student:
        return Student(recorder.channel(check), contract)

    run = CheckRun(contract=contract, seed=key.seed, student=student, reference=KeyReplayer(key))
    run.run_all(checks)
    return {
        check: RequestScript.described(check, recorder.recorded[check], analysis)
        for check, analysis in key.requests.items()
        if digest_of(recorder.recorded.get(check, ()), analysis.independent) == analysis.digest
    }


def in_form(scripts: Mapping[str, RequestScript], form: CallForm) -> Mapping[str, RequestScript]:
    """The same as it passes with a student whose release calls so."""
    if not form.changes_calls:
        return scripts
    return {check: _in_form(each, form) for check, each in scripts.items()}


def _in_form(script: RequestScript, form: CallForm) -> RequestScript:
    asked = script.asked
    adapted = tuple(adapted_request(form, request) for request in asked)
    if script.trace is None or all(map(operator.is_, adapted, asked)):
        return script
    requests = tuple(
        made if new is old else replace(made, frame=frame_of(new, first=number == 0))
        for number, (made, old, new) in enumerate(zip(script.requests, asked, adapted, strict=True))
    )
    exchanges = [
        replace(each, request=new)
        for each, new in zip(script.trace.exchanges, adapted, strict=False)  # a trace may end early
    ]
    trace = replace(script.trace, exchanges=exchanges)
    return script._replace(requests=requests, trace=trace, asked=adapted)


def adapted_request(form: CallForm, request: Request) -> Request:
    """A request as the student's release makes it; the same object if that is no other."""
    if request["op"] == "batch":
        inner = [adapted_request(form, part) for part in request["requests"]]
        same = all(map(operator.is_, inner, request["requests"]))
        return request if same else {**request, "requests": inner}
    if request["op"] != "call" or not isinstance(request["on"], str) or request["path"]:
        return request
    call = Call(request["on"], tuple(request["args"]), request["kwargs"])
    adapted = form.adapt(call)
    if adapted is call:
        return request
    return {**request, "args": list(adapted.args), "kwargs": dict(adapted.kwargs)}
