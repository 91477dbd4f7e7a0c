"""The regrade requests of a class without a course: one file in its output folder."""

from __future__ import annotations

from typing import Final

import msgspec
from msgspec.structs import replace

from grader.batches.storage import Storage
from grader.model.course_records import RegradeRequest, RequestState
from grader.model.errors import InputError, UsageError

NAME: Final = "requests.json"


class RequestStore:
    """Numbers requests from 1, in the order of their coming."""

    def __init__(self, storage: Storage) -> None:
        """Read what is there.

        Raises:
            InputError: it is damaged.
        """
        self._storage = storage
        content = storage.read(NAME)
        try:
            self.every = msgspec.json.decode(content or b"[]", type=list[RegradeRequest])
        except msgspec.DecodeError as error:
            hint = "It holds regrade requests: put back a copy, or remove it to do without."
            raise InputError(
                f"{storage.shown(NAME)}: cannot be read: {error}.", hint=hint
            ) from None

    def of(self, submission: str) -> list[RegradeRequest]:
        """Those of one submission."""
        return [request for request in self.every if request.person == submission]

    def add(self, request: RegradeRequest) -> int | None:
        """Keep a request; its number, or None where the same is there already.

        Raises:
            InputError: it cannot be written.
        """
        same = (request.person, request.about, request.text, request.asked)
        if any((r.person, r.about, r.text, r.asked) == same for r in self.every):
            return None
        self._write([*self.every, request])
        return len(self.every)

    def answer(self, number: int, state: RequestState, answer: str, who: str) -> RegradeRequest:
        """Say what became of a request.

        Raises:
            UsageError: there is none of that number.
            InputError: it cannot be written.
        """
        if not 0 < number <= len(self.every):
            raise UsageError(f"There is no regrade request {number}.")
        answered = replace(self.every[number - 1], state=state, answer=answer, who=who)
        self._write([*self.every[: number - 1], answered, *self.every[number:]])
        return answered

    def _write(self, every: list[RegradeRequest]) -> None:
        self._storage.write(NAME, msgspec.json.format(msgspec.json.encode(every), indent=1))
        self.every = every
