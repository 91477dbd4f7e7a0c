"""Written answers are found and looked at for being there, in both languages."""

from __future__ import annotations

import base64
import json

import pytest
from msgspec.structs import replace

from grader.assignment.stripping import WRITE_HERE
from grader.model.notebook_records import CellOutput, WrittenAnswer
from grader.notebooks import answer_images
from grader.notebooks.answers import word_count, written_answers
from grader.submission.notebook_cells import Cell, Notebook, read_notebook
from tests.notebooks.books import as_json, release

RELEASE = release("Dropout")


def _answers(*texts: str) -> dict[str, WrittenAnswer]:
    book = read_notebook(as_json([("markdown", text) for text in texts]), "x.ipynb")
    found = written_answers(book, RELEASE, {"1": 2, "2": 3})
    return {answer.question: answer for answer in found}


def test_an_answer_comes_with_the_text_of_its_question() -> None:
    asked = {name: answer.asked for name, answer in _answers("nothing").items()}
    assert asked.keys() == {"1", "2"}
    given = "\n".join(cell.source for cell in RELEASE.cells)
    for text in asked.values():
        assert len(text.split()) > 5
        assert text in given
        assert "Your answer" not in text


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
    (answer,) = written_answers(Notebook(path="x", cells=[own]), RELEASE, {"1": 2.0})
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
    book = Notebook(path="x.ipynb", cells=cells, beside=beside or {})
    [answer] = written_answers(book, Notebook(path="", cells=[]), {"1": 2.0})
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
    monkeypatch.setattr(answer_images, "_MAX_ONE", 40)
    monkeypatch.setattr(answer_images, "_MAX_TOGETHER", 60)
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


# Where answers stand, and what questions are called.


def _states(answers: dict[str, WrittenAnswer]) -> list[str]:
    return [answer.state for answer in answers.values()]


@pytest.mark.parametrize(
    "heading",
    ["## Inline Question 2:", "**Inline Question 2**", "### Question two", "Question II.", "Q2:",
     "# Inline Question #2", "Inline Question2:",
     "## 问题二：", "## 问题 2", "第二题", "## 内联问题2:",
     "思考题二：", "### 第 2 个问题", "1. Question 2"],
)  # fmt: skip
def test_numbers_of_questions(heading: str) -> None:
    answers = _answers(f"{heading}\nWhy?\n\n**Answer:** so it is")
    assert _states(answers) == ["missing", "answered"]
    assert answers["2"].text == "so it is"


@pytest.mark.parametrize(
    "text", ["as in question 2, so", "问题在于方差", "Questions 2 and 3 say", "q2x"]
)
def test_prose_asks_nothing(text: str) -> None:
    assert _states(_answers(f"## Question 1\nWhy?\n\nAnswer: {text}")) == ["answered", "missing"]


def test_questions_without_numbers_go_by_their_place() -> None:
    answers = _answers(
        "# Inline question:\nWhich was harder?", "# Answer:\nThe deeper one.",
        "# Inline question:\nWhy?", "# Answer:\nGradients shrink.",
    )  # fmt: skip
    assert [answer.text for answer in answers.values()] == ["The deeper one.", "Gradients shrink."]


def test_questions_of_another_release_go_by_what_they_say() -> None:
    asked = {cell.question: cell for cell in RELEASE.cells if cell.question}
    assert set(asked) == {"1", "2", "3"}
    text = next(c.source for c in RELEASE.cells if c.id == "question-3-text")
    body = text.partition("\n\n")[2]
    book = read_notebook(
        as_json([("markdown", f"## Inline Question 1\n{body}\n\nAnswer: raise it")]), "x.ipynb"
    )
    found = written_answers(book, RELEASE, dict.fromkeys("123", 1.0))
    assert [answer.state for answer in found] == ["missing", "missing", "answered"]


@pytest.mark.parametrize(
    ("numbers", "found"),
    [
        ("1 2", {"2": "a1", "3": "a2"}),
        ("", {"2": "a1"}),
        ("1", {"2": "a1", "3": ""}),
    ],
    ids=["numbered", "not numbered", "one of two"],
)
def test_questions_that_were_left_out_shift_the_numbers_of_the_others(
    numbers: str, found: dict[str, str]
) -> None:
    texts = [f"## Inline Question {n}:\nWhat of it?\n\nAnswer: a{n}" for n in numbers.split()]
    made = [("markdown", text) for text in texts or ["# Question:\nWhat?\n\nAnswer: a1"]]
    left_out = ["1"] if numbers else ["1", "3"]
    book = read_notebook(as_json([*made]), "x.ipynb")
    answers = written_answers(book, RELEASE, dict.fromkeys("123", 1.0), left_out=left_out)
    assert {answer.question: answer.text for answer in answers} == found


