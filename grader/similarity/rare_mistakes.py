"""Named mistakes of graded submissions: a rare one that two made in the same form is a sign."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import msgspec
import numpy as np

from grader.model.result import Result
from grader.model.similar_pairs import SharedMistake
from grader.report.atomic_write import result_file
from grader.similarity.winnowing import Hashes

WORTH: Final = 8
"""A mistake weighs as much as so many passages that are as rare."""
RARE: Final = 0.1
"""Share of a class: a mistake that more made is not mentioned."""

Mistakes = Mapping[str, str]
"""Titles by id and form: `scale-wrong 0 [2.0]`."""


def named_mistakes(output: Path, submissions: Sequence[str]) -> dict[str, dict[str, str]]:
    """The mistakes of each submission, as a batch with this output folder found them.

    Of a submission without a result there are none.
    """
    return {submission: _made(output / result_file(submission)) for submission in submissions}


def _made(path: Path) -> dict[str, str]:
    try:
        result = Result.from_json(path.read_bytes())
    except (OSError, msgspec.DecodeError):
        return {}
    return {
        f"{cause.id} {cause.form} {cause.numbers}": cause.title
        for check in result.checks
        for cause in check.causes
        if cause.kind == "mistake" and cause.certain
    }


def mistake_prints(mistakes: Mistakes) -> Hashes:
    """Fingerprints that stand for mistakes."""
    texts = (f"mistake {key} {number}" for key in mistakes for number in range(WORTH))
    digests = (hashlib.blake2b(text.encode(), digest_size=8).digest() for text in texts)
    return np.array([int.from_bytes(digest, "little") for digest in digests], np.uint64)


def rare_shared(
    one: Mistakes, other: Mistakes, made_by: Mapping[str, int], size: int
) -> list[SharedMistake]:
    """The mistakes that two share and few of a class made, the rarest first."""
    most = max(2, RARE * size)
    shared = sorted((made_by[key], key) for key in one.keys() & other.keys())
    return [
        SharedMistake(id=key.partition(" ")[0], title=one[key], made_by=count)
        for count, key in shared
        if count <= most
    ]


def count_makers(mistakes: Sequence[Mistakes]) -> Counter[str]:
    """How many made each mistake."""
    return Counter(key for each in mistakes for key in each)
