"""What a proof finds in the bank of a small assignment."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.verify.proof import ProgramKind
from tests.verify import toy

SHIFTED = "return x + 2 * b"


def test_a_good_bank_is_proven_without_a_catalogue(tmp_path: Path) -> None:
    proof = toy.proof_of(toy.make(tmp_path, toy.SCALE, toy.SHIFT), seeds=3)
    mutants = proof.of_kind(ProgramKind.MUTANT)
    assert proof.passed
    assert len(mutants) > 15
    assert all(verdict.killed for verdict in mutants)
    assert {verdict.subject.functions for verdict in mutants} == {("scale",), ("shift",)}
    assert (proof.seeds, proof.flakes, proof.idle_checks) == (3, [], [])


def test_a_helper_belongs_to_the_function_that_calls_it(tmp_path: Path) -> None:
    proof = toy.proof_of(toy.make(tmp_path, toy.SCALE, toy.SHIFT))
    helped = [v for v in proof.of_kind(ProgramKind.MUTANT) if v.subject.id.startswith("helper:")]
    assert helped
    for verdict in helped:
        assert verdict.subject.functions == ("shift",)
        assert verdict.asked == verdict.killed_by == ["layers::shift"]


def test_a_weak_check_lets_mutants_live(tmp_path: Path) -> None:
    proof = toy.proof_of(toy.make(tmp_path, toy.SCALE, toy.WEAK_SHIFT))
    assert not proof.passed
    assert (SHIFTED, "return x - 2 * b") in toy.changes(proof, proof.survivors)
    (score,) = [score for score in proof.functions if score.function == "shift"]
    assert score.survived == len(proof.survivors) > 5


def test_a_function_without_a_check_is_a_hole(tmp_path: Path) -> None:
    proof = toy.proof_of(toy.make(tmp_path, toy.SCALE))
    survivors = [name for name in proof.survivors if name.startswith("shift:")]
    assert survivors


def test_a_check_that_kills_nothing(tmp_path: Path) -> None:
    layers = toy.LAYERS.replace("out = x * w\n    return out", "return np.multiply(x, w)")
    bank = toy.make(tmp_path, toy.SCALE, toy.SHIFT, toy.IDLE, layers=layers)
    proof = toy.proof_of(bank)
    assert proof.idle_checks == ["layers::idle"]
    assert not proof.passed


def test_a_redundant_check_is_named_with_the_other(tmp_path: Path) -> None:
    again = toy.SCALE.replace("test_scale", "test_again")
    proof = toy.proof_of(toy.make(tmp_path, toy.SCALE, toy.SHIFT, again))
    assert proof.redundant_checks == ["layers::again"]
    checks = {check.id: check for check in proof.checks}
    assert checks["layers::again"].redundant == "layers::scale"
    assert checks["layers::scale"].redundant == ""
    assert checks["layers::shift"].alone == checks["layers::shift"].kills > 0


def test_a_check_that_kills_less_than_another_is_redundant(tmp_path: Path) -> None:
    proof = toy.proof_of(toy.make(tmp_path, toy.SCALE, toy.SHIFT, toy.WEAK_SHIFT))
    kills = {check.id: check.kills for check in proof.checks}
    assert 0 < kills["layers::shift_shape"] < kills["layers::shift"]
    assert proof.redundant_checks == ["layers::shift_shape"]


def test_a_check_that_flakes(tmp_path: Path) -> None:
    assignment = toy.make(tmp_path, toy.SCALE, toy.SHIFT, toy.FLAKY)
    proof = toy.proof_of(assignment, seeds=40)
    assert {flake.check for flake in proof.flakes} == {"layers::flaky"}
    assert 0 < len(proof.flakes) < 40
    assert not proof.passed


def test_a_check_that_sees_a_mistake_under_some_seeds_only(tmp_path: Path) -> None:
    """It passes the reference with every seed, and so is no flake."""
    assignment = toy.make(tmp_path, toy.SCALE, toy.SHIFT, toy.LUCKY)
    toy.add_mistake(tmp_path, "scale", "out = x * w", "out = x * np.abs(w)")
    proof = toy.proof_of(assignment, seeds=5, catalogue_seeds=30)
    (flip,) = [flip for flip in proof.flips if flip.check == "layers::lucky"]
    assert flip.subject == "scale-wrong"
    assert flip.outcomes.keys() == {"passed", "failed"}
    assert sum(flip.outcomes.values()) == 30
    assert proof.flakes == []
    assert not proof.passed


def test_a_mistake_that_is_seen_with_every_seed(tmp_path: Path) -> None:
    assignment = toy.make(tmp_path, toy.SCALE, toy.SHIFT)
    toy.add_mistake(tmp_path, "scale", "out = x * w", "out = 2 * x * w")
    proof = toy.proof_of(assignment, catalogue_seeds=5)
    assert (proof.catalogue_subjects, proof.catalogue_seeds, proof.flips) == (1, 5, [])


def test_a_reference_that_fails_its_own_bank(tmp_path: Path) -> None:
    wrong = toy.SCALE.replace("student.scale(x, w), expected", "student.scale(x, w), -expected")
    proof = toy.proof_of(toy.make(tmp_path, wrong, toy.SHIFT))
    assert proof.failed_reference == ["layers::scale"]
    assert not proof.passed


def test_a_fault_of_another_function(tmp_path: Path) -> None:
    proof = toy.proof_of(toy.make(tmp_path, toy.SCALE, toy.SHIFT, toy.STRAY))
    assert {stray.check for stray in proof.strays} == {"layers::stray"}
    assert all(stray.subject.startswith("scale:") for stray in proof.strays)
    assert not proof.passed


def test_follow_through_forgives_another_functions_fault(tmp_path: Path) -> None:
    forgiving = toy.RUBRIC.replace(
        '{ en = "Shift" }, points = 2', '{ en = "Shift" }, points = 2, follow_through = true'
    )
    proof = toy.proof_of(toy.make(tmp_path, toy.SCALE, toy.SHIFT, toy.STRAY, rubric=forgiving))
    assert proof.strays == []
    assert proof.passed
    scaled = [v for v in proof.of_kind(ProgramKind.MUTANT) if v.subject.functions == ("scale",)]
    assert all(verdict.asked == ["layers::scale"] for verdict in scaled)


CLASSES = """
import numpy as np


