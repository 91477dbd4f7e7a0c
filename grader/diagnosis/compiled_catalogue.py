"""The known mistakes as a kit has them: told to whoever makes one, and to nobody else.

For each public check and each mistake there is the print of what the mistaken code answers. What is
said of the mistake is locked with a key that is made of these answers: neither the list of the
mistakes nor a single sentence can be read by who has not made them. `docs/diagnosis.md` says why
nothing of the reference can be got out of it.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Final

import msgspec
from msgspec.structs import replace

from grader.assignment.plugin import CallForm
from grader.diagnosis.answer_prints import of_interest, prints_of
from grader.diagnosis.replay import ReplayedCheck
from grader.diagnosis.visible import at_fault, exception_cause, with_structure
from grader.model.contract import ContractEntry
from grader.model.errors import InputError, PluginError
from grader.model.result import Cause, CheckResult, Outcome, SourceSpan
from grader.model.rubric import Text
from grader.student.trace import Trace, Traces

_FORMAT: Final = 1


class SaidOfMistake(msgspec.Struct, frozen=True):
    """A mistake in one of its ways, in what a student reads of it, and how it shows."""

    id: str
    function: str
    title: Text
    explanation: Text
    hint: Text
    severity: str
    fails: frozenset[str]
    """Ids of all checks of its function that it fails."""
    told: frozenset[str]
    """Those of them that have a print: in the others it answers too little to be told by."""

    def cause(self, lang: str, span: SourceSpan | None) -> Cause:
        """It as the cause of a failed check."""
        return Cause(
            id=self.id,
            kind="mistake",
            function=self.function,
            title=self.title.in_language(lang),
            explanation=self.explanation.in_language(lang),
            hint=self.hint.in_language(lang),
            severity=self.severity,
            fit=1.0,
            certain=True,
            source=replace(span, text="") if span else None,
        )


class CompiledCatalogue(msgspec.Struct):
    """What a kit knows of mistakes; see the module."""

    salt: bytes
    prints: dict[bytes, list[bytes]] = {}
    """Name of a print to the keys of what is said, each locked with the print's own key."""
    said: dict[bytes, bytes] = {}
    """Name of a key to what it opens."""
    labels: dict[str, list[str]] = {}
    """What each function returns, by the names of the contract."""
    format: int = _FORMAT

    @classmethod
    def load(cls, path: Path) -> CompiledCatalogue:
        """Read it.

        Raises:
            InputError: it is damaged.
        """
        try:
            read = msgspec.msgpack.decode(path.read_bytes(), type=cls)
        except (OSError, msgspec.MsgspecError):
            read = cls(b"", format=0)
        if read.format != _FORMAT:
            hint = "Install the kit again."
            raise InputError(f"{path}: this is not a catalogue of mistakes.", hint=hint)
        return read

    def encode(self) -> bytes:
        """The bytes of the file."""
        return msgspec.msgpack.encode(self)

    def add(self, said: SaidOfMistake, prints: Mapping[bytes, bytes]) -> None:
        """Lock what is said of a mistake.

        Args:
            said: of the mistake.
            prints: name to key of the prints of what it answers.
        """
        text = msgspec.msgpack.encode(said)
        own = hashlib.sha256(self.salt + text).digest()[:16]
        self.said[_name_of(own)] = _locked(zlib.compress(text, 9), own)
        for name, key in prints.items():
            self.prints.setdefault(name, []).append(_locked(own, key))

    def opened(self, name: bytes, key: bytes) -> list[SaidOfMistake]:
        """What is said to whoever has this print."""
        owns = [_locked(locked, key) for locked in self.prints.get(name, ())]
        texts = [zlib.decompress(_locked(self.said[_name_of(own)], own)) for own in owns]
        return [msgspec.msgpack.decode(text, type=SaidOfMistake) for text in texts]


