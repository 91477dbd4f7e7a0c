"""Written answers are found and looked at for being there, in both languages."""

from __future__ import annotations

import base64
import json

import pytest

from grader.notebooks import pictures
from grader.notebooks.answers import word_count, written_answers
from grader.notebooks.reading import Book, Cell, read_notebook
from grader.notebooks.records import CellOutput, WrittenAnswer
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


PICTURE = base64.b64encode(b"\x89PNG").decode()


def _shown(*sources: str, beside: dict[str, bytes] | None = None) -> list[CellOutput]:
    cells = [
        Cell(id=f"{n}", code=False, source=source, attached={"a.png": {"image/png": PICTURE},
             "b.svg": {"image/svg+xml": "PHN2Zz4="}})
        for n, source in enumerate(sources)
    ]  # fmt: skip
    book = Book(path="x.ipynb", cells=cells, beside=beside or {})
    [answer] = written_answers(book, Book(path="", cells=[]), {"1": 2.0})
    assert answer.state == "answered"
    return answer.pictures


@pytest.mark.parametrize(
    "text",
    ["![](attachment:a.png)", "![my sketch](attachment:a.png) and again ![](attachment:a.png)",
     "<img width=3 src='attachment:a.png'>", "![x](./b.PNG 'title')", "![x](c/%C3%A9.jpg)",
     '<IMG src="c/é.jpg">'],
)  # fmt: skip
def test_pictures_in_an_answer_are_kept(text: str) -> None:
    beside = {"b.PNG": b"\x89PNG", "c/é.jpg": b"\x89PNG"}
    [picture] = _shown("Question 1: why?", f"Answer: {text}", beside=beside)
    assert (picture.mime.partition("/")[0], picture.data) == ("image", PICTURE)


@pytest.mark.parametrize(
    "text",
    ["![x](attachment:b.svg)", "![x](http://e/a.png)", "![x](../b.png)", "![x](/etc/b.png)",
     "![x](notes.txt)", "no picture"],
)  # fmt: skip
def test_nothing_else_is(text: str) -> None:
    beside = {"b.png": b"1", "notes.txt": b"2"}
    assert _shown("Question 1: why?", f"Answer: {text} .", beside=beside) == []


@pytest.mark.parametrize("label", ["Answer: ", "**Your answer:** ", "_答案_： ", "*Answer*:\n"])
@pytest.mark.parametrize("text", ["$x_1$ is", "`a` is", "*so* it is", "(1) is", "- is"])
def test_a_label_takes_nothing_of_the_answer(label: str, text: str) -> None:
    assert _answers(f"Question 1: why?\n\n{label}{text}")["1"].text == text


def test_pictures_of_the_question_are_not_the_answers() -> None:
    assert _shown("Question 1: ![](attachment:a.png) why?\n\nAnswer: so.") == []
    [_] = _shown("Question 1: why?\n\nAnswer: ![](attachment:a.png)")


def test_there_is_room_for_some_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "_MAX_ONE", 40)
    monkeypatch.setattr(pictures, "_MAX_TOGETHER", 60)
    beside = {f"{n}.png": bytes(n) for n in (40, 20, 10, 5)}
    text = " ".join(f"![]({name})" for name in beside)
    found = _shown("Question 1: why?", f"Answer: {text}", beside=beside)
    assert [len(base64.b64decode(picture.data)) for picture in found] == [20, 10, 5]


def test_what_is_pasted_into_a_cell_is_read() -> None:
    content = json.loads(
        as_json([("markdown", "Question 1"), ("markdown", "![](attachment:a.png)")])
    )
    content["cells"][1]["attachments"] = {"a.png": {"image/png": PICTURE, "x": 3}, "bad": 4}
    content["cells"][0]["attachments"] = "none"
    made = read_notebook(json.dumps(content).encode(), "x.ipynb")
    assert made.cells[1].attached == {"a.png": {"image/png": PICTURE}}
    assert made.cells[0].attached == {}
