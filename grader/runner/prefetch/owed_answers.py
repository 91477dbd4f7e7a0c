"""Questions that hold an answer which is still owed: to themselves, to later ones, to other checks.

What depends on no answer (`independence`) can be one all the same: a check may compute the right
value by itself, or have it written into it. So the numbers are compared, too: those of each
question with those of each answer that it does not come after. Answers are searched for as a whole
and in parts, and added to or taken from what their own question holds. What an answer has from its
own question (as a ReLU has) is no secret, and numbers such as 0.5 say nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from grader.checks.compare import VALUES
from grader.protocol.wire import Handle
from grader.runner.prefetch.request_script import Recording
from grader.student.proxy import Request

Array = NDArray[np.float64]

_ROW: Final = 3
"""Numbers in a row that are not all equal by chance; a lone number must be equal more exactly."""
_FIRST, _LEAST = 0.1, 1e-3
"""Of the largest number of an answer: how large the first of a row is, and the others."""
_LONE: Final = 0.1 * VALUES
_LONE_ELSEWHERE: Final = 1e-4 * VALUES
"""Of a lone number: how near another is that is the same, in its own check and in others."""
_ROWS: Final = 500
"""Of an array: as many of its rows are looked for, since one that holds an answer holds many."""
_COMBINED: Final = 1000
"""Numbers of an answer up to which it is added to, and taken from, what its question holds."""
_CONTENT: Final = ("path", "args", "kwargs", "value", "items", "requests")


class Leak(NamedTuple):
    """A question that holds an answer."""

    check: str
    number: int
    """Of the question, from 0."""
    owed_by: str
    """The check that asks for the answer."""
    about: str
    """What is asked for it."""


class _Owed(NamedTuple):
    check: str
    number: int
    about: str
    numbers: Array
    """NaN where one says nothing."""

    def is_owed_to(self, check: str, number: int) -> bool:
        """Whether it is still owed when that question is asked."""
        return self.check != check or self.number >= number


def find_leaks(recorded: Mapping[str, Sequence[Recording]], ahead: Mapping[str, int]) -> list[Leak]:
    """The questions of a bank that hold answers, each with one of them.

    Args:
        recorded: what each check asks, and is answered.
        ahead: how many questions of a check are looked at, from its first; all unless given. Those
            during which the student's code may call the check are always looked at, and what it is
            given there belongs to them.
    """
    every = [owed for check in recorded for owed in _owed_by(check, recorded[check])]
    rows, lone = _Rows(every), _LoneNumbers(every)
    found = []
    for check, recordings in recorded.items():
        for number, recording in enumerate(recordings):
            if number >= ahead.get(check, len(recordings)) and not recording.calls_back:
                continue
            arrays = list(_arrays(_content(recording.exchange.request)))
            arrays += _arrays([call[-1] for call in recording.exchange.reply.get("called", ())])
            for owed in (*rows.held(arrays), *lone.held(arrays, check)):
                if owed.is_owed_to(check, number):
                    found.append(Leak(check, number, owed.check, owed.about))
                    break
    return found


class _Rows:
    """Answers of several numbers, to be found by any few that follow each other."""

    def __init__(self, every: Sequence[_Owed]) -> None:
        self._owed = [owed for owed in every if len(owed.numbers) >= _ROW]
        scales = [float(np.nanmax(np.abs(owed.numbers))) for owed in self._owed]
        sizes = [len(owed.numbers) + 1 for owed in self._owed]
        self._numbers = _in_a_row(owed.numbers for owed in self._owed)
        self._owners = np.repeat(np.arange(len(sizes)), sizes)
        self._slack = VALUES * np.repeat(scales, sizes)
        size = np.abs(self._numbers) * VALUES
        follow = _all_in_a_row(size >= _LEAST * self._slack)
        starts = np.flatnonzero(follow & (size >= _FIRST * self._slack))
        self._starts = starts[np.argsort(self._numbers[starts], kind="stable")]
        self._first = self._numbers[self._starts]

    def held(self, arrays: Sequence[Array]) -> Iterator[_Owed]:
        """The answers of which a row is in one of the arrays of a question."""
        asked = _in_a_row([*arrays, np.zeros(_ROW)])
        ends = np.cumsum([0, *(len(array) + 1 for array in arrays)])
        rows = [
            np.arange(end, end + len(array), 1 + len(array) // _ROWS)
            for array, end in zip(arrays, ends[:-1], strict=True)
        ]
        starts = np.concatenate([np.zeros(0, np.intp), *rows])
        at, where = _near(self._first, asked[starts], VALUES / _FIRST)
        at, where = self._starts[at], starts[where]
        for step in range(_ROW):
            off = np.abs(self._numbers[at + step] - asked[where + step])
            same = off <= self._slack[at]
            at, where = at[same], where[same]
        for owner in np.unique(self._owners[at]):
            yield self._owed[owner]


class _LoneNumbers:
    """Answers of one number or two, each of which is searched for."""

    def __init__(self, every: Sequence[_Owed]) -> None:
        owed = [(each, number) for each in every if len(each.numbers) < _ROW
                for number in each.numbers if np.isfinite(number)]  # fmt: skip
        owed.sort(key=lambda pair: pair[1])
        self._owed = [each for each, _ in owed]
        self._numbers = np.array([number for _, number in owed])

    def held(self, arrays: Sequence[Array], check: str) -> Iterator[_Owed]:
        """The answers that are in the arrays of a question of a check."""
        asked = _in_a_row(arrays)
        at, where = _near(self._numbers, asked, _LONE)
        off = np.abs(self._numbers[at] - asked[where])
        exact = off <= _LONE_ELSEWHERE * np.abs(asked[where])
        for owner, is_exact in zip(at, exact, strict=True):
            if is_exact or self._owed[owner].check == check:
                yield self._owed[owner]


def _near(numbers: Array, asked: Array, tolerance: float) -> tuple[NDArray[np.intp], ...]:
    """Places in sorted `numbers` and in `asked` where these are the same."""
    reach = tolerance * np.abs(asked)
    first = np.searchsorted(numbers, asked - reach)
    counts = np.searchsorted(numbers, asked + reach, side="right") - first
    counts[~np.isfinite(asked)] = 0
    where = np.repeat(np.arange(len(asked)), counts)
    steps = np.arange(len(where)) - np.repeat(np.cumsum(counts) - counts, counts)
    return first[where] + steps, where


def _in_a_row(arrays: Iterable[Array]) -> Array:
    """All numbers, a NaN behind each array."""
    return np.concatenate([np.zeros(0), *(np.append(array, np.nan) for array in arrays)])


def _all_in_a_row(fine: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Where a row begins of which all are `fine`."""
    padded = np.append(fine, np.zeros(_ROW, bool))
    rows = [padded[step : step + len(fine)] for step in range(_ROW)]
    return np.asarray(np.logical_and.reduce(rows))