class Scale:
    def __init__(self, w):
        self.w = w

    def run(self, x):
        return self.w * x


def shift(scale, x, b):
    out = scale.run(x) + 2 * b
    return out
"""

CLASS_CHECKS = """

@check("Scale multiplies", part="scale", targets="Scale.run")
def test_scale(student, reference, inputs):
    x, w = inputs.normal(3, 4), inputs.normal(4)
    assert_close("out", student.Scale(w).run(x), reference.Scale(w).run(x))


@check("shift of what is scaled", part="shift", targets="shift"{uses})
def test_shift(student, reference, inputs):
    x, w, b = inputs.normal(3, 4), inputs.normal(4), inputs.normal(4)
    own, right = (code.shift(code.Scale(w), x, b) for code in (student, reference))
    assert_close("out", own, right)
"""


@pytest.mark.parametrize(("uses", "proven"), [(', uses="Scale"', True), ("", False)])
def test_a_check_may_depend_on_a_class(tmp_path: Path, uses: str, proven: bool) -> None:
    """No object of the reference's can stand in for the student's, so the check has to say it."""
    rubric = toy.RUBRIC.replace(
        'scale = "layers: out"',
        'Scale = { module = "layers", returns = "scale*", methods = { run = "value" } }',
    )
    checks = CLASS_CHECKS.replace("{uses}", uses)
    proof = toy.proof_of(toy.make(tmp_path, checks, layers=CLASSES, rubric=rubric))
    assert {stray.check for stray in proof.dependent} == ({"layers::shift"} if proven else set())
    assert {stray.check for stray in proof.strays} == (set() if proven else {"layers::shift"})
    assert proof.passed is proven


def test_follow_through_forgives_no_fault_of_the_own_family(tmp_path: Path) -> None:
    """Forward and backward are replaced together or not at all, so the backward's checks count."""
    rubric = toy.RUBRIC.replace(
        '{ en = "Shift" }, points = 2', '{ en = "Shift" }, points = 2, follow_through = true'
    ).replace(
        'shift = "layers: out"',
        'shift = { module = "layers", returns = "out", backward_of = "scale" }',
    )
    proof = toy.proof_of(toy.make(tmp_path, toy.SCALE, toy.SHIFT, toy.STRAY, rubric=rubric))
    scaled = [v for v in proof.of_kind(ProgramKind.MUTANT) if v.subject.functions == ("scale",)]
    assert all(verdict.asked == ["layers::scale", "layers::stray"] for verdict in scaled)


def test_a_fault_that_only_others_see(tmp_path: Path) -> None:
    weak = toy.WEAK_SHIFT.replace("shift", "scale")
    stray = toy.STRAY.replace('targets="shift"', 'targets="shift", uses="scale"')
    proof = toy.proof_of(toy.make(tmp_path, weak, toy.SHIFT, stray))
    found = toy.changes(proof, proof.unattributed)
    assert ("out = x * w", "out = x / w") in found
    assert proof.handed_on == []


def test_a_check_that_costs_nothing_only_notes(tmp_path: Path) -> None:
    rubric = toy.RUBRIC + '\n[checks]\n"layers::shift" = { points = 0 }\n'
    extra = toy.WEAK_SHIFT
    proof = toy.proof_of(toy.make(tmp_path, toy.SCALE, toy.SHIFT, extra, rubric=rubric))
    verdicts = {verdict.subject.id: verdict for verdict in proof.verdicts}
    noted = [name for name in proof.survivors if verdicts[name].noted_by == ["layers::shift"]]
    assert noted == proof.survivors != []