def test_a_question_that_only_some_of_a_release_left_out_is_found() -> None:
    texts = [f"## Inline Question {n}:\nWhat of it?\n\nAnswer: a{n}" for n in (1, 2, 3)]
    book = read_notebook(as_json([("markdown", text) for text in texts]), "x.ipynb")
    answers = written_answers(book, RELEASE, dict.fromkeys("123", 1.0), left_out=["3"])
    assert [answer.text for answer in answers] == ["a1", "a2", "a3"]


def test_two_questions_in_one_cell() -> None:
    answers = _answers("## Question 1\nWhy?\nAnswer: a b\n## Question 2\nHow?\nAnswer: c")
    assert [answer.text for answer in answers.values()] == ["a b", "c"]


def _edited(**sources: str) -> list[WrittenAnswer]:
    """Answers in our notebook with some cells' texts replaced; `behind_ID` adds a cell."""
    cells = []
    for cell in RELEASE.cells:
        key = cell.id.replace("-", "_")
        cells.append(replace(cell, source=sources.get(key, cell.source)))
        if f"behind_{key}" in sources:
            cells.append(Cell(id=f"own-{key}", code=False, source=sources[f"behind_{key}"]))
        if f"code_{key}" in sources:
            cells.append(Cell(id=f"code-{key}", code=True, source=sources[f"code_{key}"]))
    return written_answers(Notebook(path="x", cells=cells), RELEASE, dict.fromkeys("123", 1.0))


def test_an_answer_behind_the_cell_for_it() -> None:
    [first, *others] = _edited(behind_question_1="**Your answer:** It scales.")
    assert (first.state, first.text) == ("answered", "It scales.")
    assert {other.state for other in others} == {"placeholder"}


def test_an_answer_between_the_question_and_the_cell_for_it() -> None:
    assert _edited(behind_question_1_text="It scales with p.")[0].text == "It scales with p."


@pytest.mark.parametrize("label", ["**Answer:** ", ""])
def test_an_answer_in_the_cell_of_the_question(label: str) -> None:
    asked = next(cell.source for cell in RELEASE.cells if cell.id == "question-1-text")
    first = _edited(question_1_text=f"{asked}\n\n{label}It scales with p.")[0]
    assert (first.state, first.text) == ("answered", "It scales with p.")


def test_an_answer_in_comments() -> None:
    code = "# Without the division the mean shrinks with p.\nx = 1  # not this\n# TODO: your code"
    first = _edited(code_question_1=code)[0]
    assert (first.state, first.words) == ("answered", 8)
    assert first.text == "Without the division the mean shrinks with p."


def test_comments_that_explain_code_are_no_answer() -> None:
    assert _edited(code_question_1="# set up\nx = 1")[0].state == "placeholder"
    told = _edited(question_1="Because.", code_question_1="# a comment of more than four words")[0]
    assert told.text == "Because."


DATA = f"data:image/png;base64,{PICTURE}"


@pytest.mark.parametrize("text", [f"![mine.png]({DATA})", f"<img width=9 src='{DATA}'>"])
def test_pictures_in_the_text_are_shown_and_have_no_words(text: str) -> None:
    [answer] = [a for a in _answers(f"Question 1: why?\n\nAnswer: {text}").values() if a.pictures]
    assert (answer.state, answer.words) == ("answered", 0)
    assert [picture.data for picture in answer.pictures] == [PICTURE]
    assert PICTURE not in answer.text


def test_links_have_no_words() -> None:
    assert word_count("see https://example.org/a/b-c.html <br> ![sketch](a.png) here") == 2


def test_nothing_is_missing_where_the_notebook_cannot_be_read() -> None:
    empty = Notebook(path="", cells=[])
    [answer] = written_answers(empty, RELEASE, {"1": 2.0}, unreadable=True)
    assert answer.state == "unreadable"


def test_what_the_release_says_answers_nothing() -> None:
    for name, questions in (("BatchNormalization", "1234"), ("FullyConnectedNets", "123")):
        book = release(name)
        found = written_answers(book, book, dict.fromkeys(questions, 1.0))
        assert {answer.state for answer in found} == {"placeholder"}


def test_text_above_a_question_in_its_cell_answers_the_one_before() -> None:
    answers = _answers("## Question 1\nWhy?", "Because.\n\n## Question 2\nHow?")
    assert [answer.text for answer in answers.values()] == ["Because.", ""]
    answers = _answers("## Question 1\nWhy?", "# Next\nProse.\n\n## Question 2\nHow?")
    assert [answer.text for answer in answers.values()] == ["", ""]
