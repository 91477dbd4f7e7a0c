"""Which of the two readings of `p` a student's dropout follows.

Until 2017 the template's text called `p` the probability of dropping, while the course's lecture
notes used the same letter for keeping. Most students of those years followed the notes, and their
networks are consistent with that. Neither reading is held against them: where the text says
"drop", the student's own layer is asked which it is, and the report says so.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from msgspec.structs import replace

from grader.submission.record import Submission
from grader.verdicts import Verdict
from grader.wall.student import Student

_P: Final = 0.25
_NOTE: Final = (
    "dropout_forward takes p as the probability of keeping, where the template's text means "
    "dropping. It is judged by this reading, at no cost."
)


def observe_dropout(submission: Submission, student: Student) -> Submission:
    """The submission, its dialect corrected to the reading that its dropout layer follows.

    Args:
        submission: whose template's text may say "drop".
        student: its code, called without a dialect.
    """
    dialect = submission.dialect
    if "dropout_forward" not in submission.locations:
        return submission
    if dialect.dropout_p == "keep" or dialect.forced or not _keeps(student):
        return submission
    return replace(
        submission,
        dialect=replace(dialect, dropout_p="keep"),
        notes=[*submission.notes, _NOTE],
    )


def _keeps(student: Student) -> bool:
    """Whether clearly a share of p is kept, not of 1 - p."""
    x = np.ones((100, 100))
    try:
        out, _ = student.dropout_forward(x, {"mode": "train", "p": _P, "seed": 0})
        kept = float(np.mean(np.asarray(out, dtype=np.float64) != 0))
    except (Verdict, TypeError, ValueError):
        return False
    return abs(kept - _P) < 0.1
