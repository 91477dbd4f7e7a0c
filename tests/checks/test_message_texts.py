"""What checks say is known in Chinese, as they say it."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from msgspec.structs import replace

from grader.assignment.folder import Assignment
from grader.checks.compare import assert_close
from grader.checks.message_texts import _MESSAGES, extent_in, message_in
from grader.checks.same import assert_same
from grader.grading.scoring import ruled
from grader.model.result import Outcome
from grader.model.rubric import CheckTitles
from grader.model.verdicts import NOT_IMPLEMENTED, Verdict
from grader.report.cards import cards_of
from grader.runner.answer_key import Key
from grader.runner.check_run import _must_be_done
from grader.student.replies import verdict_of
from grader.submission.syntax_help import explain
from tests.report import sample
from tests.support import REPOSITORY

PACKAGE = REPOSITORY / "grader"
X = np.arange(1.0, 13).reshape(3, 4)
SPOILT = np.where(X == 7, np.nan, X)
RAISED = {"status": "raised", "type": "KeyError", "message": "'w'"}
FRAME = {"function": "g", "file": "layers.py", "line": 7, "source": ""}


def said(act: Callable[[], Any]) -> str:
    with pytest.raises(Verdict) as caught:
        act()
    return caught.value.message


def undefined(missing: dict[str, str]) -> str:
    known = SimpleNamespace(broken={}, todo=(), locations={}, missing=missing)
    asks = SimpleNamespace(targets=["f"])
    return said(lambda: _must_be_done(cast(Any, known), cast(Any, asks)))


def unreadable(source: str) -> str:
    why = explain(source, "unexpected indent", 1).reason
    known = SimpleNamespace(broken={"f": f"layers.py, line 1: {why}"})
    asks = SimpleNamespace(targets=["f"])
    return said(lambda: _must_be_done(cast(Any, known), cast(Any, asks)))


def answered(reply: dict[str, Any]) -> str:
    verdict = verdict_of(reply, "f", "f(x)")
    assert isinstance(verdict, Verdict)
    return verdict.message


CASES: dict[str, Callable[[], str]] = {
    "unreadable": lambda: unreadable("  x = 1"),
    "unreadable, pasted": lambda: unreadable(">>> x = 1"),
    "unreadable, merged": lambda: unreadable("<<<<<<< HEAD\n"),
    "not defined": lambda: undefined({}),
    "not defined in its file": lambda: undefined({"f": "layers.py"}),
    "values": lambda: said(lambda: assert_close("out", X + X**2, X)),
    "one value": lambda: said(lambda: assert_close("out", 2.75, 1.0)),
    "doubled": lambda: said(lambda: assert_close("dx", 2 * X, X, kind="gradient")),
    "shape": lambda: said(lambda: assert_close("out", X[0], X)),
    "single number": lambda: said(lambda: assert_close("out", X, 1.0)),
    "nan": lambda: said(lambda: assert_close("out", SPOILT, X)),
    "nan number": lambda: said(lambda: assert_close("out", np.nan, 1.0)),
    "infinite somewhere": lambda: said(lambda: assert_close("out", np.where(X == 7, np.inf, X), X)),
    "infinite": lambda: said(lambda: assert_close("out", np.inf, 1.0)),
    "none": lambda: said(lambda: assert_close("out", None, X)),
    "complex": lambda: said(lambda: assert_close("out", X * 1j, X)),
    "type": lambda: said(lambda: assert_close("out", {}, X)),
    "length": lambda: said(lambda: assert_same("out", [1, 2], ["a", "b", "c"])),
    "raised": lambda: answered(RAISED),
    "raised in a line": lambda: answered(RAISED | {"frames": [FRAME]}),
    "to do": lambda: NOT_IMPLEMENTED.en.format(name="f"),
}
KEPT = r"\b(out|dx|f|g|NaN|None|KeyError|layers\.py|dict|w|unexpected indent)\b"
"""Names, which are the same in every language."""


@pytest.mark.parametrize("case", CASES)
def test_a_message_is_told_in_chinese(case: str) -> None:
    english = CASES[case]()
    chinese = message_in("zh", english)
    assert message_in("en", english) == english
    assert not re.search("[A-Za-z]", re.sub(KEPT, "", chinese)), chinese
    assert re.search("[\u4e00-\u9fff]", chinese)
    assert sorted(re.findall(r"\d+", english)) == sorted(re.findall(r"\d+", chinese))


def test_each_text_is_found_by_what_it_says() -> None:
    """None is hidden by one before it."""
    for text in _MESSAGES:
        names = re.findall(r"{(\w+)}", text.en)
        values = {name: "its one value" if name == "share" else "xyz" for name in names}
        expected = {**values, "share": extent_in("zh", "its one value")}
        assert message_in("zh", text.en.format(**values)) == text.zh.format(**expected)


def test_what_a_bank_says_in_its_own_words_stays() -> None:
    assert message_in("zh", "After hidden layer 1 no unit is dropped.") == (
        "After hidden layer 1 no unit is dropped."
    )


def test_a_result_is_told_in_its_language_and_what_is_to_do_says_itself() -> None:
    rubric = Assignment.load("numpynn").rubric
    message = NOT_IMPLEMENTED.en.format(name="affine_forward")
    fields = {"message": message, "targets": ["affine_forward"]}
    check = sample.check("affine_forward", "affine", Outcome.MISSING, **fields)
    (told,) = ruled(rubric, [check], "zh")
    assert told.message == "affine_forward 还没有实现。"
    (card,) = cards_of([replace(told, max_points=1)], titles={"affine": "A"}, stands_on={})
    assert (card.reason, card.is_todo) == ("", True)


def test_a_title_is_told_in_the_rubric_s_words_whatever_the_outcome() -> None:
    titles = CheckTitles(zh={"layers::scale": "缩放"})
    rubric = replace(Assignment.load("numpynn").rubric, titles=titles)
    relu = {"targets": ["relu_forward"], "message": "x"}
    checks = [
        sample.check("scale[wide]", "layers"),
        sample.check("scale", "layers", Outcome.FAILED, **relu),
        sample.check("shift", "layers", title="Shift"),
    ]
    assert [told.title for told in ruled(rubric, checks, "zh")] == ["缩放", "缩放", "Shift"]
    assert [told.title for told in ruled(rubric, checks, "en")] == [c.title for c in checks]


@pytest.mark.parametrize("name", ["numpynn", "convnet"])
def test_all_titles_of_shipped_checks_are_there_in_chinese(name: str) -> None:
    assignment = Assignment.load(name)
    checks = Key.load(assignment.layout.key).checks
    assert {check.family for check in checks} == assignment.rubric.titles.zh.keys()
    assert all(has_chinese(title) for title in assignment.rubric.titles.zh.values())


def has_chinese(text: str) -> bool:
    return any("一" <= char <= "鿿" for char in text)


def test_each_text_is_said_somewhere() -> None:
    """Who changes what a check says finds the translation by this, if not by a case above."""
    told = {message_in("zh", case()) for case in CASES.values()}
    said = "\n".join(_literals(PACKAGE))
    for text in _MESSAGES:
        longest = max(re.split(r"\{\w+\}", text.en), key=len)
        begin = " ".join(longest.split()[:3])
        form = re.sub(r"\\\{\w+\\\}", ".+", re.escape(text.zh))
        assert begin in said or any(re.fullmatch(form, each) for each in told), text.en


def _literals(folder: Path) -> Iterator[str]:
    """The fixed texts in the code, of f-strings their fixed parts, but for the translations."""
    for path in folder.rglob("*.py"):
        if path.name != "message_texts.py":
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    yield node.value
