"""Cells of another course's notebook count for what they call."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import pytest

from grader.assignment.folder import Assignment
from grader.model.notebook_records import CellOutcome, CellOutput, NotebookCell
from grader.model.release import Release
from grader.model.result import CheckResult, Outcome
from grader.model.rubric import NotebookRule, Text, ValueRule
from grader.model.served_data import ServedData
from grader.notebooks.counterparts import calls_of_release, counterparts
from grader.notebooks.notebook_checks import Judge, _lower, read_values
from grader.submission.notebook_cells import Cell, Notebook
from tests.notebooks.books import book, release

RELEASE = Notebook(
    path="x.ipynb",
    cells=[
        Cell(id="setup", code=True, role="given",
             source="import numpy as np\nfrom pkg.nets import Net\nfrom pkg.layers import f, g"),
        Cell(id="helper", code=True, role="given", source="def train(k):\n    return Net(k)"),
        Cell(id="f-check", code=True, role="check", functions=["f"], source="np.abs(f(1))"),
        Cell(id="g-check", code=True, role="check", source="print(g(2))"),
        Cell(id="train", code=True, role="experiment", source="nets = [train(k) for k in (1, 2)]"),
        Cell(id="plot", code=True, role="experiment", needs="train", source="print(nets)"),
    ],
)  # fmt: skip
RULE = NotebookRule(
    part="p",
    title=Text("X"),
    values={"figure": ValueRule(Text("A figure"), "figure", "plot")},
)


def test_what_a_release_calls() -> None:
    calls = calls_of_release(RELEASE, ["pkg"])
    assert calls["f-check"] == {"f"}
    assert calls["g-check"] == {"g"}
    assert calls["train"] == {"Net"}
    assert calls["plot"] == calls["setup"] == frozenset()


def test_counterparts_call_all_of_it() -> None:
    theirs = book("f(1)", "f(1) + lib.g(2)", "f", "def h():\n    return g(f(1))", "h()", "f(")
    assert counterparts(theirs, frozenset({"f"})) == {"c0", "c1", "c3", "c4"}
    assert counterparts(theirs, frozenset({"f", "g"})) == {"c1", "c3", "c4"}
    assert counterparts(theirs, frozenset()) == set()


def _outcomes(
    theirs: Notebook,
    template: Release | None = None,
    left: Collection[str] = (),
    **states: CellOutcome,
) -> dict[str, Outcome]:
    return {
        name: check.outcome for name, check in _judged(theirs, template, left, **states).items()
    }


def _judged(
    theirs: Notebook, template: Release | None, left: Collection[str], **states: CellOutcome
) -> dict[str, CheckResult]:
    cells = [
        NotebookCell(
            id=cell.id, role="own", source=cell.source, outcome=states.get(cell.id, CellOutcome.OK),
            error="ValueError: no" if cell.id in states else "",
            outputs=[CellOutput(mime="image/png", data="")] if "plot" in cell.source else [],
        )
        for cell in theirs.cells
    ]  # fmt: skip
    judge = Judge("X", RULE, lang="en", release=RELEASE, book=theirs, cells=cells, ours=False,
                  packages=["pkg"], template=template, contract=("f", "g", "Net"),
                  left=left)  # fmt: skip
    return {check.id[len("notebooks::X[") : -1]: check for check in judge.checks({})}


def test_they_earn_for_what_they_ran() -> None:
    theirs = book("f(1)", "net = Net(3)\nplot(net)", "g(1)")
    assert _outcomes(theirs, c2=CellOutcome.ERROR) == {
        "f-check": Outcome.PASSED,
        "g-check": Outcome.ERROR,
        "train": Outcome.PASSED,
        "plot": Outcome.PASSED,
        "figure": Outcome.PASSED,
    }


@pytest.mark.parametrize("ran", [CellOutcome.OK, CellOutcome.ERROR])
def test_a_cell_that_tries_what_is_not_implemented_is_not_done(ran: CellOutcome) -> None:
    """Whether it ran says nothing: the course's stubs return None, 0 or an empty dict."""
    theirs = book("f(1)", "def made(k):\n    return Net(k)", "net = made(3)\nplot(net)", "g(1)")
    found = _judged(theirs, None, ["Net.loss", "g"], c2=ran, c3=ran)
    assert {name: check.outcome for name, check in found.items()} == {
        "f-check": Outcome.PASSED,
        "g-check": Outcome.MISSING,
        "train": Outcome.MISSING,
        "plot": Outcome.MISSING,
        "figure": Outcome.MISSING,
    }
    assert found["train"].message == "Net is not implemented yet."
    told = Release(id="old", asks=frozenset({"f", "Net"}))
    assert _outcomes(theirs, told, ["g"])["g-check"] is Outcome.SKIPPED, "nobody asked for it"


