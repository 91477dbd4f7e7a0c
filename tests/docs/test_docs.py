"""The documentation says what is true: commands, options, links, examples."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main

from grader.assignment.plugin import load_plugin
from grader.cli.app import app
from grader.course.course_settings import CourseAssignment, CourseSettings, SlipDays
from grader.model.result import CheckResult, Outcome, Result
from grader.model.rubric import Grading, LimitSettings, Rubric
from grader.model.served_data import DataRequest
from grader.model.submit_rule import SubmitRule
from grader.model.worth import LatePolicy
from tests.support import REPOSITORY, SECONDS, not_passed, results, submission
from tests.verify.toy import LAYERS, SCALE, SHIFT, make

PAGES = [REPOSITORY / "README.md", *sorted((REPOSITORY / "docs").glob("*.md"))]
OTHERS = [REPOSITORY / name for name in ("Makefile", ".ci/run", "scripts/system-packages")]
BLOCK = re.compile(r"^```(?P<language>\w+)\n(?P<text>.*?)^```$", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"!?\[[^\]]*\]\((?P<target>[^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def _text(*pages: Path) -> str:
    return "\n".join(page.read_text(encoding="utf-8") for page in pages)


def _blocks(page: Path, language: str) -> Iterator[tuple[str, str]]:
    """Blocks of one language: the paragraph in front of each, and the block."""
    text = _text(page)
    for block in BLOCK.finditer(text):
        if block["language"] == language:
            yield text[: block.start()].rstrip().rpartition("\n\n")[2], block["text"]


def _name(page: Path) -> str:
    return page.name


def _commands() -> dict[str, Any]:
    """Commands by name, those of groups among them: `course new`."""
    group: Any = typer.main.get_command(app)
    commands = dict(group.commands)
    for name, inner in group.commands.items():
        below = getattr(inner, "commands", {})
        commands |= {f"{name} {each}": command for each, command in below.items()}
    return commands


@pytest.mark.parametrize("command", sorted(_commands()))
def test_every_command_and_option_is_there(command: str) -> None:
    text = _text(*PAGES)
    assert f"grader {command}" in text
    for option in _commands()[command].params:
        if getattr(option, "hidden", False) or option.param_type_name != "option":
            continue
        for name in option.opts:
            assert re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text), name


@pytest.mark.parametrize("kind", [Result, CheckResult], ids=lambda kind: kind.__name__)
def test_every_field_of_a_result_is_there(kind: type[Result] | type[CheckResult]) -> None:
    text = _text(REPOSITORY / "docs" / "result.md")
    assert {name for name in kind.__struct_fields__ if f"`{name}`" not in text} == set()


def test_every_outcome_is_there() -> None:
    text = _text(REPOSITORY / "docs" / "instructors.md")
    assert {outcome.value for outcome in Outcome if f"| `{outcome}` |" not in text} == set()


def test_every_key_of_a_course_is_there() -> None:
    text = _text(REPOSITORY / "docs" / "course.md")
    kinds = (CourseSettings, CourseAssignment, SlipDays)
    keys = {name for kind in kinds for name in kind.__struct_encode_fields__}
    assert {name for name in keys if f"`{name}`" not in text} <= {"assignments", "database", "late"}


@pytest.mark.skipif(sys.platform == "win32", reason="needs bash")
def test_the_guide_to_a_course_works(tmp_path: Path) -> None:
    page = REPOSITORY / "docs" / "course.md"
    for before, content in _blocks(page, "csv"):
        name = re.search(r"`([\w.]+\.csv)`", before)
        assert name is not None, before
        (tmp_path / name[1]).write_text(content, encoding="utf-8")
    said = [_run(script, tmp_path) for _, script in _blocks(page, "bash")]
    assert "2 students." in said[1]
    assert "override 1: the whole, 8 points" in said[-1]


def test_every_key_of_a_rubric_is_there() -> None:
    text = _text(REPOSITORY / "docs" / "instructors.md")
    kinds = (Rubric, Grading, LatePolicy, LimitSettings, SubmitRule)
    keys = {name for kind in kinds for name in kind.__struct_encode_fields__}
    assert {name for name in keys if not re.search(rf"\b{name}\b", text)} == set()


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_links_lead_somewhere(page: Path) -> None:
    for link in LINK.finditer(BLOCK.sub("", _text(page))):
        target, _, anchor = link["target"].partition("#")
        if target.startswith("http"):
            continue
        file = (page.parent / target).resolve() if target else page
        assert file.exists(), link[0]
        if anchor:
            headings = {_anchor(heading) for heading in HEADING.findall(_text(file))}
            assert anchor in headings, link[0]


def _anchor(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def test_every_folder_that_is_named_is_there() -> None:
    text = _text(REPOSITORY / "docs" / "architecture.md")
    named = {REPOSITORY / name for name in re.findall(r"`([a-z_/]+/)`", text)}
    assert {folder for folder in named if not folder.is_dir()} == set()
    packages = {path.parent for path in (REPOSITORY / "grader").glob("*/__init__.py")}
    assert {folder.name for folder in packages - named} <= {"demo"}


def test_every_page_is_in_the_index() -> None:
    linked = {link["target"] for link in LINK.finditer(_text(REPOSITORY / "docs" / "index.md"))}
    assert {page.name for page in PAGES[1:]} - {"index.md"} <= linked


@pytest.mark.parametrize("page", [*PAGES, *OTHERS], ids=_name)
def test_no_path_of_any_machine(page: Path) -> None:
    assert re.findall(r"(?<![\w.])/(?:work|root|home|opt|tmp|Users)/\S*", _text(page)) == []


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_python_is_python(page: Path) -> None:
    for _, code in _blocks(page, "python"):
        if not code.startswith("    "):
            ast.parse(code)


def _run(script: str, folder: Path) -> str:
    """Run a block as it stands, with our `grader` in the path."""
    function = f'grader() {{ "{sys.executable}" -m grader "$@"; }}'
    done = subprocess.run(
        ["bash", "-euc", f"{function}\n{script}"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, (script, done.stdout, done.stderr)
    return done.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="needs bash")
def test_the_readme_runs(tmp_path: Path) -> None:
    """Blocks marked `bash`; those marked `sh` are for machines that we cannot assume."""
    for name in ("ann", "bob"):
        submission(tmp_path / "submissions", name)
    submission(tmp_path, "my-assignment")
    scripts = [script for _, script in _blocks(REPOSITORY / "README.md", "bash")]
    assert len(scripts) >= 2
    for script in scripts:
        _run(script, tmp_path)
    assert (tmp_path / "reports" / "index.html").is_file()


@pytest.mark.skipif(sys.platform == "win32", reason="needs bash")
def test_the_guide_to_checks_works(tmp_path: Path) -> None:
    page = REPOSITORY / "docs" / "bank.md"
    for language in ("toml", "python"):
        for before, content in _blocks(page, language):
            name = re.search(r"`([\w/]+\.\w+)`", before)
            assert name is not None, before
            file = tmp_path / name[1]
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(content, encoding="utf-8")
    package = tmp_path / "reference" / "numpynn"
    (package / "__init__.py").write_text("")
    right = (package / "layers.py").read_text(encoding="utf-8")
    wrong = right.replace("slope * dout", "slope")
    for student, text in (("ann", right), ("bob", wrong)):
        file = tmp_path / "submissions" / student / "numpynn" / "layers.py"
        file.parent.mkdir(parents=True)
        file.write_text(text, encoding="utf-8")
    for _, script in _blocks(page, "bash"):
        _run(script, tmp_path)
    graded = results(tmp_path / "reports")
    assert graded["ann"]["score"] == 10
    assert graded["bob"]["score"] == pytest.approx(10 / 3, abs=0.01)
    lost = not_passed(graded["bob"])
    assert [check["hint"] for check in lost] == ["What is the slope on either side of 0?"]


@pytest.mark.skipif(sys.platform == "win32", reason="needs bash")
def test_the_guide_to_handing_back_works(tmp_path: Path) -> None:
    make(tmp_path, SCALE, SHIFT)
    (tmp_path / "my-assignment").mkdir()
    for name in ("bank", "reference"):
        (tmp_path / name).rename(tmp_path / "my-assignment" / name)
    (tmp_path / "toy.toml").rename(tmp_path / "my-assignment" / "assignment.toml")
    work = tmp_path / "canvas" / "smithann_501_9001_layers.py"
    work.parent.mkdir()
    work.write_text(LAYERS, encoding="utf-8")
    sheet = 'Student,ID,SIS Login ID,Section,Toy (71)\n"Smith, Ann",501,ann,A,\n'
    (tmp_path / "export.csv").write_text(sheet, encoding="utf-8")
    scripts = [script for _, script in _blocks(REPOSITORY / "docs" / "hand-back.md", "bash")]
    assert len(scripts) == 4
    for script in ("grader batch canvas -o out -a my-assignment", *scripts):
        _run(script, tmp_path)
    assert (tmp_path / "import.csv").read_text("utf-8").endswith('"Smith, Ann",501,ann,A,4\n')
    assert (tmp_path / "feedback-canvas.zip").is_file()
    assert (tmp_path / "autograder.zip").is_file()
    assert "https://www.example.edu/hw2/" in (tmp_path / "out" / "links.csv").read_text("utf-8")


def test_the_example_of_served_data_works(tmp_path: Path) -> None:
    blocks = _blocks(REPOSITORY / "docs" / "notebooks.md", "python")
    (example,) = [code for _, code in blocks if "def serve_data" in code]
    (tmp_path / "data.py").write_text(example, encoding="utf-8")
    plugin = load_plugin(tmp_path)
    one, other = (
        plugin.serve_data(DataRequest({"train": 20}, tmp_path, secret=secret)) for secret in "ab"
    )
    assert one.arrays["X"].tobytes() == other.arrays["X"].tobytes()
    assert one.splits["heldout"].labels.tobytes() != other.splits["heldout"].labels.tobytes()
    for text in one.modules.values():
        ast.parse(text)
