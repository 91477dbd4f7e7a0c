"""Whole assignments of other kinds than the shipped ones: objects instead of layers."""

from __future__ import annotations

import random
import shutil
import subprocess
import warnings
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import pytest

from grader.assignment.folder import Assignment
from grader.assignment.stripping import build_template
from grader.batches.grading_client import Engine
from grader.grading import Settings
from grader.model.result import CheckResult, Outcome, Result
from grader.runner.answer_key import Key
from grader.runner.check import Check
from grader.runner.check_run import CheckRun, KeyReplayer
from grader.runner.recording import record_key
from grader.runner.reference import LocalCode
from grader.runner.session import run_session
from grader.selfcheck.student_kit import build_kit
from grader.student.proxy import Student
from grader.submission import single
from grader.verify.proof import ProgramKind
from grader.verify.prove import Wanted
from tests.attacks.test_replies import Corrupting, Inventing
from tests.small_process import proof_of
from tests.support import environment

HERE: Final = Path(__file__).parent


class Fault(NamedTuple):
    """A wrong submission: one line of the reference exchanged."""

    file: str
    old: str
    new: str
    targets: tuple[str, ...]
    """What is at fault, by the checks that fail."""
    says: str
    """Part of a message."""


FAULTS: Final = {
    "tensor": {
        "overwrites": Fault(
            "tensor.py",
            "self.grad = grad if self.grad is None else self.grad + grad",
            "self.grad = grad",
            ("Tensor", "Tensor.backward", "fit"),
            "The gradient x.grad is wrong",
        ),
        "not summed": Fault(
            "tensor.py",
            "return grad.sum(axis=stretched, keepdims=True)",
            "return grad",
            ("Tensor",),
            "y.grad has shape (3, 4); it should be (3, 1)",
        ),
        "stops too late": Fault(
            "training.py",
            "if callback is not None and callback(step, losses[-1]):",
            "if callback is not None and callback(step + 1, losses[-1]):",
            ("fit",),
            "what the callback is told is wrong",
        ),
    },
    "classifiers": {
        "square": Fault(
            "neighbors.py",
            "return np.sqrt((gaps**2).sum(axis=2))",
            "return (gaps**2).sum(axis=2)",
            ("NearestNeighbors.distances",),
            "distances is wrong",
        ),
        "drops the rest": Fault(
            "data.py",
            "range(0, len(x), size)",
            "range(0, len(x) - size + 1, size)",
            ("sampled", "LinearClassifier.train"),  # nothing stands in for what yields
            "number of batches is wrong",
        ),
        "not a mean": Fault(
            "losses.py",
            "(shares - right) / len(y)",
            "shares - right",
            ("softmax_loss",),  # the classifier follows through
            "grad is wrong",
        ),
        "half": Fault(
            "linear.py",
            "2 * self.reg * self.w",
            "self.reg * self.w",
            ("LinearClassifier.loss", "LinearClassifier.train"),
            "The gradient w is wrong",
        ),
    },
}


