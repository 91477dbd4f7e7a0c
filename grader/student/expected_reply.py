"""Replies that are expected: whether what came is the same, but for rounding.

A reply is compared as it crossed the wall, without being decoded: what it is made of, byte by
byte; its float64 arrays and scalars, number by number.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from grader.protocol import wire
from grader.protocol.frames import Raw

ROUNDING: Final = 1e-12
"""Of the largest number of a reply: what two orders of summation may differ by, and far below
every tolerance of a check."""

Array = NDArray[np.float64]
Places = list[tuple[int, NDArray[Any]]]


class ExpectedReply:
    """The reply that somebody who is right gives."""

    def __init__(self, reply: wire.Value, *, zeros: bool = True) -> None:
        """`zeros`: whether what is 0 must be so exactly, since that is what a check looks at."""
        head, buffers = wire.pack(reply)
        self._head = head
        self._body = b"".join(map(bytes, buffers))
        self._numbers = list(_stretches(wire.places(head, bytearray(self._body)), zeros))

    def matches(self, frame: Raw) -> bool:
        """Whether a frame says the same. What is not finite in it makes NumPy warn."""
        head, body = frame
        if head != self._head or len(body) != len(self._body):
            return False
        end = 0
        for start, right, slack in self._numbers:
            if body[end:start] != self._body[end:start]:
                return False
            received = np.frombuffer(body, np.float64, len(right), start)
            if not (np.abs(received - right) <= slack).all():
                return False
            end = start + right.nbytes
        return body[end:] == self._body[end:]


def perturbed(
    value: wire.Value, random: np.random.RandomState, *, zeros: bool = True
) -> wire.Value:
    """The value, its numbers off by up to as much as `ExpectedReply` lets pass."""
    head, buffers = wire.pack(value)
    body = bytearray(b"".join(map(bytes, buffers)))
    for start, right, slack in _stretches(wire.places(head, body), zeros):
        off = slack * random.uniform(-1, 1, len(right))
        np.frombuffer(body, np.float64, len(right), start)[:] = right + off
    return wire.unpack(head, body)


def _stretches(places: Places, zeros: bool) -> Iterator[tuple[int, Array, Array]]:
    """The float64 numbers of a body, those that lie in a row together: place, values, slack."""
    doubles = [array.reshape(-1) for _, array in places if array.dtype == np.float64]
    scale = max((np.abs(numbers).max(initial=0.0) for numbers in doubles), default=0.0)
    for is_double, group in groupby(places, key=lambda place: place[1].dtype == np.float64):
        if is_double:
            found = list(group)
            numbers = np.concatenate([array.reshape(-1) for _, array in found])
            exact = zeros & (numbers == 0)
            yield found[0][0], numbers, np.where(exact, 0.0, ROUNDING * scale)
