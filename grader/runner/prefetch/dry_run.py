"""A dry run of the bank: what each check asks of the reference, recorded before a student is there.

What was recorded is used for a check only if it is, byte for byte, what was analysed with the
answer key (`independence`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from msgspec.structs import replace

from grader.assignment.dialect import adapt_request
from grader.model.contract import ContractEntry
from grader.model.result import Dialect
from grader.protocol import frames
from grader.runner.answer_key import Key, LocalChannel
from grader.runner.check import Check
from grader.runner.check_run import CheckRun, KeyReplayer
from grader.runner.prefetch.request_script import (
    RequestRecorder,
    RequestScript,
    digest_of,
    frame_of,
)
from grader.student.proxy import Student
from grader.worker.worker import Dispatcher

_CANONICAL: Final = ("2021", "keep")
"""Era, and what `p` means, of the calls as checks make them."""


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


def in_dialect(
    scripts: Mapping[str, RequestScript], dialect: Dialect
) -> Mapping[str, RequestScript]:
    """The same as it passes with a student of that dialect."""
    if (dialect.era, dialect.dropout_p) == _CANONICAL:
        return scripts
    return {check: _in_dialect(each, dialect) for check, each in scripts.items()}


def _in_dialect(script: RequestScript, dialect: Dialect) -> RequestScript:
    if script.tape is None or not any(request.varies for request in script.requests):
        return script
    requests = tuple(
        replace(each, frame=frame_of(adapt_request(dialect, frames.decode(each.frame))))
        if each.varies else each
        for each in script.requests
    )  # fmt: skip
    exchanges = [
        replace(each, request=adapt_request(dialect, each.request))
        for each in script.tape.exchanges
    ]
    return script._replace(requests=requests, tape=replace(script.tape, exchanges=exchanges))
