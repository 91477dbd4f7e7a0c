"""On GitHub: what a workflow shows, and a repository for students without the reference."""

from __future__ import annotations

import json
import os
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from grader.assignment.folder import Assignment
from grader.deploy.github_report import annotation_lines, summary_markdown
from grader.deploy.student_repository import write_repository
from grader.model.result import Finding, Outcome, Result
from grader.runner.answer_key import Key
from tests.report import sample
from tests.support import REPOSITORY, grader
from tests.verify.toy import LAYERS, RUBRIC, SCALE, SHIFT, make

jsonschema: Any = pytest.importorskip("jsonschema")
yaml: Any = pytest.importorskip("yaml")
HIDE = "\n[checks]\n'layers::shift' = { visibility = 'hidden' }\n"
WRONG = LAYERS.replace("x * w", "x - w")


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with an assignment's rubric, and in a folder of it a student's wrong work."""
    base = tmp_path_factory.mktemp("github")
    (base / "mine").mkdir()
    make(base / "mine", SCALE, SHIFT, rubric=RUBRIC + HIDE)
    module = base / "work" / "hw" / "toy" / "layers.py"
    module.parent.mkdir(parents=True)
    module.write_text(WRONG, encoding="utf-8")
    return base


def check(work: Path, *options: str, **environment: str) -> tuple[int, str, str]:
    """`grader check` in the student's folder."""
    rubric = work / "mine" / "toy.toml"
    done = grader(
        "check", "-a", rubric, *options, cwd=work / "work" / "hw", code=None,
        env={**os.environ, **environment},
    )  # fmt: skip
    return done.returncode, done.stdout, done.stderr


def test_a_workflow_annotates_the_line_and_counts_points(work: Path) -> None:
    summary = work / "summary.md"
    code, out, _ = check(
        work, "--github",
        GITHUB_WORKSPACE=str(work / "work"), GITHUB_STEP_SUMMARY=str(summary),
    )  # fmt: skip
    assert code == 1
    (line,) = [line for line in out.splitlines() if line.startswith("::")]
    at = 1 + WRONG.splitlines().index("def scale(x, w):")
    assert line.startswith(f"::error title=scale multiplies,file=hw/toy/layers.py,line={at}::")
    assert "| Scale | 0 / 4 |" in summary.read_text("utf-8")
    assert "| scale multiplies | Wrong | 0 / 4 |" in summary.read_text("utf-8")


def test_json_is_the_students_copy_and_nothing_else(work: Path) -> None:
    code, out, _ = check(work, "--json")
    told = json.loads(out)
    schema = json.loads((REPOSITORY / "docs" / "result.schema.json").read_bytes())
    jsonschema.validate(told, schema)
    assert code == 1
    assert told["audience"] == "student"
    assert [c["id"] for c in told["checks"]] == ["layers::scale"]


def test_json_goes_with_nothing_that_runs_on(work: Path) -> None:
    code, _, said = check(work, "--json", "--watch")
    assert code == 2
    assert "--watch goes with neither" in said


def test_what_students_write_commands_nothing() -> None:
    """A line break in a message would begin a command of its own."""
    texts = "x\n::error file=other.py::y\r::add-mask::z %0A"
    (broken,) = _failing(sample.result(), message=texts, title="a,b:c\n::d")
    lines = list(annotation_lines(replace(sample.result(), checks=[broken])))
    assert len(lines) == 1
    assert len(lines[0].splitlines()) == 1
    assert lines[0].startswith("::error title=a%2Cb%3Ac %3A%3Ad")


def test_a_summary_shows_text_as_text() -> None:
    nasty = "a|b <img src=x> **c** [d](e)"
    (broken,) = _failing(sample.result(), title=nasty)
    told = summary_markdown(replace(sample.result(), checks=[broken], notes=[nasty]))
    assert "<img" not in told
    assert "**c**" not in told
    rows = [line for line in told.splitlines() if "img" in line and line.startswith("|")]
    assert [len(re.findall(r"(?<!\\)\|", row)) for row in rows] == [4]


def test_no_hidden_value_in_either() -> None:
    result = sample.result()
    assert sample.SECRET in result.to_json().decode()
    assert sample.SECRET not in summary_markdown(result)
    assert sample.SECRET not in "".join(annotation_lines(result))


def _failing(result: Result, **changes: Any) -> Iterator[Any]:
    failed = next(check for check in result.checks if check.outcome is Outcome.FAILED)
    yield replace(failed, finding=Finding(kind="values"), causes=[], follows_from="", **changes)


def test_a_repository_for_students_has_no_reference_and_no_hidden_answer(tmp_path: Path) -> None:
    wheel = write_repository(Assignment.load("numpynn"), tmp_path / "out", mistakes=False)
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        archive.extract("grader/_data/rubrics/numpynn.key", tmp_path)
    assert not [name for name in names if "_data/reference/" in name or "/mistakes/" in name]
    key = Key.load(tmp_path / "grader" / "_data" / "rubrics" / "numpynn.key")
    assert key.public_only
    text = (tmp_path / "out" / ".github" / "workflows" / "check.yml").read_text("utf-8")
    workflow = yaml.safe_load(text)
    (job,) = workflow["jobs"].values()
    assert workflow["permissions"] == {"contents": "read"}
    assert [step["run"] for step in job["steps"] if "run" in step] == [
        "python -m pip install ./gradewall-*.whl", "grader check --github",
    ]  # fmt: skip
    assert "secrets." not in text
