"""The student's copy of a report tells nothing of what hidden checks gave to the code."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from grader.checks.inputs import Inputs
from tests.support import grader
from tests.verify.toy import LAYERS, RUBRIC, SHIFT, make

HIDDEN_FIRST = """

from grader.checks import Visibility

@check("scale, unseen", part="scale", targets="scale")
def test_unseen(student, reference, inputs):
    x, w = inputs.normal(3, 4), inputs.normal(4)
    assert_close("out", student.scale(x, w), reference.scale(x, w))


@check("scale, seen", part="scale", targets="scale")
def test_seen(student, reference, inputs):
    x, w = inputs.normal(3, 4), inputs.normal(4)
    assert_close("out", student.scale(x, w), reference.scale(x, w))


@check("scale, hidden by the bank", part="scale", targets="scale", visibility=Visibility.HIDDEN)
def test_opened(student, reference, inputs):
    x, w = inputs.normal(3, 4), inputs.normal(4)
    assert_close("out", student.scale(x, w), reference.scale(x, w))


@check("scale, after the unseen", part="scale", targets="scale", needs=[test_unseen])
def test_after(student, reference, inputs):
    x, w = inputs.normal(3, 4), inputs.normal(4)
    assert_close("out", student.scale(x, w), reference.scale(x, w))
"""
"""The file has a hidden check before those that are public."""

DECIDES = """
[checks]
"layers::unseen" = { visibility = "hidden" }
"layers::opened" = { visibility = "public" }
"layers::after" = { visibility = "public" }
"""
"""What the rubric says of a check goes before what the bank says."""

KEEPS = """\
import warnings
import numpy as np

SEEN = []


def tell():
    return [float(v) for v in np.concatenate([np.ravel(a) for a in SEEN])]


def scale(x, w):
    SEEN.extend([x, w])
    TELLING
    return x * w + 1


def shift(x, b):
    SEEN.extend([x, b])
    TELLING
    return x + b
"""
WAYS = {
    "prints": "print(*tell()[::-1], sep=chr(10))",
    "warns": "warnings.warn(str(tell()))",
    "raises": "raise ValueError(str(tell()))",
    "returns": "return np.array(tell() + [0.0] * 999)[-999:].reshape(27, 37)",
    "returns-text": "return str(tell())",
    "names": "return {str(v): v for v in tell()}",
    "traces": "exec(compile('raise KeyError()', str(tell())[:3000], 'exec'))",
    "leaves-files": "open('seen', 'a').write(str(tell())); print(open('seen').read())",
}
_NUMBER = re.compile(r"\d+\.\d{6,}")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A class that tells whatever it saw, in every way."""
    folder = tmp_path_factory.mktemp("copies")
    (folder / "assignment").mkdir()
    assignment = make(folder / "assignment", HIDDEN_FIRST, SHIFT, rubric=RUBRIC + DECIDES)
    for name, telling in {"right": "", **WAYS}.items():
        path = folder / "class" / name / "toy" / "layers.py"
        path.parent.mkdir(parents=True)
        path.write_text(KEEPS.replace("TELLING", telling) if telling else LAYERS, encoding="utf-8")
    options = ("-a", assignment.path, "-j", "2", "--seed", "secret")
    grader("batch", "-a", "numpynn", folder / "class", "-o", folder / "out", *options)
    path = folder / "class" / "prints"
    grader(
        "grade",
        "-a",
        "numpynn",
        path,
        *options[:2],
        "--seed",
        "secret",
        "--json",
        "r.json",
        cwd=folder,
        code=1,
    )
    return folder


def _checks(made: Path) -> Iterator[dict[str, Any]]:
    for path in (made / "out" / "results").iterdir():
        yield from json.loads(path.read_bytes())["checks"]


def _secrets(made: Path) -> set[str]:
    """The first digits of all inputs of the hidden check, which the class has told in its ways."""
    inputs = Inputs("secret", "layers::unseen")
    values = np.concatenate([inputs.normal(3, 4).ravel(), inputs.normal(4)])
    secrets = {f"{abs(value):.9f}"[:8] for value in values}
    told = "".join(json.dumps(check) for check in _checks(made))
    assert all(secret in told for secret in secrets)
    return secrets


def test_no_number_of_a_hidden_check_is_in_what_students_get(made: Path) -> None:
    secrets = _secrets(made)
    pages = [*(made / "out" / "reports").iterdir(), made / "prints.html"]
    assert len(pages) == len(WAYS) + 2
    for page in pages:
        text = page.read_text("utf-8")
        assert not [secret for secret in secrets if secret in text], page.name


def test_public_checks_still_show_what_was_printed(made: Path) -> None:
    shown = (made / "out" / "reports" / "prints.html").read_text("utf-8")
    assert len(_NUMBER.findall(shown)) > 16


def test_the_instructors_copy_tells_all_and_says_whose_it_is(made: Path) -> None:
    secrets = _secrets(made)
    folder = made / "out" / "instructor"
    copies = {path.stem: path.read_text("utf-8") for path in (*folder.iterdir(),)}
    assert any(secret in copies["prints"] for secret in secrets)
    for name, text in copies.items():
        assert "Instructor’s copy" in text
        assert f'<a href="../reports/{name}.html">' in text
        assert "Instructor’s copy" not in (made / "out" / "reports" / f"{name}.html").read_text()
    alone = (made / "instructor" / "prints.html").read_text("utf-8")
    assert any(secret in alone for secret in secrets)
    assert '<a href="../prints.html">' in alone


def test_a_result_says_whose_it_is(made: Path) -> None:
    for path in (*(made / "out" / "results").iterdir(), made / "r.json"):
        assert json.loads(path.read_bytes())["audience"] == "instructor"


def test_a_check_that_runs_after_hidden_ones_is_as_good_as_hidden(made: Path) -> None:
    visible = {(check["id"], check["visibility"]) for check in _checks(made)}
    assert visible == {
        ("layers::unseen", "hidden"), ("layers::after", "hidden"),
        ("layers::seen", "public"), ("layers::opened", "public"), ("layers::shift", "public"),
    }  # fmt: skip


def test_a_class_page_has_none_of_it(made: Path) -> None:
    for name in ("index.html", "gradebook.csv"):
        text = (made / "out" / name).read_text("utf-8-sig")
        assert not [secret for secret in _secrets(made) if secret in text]
