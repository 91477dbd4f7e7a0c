"""Plain assertions in checks, as they come over from other graders."""

from __future__ import annotations

import builtins
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from grader.model.result import Finding
from grader.model.verdicts import Verdict, Wrong
from grader.student.proxy import Raised

_LONGEST: Final = 300


@contextmanager
def holds(*, hidden: bool = False) -> Iterator[None]:
    """Call a student's code wrong where an assertion inside the block fails.

    Args:
        hidden: not to say which assertion it was.

    Raises:
        Wrong: in place of `AssertionError`, with the assertion as it is written.
    """
    try:
        yield
    except Exception as error:
        if isinstance(error.__cause__, Verdict):  # raised by the student's code; see `raising`
            raise error.__cause__ from None
        if not isinstance(error, AssertionError):
            raise
        text = "A hidden test fails." if hidden else _in_words(error)
        raise Wrong(text, Finding(kind="values")) from None


def raising(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of the student's whose exceptions can be caught as what they are.

    Only those of Python itself: other classes are not known on this side.
    """

    def call(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except Raised as raised:
            kind = getattr(builtins, raised.kind, None)
            if not isinstance(kind, type) or not issubclass(kind, Exception):
                raise
            raise kind(raised.message) from raised

    return call


def _in_words(error: AssertionError) -> str:
    """The test's own message, or the line of the assertion."""
    lines = [frame.line for frame in traceback.extract_tb(error.__traceback__) if frame.line]
    said = str(error).partition("\nassert ")[0]
    said = "" if said.startswith("assert ") else " ".join(said.split())  # pytest's own words
    written = next((line for line in lines if "assert" in line.lower()), "")
    if said and said not in written:
        return f"{written[:_LONGEST]} fails: {said[:_LONGEST]}" if written else said[:_LONGEST]
    return f"This does not hold: {written.removeprefix('assert ')[:_LONGEST]}"
