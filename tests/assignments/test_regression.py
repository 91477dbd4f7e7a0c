"""A whole assignment in one notebook: its functions are graded, and its cells are run."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import traitlets.config
from IPython.core.interactiveshell import InteractiveShell

from grader.assignment.folder import Assignment
from grader.assignment.stripping import strip_notebook
from grader.authoring.lint import lint
from grader.batches.grading_client import Engine
from grader.grading import Settings
from grader.model.result import Outcome
from grader.runner.recording import record_key
from grader.selfcheck.kernel_work import kernel_work
from grader.selfcheck.self_check import check
from grader.selfcheck.student_kit import build_kit
from grader.submission import single
from grader.verify.proof import ProgramKind
from grader.verify.prove import Wanted
from tests.small_process import proof_of
from tests.support import environment

FOLDER = Path(__file__).parent / "regression"
WRONG: Mapping[str, tuple[str, str, str]] = {
    "columns": ("X.std(axis=0)", "X.std()", "scaled"),
    "penalty": ("+ 2 * reg * w", "+ reg * w", "dw"),
    "sign": ("w = w - learning_rate", "w = w + learning_rate", "w"),
}
"""What a student wrote instead of the reference's, and what the first message is about."""


def hand_in(folder: Path, of: str = "reference", old: str = "", new: str = "") -> Path:
    """A submission: the solved notebook, or the template, with one change."""
    folder.mkdir()
    text = (FOLDER / of / "Regression.ipynb").read_text(encoding="utf-8")
    assert old in text
    (folder / "Regression.ipynb").write_text(text.replace(old, new), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with Engine(Settings(assignment=str(FOLDER), notebooks=False)) as made:
        yield made


def test_the_template_is_the_reference_without_its_solutions() -> None:
    solved, given = (
        (FOLDER / name / "Regression.ipynb").read_text("utf-8")
        for name in ("reference", "template")
    )
    assert strip_notebook(solved) == given


def test_the_reference_has_all_points_and_the_template_none(tmp_path: Path) -> None:
    """With their notebooks run, though the assignment serves no data."""
    with Engine(Settings(assignment=str(FOLDER))) as engine:
        solved = engine.grade(single(hand_in(tmp_path / "solved")))
        template = engine.grade(single(hand_in(tmp_path / "template", "template")))
    assert (solved.score, solved.max_score, solved.error) == (20, 20, "")
    assert [cell.outcome for cell in solved.notebooks[0].failed] == []
    assert solved.notebooks[0].answers[0].state == "answered"
    assert (template.score, template.error) == (0, "")
    assert {check.outcome for check in template.checks} == {Outcome.MISSING}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_told_with_its_place(engine: Engine, tmp_path: Path, name: str) -> None:
    old, new, about = WRONG[name]
    result = engine.grade(single(hand_in(tmp_path / name, old=old, new=new)))
    wrong = [check for check in result.checks if check.outcome is not Outcome.PASSED]
    assert 0 < len(wrong) < len(result.checks)
    assert f"{about} " in wrong[0].message
    assert wrong[0].source is not None
    assert wrong[0].source.file.startswith("Regression.ipynb, cell ")
    assert wrong[0].source.first_line == 1
    assert new in wrong[0].source.text


def test_a_fault_is_judged_once(engine: Engine, tmp_path: Path) -> None:
    """What stands on a wrong function is judged again with the reference's in its place."""
    old = "return X @ w + b"
    result = engine.grade(single(hand_in(tmp_path / "ann", old=old, new="return X @ w - b")))
    earned = {check.id for check in result.checks if check.follow_through}
    assert {"functions::loss", "functions::gradient"} <= earned
    assert {check.targets[0] for check in result.checks if not check.points} == {"predict"}


def test_an_exception_is_told_by_its_cell(engine: Engine, tmp_path: Path) -> None:
    old, new = "return X @ w + b", "return X @ nothing"
    result = engine.grade(single(hand_in(tmp_path / "bob", old=old, new=new)))
    (failed,) = [c for c in result.checks if c.targets == ["predict"]]
    assert "in predict, Regression.ipynb, cell 6, line " in failed.message
    assert failed.finding is not None
    assert failed.finding.traceback[-1].file == "Regression.ipynb, cell 6"


def test_the_bank_kills_mutants_without_a_handwritten_mistake() -> None:
    wanted = Wanted(kinds=(ProgramKind.MUTANT,), seeds=0, catalogue_seeds=0, jobs=2)
    proof = proof_of(Assignment.load(str(FOLDER)), wanted)
    assert len(proof.of_kind(ProgramKind.MUTANT)) > 100
    assert proof.killed_share > 0.95, proof.survivors


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A kernel's shell, as far as a self-check sees one."""
    config = traitlets.config.Config()
    config.HistoryManager.enabled = False
    made: Any = InteractiveShell(config=config)  # type: ignore[no-untyped-call]
    made.kernel = object()
    monkeypatch.setattr("grader.selfcheck.kernel_work._shell", lambda: made)
    return made


def kernel_cells(folder: Path) -> list[str]:
    """The cells that a self-check in a kernel hands in."""
    with kernel_work(folder, str(FOLDER)) as work:
        assert work.name == folder.name
        content = json.loads((work / "Regression.ipynb").read_text(encoding="utf-8"))
    return ["".join(cell["source"]) for cell in content["cells"]]


def test_a_self_check_in_a_cell_sees_what_the_kernel_has(shell: Any, tmp_path: Path) -> None:
    hand_in(tmp_path / "mine", "template")  # saved before anything was done
    shell.run_cell("import numpy as np", store_history=True)
    for sign in "-+":
        shell.run_cell(f"def predict(X, w, b):\n    return X @ w {sign} b", store_history=True)
    answer = check("predict", path=tmp_path / "mine", assignment=str(FOLDER))
    assert answer.ok
    shell.run_cell("def predict(X, w, b):\n    return X @ w * b", store_history=True)
    answer = check("predict", path=tmp_path / "mine", assignment=str(FOLDER))
    (wrong,) = answer.checks
    assert wrong.source is not None
    assert (wrong.source.file, wrong.source.first_line) == ("Regression.ipynb, In [4]", 1)


def test_a_cell_that_was_not_run_to_its_end_defines_what_the_kernel_has(
    shell: Any, tmp_path: Path
) -> None:
    right = "def predict(X, w, b):\n    return X @ w + b\n"
    shell.run_cell(right, store_history=True)
    shell.run_cell("1 / 0\ndef predict(X, w, b):\n    return 0", store_history=True)
    assert kernel_cells(hand_in(tmp_path / "mine"))[-1] == right


def test_outside_of_a_kernel_a_self_check_reads_the_files(tmp_path: Path) -> None:
    with kernel_work(tmp_path, str(FOLDER)) as work:
        assert work == tmp_path


def test_the_kit_checks_a_notebook_in_an_environment_of_its_own(tmp_path: Path) -> None:
    wheel = build_kit(Assignment.load(str(FOLDER)), tmp_path / "kit")
    python = environment(tmp_path / "environment", wheel)

    def self_check() -> subprocess.CompletedProcess[str]:
        command = (str(python), "-m", "grader", "check")
        return subprocess.run(
            command, cwd=tmp_path / "kit", capture_output=True, text=True, check=False
        )

    untouched = self_check()
    assert untouched.returncode == 1, untouched.stderr
    assert "Not done: standardize" in untouched.stdout
    shutil.copy(FOLDER / "reference" / "Regression.ipynb", tmp_path / "kit")
    solved = self_check()
    assert solved.returncode == 0, solved.stdout
    assert "8 of 8 checks passed" in solved.stdout


MISTAKE = """\
function = "gradient"
severity = "major"
title = { en = "No factor of two" }
explanation = { en = "The derivative of a square has one." }
hint = { en = "Differentiate the penalty." }

[[patch]]
file = "Regression.ipynb"
old = "2 * reg * w"
new = "reg * w"
"""


def test_a_known_mistake_in_a_cell_is_named(tmp_path: Path) -> None:
    shutil.copytree(FOLDER, tmp_path / "regression")
    catalogue = tmp_path / "regression" / "mistakes" / "gradient"
    catalogue.mkdir(parents=True)
    (catalogue / "not-doubled.toml").write_text(MISTAKE, encoding="utf-8")
    path = hand_in(tmp_path / "ann", old="+ 2 * reg * w", new="+ w * reg")
    with Engine(Settings(assignment=str(tmp_path / "regression"), notebooks=False)) as engine:
        result = engine.grade(single(path))
    (wrong,) = [check for check in result.checks if check.outcome is not Outcome.PASSED]
    (cause,) = wrong.causes
    assert (cause.id, cause.certain) == ("not-doubled", True)
    assert cause.source is not None
    assert cause.source.file == "Regression.ipynb, cell 7"


def test_an_assignment_in_a_notebook_is_linted(tmp_path: Path) -> None:
    copy = tmp_path / "regression"
    shutil.copytree(FOLDER, copy)
    settings = Settings(assignment=str(copy), notebooks=False)
    assignment = Assignment.load(str(copy))
    record_key(assignment).save(assignment.layout.key)
    assert list(lint(str(copy), settings)) == []
    path = copy / "reference" / "Regression.ipynb"
    before, mark, after = path.read_text("utf-8").partition("# BEGIN SOLUTION: predict all rows")
    assert mark
    path.write_text(f"{before}# predict{after.replace('# END SOLUTION', '# end', 1)}", "utf-8")
    first, *_ = lint(str(copy), settings)
    assert first.text == f"{path}: students would get predict whole: it has no marks."


def test_a_result_depends_on_the_cells_that_are_given(tmp_path: Path) -> None:
    """They are put back before functions are graded, also where no notebook is run."""
    copy = tmp_path / "regression"
    shutil.copytree(FOLDER, copy)
    rubric = (copy / "assignment.toml").read_text(encoding="utf-8").partition("[notebooks.")[0]
    rubric = rubric.replace("points = 20", "points = 16").replace("\nnotebook = {", "\n# {")
    (copy / "assignment.toml").write_text(rubric, encoding="utf-8")
    before = Assignment.load(str(copy)).digest
    template = copy / "template" / "Regression.ipynb"
    text = template.read_text(encoding="utf-8")
    template.write_text(text.replace("EPS = 1e-8", "EPS = 1e-7"), encoding="utf-8")
    assert Assignment.load(str(copy)).digest != before
