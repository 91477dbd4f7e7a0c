"""Which of the two readings of dropout's number a student's layer and net follow.

Until 2017 the template's text called `p` the probability of dropping, while the course's lecture
notes used the same letter for keeping, and its nets took a "dropout strength". Most students of
those years followed the notes. Neither reading is held against them, nor that the net takes one and
the layer the other, if it converts between them: each is asked which it is, and is judged by that.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from msgspec.structs import replace

from grader.assignment.dialect import asks_for_keep_ratio
from grader.checks.nets import Batch, Net
from grader.model.contract import ContractEntry
from grader.model.result import Dialect
from grader.model.submission import Submission
from grader.model.verdicts import Verdict
from grader.student.proxy import Channel, Student

_LAYER: Final = "dropout_forward"
_NET: Final = "FullyConnectedNet"
_P: Final = 0.25
_SLACK: Final = 0.1
_UNITS: Final = 1000
"""Of the net that is asked: a share is good to 0.014 (one sigma)."""
_LAYER_NOTE: Final = (
    "dropout_forward takes p as the probability of keeping, where the template's text means "
    "dropping. It is judged by this reading, at no cost."
)
_NET_NOTE: Final = (
    "FullyConnectedNet takes its dropout as the probability of {net}, while dropout_forward takes "
    "p as that of {layer}. Each is judged by its own reading, at no cost."
)
_VERBS: Final = {"keep": "keeping", "drop": "dropping"}


def observe_dropout(
    submission: Submission, channel: Channel, contract: Mapping[str, ContractEntry]
) -> Submission:
    """The submission, its dialect corrected to the readings that its layer and net follow.

    Args:
        submission: whose template's text may say "drop".
        channel: to its code.
        contract: the assignment's contract.
    """
    dialect, notes = submission.dialect, list(submission.notes)
    if _LAYER not in submission.locations or dialect.forced:
        return submission
    if dialect.dropout_p == "drop" and _meaning_of_layer(Student(channel, contract)) == "keep":
        dialect = replace(dialect, dropout_p="keep", net_dropout="keep")
        notes.append(_LAYER_NOTE)
    submission = observe_net(replace(submission, dialect=dialect), channel, contract)
    dialect = submission.dialect
    if dialect.net_dropout != dialect.dropout_p:
        notes.append(_net_note(dialect))
    return replace(submission, notes=notes)


def observe_net(
    submission: Submission, channel: Channel, contract: Mapping[str, ContractEntry]
) -> Submission:
    """The same with the reading that its net follows, for the layer that is in place there."""
    dialect = submission.dialect
    unasked = _NET not in submission.locations or asks_for_keep_ratio(dialect)
    if unasked or dialect.forced or _LAYER not in submission.locations:
        return submission
    plain = Student(channel, contract, replace(dialect, net_dropout="keep"))
    meaning = _meaning_of_net(plain) or dialect.net_dropout
    return replace(submission, dialect=replace(dialect, net_dropout=meaning))


def _net_note(dialect: Dialect) -> str:
    return _NET_NOTE.format(net=_VERBS[dialect.net_dropout], layer=_VERBS[dialect.dropout_p])


def _meaning_of_layer(student: Student) -> str:
    """By the share of the entries that it keeps: `keep`, `drop`, or nothing if it is neither."""
    try:
        out, _ = student.dropout_forward(np.ones((100, 100)), {"mode": "train", "p": _P, "seed": 0})
        return _meaning(out)
    except (Verdict, TypeError, ValueError):
        return ""


def _meaning_of_net(student: Student) -> str:
    """By the share of its open units that it keeps: what was dropped gets no gradient."""
    settings: dict[str, Any] = {
        "hidden_dims": [_UNITS],
        "input_dim": 2,
        "num_classes": 2,
        "dropout_keep_ratio": _P,
        "dtype": np.float64,
    }
    values = {
        "W1": np.zeros((2, _UNITS)),
        "b1": np.ones(_UNITS),
        "W2": np.zeros((_UNITS, 2)),
        "b2": np.zeros(2),
    }
    try:
        net = Net(student, _NET, **settings)
        net.seed = 0
        net.set(values)
        _, grads = net.loss(Batch(np.ones((1, 2)), np.zeros(1, dtype=np.int64)))
        return _meaning(np.asarray(grads.get("W2"), dtype=np.float64)[:, 0])
    except (Verdict, TypeError, ValueError, IndexError):
        return ""


def _meaning(values: Any) -> str:
    kept = float(np.mean(np.asarray(values, dtype=np.float64) != 0))
    if abs(kept - _P) < _SLACK:
        return "keep"
    return "drop" if abs(kept - (1 - _P)) < _SLACK else ""