@pytest.fixture(scope="module", params=FAULTS)
def assignment(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Assignment:
    """One of them, its key recorded."""
    home = tmp_path_factory.mktemp(request.param) / request.param
    shutil.copytree(HERE / request.param, home)
    made = Assignment.load(str(home))
    record_key(made).save(made.layout.key)
    build_template(made.layout.solution, home / "template")
    return made


@pytest.fixture(scope="module")
def graded(assignment: Assignment) -> tuple[str, dict[str, Result]]:
    """The reference, the template and wrong submissions of one assignment, by name."""
    name_of, home = assignment.rubric.id, assignment.path.parent
    works, package = home.parent / "works", assignment.reference.name
    shutil.copytree(assignment.layout.template, works / "template")
    for name in ("right", *FAULTS[name_of]):
        shutil.copytree(assignment.reference, works / name / package)
    for name, fault in FAULTS[name_of].items():
        path = works / name / package / fault.file
        text = path.read_text(encoding="utf-8")
        assert text.count(fault.old) == 1
        path.write_text(text.replace(fault.old, fault.new), encoding="utf-8")
    with Engine(Settings(assignment=str(home))) as engine:
        return name_of, {path.name: engine.grade(single(path)) for path in works.iterdir()}


def test_the_reference_is_right(graded: tuple[str, dict[str, Result]]) -> None:
    result = graded[1]["right"]
    assert result.score == result.max_score
    assert {check.outcome for check in result.checks} == {Outcome.PASSED}
    assert not result.notes


def test_the_template_has_nothing(graded: tuple[str, dict[str, Result]]) -> None:
    result = graded[1]["template"]
    assert result.score == 0
    assert {check.outcome for check in result.checks} <= {Outcome.MISSING, Outcome.SKIPPED}


def test_each_fault_is_found_and_said(graded: tuple[str, dict[str, Result]]) -> None:
    name, results = graded
    for kind, fault in FAULTS[name].items():
        failed = [c for c in results[kind].checks if c.outcome is not Outcome.PASSED]
        assert results[kind].score < results[kind].max_score, kind
        assert {target for check in failed for target in check.targets} <= {*fault.targets}, kind
        assert any(fault.says in check.message for check in failed), (kind, failed)
        assert all(check.outcome is not Outcome.INTERNAL for check in failed), failed
        assert not results[kind].notes  # nor did diagnosis stumble over objects


@pytest.mark.parametrize(
    ("kind", "share"), [(Corrupting, 0.1), (Corrupting, 1.0), (Inventing, 1.0)]
)
def test_odd_replies_break_no_check(
    assignment: Assignment, kind: type[Corrupting], share: float
) -> None:
    key, code = Key.load(assignment.layout.key), LocalCode(assignment.reference, assignment)
    draw, found = random.Random(7), list[CheckResult]()

    def student(_check: str) -> Student:
        return Student(kind(code.channel(), draw, share), assignment.contract)

    def loop(checks: list[Check]) -> None:
        run = CheckRun(
            contract=assignment.contract,
            seed=key.seed,
            student=student,
            reference=KeyReplayer(key),
        )
        found.extend(run.run_all(checks))

    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        run_session(assignment, loop)
    broken = [(check.id, check.message) for check in found if check.outcome is Outcome.INTERNAL]
    assert broken == []
    assert sum(check.outcome is not Outcome.PASSED for check in found) > 3


def test_the_bank_kills_mutants_without_a_handwritten_mistake(assignment: Assignment) -> None:
    wanted = Wanted(kinds=(ProgramKind.MUTANT,), seeds=0, catalogue_seeds=0, jobs=2)
    proof = proof_of(assignment, wanted)
    assert len(proof.of_kind(ProgramKind.MUTANT)) > 100
    mutants = proof.of_kind(ProgramKind.MUTANT)
    assert sum(verdict.killed for verdict in mutants) > 0.95 * len(mutants), proof.survivors
    assert proof.passed, (proof.survivors, proof.strays[:3], proof.unattributed)


def test_the_kit_works_in_an_environment_of_its_own(assignment: Assignment, tmp_path: Path) -> None:
    python = environment(tmp_path / "environment", build_kit(assignment, tmp_path / "kit"))

    def self_check() -> subprocess.CompletedProcess[str]:
        command = (str(python), "-m", "grader", "check", "-a", assignment.rubric.id)
        return subprocess.run(
            command, cwd=tmp_path / "kit", capture_output=True, text=True, check=False
        )

    untouched = self_check()
    assert untouched.returncode == 1, untouched.stderr
    assert "Not done: " in untouched.stdout
    package = assignment.reference.name
    shutil.copytree(assignment.reference, tmp_path / "kit" / package, dirs_exist_ok=True)
    solved = self_check()
    assert solved.returncode == 0, solved.stdout
    tests = subprocess.run(
        (str(python), "-m", "pytest", "-q"),
        cwd=tmp_path / "kit",
        capture_output=True,
        text=True,
        check=False,
    )
    assert tests.returncode == 0, tests.stdout
    assert " passed" in tests.stdout
