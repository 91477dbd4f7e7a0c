"""Calling a student's code as its own template taught it, and the way back.

Checks speak one language, that of the contract. Releases differ in the keywords of the network, in
what the number of dropout means, and in where adam's time starts.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from msgspec.structs import replace

from grader.model.call import Call
from grader.model.release import Release

NETWORK: Final = "FullyConnectedNet"
LAYER: Final = "dropout_forward"
_ADAM: Final = "adam"

Hook = Callable[[Release, Call], Call]


def adapt(release: Release, call: Call) -> Call:
    """The student's form of a check's call; the same object if that is no other."""
    hook = _FORWARDS.get(call.name)
    return hook(release, call) if hook else call


def adapt_back(release: Release, call: Call) -> Call:
    """A check's form of a call that the student's code makes."""
    hook = _BACKWARDS.get(call.name)
    return hook(release, call) if hook else call


def means_keep(release: Release, of: str) -> bool:
    """Whether the number `of` (`dropout_p`, `net_dropout`) is the probability of keeping."""
    return release.readings.get(of, "keep") == "keep"


def _layer(release: Release, call: Call) -> Call:
    """Both ways: what is one's probability of keeping is the other's of dropping."""
    param = call.args[1] if len(call.args) > 1 else call.kwargs.get("dropout_param")
    if means_keep(release, "dropout_p") or not isinstance(param, dict) or "p" not in param:
        return call
    turned = {**param, "p": 1 - param["p"]}
    if len(call.args) > 1:
        return replace(call, args=(call.args[0], turned, *call.args[2:]))
    return replace(call, kwargs={**call.kwargs, "dropout_param": turned})


def _network(release: Release, call: Call) -> Call:
    form = release.readings.get("net_form")
    if form is None:
        return call
    kwargs = dict(call.kwargs)
    keep = kwargs.pop("dropout_keep_ratio", 1)
    if form == "dropout":
        return replace(call, kwargs={**kwargs, "dropout": keep})
    normalization = kwargs.pop("normalization", None)
    kwargs["dropout"] = 0 if keep == 1 else _turned(release, keep)
    kwargs["use_batchnorm"] = normalization == "batchnorm"
    return replace(call, kwargs=kwargs)


def _network_back(release: Release, call: Call) -> Call:
    form = release.readings.get("net_form")
    if form is None:
        return call
    kwargs = dict(call.kwargs)
    dropout = kwargs.pop("dropout", 1 if form == "dropout" else 0)
    if form == "dropout":
        return replace(call, kwargs={**kwargs, "dropout_keep_ratio": dropout})
    kwargs["dropout_keep_ratio"] = _turned(release, dropout) if dropout else 1
    if kwargs.pop("use_batchnorm", False):
        kwargs["normalization"] = "batchnorm"
    return replace(call, kwargs=kwargs)


def _turned(release: Release, number: float) -> float:
    return number if means_keep(release, "net_dropout") else 1 - number


def _adam_back(release: Release, call: Call) -> Call:
    """With the time from which this template counts, where it is not given."""
    if release.readings.get("adam_t") is None:
        return call
    given: Any = call.args[2] if len(call.args) > 2 else call.kwargs.get("config")
    config = {"t": int(release.readings["adam_t"]), **(given or {})}
    if len(call.args) > 2:
        return replace(call, args=(*call.args[:2], config, *call.args[3:]))
    return replace(call, kwargs={**call.kwargs, "config": config})


_FORWARDS: Final[dict[str, Hook]] = {LAYER: _layer, NETWORK: _network}
_BACKWARDS: Final[dict[str, Hook]] = {LAYER: _layer, NETWORK: _network_back, _ADAM: _adam_back}
