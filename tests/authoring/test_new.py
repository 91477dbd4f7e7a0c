"""`grader new`: the contract, the bank and the folder."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from grader.assignment.folder import Assignment
from grader.assignment.stripping import template_differences
from grader.authoring.completion import complete
from grader.authoring.folder_writer import spoken
from grader.authoring.libraries import foreign_libraries
from grader.authoring.new_assignment import Made, new_assignment, toml_text
from grader.authoring.next_steps import summary_of
from grader.authoring.reference_source import ReferenceSource
from grader.authoring.solution_marks import mark_solutions
from grader.model.contract import ContractEntry
from grader.model.errors import InputError
from grader.model.result import CheckResult, Outcome
from grader.runner.answer_key import Key
from grader.runner.recording import ReferenceFails
from grader.verify.proof import ProgramKind
from grader.verify.prove import Wanted
from tests.small_process import new_folder, proof_of


def failed(name: str) -> CheckResult:
    return CheckResult(
        id=name, title="", part="", targets=["f"], outcome=Outcome.FAILED, points=0.0,
        max_points=1.0, message="It is off.",
    )  # fmt: skip


def test_the_first_bank_catches_nine_mutants_in_ten(made: Made) -> None:
    assert made.survey.mutants > 80
    assert made.survey.share >= 0.9
    assert len(made.survey.chosen) < 15


CLUSTERS = """
import numpy as np


def centers(X, labels, K):
    \"\"\"The mean of each cluster, of shape (K, D); X has shape (N, D), labels (N,).\"\"\"
    found = np.zeros((K, X.shape[1]))
    for k in range(K):
        if np.any(labels == k):
            found[k] = X[labels == k].mean(axis=0)
    return found
