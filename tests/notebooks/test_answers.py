"""Written answers are found and looked at for being there, in both languages."""

from __future__ import annotations

import pytest

from grader.notebooks.answers import word_count, written_answers
from grader.notebooks.reading import Book, Cell, read_notebook
from grader.notebooks.records import WrittenAnswer
from grader.template import WRITE_HERE
from tests.notebooks.books import as_json, release

RELEASE = release("Dropout")


def _answers(*texts: str) -> dict[str, WrittenAnswer]:
    book = read_notebook(as_json([("markdown", text) for text in texts]), "x.ipynb")
    found = written_answers(book, RELEASE, {"1": 2, "2": 3})
    return {answer.question: answer for answer in found}


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("**Your answer:** Because p scales it.", "answered"),
        ("**Your Answer:** *fill this in*", "placeholder"),
        ("**Your answer:**", "empty"),
        ("", "empty"),
        ("**Your answer:** TODO", "placeholder"),
        ("[FILL THIS IN]", "placeholder"),
        ("*Write your answer here.*", "placeholder"),
        ("你的回答：在此填写答案", "placeholder"),
        ("**答案：** 请在此处作答", "placeholder"),
        ("答：因为期望值要保持不变。", "answered"),
        ("回答：", "empty"),
        (WRITE_HERE, "placeholder"),
    ],
)
def test_states(text: str, state: str) -> None:
    own = Cell(id="question-1", code=False, source=text, role="written", question="1")
    (answer,) = written_answers(Book(path="x", cells=[own]), RELEASE, {"1": 2.0})
    assert (answer.state, answer.points) == (state, 2.0)


def test_an_answer_stands_in_the_cell_of_its_question_or_behind_it() -> None:
    answers = _answers(
        "## Inline Question 1\nWhy?\n\n## Answer:\nBecause.",
        "## Inline Question 2\nAnd why?",
        "## Answer:\nTwo words.",
        "# The next section",
    )
    assert (answers["1"].state, answers["1"].words) == ("answered", 1)
    assert (answers["2"].state, answers["2"].words) == ("answered", 2)


def test_a_question_without_an_answer() -> None:
    answers = _answers("### Question 1\nWhy?", "# Next")
    assert answers["1"].state == "empty"
    assert answers["2"].state == "missing"


def test_words_of_both_languages() -> None:
    assert word_count("It doesn't change 均值 at all.") == 7


def test_nothing_is_scored() -> None:
    assert not hasattr(WrittenAnswer(question="1", state="answered"), "score")
