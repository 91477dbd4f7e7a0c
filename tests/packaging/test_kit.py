"""What students get works without the reference, and holds no answer that is not public."""

from __future__ import annotations

import ast
import marshal
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from grader.assignment.folder import Assignment
from grader.assignment.template_digests import FILE, recorded_digests
from grader.model.errors import InputError
from grader.runner.answer_key import Key
from grader.runner.check import Check
from grader.runner.session import run_session
from grader.selfcheck.import_closure import imported_names
from grader.selfcheck.kit_rubric import kit_rubric, kit_seed
from grader.selfcheck.public_bank import function_of
from grader.selfcheck.student_kit import build_kit
from tests.support import REPOSITORY, SECONDS, SOLUTION, TEMPLATE

DEPENDENCIES = {"msgspec", "numpy", "pytest"}
OPTIONAL = {"IPython", "_pytest", "fissix", "jupytext", "nbformat", "rich", "tomli", "watchfiles"}
"""What is used where it is installed anyway."""


@pytest.fixture(scope="module")
def kit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A kit, its wheel unpacked in `site` beside the student's folder `mine`."""
    base = tmp_path_factory.mktemp("kit")
    wheel = build_kit(Assignment.load("numpynn"), base / "mine", mistakes=False)
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(base / "site")
    return base


def run(kit: Path, *words: str, before: str = "") -> subprocess.CompletedProcess[str]:
    """The kit's own command, in the student's folder, after a program `before` it."""
    code = f"{before}from grader.cli.student_app import main; main()"
    return subprocess.run(
        [sys.executable, "-P", "-c", code, *words],
        cwd=kit / "mine",
        env=os.environ | {"PYTHONPATH": str(kit / "site"), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


def test_no_reference_and_no_catalogue_is_in_the_wheel(kit: Path) -> None:
    names = [path.relative_to(kit / "site").as_posix() for path in (kit / "site").rglob("*")]
    assert "grader/_data/rubrics/numpynn.key" in names
    assert not [name for name in names if "reference/" in name or "/mistakes/" in name]
    assert "grader/_data/given/numpynn/layer_utils.py" in names
    solution = (SOLUTION / "numpynn" / "layers.py").read_text()
    line = next(line for line in solution.splitlines() if line.strip().startswith("x_hat ="))
    assert not [path for path in (kit / "site").rglob("*.py") if line.strip() in path.read_text()]


def test_what_its_template_leaves_is_told_without_the_template(kit: Path) -> None:
    contract = Assignment.load("numpynn").contract
    known = recorded_digests(kit / "site" / "grader" / "assignments" / "numpynn" / FILE)
    assert known["FullyConnectedNet.loss"] == contract["FullyConnectedNet.loss"].templates
    done = run(kit, "check", "--part", "FullyConnectedNet")
    assert "Not done: FullyConnectedNet" in done.stdout


def test_the_key_holds_public_checks_only(kit: Path) -> None:
    key = Key.load(kit / "site" / "grader" / "_data" / "rubrics" / "numpynn.key")
    assert key.public_only
    assert "layers::affine_forward_values[matrix]" in key.answers
    assert "losses::softmax_loss_stable[high-loss]" not in key.answers


def test_the_self_check_works_without_the_reference(kit: Path) -> None:
    before = run(kit, "check", "-k", "affine_forward_values")
    assert before.returncode == 1
    reference = SOLUTION / "numpynn" / "layers.py"
    shutil.copy(reference, kit / "mine" / "numpynn" / "layers.py")
    after = run(kit, "check", "-k", "affine_forward_values")
    assert after.returncode == 0, after.stdout + after.stderr


def test_colours_are_all_that_rich_is_needed_for(kit: Path) -> None:
    plain = "import sys; sys.modules['rich'] = None; "
    done = run(kit, "check", "-k", "adam_state", "--github", before=plain)
    assert done.returncode == 1, done.stderr
    assert "Not done: adam" in done.stdout


def test_the_command_has_what_students_need_and_no_more(kit: Path) -> None:
    assert "check" in run(kit, "--help").stdout
    said = run(kit, "grade", ".")
    assert said.returncode == 2
    assert "invalid choice: 'grade'" in said.stderr
    assert len(said.stderr.strip().splitlines()) == 1


def test_work_is_packed_without_the_reference(kit: Path) -> None:
    done = run(kit, "submit", "--no-run", "--out", str(kit / "out.zip"))
    assert done.returncode == 1, done.stderr
    assert "Not begun yet: " in done.stdout or "not begun yet: " in done.stdout
    with zipfile.ZipFile(kit / "out.zip") as archive:
        assert {"submission.json", "numpynn/layers.py"} <= {*archive.namelist()}


def test_a_kit_knows_the_notebooks_that_are_handed_in() -> None:
    assignment = Assignment.load("numpynn-notebooks")
    rubric = tomllib.loads(kit_rubric(assignment, (), {*assignment.rubric.parts}))
    assert assignment.rubric.notebooks is not None
    assert rubric["submit"]["notebooks"] == [*assignment.rubric.notebooks.files]


def test_nothing_that_only_grading_needs_comes_along(kit: Path) -> None:
    package = kit / "site" / "grader"
    folders = {path.name for path in package.iterdir() if path.is_dir()}
    assert not folders & {"authoring", "course", "demo", "notebooks", "similarity", "verify"}
    assert {path.name for path in (package / "cli").glob("*.py")} <= {
        *("__init__.py", "arguments.py", "check.py", "error_lines.py", "exit_codes.py"),
        *("streams.py", "student_app.py", "submit.py"),
    }
    libraries = {
        name.partition(".")[0]
        for path in package.rglob("*.py")
        for name in imported_names(path.read_text(encoding="utf-8"))
    } - {"", "grader", "__future__", *sys.stdlib_module_names}
    assert libraries <= DEPENDENCIES | OPTIONAL


def test_it_is_a_distribution_of_its_own_with_few_dependencies(kit: Path) -> None:
    (about,) = (kit / "site").glob("gradewall-*.dist-info")
    text = (about / "METADATA").read_text(encoding="utf-8")
    needed = re.findall(r"^Requires-Dist: ([\w-]+)([^;\n]*)(;.*)?$", text, re.MULTILINE)
    assert {name for name, _, marker in needed if not marker} == DEPENDENCIES
    assert re.search(r"^Version: [\d.]+\+numpynn\.[0-9a-f]{8}$", text, re.MULTILINE)
    assert run(kit, "--version").stdout.strip() in about.name


def test_it_runs_on_python_3_10(kit: Path) -> None:
    """As far as reading tells: what vermin knows of, and two things that it does not."""
    vermin = pytest.importorskip("vermin")
    config, newer = vermin.Config(), dict[str, object]()
    for path in (kit / "site").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        _, needed = vermin.visit(text, config).minimum_versions()
        if needed is None or needed > (3, 10) or [*_newer_than_3_10(text)]:
            newer[path.name] = needed, [*_newer_than_3_10(text)]
    assert newer == {}


def test_what_python_3_10_lacks_is_seen() -> None:
    text = "ast.TryStar\nre.compile(r'a++')\nre.match('(?>a)', x)\nre.sub('a+', '++', x)"
    assert [*_newer_than_3_10(text)] == ["ast.TryStar", "a++", "(?>a)"]
    vermin = pytest.importorskip("vermin")
    for text in ("import tomllib", "from enum import StrEnum", "import datetime as d; d.UTC"):
        assert vermin.visit(text, vermin.Config()).minimum_versions()[1] == (3, 11), text


def _newer_than_3_10(text: str) -> Iterator[str]:
    """Kinds of syntax trees and of regular expressions that came with Python 3.11."""
    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.Attribute(value=ast.Name(id="ast"), attr="TryStar"):
                yield "ast.TryStar"
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id="re")),
                args=[ast.Constant(value=str(pattern)), *_],
            ):
                parser: Any = vars(re)["_parser"]
                if re.search("ATOMIC_GROUP|POSSESSIVE", str(parser.parse(pattern))):
                    yield pattern


