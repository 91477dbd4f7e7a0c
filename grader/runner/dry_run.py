"""A dry run of the bank: what each check asks of the reference, recorded before a student is there.

What was recorded is used for a check only if it is, byte for byte, what was analysed with the
answer key (`grader.runner.independence`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, NamedTuple

from msgspec.structs import replace

from grader.assignment.dialect import adapt_request, varies
from grader.model.contract import ContractEntry
from grader.model.result import Dialect
from grader.protocol import frames
from grader.runner.answer_key import Key, LocalChannel, RequestAnalysis
from grader.runner.check import Check
from grader.runner.check_run import CheckRun, KeyReplayer
from grader.student.expected_reply import ExpectedReply
from grader.student.prefetch import RecordedRequest, RequestScript
from grader.student.proxy import Channel, Reply, Request, Student
from grader.student.trace import Exchange, Tape
from grader.worker.worker import Dispatcher

_CANONICAL: Final = ("2021", "keep")
"""Era, and what `p` means, of the calls as checks make them."""
_NOTHING_SAID: Final[Reply] = {"stdout": "", "warnings": []}
"""What a worker adds to a reply if there is nothing to add."""


class Recording(NamedTuple):
    """A request and its reply."""

    request: RecordedRequest
    exchange: Exchange

    @property
    def calls_back(self) -> bool:
        """Whether the student's code may call the check meanwhile, which must be running then."""
        return "callbacks" in self.exchange.request


class RequestRecorder:
    """Gives each check a student, and records what passes between them."""

    def __init__(
        self, open_channel: Callable[[], Channel], change: Callable[[Any], Any] | None = None
    ) -> None:
        """`change` is what becomes of the values in the replies on their way."""
        self._open = open_channel
        self._change = change
        self.recorded: dict[str, list[Recording]] = {}
        """By check."""

    def channel(self, check: str) -> Channel:
        """A channel to a fresh student."""
        self.recorded[check] = []
        return _RecordingChannel(self._open(), self.recorded[check], self._change)


class _RecordingChannel:
    def __init__(
        self, channel: Channel, recorded: list[Recording], change: Callable[[Any], Any] | None
    ) -> None:
        self._channel = channel
        self._recorded = recorded
        self._change = change

    def ask(self, request: Request, *, about: str, cpu_seconds: float | None = None) -> Reply:
        """Answer one request."""
        frame = frame_of(request, first=not self._recorded)
        reply = self._channel.ask(request, about=about, cpu_seconds=cpu_seconds)
        if self._change is not None:
            reply = {**reply, "value": self._change(reply.get("value"))}
        made = RecordedRequest(frame, about, cpu_seconds, varies(request))
        self._recorded.append(Recording(made, Exchange(request, reply, about)))
        return reply


class DryRun(NamedTuple):
    """One check, recorded."""

    script: RequestScript
    tape: Tape
    """What passed between the check and the reference."""


def dry_run(
    checks: Iterable[Check],
    key: Key,
    contract: Mapping[str, ContractEntry],
    resolve: Callable[[str], Any],
) -> dict[str, DryRun]:
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
        check: _scripted(check, recorder.recorded[check], analysis)
        for check, analysis in key.requests.items()
        if digest_of(recorder.recorded.get(check, ()), analysis.independent) == analysis.digest
    }


def _scripted(check: str, recorded: list[Recording], analysis: RequestAnalysis) -> DryRun:
    tape = Tape(check)
    for each in recorded:
        tape.add(each.exchange)
    requests = tuple(each.request for each in recorded)
    if analysis.exact_zeros is None:
        return DryRun(RequestScript(requests, analysis.independent), tape)
    replies = (each.exchange.reply | _NOTHING_SAID for each in recorded)
    expected = tuple(ExpectedReply(reply, zeros=analysis.exact_zeros) for reply in replies)
    return DryRun(RequestScript(requests, analysis.independent, expected), tape)


def in_dialect(dry_runs: Mapping[str, DryRun], dialect: Dialect) -> Mapping[str, DryRun]:
    """The same as it passes with a student of that dialect."""
    if (dialect.era, dialect.dropout_p) == _CANONICAL:
        return dry_runs
    return {check: _in_dialect(each, dialect) for check, each in dry_runs.items()}


def _in_dialect(dry_run: DryRun, dialect: Dialect) -> DryRun:
    script, tape = dry_run
    if not any(request.varies for request in script.requests):
        return dry_run
    requests = tuple(
        replace(each, frame=frame_of(adapt_request(dialect, frames.decode(each.frame))))
        if each.varies else each
        for each in script.requests
    )  # fmt: skip
    exchanges = [replace(e, request=adapt_request(dialect, e.request)) for e in tape.exchanges]
    return DryRun(script._replace(requests=requests), replace(tape, exchanges=exchanges))


def frame_of(request: Request, *, first: bool = False) -> bytes:
    """A request as it crosses the wall; the `first` of a check begins without objects."""
    return b"".join(frames.encode({**request, "fresh": True} if first else request))


def digest_of(recorded: Iterable[Recording], independent: int) -> str:
    """SHA-256 of what a check asks.

    Of requests that depend on answers without the numbers of arrays, whose last bits differ from
    machine to machine.
    """
    digest = hashlib.sha256()
    for number, each in enumerate(recorded):
        frame = each.request.frame
        digest.update(frame if number < independent else frames.raw(frame).head)
    return digest.hexdigest()