"""


def test_no_check_is_written_that_a_function_passes_which_does_nothing(tmp_path: Path) -> None:
    """Labels that are no whole numbers belong to no cluster: all that is right then is 0."""
    (tmp_path / "solution").mkdir()
    (tmp_path / "solution" / "clusters.py").write_text(CLUSTERS)
    folder = tmp_path / "clusters"
    made = new_folder(folder, tmp_path / "solution", 1)
    assert made.survey.share > 0.9
    wanted = Wanted(kinds=(ProgramKind.IDLE,), seeds=0)
    proof = proof_of(Assignment.load(str(folder)), wanted)
    assert len(proof.of_kind(ProgramKind.IDLE)) == 6
    assert [verdict.paid_by for verdict in proof.of_kind(ProgramKind.IDLE)] == [[]] * 6


def test_the_contract_is_read_out_of_the_reference(made: Made) -> None:
    contract = Assignment.load(str(made.folder)).contract
    assert contract["huber_forward"].returns == ("loss", "cache*")
    assert contract["huber_backward"].backward_of == "huber_forward"
    assert contract["Scaler"].methods["fit"].returns == ("_",)


def test_checks_are_tried_on_the_inputs_of_the_key(made: Made) -> None:
    key = Key.load(Assignment.load(str(made.folder)).layout.key)
    assert {each.written.id for each in made.survey.chosen} == {each.id for each in key.checks}


def test_what_has_nothing_to_write_is_given(made: Made) -> None:
    entry = ContractEntry("m", ("net*",), methods={"run": ContractEntry("m", ("out",))})
    contract = {"Net": entry, "Base": ContractEntry("m", ("base*",))}
    found = made.survey._replace(contract=contract, chosen=[], pairs={})
    whole = tomllib.loads(toml_text("a", found, {"Net", "Net.run", "Base"}))["contract"]
    assert whole["Net"]["given"] is whole["Base"]["given"] is True
    assert whole["Net"]["methods"] == {"run": "out"}
    partly = tomllib.loads(toml_text("a", found, {"Net.run"}))["contract"]
    assert partly["Net"]["methods"] == {"run": {"returns": "out", "given": True}}


def test_points_go_by_what_is_judged(made: Made) -> None:
    rubric = (made.folder / "assignment.toml").read_text()
    targets = {each.candidate.target for each in made.survey.chosen}
    scaling = [each for each in targets if each.startswith("Scaler")]
    assert f"points = {round(100 * len(scaling) / len(targets))}" in rubric


def test_abbreviations_are_written_large() -> None:
    assert spoken("rnn_layers") == "RNN layers"
    assert spoken("k_means") == "K means"


def test_checks_are_written_as_a_person_would(made: Made) -> None:
    losses = (made.folder / "bank" / "losses.py").read_text()
    assert "assert_backward(" in losses
    assert '"huber_forward returns loss' in losses
    scaling = (made.folder / "bank" / "scaling.py").read_text()
    assert "scaler = side.Scaler()\n        scaler.fit(X)\n" in scaling


def test_the_template_is_stripped(made: Made) -> None:
    layout = Assignment.load(str(made.folder)).layout
    assert template_differences(layout.solution, layout.template) == []
    text = (layout.template / "robust" / "losses.py").read_text()
    assert "np.clip" not in text
    assert "raise NotImplementedError" in text


def test_it_says_what_to_do_next(made: Made) -> None:
    lines = list(summary_of(made))
    assert "catch" in lines[0]
    assert any("grader lint" in line for line in lines)


def test_a_check_that_the_reference_fails_in_the_end_is_dropped(
    tmp_path: Path, made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    flaky = made.survey.chosen[0].written.id
    left_out: dict[str, str] = {}
    found = made.survey._replace(left_out=left_out)
    monkeypatch.setattr("grader.authoring.new_assignment.survey", lambda *_: found)
    failing = [ReferenceFails([failed(flaky)])]

    def record(toml: Path) -> None:
        if failing:
            raise failing.pop()
        complete(toml)

    again = new_assignment(tmp_path / "new", None, 1, lambda *_: None, record)
    left = {each.id for each in Key.load(Assignment.load(str(again.folder)).layout.key).checks}
    assert left == {each.written.id for each in found.chosen} - {flaky}
    assert list(left_out.values()) == ["it does not do the same each time"]


def test_it_names_libraries_that_students_cannot_have(made: Made) -> None:
    text = "import os\nimport numpy.linalg\nfrom scipy.stats import norm\nfrom p.m import f\n"
    foreign = foreign_libraries(ReferenceSource("p", {"m.py": text}))
    assert foreign == ["scipy"]
    lines = summary_of(made._replace(survey=made.survey._replace(foreign=foreign)))
    assert any("not scipy" in line for line in lines)


def test_nothing_is_written_over(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(InputError, match="is not an empty folder"):
        new_assignment(tmp_path, None, 1, lambda *_: None, lambda _toml: None)


def test_a_reference_without_python_is_refused(tmp_path: Path) -> None:
    (tmp_path / "reference").mkdir()
    with pytest.raises(InputError, match="no Python files"):
        new_assignment(
            tmp_path / "new", tmp_path / "reference", 1, lambda *_: None, lambda _toml: None
        )


def test_a_library_that_is_missing_is_named_once(tmp_path: Path) -> None:
    text = "import not_there\n\n\ndef f(x):\n    return x\n\n\ndef g(x):\n    return x\n"
    (tmp_path / "reference").mkdir()
    (tmp_path / "reference" / "m.py").write_text(text)
    with pytest.raises(InputError, match=r"f and g: m\.py, line 1: .*'not_there'"):
        new_folder(tmp_path / "new", tmp_path / "reference", 1)


def test_marks_go_around_bodies_and_hidden_helpers() -> None:
    text = (
        'def f(x):\n    """Double it."""\n    return _two() * x\n\n\n'
        "def _two():\n    return 2\n\n\n"
        "class Net:\n    def __init__(self, size):\n        self.size = size\n\n"
        "    def run(self):\n        return self.size\n"
    )
    marked = mark_solutions(text, {"f", "Net"})
    assert "    # BEGIN SOLUTION: Double it.\n    return _two() * x\n    # END SOLUTION" in marked
    assert "# BEGIN SOLUTION\ndef _two():\n    return 2\n# END SOLUTION" in marked
    assert "        self.size = size\n\n" in marked
    assert "        # BEGIN SOLUTION: write run.\n        return self.size" in marked
