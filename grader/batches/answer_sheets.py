"""The sheets of written answers in the output of a batch; one with marks in it is never touched."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Final, NamedTuple

from grader.batches.storage import Storage
from grader.course.marking_sheet import filled, lines, sheet
from grader.model.errors import InputError
from grader.report.summary import Roster

_NAME: Final = "written.csv"


class Waiting(NamedTuple):
    """The written answers that somebody has to mark."""

    unmarked: int = 0
    sheet: str = ""
    """Where they are listed, as people name the place."""
    forgotten: str = ""
    """A sheet with marks in it for some of them, which were not entered."""


def write_sheet(storage: Storage, roster: Roster, address: Callable[[str], str]) -> Waiting:
    """Write down what has no mark; nothing where nobody has to mark anything.

    `address` is that of a submission's report.

    Raises:
        InputError: the sheet cannot be written.
    """
    count = sum(summary.waiting for summary in roster)
    name, codes = _free(storage)
    if not count and not storage.stamp(name):
        return Waiting()
    storage.write(name, sheet(lines(roster, address)))
    if not count:
        return Waiting()
    return Waiting(count, storage.shown(name), _forgotten(storage, roster, codes))


def _free(storage: Storage) -> tuple[str, dict[str, set[str]]]:
    """The first name under which no marks are lost; and the codes in those before it."""
    codes: dict[str, set[str]] = {}
    for number in itertools.count(1):
        name = _NAME if number == 1 else _NAME.replace(".", f"-{number}.")
        if not storage.stamp(name):
            return name, codes
        content = storage.read(name)
        found = None if content is None else filled(content)
        if found is not None and not found:
            return name, codes
        codes[name] = found or set()
    raise AssertionError


def _forgotten(storage: Storage, roster: Roster, codes: dict[str, set[str]]) -> str:
    if not any(codes.values()):
        return ""
    waiting = {line.code for line in lines(roster, str) if line.answer.waits}
    name = next((name for name, found in codes.items() if found & waiting), "")
    return storage.shown(name) if name else ""


def read_store(storage: Storage, name: str) -> bytes | None:
    """A file that must not be taken for missing because it cannot be read.

    Raises:
        InputError: it is there, and cannot be read.
    """
    content = storage.read(name)
    if content is None and storage.stamp(name):
        raise InputError(f"{storage.shown(name)}: cannot be read.")
    return content
