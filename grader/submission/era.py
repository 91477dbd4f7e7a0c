"""Which template a submission was written against, read off its own text."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from grader.assignment.dialect import ERAS
from grader.model.errors import UsageError
from grader.model.result import Dialect
from grader.submission.definitions import docstring, parameters

_NETWORK: Final = "FullyConnectedNet"
_DROPS: Final = frozenset({"2016", "2017"})
"""Eras whose template says that p is the probability of dropping."""

_KEEP: Final = r"keep(?:s|ing)?\b|kept\b|retain\w*|surviv\w*|preserv\w*|保留|保持|留下|存活"
_DROP: Final = (
    r"drop(?:s|ped|ping)?\b|discard\w*|zero(?:ed|ing)\b|丢弃|丢掉|舍弃|失活|关闭|置零|置0"
)
_MEANING: Final = re.compile(rf"(?P<keep>{_KEEP})|(?P<drop>{_DROP})", re.IGNORECASE)
_PROBABILITY: Final = re.compile(r"probab|chance|概率|几率|比例|\bprob\b", re.IGNORECASE)
_IDIOM: Final = re.compile(r"keep(?:ing)? in mind", re.IGNORECASE)
_PARAMETER: Final = re.compile(r"(?<![A-Za-z0-9_])p(?![A-Za-z0-9_])")
_SENTENCE: Final = re.compile(r"[.;。；!?！？](?:\s|$)|(?<=[。；])|\n\s*[-*]\s|\n\s*\n")


class Clues(NamedTuple):
    """What the era is read off."""

    definitions: Mapping[str, ast.stmt]
    """Contract names that are defined."""
    defined: frozenset[str]
    """The same, and those whose text cannot be parsed."""
    network_text: str
    """The lines of the network or, if they cannot be told, of the whole package."""
    python2: Sequence[str]
    """What shows Python 2: `layers.py uses xrange (line 7)`. Given files tell the template too."""
    written_in_python2: bool
    """Whether a file that students write in is among these."""
    supports_both: bool
    """Imports `builtins` or `past`, for one text under Python 2 and 3."""
    unknown: frozenset[str] = frozenset()
    """Names whose file is not there: nothing can be read off their absence."""


def infer_dialect(clues: Clues, forced: str = "auto", template: str = "auto") -> Dialect:
    """The dialect of a submission.

    Args:
        clues: what its text tells.
        forced: `auto` or an era.
        template: `auto` or, where none is forced, the era whose template everybody was given: what
            a submission says of itself does not count then.

    Raises:
        UsageError: there is no such era.
    """
    if forced != "auto" and forced not in ERAS:
        raise UsageError(
            f"There is no dialect {forced!r}.", hint=f"Use auto or one of {', '.join(ERAS)}."
        )
    named = template if forced == "auto" else forced
    by_rubric = forced == "auto" and named != "auto"
    inferred, evidence = _era(clues)
    era = inferred if named == "auto" else named
    if named != "auto":
        why = "is that of the rubric" if by_rubric else "was forced"
        agrees = "" if era == inferred else f"; the text looks like {inferred}"
        evidence.insert(0, f"era {era} {why}{agrees}")
    stated = dropout_meaning(docstring(clues.definitions.get("dropout_forward")))
    if stated:
        evidence.append(f"dropout_forward's docstring: p is the probability to {stated}")
    usual = "drop" if era in _DROPS else "keep"
    meaning = usual if by_rubric else stated or usual
    return Dialect(
        era=era,
        python2=clues.written_in_python2,
        forced=named != "auto",
        dropout_p=meaning,
        net_dropout=meaning,
        evidence=[*evidence, *clues.python2],
    )


def _era(clues: Clues) -> tuple[str, list[str]]:
    known = _known_parameters(clues)
    if "dropout_keep_ratio" in known:
        return "2021", [f"{_NETWORK} takes dropout_keep_ratio"]
    if "normalization" in known:
        return "2018", [f"{_NETWORK} takes normalization, but no dropout_keep_ratio"]
    if "use_batchnorm" in known:
        return _first_eras(clues, [f"{_NETWORK} takes use_batchnorm"])
    return _era_of_layers(clues, [f"{_NETWORK} tells nothing"])


def _known_parameters(clues: Clues) -> set[str]:
    network = clues.definitions.get(_NETWORK)
    words = {"dropout_keep_ratio", "normalization", "use_batchnorm"}
    known = words & parameters(network).keys()
    return known or {word for word in words if re.search(rf"\b{word}\s*=", clues.network_text)}


def _first_eras(clues: Clues, evidence: list[str]) -> tuple[str, list[str]]:
    if clues.supports_both:
        return "2017", [*evidence, "imports builtins or past, as for Python 2 and 3"]
    return "2016", [*evidence, "imports neither builtins nor past"]


def _era_of_layers(clues: Clues, evidence: list[str]) -> tuple[str, list[str]]:
    defined = clues.defined | clues.unknown
    if {"layernorm_forward", "layernorm_backward"} & clues.defined:
        early = {"svm_loss", "TwoLayerNet", _NETWORK} <= defined
        beside = "with" if early else "not with all of"
        remark = f"has layer normalization, {beside} svm_loss, TwoLayerNet and {_NETWORK}"
        return ("2018" if early else "2021"), [*evidence, remark]
    if clues.python2 and not clues.supports_both:
        return "2016", [*evidence, "written for Python 2"]
    has_given_losses = {"svm_loss", "softmax_loss", "batchnorm_forward"} <= defined
    if clues.supports_both and has_given_losses:
        return "2017", [*evidence, "no layer normalization; for Python 2 and 3"]
    return "2021", [*evidence, "no sign of an older template"]


def dropout_meaning(text: str) -> str:
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
