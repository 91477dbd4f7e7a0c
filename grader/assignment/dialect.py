"""Calling the student's code as its own template taught it.

Checks speak one language, that of the contract; the template changed over the years. Here the
canonical call becomes the one that the student's signatures expect.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from grader.model.result import Dialect

ERAS: Final = ("2016", "2017", "2018", "2021")

NOT_ASKED: Final[Mapping[str, frozenset[str]]] = {
    "2016": frozenset({"layernorm_forward", "layernorm_backward"}),
    "2017": frozenset({"layernorm_forward", "layernorm_backward"}),
    "2018": frozenset(),
    "2021": frozenset({"TwoLayerNet", "svm_loss"}),
}
"""What the template of an era does not ask for: not judged unless it is there."""

_DROPOUT_IS_A_STRENGTH: Final = frozenset({"2016", "2017"})
"""Templates whose net takes a "dropout strength", which 0 turns off."""
_ADAM_STARTS_AT_1: Final = frozenset({"2017"})
"""Templates whose adam puts t = 1 into a config that has none, where others put 0."""

Arguments = tuple[tuple[Any, ...], dict[str, Any]]


def adapt(dialect: Dialect, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Arguments:
    """The student's arguments for the canonical call `name(*args, **kwargs)`."""
    adapter = _ADAPTERS.get(name)
    return adapter(dialect, args, kwargs) if adapter else (args, kwargs)


def varies(request: dict[str, Any]) -> bool:
    """Whether a request takes another form in another dialect; see `adapt_request`."""
    parts = request.get("requests", [request])
    return any(part["op"] == "call" and part["on"] in _ADAPTERS for part in parts)


def adapt_request(dialect: Dialect, request: dict[str, Any]) -> dict[str, Any]:
    """The student's form of a canonical request; see `grader.worker.worker`."""
    if request["op"] == "batch":
        inner = [adapt_request(dialect, part) for part in request["requests"]]
        return {**request, "requests": inner}
    if request["op"] != "call" or request["on"] not in _ADAPTERS:
        return request
    args, kwargs = adapt(dialect, request["on"], tuple(request["args"]), request["kwargs"])
    return {**request, "args": list(args), "kwargs": kwargs}


def to_canonical(
    dialect: Dialect, name: str, args: list[Any], kwargs: dict[str, Any]
) -> tuple[list[Any], dict[str, Any]]:
    """The canonical arguments for a call as the student's code makes it: the way back of `adapt`.

    Dicts among the arguments are copied: the function may write into them, and those given are the
    student's, in the student's terms.
    """
    args = [_copied(value) for value in args]
    kwargs = {key: _copied(value) for key, value in kwargs.items()}
    if name == "dropout_forward":
        param = args[1] if len(args) > 1 else kwargs["dropout_param"]
        param["p"] = _p(dialect.dropout_p, param["p"])
    if name == "adam" and dialect.era in _ADAM_STARTS_AT_1:
        given = args[2] if len(args) > 2 else kwargs.get("config")
        config = {"t": 1, **(given or {})}
        if len(args) > 2:
            args[2] = config
        else:
            kwargs["config"] = config
    return args, kwargs


def canonical_call(
    dialect: Dialect, name: str, args: list[Any], kwargs: dict[str, Any]
) -> tuple[list[Any], dict[str, Any]]:
    """The canonical arguments of a call that `adapt` made; nothing that was given is changed."""
    if name == "dropout_forward" and len(args) > 1 and isinstance(args[1], dict):
        param = args[1]
        return [args[0], {**param, "p": _p(dialect.dropout_p, param["p"])}, *args[2:]], kwargs
    if name != "FullyConnectedNet" or dialect.era == "2021":
        return args, kwargs
    kwargs = dict(kwargs)
    dropout = kwargs.pop("dropout", 1 if dialect.era == "2018" else 0)
    if dialect.era == "2018":
        return args, {**kwargs, "dropout_keep_ratio": dropout}
    kwargs["dropout_keep_ratio"] = _p(dialect.net_dropout, dropout) if dropout else 1
    if kwargs.pop("use_batchnorm", False):
        kwargs["normalization"] = "batchnorm"
    return args, kwargs


def asks_for_keep_ratio(dialect: Dialect) -> bool:
    """Whether the template of the net says that its dropout is the probability of keeping."""
    return dialect.era not in _DROPOUT_IS_A_STRENGTH


def supports(dialect: Dialect, *, normalization: str | None) -> bool:
    """Whether nets of that era have this normalization."""
    return normalization != "layernorm" or "layernorm_forward" not in NOT_ASKED[dialect.era]


def _dropout_forward(dialect: Dialect, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Arguments:
    x, param = args
    return (x, {**param, "p": _p(dialect.dropout_p, param["p"])}), kwargs


def _p(meaning: str, keep: float) -> float:
    return keep if meaning == "keep" else 1 - keep


def _copied(value: Any) -> Any:
    return dict(value) if isinstance(value, dict) else value


def _fully_connected_net(
    dialect: Dialect, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Arguments:
    kwargs = dict(kwargs)
    keep = kwargs.pop("dropout_keep_ratio", 1)
    if dialect.era == "2021":
        return args, {**kwargs, "dropout_keep_ratio": keep}
    if dialect.era == "2018":
        return args, {**kwargs, "dropout": keep}
    normalization = kwargs.pop("normalization", None)
    kwargs["dropout"] = 0 if keep == 1 else _p(dialect.net_dropout, keep)
    kwargs["use_batchnorm"] = normalization == "batchnorm"
    return args, kwargs


_ADAPTERS: Final[dict[str, Callable[[Dialect, tuple[Any, ...], dict[str, Any]], Arguments]]] = {
    "dropout_forward": _dropout_forward,
    "FullyConnectedNet": _fully_connected_net,
}