def _owed_by(check: str, recordings: Sequence[Recording]) -> Iterator[_Owed]:
    """The answers of one check, and what else gives them away."""
    kept, known = np.zeros(1), set[bytes]()
    for number, (_, exchange) in enumerate(recordings):
        inputs = list(_arrays(_content(exchange.request)))
        given = np.unique(np.concatenate([np.zeros(1), *inputs]))
        if _has_handle(exchange.request) or _has_handle(exchange.reply):
            new = {array.tobytes(): array for array in inputs}
            kept = np.unique(np.concatenate([kept, *(new[data] for data in new.keys() - known)]))
            known |= new.keys()
            given = kept
        for answer in _arrays(exchange.reply.get("value")):
            for form in _forms(answer, inputs):
                numbers = np.where(_tells(form, given), form, np.nan)
                if np.isfinite(numbers).any():
                    yield _Owed(check, number, exchange.about, numbers)


def _has_handle(value: Any) -> bool:
    """Whether an object that stays with the student is part of it: it holds what it was given."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, Handle):
        return True
    return isinstance(value, (list, tuple)) and any(map(_has_handle, value))


def _forms(answer: Array, inputs: Sequence[Array]) -> Iterator[Array]:
    yield answer
    if _ROW <= len(answer) <= _COMBINED:
        yield -answer
        for given in inputs:
            if len(given) == len(answer):
                yield from (answer - given, given - answer, answer + given)


def _tells(numbers: Array, given: Array) -> NDArray[np.bool_]:
    """Which are no short decimals, and not among what was given, with either sign."""
    thousands = 1000 * numbers
    long = np.abs(thousands - np.round(thousands)) > 1000 * VALUES
    known = _among(numbers, given) | _among(-numbers, given)
    return np.asarray(np.isfinite(numbers) & long & ~known)


def _among(numbers: Array, given: Array) -> NDArray[np.bool_]:
    after = np.searchsorted(given, numbers)
    near = [given[np.clip(after + step, 0, len(given) - 1)] for step in (-1, 0)]
    slack = 2 * VALUES * np.abs(numbers[np.isfinite(numbers)]).max(initial=0.0)
    return np.asarray(np.minimum(*(np.abs(other - numbers) for other in near)) <= slack)


def _content(request: Request) -> list[Any]:
    return [request[name] for name in _CONTENT if name in request]


def _arrays(value: Any) -> Iterator[Array]:
    """The numbers of a value, a flat array for each of its arrays and floating-point numbers."""
    if isinstance(value, dict):
        value = _content(value) if "op" in value else list(value.values())
    if isinstance(value, (list, tuple)):
        for item in value:
            yield from _arrays(item)
    elif isinstance(value, (np.ndarray, np.generic, float)):
        array = np.asarray(value)
        if array.dtype.kind in "fiu" and array.size:
            yield array.astype(np.float64).ravel()
