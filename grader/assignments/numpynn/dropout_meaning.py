"""What the number of dropout means to a student: to keep, or to drop.

Until 2017 the template's text called `p` the probability of dropping, while the course's lecture
notes used the same letter for keeping, and its nets took a "dropout strength". Most students of
those years followed the notes. Neither reading is held against them, nor that the net takes one and
the layer the other, if it converts between them: each is asked which it is, and is judged by that.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

import numpy as np
from msgspec.structs import replace

from grader.assignments.numpynn.bank._student_net import Batch, Net
from grader.assignments.numpynn.call_forms import NETWORK
from grader.model.release import Release
from grader.model.verdicts import Verdict
from grader.student.proxy import Student

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

_KEEP: Final = r"keep(?:s|ing)?\b|kept\b|retain\w*|surviv\w*|preserv\w*|保留|保持|留下|存活"
_DROP: Final = (
    r"drop(?:s|ped|ping)?\b|discard\w*|zero(?:ed|ing)\b|丢弃|丢掉|舍弃|失活|关闭|置零|置0"
)
_MEANING: Final = re.compile(rf"(?P<keep>{_KEEP})|(?P<drop>{_DROP})", re.IGNORECASE)
_PROBABILITY: Final = re.compile(r"probab|chance|概率|几率|比例|\bprob\b", re.IGNORECASE)
_IDIOM: Final = re.compile(r"keep(?:ing)? in mind", re.IGNORECASE)
_PARAMETER: Final = re.compile(r"(?<![A-Za-z0-9_])p(?![A-Za-z0-9_])")
_SENTENCE: Final = re.compile(r"[.;。；!?！？](?:\s|$)|(?<=[。；])|\n\s*[-*]\s|\n\s*\n")


def observe(release: Release, student: Callable[[Release | None], Student]) -> Release:
    """The release, corrected to the readings that the layer and the net follow.

    Only where nobody has said which template it is: its text is what they had to go by then.
    """
    if release.chosen != "recognised" or "dropout_p" not in release.readings:
        return release
    readings, notes = dict(release.readings), []
    if readings["dropout_p"] == "drop" and _meaning_of_layer(student(None)) == "keep":
        readings |= {"dropout_p": "keep", "net_dropout": "keep"}
        notes.append(_LAYER_NOTE)
    if release.readings.get("net_form") == "use_batchnorm":
        plain = student(replace(release, readings={**readings, "net_dropout": "keep"}))
        readings["net_dropout"] = _meaning_of_net(plain) or readings["net_dropout"]
    if readings["net_dropout"] != readings["dropout_p"]:
        verbs = (_VERBS[readings[of]] for of in ("net_dropout", "dropout_p"))
        notes.append(_NET_NOTE.format(**dict(zip(("net", "layer"), verbs, strict=True))))
    return replace(release, readings=readings, notes=(*release.notes, *notes))


def stated_meaning(text: str) -> str:
    """What a docstring says that `p` is the probability of: `keep`, `drop`, or nothing.

    The first sentence that speaks of p and of probability decides, by the word that comes first.
    """
    for sentence in _SENTENCE.split(_IDIOM.sub("", text)):
        joined = " ".join(sentence.split())
        if not (_PARAMETER.search(joined) and _PROBABILITY.search(joined)):
            continue
        word = _MEANING.search(joined)
        if word:
            return "keep" if word["keep"] else "drop"
    return ""


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
        net = Net(student, NETWORK, **settings)
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
