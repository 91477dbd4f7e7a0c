"""The parts behind the questions: changes of the source, and what they do."""

from __future__ import annotations

import ast
import textwrap
from typing import Any

import numpy as np
import pytest

from grader.model.oral_records import OralLine, OralQuestion, OralSheet
from grader.model.similar_pairs import (
    ComparedSubmission,
    FunctionPair,
    ScoreSpread,
    SimilarityReport,
    SimilarPair,
)
from grader.oral.oral_sheet import similar_functions
from grader.oral.question_kinds import _effect_said
from grader.oral.source_changes import SourceChange, source_changes
from grader.oral.variant_bench import ObservedCall
from grader.oral.variant_effects import ReturnedValue, VariantEffect, definite_effect
from grader.report.oral_page import oral_page
from grader.report.strings import Lang, Texts
from grader.verify.source_pieces import functions


def changes(text: str) -> list[SourceChange]:
    """The changes of the one function of a program."""
    text = textwrap.dedent(text)
    (located,) = functions("f.py", ast.parse(text))
    return list(source_changes(text, located, frozenset(range(1, 99))))


def test_a_change_is_in_brackets_where_it_needs_them() -> None:
    found = {(c.old, c.new): c.text for c in changes("def f(a, b):\n    return 2.5 * (a - b).T\n")}
    assert "return 2.5 * (b - a).T" in found["a - b", "b - a"]
    found = {(c.old, c.new): c.text for c in changes("def f(a, b):\n    return a / b ** 2\n")}
    assert "return a / (b * 2)" in found["b ** 2", "b * 2"]


def test_changes_parse_and_differ() -> None:
    text = "import numpy as np\ndef f(x, w):\n    y = np.sum(x @ w.T, axis=1, keepdims=True)\n"
    text += "    y[0] = 1\n    y += x.mean()\n    return y / (x - 1)\n"
    found = changes(text)
    assert {"axis", "keepdims", "transpose", "function", "left out"} <= {c.kind for c in found}
    for each in found:
        assert ast.dump(ast.parse(each.text)) != ast.dump(ast.parse(text))


def call(value: Any, status: str = "ok", **more: Any) -> ObservedCall:
    """A call that returned a value, or raised."""
    request = {"op": "call", "on": "f", "path": [], "args": [np.ones(3)], "kwargs": {},
               "returns": ["out"]}  # fmt: skip
    return ObservedCall(request, {"status": status, "value": value, **more})


def effect(before: list[Any], after: list[Any]) -> VariantEffect | None:
    """What becomes of values of one call in each of several checks."""
    one = {str(at): [call(value)] for at, value in enumerate(before)}
    other = {str(at): [each if isinstance(each, ObservedCall) else call(each)]
             for at, each in enumerate(after)}  # fmt: skip
    return definite_effect(one, other, ("out",), "f.py")


X = np.arange(1.0, 7).reshape(2, 3)
Y = np.arange(2.0, 6)


@pytest.mark.parametrize(
    ("after", "what"),
    [
        ([3 * X, 3 * Y], ("factor", "3")),
        ([-X, -Y], ("factor", "-1")),
        ([X + np.eye(2, 3), Y + np.eye(1, 4)[0]], ("some", "2 6")),
        ([X.T, Y[None]], ("shape", "(2, 3) (3, 2)")),
        ([X * np.nan, Y + np.inf], ("not finite", "")),
        ([0 * X, 0 * Y], ("zero", "")),
        ([X + 1, Y + 2], ("differs", "")),
        ([(X, 1), (Y, 1)], ("kind", "tuple")),
    ],
)
def test_what_becomes_of_a_value(after: list[Any], what: tuple[str, str]) -> None:
    found = effect([X, Y], after)
    assert found is not None
    assert [(each.what, each.detail) for each in found.values] == [what]
    assert found.is_telling == (what[0] != "differs")


def test_a_single_number_has_a_factor_only_if_it_is_the_same_everywhere() -> None:
    same = effect([np.float64(2), np.float64(3)], [np.float64(4), np.float64(6)])
    assert same is not None
    assert (same.values[0].what, same.values[0].detail) == ("factor", "2")
    other = effect([np.float64(2), np.float64(3)], [np.float64(4), np.float64(7)])
    assert other is not None
    assert other.values[0].what == "number"
    assert not other.is_telling


@pytest.mark.parametrize(
    ("lang", "said"),
    [("en", "loss: another number; dx unchanged."), ("zh", "loss：变为另一个数；dx 不变。")],
)
def test_what_a_change_does_is_said_in_one_language(lang: Lang, said: str) -> None:
    values = (ReturnedValue("loss", "number"), ReturnedValue("dx", "same"))
    found = VariantEffect("", "", 0, values, call(None), 4)
    function: Any = None  # of which nothing is said where no number is
    assert _effect_said(found, function, Texts(lang)) == said


def test_what_is_not_the_same_on_every_input_is_no_answer() -> None:
    assert effect([X, Y], [X, 2 * Y]) is None
    assert effect([X], [2 * X]) is None
    raised = call(None, "raised", type="ValueError", message="no", frames=[])
    assert effect([X, Y], [raised, Y]) is None
    found = effect([X, Y], [raised, raised])
    assert found is not None
    assert (found.raised, found.message) == ("ValueError", "no")


def test_nothing_changes_only_where_many_inputs_say_so() -> None:
    assert effect([X, Y], [X, Y]) is None
    found = effect([X, Y, X + 1], [X, Y, X + 1])
    assert found is not None
    assert found.changes_nothing


def test_functions_of_pairs_that_stand_out_are_known() -> None:
    submissions = [ComparedSubmission(id=f"{n}_1", name=n) for n in ("ann", "bob", "cho")]
    pairs = [
        SimilarPair(first=0, second=1, score=0.9, stands_out=True,
                    functions=[FunctionPair(first="f", second="g", tokens=50)]),
        SimilarPair(first=0, second=2, score=0.2, stands_out=False,
                    functions=[FunctionPair(first="h", second="h", tokens=50)]),
    ]  # fmt: skip
    spread = ScoreSpread(pairs=3, bins=[], median=0, ninety_nine=0, threshold=0.5)
    report = SimilarityReport(submissions=submissions, pairs=pairs, groups=[], spread=spread)
    assert similar_functions(report, "ann_1") == {"f"}
    assert similar_functions(report, "?", "bob") == {"g"}
    assert similar_functions(report, "cho_1") == set()


def test_a_hostile_line_or_message_does_nothing_on_the_page() -> None:
    nasty = "<script>alert(1)</script>\u202e"
    question = OralQuestion(
        kind="shape", function=nasty, file=nasty, question=nasty, answer=nasty, how=nasty,
        lines=[OralLine(number=3, text=nasty, asked=True)],
    )  # fmt: skip
    sheet = OralSheet(submission=nasty, name=nasty, assignment=nasty, questions=[question])
    text = oral_page(sheet, made=nasty)
    assert "<script>alert" not in text
    assert "\u202e" not in text
    assert 'class="line here"' in text