def test_cells_that_call_nothing_earn_nothing() -> None:
    assert set(_outcomes(book("plot()", "1 + 1", "f", "Net")).values()) == {Outcome.MISSING}


def test_what_their_own_notebooks_were_given_out_without_does_not_count() -> None:
    """It is left out if it is not there, as their release says; what is there counts."""
    theirs, told = book("f(1)", "1 + 1"), Release(id="old", untried=frozenset({"f", "Net"}))
    found = _outcomes(theirs, told)
    assert (found["f-check"], found["train"]) == (Outcome.PASSED, Outcome.SKIPPED)
    assert found["g-check"] is Outcome.MISSING
    assert found["plot"] is found["figure"] is Outcome.SKIPPED, "they stand for what they need"
    told = Release(id="old", asks=frozenset({"f"}))
    assert _outcomes(theirs, told, c0=CellOutcome.ERROR)["f-check"] is Outcome.ERROR
    assert _outcomes(theirs, told)["g-check"] is Outcome.SKIPPED


def test_what_their_own_notebooks_have_not_does_not_count() -> None:
    told = Release(id="old", left_out=frozenset({"X[plot]", "X[figure]"}))
    found = _judged(book("f(1)"), told, ())
    assert found["plot"].outcome is found["figure"].outcome is Outcome.SKIPPED
    assert found["plot"].message == "The notebooks of old do not have this; it does not count."
    assert found["train"].outcome is Outcome.MISSING
    theirs = book("f(1)", "net = Net(3)\nplot(net)")
    assert _outcomes(theirs, told)["plot"] is Outcome.PASSED, "what is there counts"
    assert _outcomes(theirs, told, c1=CellOutcome.ERROR)["plot"] is Outcome.SKIPPED


def test_a_cell_that_tries_what_was_given_complete_earns_nothing() -> None:
    theirs, told = book("f(1)", "g(1)"), Release(id="old", gives=frozenset({"g"}))
    found = _judged(theirs, told, ())
    assert (found["f-check"].outcome, found["g-check"].outcome) == (
        Outcome.PASSED,
        Outcome.SKIPPED,
    )
    assert found["g-check"].message == "old does not ask for g; this does not count."


SHORT = "`net` is right on 12.0 % of images; at least 50 % is asked for."


@pytest.mark.parametrize(
    ("said", "release", "stand_in", "outcome"),
    [
        (SHORT, Release(id="old", own_data=True), True, Outcome.SKIPPED),
        (SHORT, Release(id="old", own_data=True), False, Outcome.FAILED),
        (SHORT, Release(id="ours"), True, Outcome.FAILED),
        (SHORT, None, True, Outcome.FAILED),
        ("`net.loss` raised TypeError.", Release(id="old", own_data=True), True, Outcome.FAILED),
    ],
)
def test_what_falls_short_on_data_that_stand_in_for_theirs_does_not_count(
    said: str, release: Release | None, stand_in: bool, outcome: Outcome
) -> None:
    rule = NotebookRule(
        part="p", title=Text("X"), values={"net": ValueRule(Text("A net"), "accuracy", "net")}
    )
    judge = Judge("X", rule, lang="en", release=book(), book=book("net = Net(3)"), ours=False,
                  template=release, stand_in=stand_in)  # fmt: skip
    (check,) = judge.checks({"net": (Outcome.FAILED, said)})
    assert check.outcome is outcome
    assert check.message.startswith(said)


