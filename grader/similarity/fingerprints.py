"""The fingerprints of each submission of a class, without what was given."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import msgspec
import numpy as np

from grader.model.errors import InputError
from grader.similarity.code_tokens import CodeUnit, code_units
from grader.similarity.compared_class import ComparedSource
from grader.similarity.given_code import FileChoice, GivenCode, file_digest
from grader.similarity.limited_reading import read_limited
from grader.similarity.program_files import module_stems, programs
from grader.similarity.winnowing import Hashes, NumberedTokens, inside

MAX_FINGERPRINTS: Final = 100_000
"""Of a submission: many times what a course asks for."""
_MAX_FILES: Final = 200
_WORTH_A_REMARK: Final = 10
"""Fingerprints that a file must hold for it to matter that two have the same."""

Told = Callable[[int, int], None]
"""Called with how many submissions were read, of how many."""


class SubmissionPrint(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept of a submission to find others like it."""

    hashes: bytes = b""
    """Its fingerprints, sorted, as 64-bit numbers."""
    files: dict[str, str] = {}
    """Digests of files with code that was not given, by path."""
    problem: str = ""

    @property
    def numbers(self) -> Hashes:
        """The fingerprints."""
        return np.frombuffer(self.hashes, np.uint64)


def fingerprints(
    compared: Sequence[ComparedSource],
    given: GivenCode,
    chosen: FileChoice,
    *,
    jobs: int,
    told: Told = lambda done, total: None,
) -> list[SubmissionPrint]:
    """The fingerprints of submissions, in their order; what cannot be read has a `problem`.

    Raises:
        InternalError: this system cannot fork.
    """
    found = [SubmissionPrint(problem=each.source.problem) for each in compared]
    readable = [at for at, each in enumerate(compared) if not each.source.problem]

    def read(at: int) -> bytes:
        return msgspec.msgpack.encode(fingerprint(compared[at], given, chosen))

    for done, outcome in enumerate(read_limited(readable, read, jobs=jobs), start=1):
        at = readable[outcome.number]
        found[at] = (
            SubmissionPrint(problem=outcome.problem)
            if outcome.problem
            else msgspec.msgpack.decode(outcome.said, type=SubmissionPrint)
        )
        told(done, len(readable))
    return found


def fingerprint(compared: ComparedSource, given: GivenCode, chosen: FileChoice) -> SubmissionPrint:
    """The fingerprint of one submission; to be called where it may fail.

    Raises:
        InputError: it cannot be read.
    """
    found = programs(compared.source.path, chosen)
    if not found.files:
        raise InputError(found.problem)
    stems = module_stems(found.files)
    every: list[Hashes] = [np.zeros(0, np.uint64)]
    files: dict[str, str] = {}
    for file in found.files:
        digest = file_digest(file.data)
        if digest in given.files:
            continue
        own = own_prints(code_units(file.text, stems), given)
        every.append(own)
        if len(own) >= _WORTH_A_REMARK and len(files) < _MAX_FILES:
            files[file.path] = digest
    numbers = np.unique(np.concatenate(every))[:MAX_FINGERPRINTS]
    return SubmissionPrint(hashes=numbers.tobytes(), files=files, problem=found.problem)


def own_prints(units: Sequence[CodeUnit], given: GivenCode) -> Hashes:
    """The fingerprints of functions, without what was given."""
    tokens = NumberedTokens([unit.tokens for unit in units])
    hashes = tokens.passages()
    kept = tokens.winnowed(hashes)
    covered = inside(given.covers(tokens))
    kept[: len(covered)] &= ~covered
    own: Hashes = hashes[kept]
    return own