def test_only_what_stands_between_the_markers_is_changed(tmp_path: Path) -> None:
    marked = toy.LAYERS.replace(
        "    out = x * w\n", "    # BEGIN SOLUTION: x\n    out = x * w\n    # END SOLUTION\n"
    )
    proof = toy.proof_of(toy.make(tmp_path, toy.SCALE, toy.SHIFT, layers=marked))
    assert {v.subject.old for v in proof.of_kind(ProgramKind.MUTANT)} == {"out = x * w"}


@pytest.mark.parametrize(
    ("new", "stale", "argued"), [("return x + 3 * b", 0, 1), ("return x + 99 * b", 1, 0)]
)
def test_arguments_for_equivalence(tmp_path: Path, new: str, stale: int, argued: int) -> None:
    assignment = toy.make(tmp_path, toy.SCALE, toy.WEAK_SHIFT)
    entry = f'[[mutant]]\nfunction = "helper"\nold = "{SHIFTED}"\nnew = "{new}"\nreason = "So."\n'
    (tmp_path / "reference" / "equivalent_mutants.toml").write_text(entry, encoding="utf-8")
    proof = toy.proof_of(assignment)
    assert len(proof.stale_arguments) == stale
    assert [v.equivalent for v in proof.of_kind(ProgramKind.MUTANT)].count("So.") == argued
    assert ((SHIFTED, new) in toy.changes(proof, proof.survivors)) is False


def test_an_argument_for_what_is_killed_is_false(tmp_path: Path) -> None:
    assignment = toy.make(tmp_path, toy.SCALE, toy.SHIFT)
    entry = (
        f'[[mutant]]\nfunction = "*"\nold = "{SHIFTED}"\nnew = "return x + 3 * b"\nreason = "So."\n'
    )
    (tmp_path / "reference" / "equivalent_mutants.toml").write_text(entry, encoding="utf-8")
    proof = toy.proof_of(assignment)
    assert toy.changes(proof, proof.false_arguments) == {(SHIFTED, "return x + 3 * b")}


def test_mistakes_and_variants_of_a_catalogue(tmp_path: Path) -> None:
    assignment = toy.make(tmp_path, toy.SCALE, toy.WEAK_SHIFT)
    _catalogue(tmp_path / "reference")
    proof = toy.proof_of(assignment)
    assert proof.failed_variants == ["by-rows"]
    assert proof.surviving_mistakes == ["shift-once"]
    assert proof.tolerated_mistakes == ["shift-thrice"]
    (variant,) = proof.of_kind(ProgramKind.VARIANT)
    assert variant.killed_by == list(variant.messages) == ["layers::shift_shape"]


def _catalogue(folder: Path) -> None:
    text = '{ en = "a" }'
    head = f"title = {text}\n"
    for name, factor, severity in (("once", 1, "major"), ("thrice", 3, "minor")):
        path = folder / "mistakes" / "shift" / f"shift-{name}.toml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(
            f'function = "shift"\nseverity = "{severity}"\n{head}explanation = {text}\n'
            f'hint = {text}\n[[patch]]\nfile = "layers.py"\nfunction = "helper"\n'
            f'old = "2 * b"\nnew = "{factor} * b"\n',
            encoding="utf-8",
        )
    (folder / "variants").mkdir()
    (folder / "variants" / "by-rows.toml").write_text(
        f'{head}[[patch]]\nfile = "layers.py"\nfunction = "helper"\n'
        'old = "return x + 2 * b"\nnew = "return (x + 2 * b)[:, 0]"\n',
        encoding="utf-8",
    )


def test_the_same_run_gives_the_same_records(tmp_path: Path) -> None:
    assignment = toy.make(tmp_path, toy.SCALE, toy.WEAK_SHIFT)
    first, second = toy.proof_of(assignment), toy.proof_of(assignment)
    assert first.verdicts == second.verdicts
    assert first.survivors == second.survivors != []


def test_a_check_that_pays_for_doing_nothing(tmp_path: Path) -> None:
    generous = """

@check("shift keeps the shape", part="shift", targets="shift")
def test_generous(student, inputs):
    assert student.shift(inputs.normal(3, 4), inputs.normal(4)).shape == (3, 4)
"""
    proof = toy.proof_of(toy.make(tmp_path, toy.SCALE, toy.SHIFT, generous))
    fills = ("zeros", "ones", "input")
    paid = {(stray.check, stray.subject) for stray in proof.paid}
    assert paid == {
        ("layers::generous", f"{who}:idle:{fill}") for who in ("shift", "all") for fill in fills
    }
    assert not proof.passed
