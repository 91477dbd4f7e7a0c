"""The student's copy of a report tells nothing of what hidden checks gave to the code."""

from __future__ import annotations

import base64
import html
import io
import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from grader.checks.inputs import Inputs
from grader.course.feedback_zip import PageOf, feedback_for, zip_pieces
from grader.deploy.github_report import annotation_lines, summary_markdown
from grader.deploy.gradescope_results import gradescope_results
from grader.model.oral_records import OralSheet
from grader.model.person import Person
from grader.model.result import Result
from grader.report.oral_page import oral_page
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


def _spellings(value: float) -> set[str]:
    """How code, a report or a file format may write a number so that it can be read back."""
    size = abs(float(value))
    texts = {f"{size:.9f}"[:8], f"{size:.6e}"[:8], f"{size:.8g}"[:8], size.hex()[4:14]}
    raw = np.float64(value).tobytes()
    texts |= {raw.hex(), np.float32(value).tobytes().hex(), repr(raw)[2:-1]}
    return {text for text in texts if len(text) >= 7}


def _hidden_texts(made: Path) -> set[str]:
    """Every number that a hidden check gave or expected, and every message that came of one."""
    found: set[str] = set()
    for id in ("layers::unseen", "layers::after"):
        inputs = Inputs("secret", id)
        x, w = inputs.normal(3, 4), inputs.normal(4)
        arrays = (x, w, x * w)
        for value in np.concatenate([array.ravel() for array in arrays]):
            found |= _spellings(value)
        found |= {base64.b64encode(array.tobytes()).decode()[:24] for array in arrays}
    told = {"public": set[str](), "hidden": set[str]()}
    for check in _checks(made):
        finding = check["finding"] or {}
        lines = [check["message"], *check["notes"], *check["warnings"], *check["stdout"].split()]
        lines += [finding.get(key, "") for key in ("call", "received", "expected")]
        told[check["visibility"]] |= {line for line in lines if len(line) >= 7}
    return found | (told["hidden"] - told["public"])


def _in_archives(name: str, content: bytes) -> Iterator[tuple[str, bytes]]:
    """A file, and what is in it if it is a zip."""
    yield name, content
    if zipfile.is_zipfile(io.BytesIO(content)):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for each in archive.namelist():
                yield from _in_archives(f"{name}/{each}", archive.read(each))


def _handed_out(made: Path) -> Iterator[tuple[str, bytes]]:
    """Every file that a student gets, in whatever way."""
    for page in [*(made / "out" / "reports").iterdir(), made / "prints.html"]:
        yield page.name, page.read_bytes()
    grader("publish", made / "out", "--to", made / "web")
    for file in (path for path in (made / "web").rglob("*") if path.is_file()):
        yield f"published {file.name}", file.read_bytes()
    people = [
        PageOf(
            Person(key=page.stem, name=page.stem, ids={"moodle": str(n), "canvas": str(n)}),
            page,
            [f"{page.stem}_{n}_{n}_work.{'zip' if n % 2 else 'py'}"],
        )
        for n, page in enumerate((made / "out" / "reports").iterdir(), start=1)
    ]
    for platform in ("canvas", "moodle"):
        zipped = b"".join(zip_pieces(feedback_for(platform, people).entries))
        yield from _in_archives(f"feedback for {platform}", zipped)
    for path in (made / "out" / "results").iterdir():
        result = Result.load(path)
        told = gradescope_results(result, hidden_checks="visible", leaderboard=True)
        yield f"results.json of {path.stem}", json.dumps(told).encode()
        yield f"annotations of {path.stem}", "\n".join(annotation_lines(result)).encode()
        yield f"summary of {path.stem}", summary_markdown(result).encode()
    rubric = made / "assignment" / "toy.toml"
    for way in ("prints", "raises"):
        folder = made / "class" / way
        done = grader("check", folder, "-a", rubric, "--json", "--github", code=1)
        yield f"check --json of {way}", done.stdout.encode()


def test_nothing_of_a_hidden_check_is_in_any_file_that_a_student_gets(made: Path) -> None:
    """Submissions print, raise, return and name their inputs, and leave them in files."""
    hidden = _hidden_texts(made)
    assert len(hidden) > 100
    seen = 0
    for name, content in _handed_out(made):
        text = content.decode("utf-8", errors="replace")
        assert not [each for each in hidden if each in text or html.escape(each) in text], name
        seen += 1
    assert seen > 40


INSTRUCTORS_ONLY = re.compile("Similar is not copied|Questions for an oral|similar/index", re.I)


def test_nothing_of_similar_work_or_an_oral_is_in_any_file_that_a_student_gets(made: Path) -> None:
    """`grader similar` and `grader questions` write into the output of the batch."""
    grader("similar", made / "class", "-o", made / "out", "-j", "1")
    oral = made / "out" / "oral" / "prints.html"
    oral.parent.mkdir()
    sheet = OralSheet(submission="prints", name="prints", assignment="Toy", questions=[])
    oral.write_text(oral_page(sheet), encoding="utf-8")
    pages = [*(made / "out" / "similar").rglob("*.html"), oral]
    assert len(pages) > 3
    assert all(INSTRUCTORS_ONLY.search(page.read_text("utf-8")) for page in pages)
    for name, content in _handed_out(made):
        assert not INSTRUCTORS_ONLY.search(content.decode("utf-8", errors="replace")), name


def test_the_search_finds_what_instructors_may_see(made: Path) -> None:
    """So that the test above does not pass for want of looking."""
    hidden = _hidden_texts(made)
    for way in ("prints", "raises", "warns", "leaves-files"):
        text = (made / "out" / "results" / f"{way}.json").read_text("utf-8")
        assert len([each for each in hidden if each in text]) > 3, way


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