def test_it_is_small_when_installed(kit: Path) -> None:
    """Less than 5 MB with what Python compiles, msgspec (0.7) and the known mistakes (0.31)."""
    found = [path for path in (kit / "site").rglob("*") if path.is_file()]
    files = [path for path in found if path.suffix != ".pyc"]
    compiled = sum(
        len(marshal.dumps(compile(path.read_bytes(), path, "exec", dont_inherit=True)))
        for path in files
        if path.suffix == ".py"
    )
    assert sum(path.stat().st_size for path in files) + compiled < 3_980_000


def test_no_hidden_check_is_told(kit: Path) -> None:
    """Not by its name, nor by its title, nor by what only its code has."""
    everything = "".join(
        path.read_bytes().decode("utf-8", "replace")
        for path in (kit / "site").rglob("*")
        if path.is_file()
    )
    told = [secret for secret in hidden_secrets("numpynn") if secret in everything]
    assert told == []


def hidden_secrets(name: str) -> list[str]:
    """Names, titles and texts of an assignment's hidden checks that nothing public has."""
    assignment = Assignment.load(name)
    checks: list[Check] = []
    run_session(assignment, checks.extend)
    hidden = {"hidden": [], "public": []}  # type: dict[str, list[Check]]
    for check in checks:
        shown = assignment.rubric.visibility(check.id, check.part, check.visibility)
        hidden[shown.value].append(check)
    assert len(hidden["hidden"]) > 20
    functions = {function_of(check.id).name for check in hidden["hidden"]}
    public = {function_of(check.id).name for check in hidden["public"]}
    texts = {name: set[str]() for name in ("hidden", "public")}
    for path in assignment.bank_files:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef):
                kind = "hidden" if node.name in functions - public else "public"
                texts[kind] |= {
                    inner.value
                    for inner in ast.walk(node)
                    if isinstance(inner, ast.Constant) and isinstance(inner.value, str)
                }
    words = {text for text in texts["hidden"] - texts["public"] if len(text) > 8}
    titles = {check.title for check in hidden["hidden"]} - {c.title for c in hidden["public"]}
    families = {check.family for check in checks if function_of(check.id).name not in public}
    titles |= {assignment.rubric.titles.zh[family] for family in families}
    secrets = (functions - public) | titles | words
    elsewhere = "".join(
        path.read_text(encoding="utf-8")
        for path in [*(REPOSITORY / "grader").rglob("*.py"), *TEMPLATE.rglob("*.py")]
        if path.parent != assignment.bank
    )
    return sorted(secret for secret in secrets if secret not in elsewhere)


def test_inputs_of_grading_cannot_be_drawn_from_a_kit(kit: Path) -> None:
    text = (kit / "site" / "grader" / "_data" / "rubrics" / "numpynn.toml").read_text("utf-8")
    assert tomllib.loads(text)["seed"] == kit_seed(Assignment.load("numpynn"))
    assert tomllib.loads(text)["seed"] != Assignment.load("numpynn").rubric.seed


def test_a_kit_is_not_written_over_something(tmp_path: Path) -> None:
    (tmp_path / "work.py").write_text("mine")
    with pytest.raises(InputError, match="is not empty"):
        build_kit(Assignment.load("numpynn"), tmp_path)