class PrintExplainer:
    """Explains failed checks by the prints of a kit."""

    def __init__(self, catalogue: CompiledCatalogue, contract: Mapping[str, ContractEntry]) -> None:
        self._catalogue = catalogue
        self._contract = contract

    def load(self) -> None:
        """Nothing more is to be read."""

    def with_mistake(self, _cause: Cause) -> None:
        """There is no reference."""
        return

    def explain_carried(
        self,
        checks: Sequence[CheckResult],
        _traces: Traces,
        _form: CallForm,
        *,
        lang: str,
        spans: Mapping[str, SourceSpan],
    ) -> list[CheckResult]:
        """The checks as they are: nothing can be carried without the reference."""
        return [*checks]

    def explain(
        self,
        checks: Sequence[CheckResult],
        traces: Traces,
        _followed: Traces,
        form: CallForm,
        *,
        lang: str,
        spans: Mapping[str, SourceSpan],
    ) -> list[CheckResult]:
        """The checks with their causes: the one mistake that answers as the student does.

        It must do so in every failed check of its function, and fail none that the student passes.
        Where two mistakes do, none is named.
        """
        named: dict[str, SaidOfMistake] = {}
        for function in dict.fromkeys(check.targets[0] for check in checks if at_fault(check)):
            mine = [check for check in checks if check.targets[0] == function]
            said = self._said(function, mine, traces, form)
            if said is not None:
                named[function] = said
        return [self._told(check, named.get(check.targets[0]), lang, spans) for check in checks]

    def _told(
        self,
        check: CheckResult,
        said: SaidOfMistake | None,
        lang: str,
        spans: Mapping[str, SourceSpan],
    ) -> CheckResult:
        if said is None or not at_fault(check):
            return with_structure(check, lang)
        raised = exception_cause(check, lang) if check.id not in said.told else None
        cause = said.cause(lang, spans.get(said.function))
        return replace(check, causes=[cause, *([raised] if raised else [])])

    def _said(
        self, function: str, checks: Sequence[CheckResult], traces: Traces, form: CallForm
    ) -> SaidOfMistake | None:
        failed = {check.id for check in checks if at_fault(check)}
        passed = {check.id for check in checks if check.outcome is Outcome.PASSED}
        left: dict[str, SaidOfMistake] | None = None
        for name in sorted(failed):
            trace = traces.get(name)
            if trace is None:
                return None
            opened = {each.id: each for each in self._opened(function, trace, form)}
            if not opened:  # answered too little to be told by, or by a mistake nobody knows
                continue
            left = opened if left is None else {i: opened[i] for i in left.keys() & opened.keys()}
        fits = [
            each for each in (left or {}).values() if self._fits(each, failed, passed, traces, form)
        ]
        return fits[0] if len(fits) == 1 else None

    def _fits(
        self,
        said: SaidOfMistake,
        failed: Collection[str],
        passed: Collection[str],
        traces: Traces,
        form: CallForm,
    ) -> bool:
        if said.fails & set(passed) or not set(failed) <= said.fails:
            return False
        for name in said.told & set(failed):
            trace = traces.get(name)
            found = self._opened(said.function, trace, form) if trace else []
            if said.id not in {each.id for each in found}:
                return False
        return True

    def _opened(self, function: str, trace: Trace, form: CallForm) -> list[SaidOfMistake]:
        try:
            case = ReplayedCheck(trace, form, self._contract)
        except PluginError:
            return []
        known = self._catalogue.labels.get(function, ())
        readings = of_interest(case.student, function, self._contract, known)
        opened = [
            each
            for found in prints_of(trace.check, readings, self._catalogue.salt)
            for each in self._catalogue.opened(found.name, found.key)
        ]
        return [each for each in opened if each.function == function]


def _name_of(key: bytes) -> bytes:
    return hashlib.sha256(key + b"name").digest()[:12]


def _locked(data: bytes, key: bytes) -> bytes:
    """Data xor a stream of a key: the same opens it."""
    blocks = (len(data) + 31) // 32
    stream = b"".join(
        hashlib.sha256(key + number.to_bytes(4, "little")).digest() for number in range(blocks)
    )
    return bytes(a ^ b for a, b in zip(data, stream, strict=False))
