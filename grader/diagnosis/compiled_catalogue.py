"""The known mistakes as a kit has them: told to whoever makes one, and to nobody else.

For each public check and each mistake there is the print of what the mistaken code answers, or one
of all the checks that it fails where it answers too little in each. What is said of the mistake is
locked with a key that is made of these answers: neither the list of the mistakes nor a single
sentence can be read by who has not made them. `docs/diagnosis.md` says why nothing of the reference
can be got out of it.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import msgspec
from msgspec.structs import replace

from grader.assignment.plugin import CallForm
from grader.diagnosis.answer_prints import (
    KEY_BYTES,
    NAME_BYTES,
    AnswerPrint,
    of_interest,
    prints_of,
)
from grader.diagnosis.fitted_number import FittedNumber, in_words
from grader.diagnosis.observed_values import Readings
from grader.diagnosis.replay import ReplayedCheck
from grader.diagnosis.visible import at_fault, exception_cause, with_structure
from grader.model.contract import ContractEntry
from grader.model.errors import InputError, PluginError
from grader.model.result import Cause, CheckResult, Outcome, SourceSpan
from grader.model.rubric import Text
from grader.student.trace import Traces

_FORMAT: Final = 2
_RECORD: Final = NAME_BYTES + KEY_BYTES
_CHOICES: Final = 4
"""Of more mistakes that answer alike, none is named."""


class SaidOfMistake(msgspec.Struct, frozen=True, array_like=True):
    """A mistake in what a student reads of it."""

    id: str
    function: str
    title: Text
    explanation: Text
    hint: Text
    severity: str


class MadeMistake(NamedTuple):
    """A mistake made in one way, and how it shows."""

    said: SaidOfMistake
    numbers: Sequence[FittedNumber]
    fails: frozenset[str]
    """Ids of all checks of its function that it fails."""
    told: frozenset[str]
    """Those of them that have a print of their own: in the others it answers too little."""

    def cause(self, lang: str, span: SourceSpan | None, *, choice: int) -> Cause:
        """It as the cause of a failed check; `choice` is that of the cause."""
        said = self.said
        return Cause(
            id=said.id,
            kind="mistake",
            function=said.function,
            title=said.title.in_language(lang),
            explanation=said.explanation.in_language(lang),
            fitted=in_words(self.numbers, lang),
            hint=said.hint.in_language(lang),
            severity=said.severity,
            fit=1.0,
            certain=not choice,
            choice=choice,
            source=replace(span, text="") if span else None,
        )


class _Way(msgspec.Struct, frozen=True, array_like=True):
    """`MadeMistake` as it is stored: many ways to make a mistake have the same sentence."""

    said: bytes
    """Key of the sentence."""
    numbers: list[FittedNumber]
    fails: list[int]
    told: list[int]


class CompiledCatalogue(msgspec.Struct):
    """What a kit knows of mistakes; see the module."""

    salt: bytes
    checks: list[str]
    """Ids of the public checks, to which numbers of checks refer."""
    prints: bytes = b""
    """For each print its name, and the key of a way to make a mistake, locked with its own."""
    locked: dict[bytes, bytes] = {}
    """Ways and sentences, by the names of their keys."""
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
            read = cls(b"", [], format=0)
        if read.format != _FORMAT:
            hint = "Install the kit again."
            raise InputError(f"{path}: this is not a catalogue of mistakes.", hint=hint)
        return read

    def encode(self) -> bytes:
        """The bytes of the file."""
        return msgspec.msgpack.encode(self)

    def add(self, made: MadeMistake, prints: Iterable[AnswerPrint]) -> None:
        """Lock what is said of a mistake, for whoever gives the answers of one of the prints."""
        said = self._lock(zlib.compress(msgspec.msgpack.encode(made.said), 9))
        fails, told = (
            [number for number, id in enumerate(self.checks) if id in ids]
            for ids in (made.fails, made.told)
        )
        way = self._lock(msgspec.msgpack.encode(_Way(said, [*made.numbers], fails, told)))
        self.prints += b"".join(each.name + _xored(way, each.key) for each in prints)

    def opened(self, print_: AnswerPrint) -> Iterator[MadeMistake]:
        """What is said to whoever has this print."""
        for key in self._keys(print_):
            way = msgspec.msgpack.decode(self._unlocked(key), type=_Way)
            text = zlib.decompress(self._unlocked(way.said))
            said = msgspec.msgpack.decode(text, type=SaidOfMistake)
            fails, told = (
                frozenset(self.checks[number] for number in numbers)
                for numbers in (way.fails, way.told)
            )
            yield MadeMistake(said, way.numbers, fails, told)

    def _keys(self, print_: AnswerPrint) -> Iterator[bytes]:
        at = self.prints.find(print_.name)
        while at >= 0:
            if at % _RECORD == 0:
                yield _xored(self.prints[at + NAME_BYTES : at + _RECORD], print_.key)
            at = self.prints.find(print_.name, at + 1)

    def _lock(self, data: bytes) -> bytes:
        """Keep data locked; returns its key."""
        key = hashlib.sha256(self.salt + data).digest()[:KEY_BYTES]
        self.locked[_name_of(key)] = _xored(data, key)
        return key

    def _unlocked(self, key: bytes) -> bytes:
        return _xored(self.locked[_name_of(key)], key)


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
        Where a few mistakes do, they are offered together.
        """
        named: dict[str, list[MadeMistake]] = {}
        for function in dict.fromkeys(check.targets[0] for check in checks if at_fault(check)):
            mine = [check for check in checks if check.targets[0] == function]
            named[function] = self._made(function, mine, traces, form)
        return [self._told(check, named.get(check.targets[0]), lang, spans) for check in checks]

    def _told(
        self,
        check: CheckResult,
        made: Sequence[MadeMistake] | None,
        lang: str,
        spans: Mapping[str, SourceSpan],
    ) -> CheckResult:
        if not made or not at_fault(check):
            return with_structure(check, lang)
        choice = int(len(made) > 1)
        causes = [each.cause(lang, spans.get(each.said.function), choice=choice) for each in made]
        raised = exception_cause(check, lang) if check.id not in made[0].told else None
        return replace(check, causes=[*causes, *([raised] if raised else [])])

    def _made(
        self, function: str, checks: Sequence[CheckResult], traces: Traces, form: CallForm
    ) -> list[MadeMistake]:
        """The mistakes of a function that fit what was answered in its checks."""
        failed = {check.id for check in checks if at_fault(check)}
        passed = {check.id for check in checks if check.outcome is Outcome.PASSED}
        readings = self._readings(function, failed, traces, form)
        if readings is None:
            return []
        each = {name: self._opened(function, {name: mine}) for name, mine in readings.items()}
        told = [found for found in each.values() if found]
        candidates = told[0] if told else self._opened(function, readings)
        fits = {
            made.said.id: made
            for made in reversed(candidates)
            if not made.fails & passed
            and failed <= made.fails
            and all(made in each[name] for name in made.told & failed)
        }
        return [*fits.values()][::-1] if len(fits) <= _CHOICES else []

    def _readings(
        self, function: str, checks: Collection[str], traces: Traces, form: CallForm
    ) -> dict[str, Readings] | None:
        """What was answered in some checks; None if that is not known of each."""
        known = self._catalogue.labels.get(function, ())
        found = {}
        for name in sorted(checks):
            trace = traces.get(name)
            if trace is None:
                return None
            try:
                case = ReplayedCheck(trace, form, self._contract)
            except PluginError:
                return None
            found[name] = of_interest(case.student, function, self._contract, known)
        return found

    def _opened(self, function: str, readings: Mapping[str, Readings]) -> list[MadeMistake]:
        found = prints_of(readings, self._catalogue.salt)
        opened = [made for print_ in found for made in self._catalogue.opened(print_)]
        return [made for made in opened if made.said.function == function]


def _name_of(key: bytes) -> bytes:
    return hashlib.sha256(key + b"name").digest()[:NAME_BYTES]


def _xored(data: bytes, key: bytes) -> bytes:
    """Data xor a stream of a key: the same locks and unlocks it."""
    blocks = (len(data) + 31) // 32
    stream = b"".join(
        hashlib.sha256(key + number.to_bytes(4, "little")).digest() for number in range(blocks)
    )
    return bytes(a ^ b for a, b in zip(data, stream, strict=False))