@pytest.mark.parametrize(
    ("sources", "release", "outcome"),
    [
        (("runs = {}\nruns['a'] = f(1)", "runs = {}"), Release(id="o", own_data=True), "skipped"),
        (("runs = {}\nruns['a'] = f(1)", "runs = {}"), Release(id="ours"), "failed"),
        (
            ("runs = {}\nruns['b'] = f(1)", "runs['c'] = 2"),
            Release(id="o", own_data=True),
            "failed",
        ),
    ],
)
def test_what_a_later_cell_replaces_is_not_held_against_those_who_were_not_asked_to_keep_it(
    sources: tuple[str, ...], release: Release, outcome: str
) -> None:
    value = ValueRule(Text("A run"), "history", "runs['a']")
    rule = NotebookRule(part="p", title=Text("X"), values={"run": value})
    judge = Judge("X", rule, lang="en", release=book(), book=book(*sources), ours=False,
                  template=release)  # fmt: skip
    said = (Outcome.FAILED, "`runs['a']` raised KeyError: 'a'.")
    (check,) = judge.checks({"run": said})
    assert check.outcome.value == outcome
    assert ("Cell c1 puts something else in its place." in check.message) == ("{}" in sources[1])


@pytest.mark.parametrize("name", ["numpynn-notebooks", "convnet-notebooks"])
def test_what_a_release_leaves_out_is_in_our_notebooks(name: str) -> None:
    assignment = Assignment.load(name)
    rules = assignment.rubric.notebooks
    assert rules is not None
    known = {
        f"{notebook}[{what}]"
        for notebook, rule in rules.files.items()
        for what in (
            *(cell.id for cell in release(notebook, assignment.layout.template).cells),
            *rule.values,
            *(f"question {number}" for number in rule.answers),
        )
    }
    for each in assignment.plugin.releases.values():
        assert each.left_out <= known
        assert bool(each.left_out) == each.own_data == (each.packages != ("numpynn",))


@pytest.mark.parametrize(
    ("last", "outcome"), [("g(1)", Outcome.PASSED), ("1 + 1", Outcome.MISSING)]
)
def test_what_one_cell_of_ours_calls_may_be_spread_over_theirs(last: str, outcome: Outcome) -> None:
    both = Cell(id="both-check", code=True, role="check", functions=["f", "g"], source="f(g(1))")
    theirs = book("f(1)", last)
    cells = [
        NotebookCell(id=cell.id, role="own", source=cell.source, outcome=CellOutcome.OK)
        for cell in theirs.cells
    ]
    release = Notebook(path="x.ipynb", cells=[both])
    rule = NotebookRule(part="p", title=Text("X"), values={})
    judge = Judge("X", rule, lang="en", release=release, book=theirs, cells=cells, ours=False)
    (check,) = judge.checks({})
    assert check.outcome is outcome


class _Numbers:
    def __init__(self, **numbers: list[float]) -> None:
        self._numbers = numbers

    def numbers(self, path: str) -> list[float]:
        return self._numbers[path]


NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize(
    ("mine", "other", "outcome"),
    [
        ([1.0], [2.0], Outcome.PASSED),
        ([2.0], [1.0], Outcome.FAILED),
        ([1.0], [NAN], Outcome.PASSED),
        ([1.0], [3.0, INF], Outcome.PASSED),
        ([NAN], [1.0], Outcome.FAILED),
        ([NAN], [NAN], Outcome.FAILED),
        ([INF], [NAN], Outcome.FAILED),
    ],
)
def test_a_training_that_diverges_is_above_one_that_does_not(
    mine: list[float], other: list[float], outcome: Outcome
) -> None:
    rule = ValueRule(Text("Lower"), "lower", "a", than="b")
    values: Any = _Numbers(a=mine, b=other)
    verdict, text = _lower(rule, values)
    assert verdict is outcome
    assert ("diverges" in text) == any(n in (INF, NAN) or n != n for n in [*mine, *other])


@pytest.mark.parametrize(
    ("numbers", "outcome"),
    [([NAN, 0.5], Outcome.PASSED), ([0.5, NAN], Outcome.PASSED), ([NAN], Outcome.FAILED),
     ([INF, 0.1], Outcome.FAILED)],
)  # fmt: skip
def test_the_highest_of_a_history_is_a_finite_number(
    numbers: list[float], outcome: Outcome
) -> None:
    rule = NotebookRule(part="p", title=Text("X"), values={
        "h": ValueRule(Text("History"), "history", "a", at_least=0.4)})  # fmt: skip
    values: Any = _Numbers(a=numbers)
    assert read_values(rule, values, ServedData(), "small")["h"][0] is outcome
