"""The recorded answers of a key's file: each check's are read when they are asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from grader.protocol import wire

Answers = Sequence[tuple[str, Any]]
"""Of one check, in order: the hash of a request, and the reply."""


class RecordedAnswers(Mapping[str, Answers]):
    """Id of a check to its answers, which lie packed in one piece of bytes."""

    def __init__(self, sizes: Mapping[str, Sequence[int]], data: memoryview) -> None:
        """What `packed` has made.

        Raises:
            WireError: something is missing of it.
        """
        self._data = data
        self._read: dict[str, Answers] = {}
        self._places: dict[str, tuple[int, int, int]] = {}
        end = 0
        for check, (head, body) in sizes.items():
            self._places[check] = (end, end + head, end + head + body)
            end += head + body
        if end != len(data):
            raise wire.WireError("answers are missing")

    def __getitem__(self, check: str) -> Answers:
        if check not in self._read:
            begin, middle, end = self._places[check]
            head, body = bytes(self._data[begin:middle]), bytearray(self._data[middle:end])
            self._read[check] = wire.unpack(head, body)
        return self._read[check]

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)


def packed(answers: Mapping[str, Answers]) -> tuple[dict[str, list[int]], bytes]:
    """The answers one after the other, and of each check the sizes of its head and its body."""
    sizes, pieces = {}, []
    for check, rows in answers.items():
        head, buffers = wire.pack([list(row) for row in rows])
        body = b"".join(map(bytes, buffers))
        sizes[check] = [len(head), len(body)]
        pieces += [head, body]
    return sizes, b"".join(pieces)
