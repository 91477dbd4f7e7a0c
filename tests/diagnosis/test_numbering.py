"""Names that a student numbers from zero, by what the contract says of them."""

from __future__ import annotations

import pytest

from grader.diagnosis.numbering import FROM_ONE, Numbering
from grader.model.contract import ContractEntry
from grader.student.trace import Exchange, Trace

NET = {"Net": ContractEntry("nets", ("net*",), numbered=("w", "scale"))}


def _trace(*names: str) -> Trace:
    reply = {"status": "ok", "value": dict.fromkeys(names, 0.0)}
    return Trace("net", exchanges=[Exchange({"op": "call"}, reply, "Net")])


@pytest.mark.parametrize(
    ("names", "by"),
    [(("w0", "w1"), 1), (("scale0",), 1), (("w1", "w2"), 0), (("x0", "w1"), 0), ((), 0)],
)
def test_who_counts_from_zero_is_told_by_the_names_of_the_contract(
    names: tuple[str, ...], by: int
) -> None:
    assert Numbering.of(_trace(*names), NET).by == by


def test_only_these_names_are_counted_on() -> None:
    told = Numbering.of(_trace("w0"), NET)
    assert [told.ours(name) for name in ("w0", "scale9", "x0", "w", "w0a")] == [
        "w1", "scale10", "x0", "w", "w0a",
    ]  # fmt: skip
    assert FROM_ONE.ours("w0") == "w0"
