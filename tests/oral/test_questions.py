"""The command on a student's code: kinds of questions, and answers that are right."""

from __future__ import annotations

import json
import re
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tests.support import grader
from tests.verify.toy import make

MINE = """\
import numpy as np


def scale(x, w):
    both = x * w
    total = np.sum(both, axis=0)
    mean = total / len(x)
    centred = both - mean
    if len(x) > 5:
        out = centred
    else:
        out = centred + 2 * mean
    out[0] = mean
    return out


def shift(x, b):
    return x + 2 * b
"""
CHECK = """

@check("scale multiplies, {n}", part="scale", targets="scale")
def test_scale_{n}(student, reference, inputs):
    x, w = inputs.normal({n}, 4), inputs.normal(4)
    assert_close("out", student.scale(x, w), reference.scale(x, w))
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An assignment, and what somebody wrote for it, asked about."""
    folder = tmp_path_factory.mktemp("oral")
    (folder / "assignment").mkdir()
    checks = [CHECK.format(n=n) for n in (3, 6, 5, 7)]
    make(folder / "assignment", *checks)
    (folder / "ann/toy").mkdir(parents=True)
    (folder / "ann/toy/layers.py").write_text(MINE, encoding="utf-8")
    ask(folder, "--json", "one.json", "-n", "9")
    return folder


def ask(folder: Path, *words: str, name: str = "ann", code: int = 0) -> str:
    """What `grader questions` says."""
    rubric = folder / "assignment/toy.toml"
    done = grader("questions", name, "-a", rubric, *words, cwd=folder, code=code)
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def questions(made: Path) -> dict[str, Any]:
    """The questions by kind."""
    sheet = json.loads((made / "one.json").read_bytes())
    return {each["kind"]: each for each in sheet["questions"]}


def test_there_are_several_kinds(questions: dict[str, Any]) -> None:
    assert {"shape", "branch", "used again", "change: axis"} <= questions.keys()


def test_a_shape_is_that_of_the_call(questions: dict[str, Any]) -> None:
    found = questions["shape"]
    asked = re.search(
        r"In the call scale\(x=float64\[(\d), 4\], w=float64\[4\]\), .* `(\w+)` after line",
        found["question"],
    )
    assert asked is not None
    assert asked[2] in ("total", "mean")
    assert found["answer"] == "(4,)"


def test_the_branch_is_the_one_that_the_call_takes(questions: dict[str, Any]) -> None:
    found = questions["branch"]
    rows = int(re.findall(r"x=float64\[(\d)", found["question"])[0])
    assert "lines 10 and 12" in found["question"]
    assert found["answer"] == f"The one that begins in line {10 if rows > 5 else 12}."


def test_an_axis_that_does_not_fit_raises_where_it_is_met(questions: dict[str, Any]) -> None:
    found = questions["change: axis"]
    assert "`np.sum(both, axis=0)` were `np.sum(both, axis=1)`" in found["question"]
    assert found["answer"].startswith("It raises ValueError in line 8: operands could")


def test_uses_are_all_that_there_are(questions: dict[str, Any]) -> None:
    uses = {"both": "lines 6 and 8", "mean": "lines 8, 12 and 13"}
    name = re.findall(r"gives to `(\w+)`", questions["used again"]["question"])[0]
    assert questions["used again"]["answer"] == f"In {uses[name]}."


def test_every_question_shows_the_line_that_it_is_about(made: Path) -> None:
    lines = MINE.split("\n")
    for each in json.loads((made / "one.json").read_bytes())["questions"]:
        shown = {line["number"]: line["text"] for line in each["lines"]}
        assert all(lines[number - 1] == text for number, text in shown.items())
        assert any(line["asked"] for line in each["lines"])
        assert each["how"]


def test_the_same_seed_draws_the_same_from_an_archive(made: Path) -> None:
    with zipfile.ZipFile(made / "ann.zip", "w") as archive:
        archive.write(made / "ann/toy/layers.py", "ann/toy/layers.py")
    ask(made, "--json", "zipped.json", "-n", "2", name="ann.zip")
    one, other = (json.loads((made / f"{n}.json").read_bytes()) for n in ("one", "zipped"))
    assert other["questions"] == one["questions"][:2]
    assert (other["submission"], len(other["questions"])) == ("ann.zip", 2)


def test_what_was_given_is_not_asked_about(made: Path) -> None:
    """`shift` is as in the template that is named here; so nothing of it can be asked."""
    (made / "given.py").write_text(MINE, encoding="utf-8")
    said = ask(made, "-t", "given.py", code=3)
    assert "nothing can be asked about it: 0 functions" in said


def test_the_page_and_the_chinese_texts(made: Path) -> None:
    said = ask(made, "-n", "2", "--lang", "zh", "--seed", "x")
    page = (made / "oral/ann.html").read_text("utf-8")
    assert 'lang="zh-Hans"' in page
    assert "答案" in page
    assert re.search("第 \\d+ 行", said)
