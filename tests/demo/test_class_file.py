"""The invented students of any assignment."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.assignment.catalogue import (
    Mistake,
    Variant,
    load_mistakes,
    load_variants,
    read_package,
)
from grader.assignment.folder import Assignment
from grader.demo import class_of, surprises
from grader.demo.build import written_by
from grader.demo.class_file import students_by_catalogue, students_of
from grader.demo.mutant_students import MOST
from grader.model.errors import InputError
from tests.verify import toy

NUMPYNN, CONVNET = Assignment.load("numpynn"), Assignment.load("convnet")
KNOWN: list[Mistake | Variant] = [
    *load_mistakes(CONVNET.layout.mistakes),
    *load_variants(CONVNET.layout.variants),
]


def test_the_class_of_an_assignment_is_in_its_folder() -> None:
    reference = read_package(CONVNET.reference)
    catalogue = {entry.id: entry for entry in KNOWN}
    students = class_of(CONVNET)
    assert {student.id for student in students} >= {"fontaine-luc", "rossi-elio"}
    assert len({student.id for student in students}) == len(students) > 20
    for student in students:
        assert student.loses is not None
        assert student.loses <= set(CONVNET.contract)
        written = written_by(student, reference, catalogue)
        same = not (student.variants or student.mistakes or student.loses or student.forgets)
        assert same == (written == written_by(students[0], reference, catalogue)) or (
            not student.graded
        )


def test_only_so_many() -> None:
    assert [student.id for student in class_of(CONVNET, 2)] == ["aalto-sanna", "bakshi-rohan"]


@pytest.mark.parametrize("assignment", [NUMPYNN, CONVNET], ids=["numpynn", "convnet"])
def test_more_than_the_file_has_are_drawn(assignment: Assignment) -> None:
    own = class_of(assignment)
    more = class_of(assignment, len(own) + 40)
    assert more[: len(own)] == own
    drawn = more[len(own) :]
    assert len({student.id for student in more}) == len(more) == len(own) + 40
    assert {len(student.mistakes) for student in drawn} == {0, 1, 2, 3}
    for student in drawn:
        loses = student.loses or frozenset()
        families = {assignment.contract.family(name) for name in loses}
        assert len(families) == len(loses) == len(student.mistakes)
        assert not loses & assignment.contract.forwards


def test_without_a_file_the_catalogue_makes_one() -> None:
    right, *others = students_by_catalogue(KNOWN)
    assert (right.loses, right.mistakes, right.variants) == (frozenset(), (), ())
    assert len(others) == len(KNOWN)
    wrong = {student.id: student.loses for student in others}
    assert wrong["conv-no-bias"] == frozenset({"conv_forward_naive"})
    assert wrong["conv-loops"] == frozenset()


def test_without_a_catalogue_mutants_make_one(tmp_path: Path) -> None:
    assignment = toy.make(tmp_path, toy.SCALE, toy.SHIFT)
    right, *others = class_of(assignment)
    assert right.loses == frozenset()
    assert 5 < len(others) <= MOST
    assert len({student.id for student in others}) == len(others)
    reference = read_package(assignment.reference)
    for student in others:
        written = written_by(student, reference, {})
        assert written["layers.py"] != reference["layers.py"]
        assert surprises([student], []) == [f"{student.id} ({student.what}): was not graded"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[[student]]\nid = "a"\nwhat = "b"\nmistakes = ["conv-no-bais"]', "conv-no-bais"),
        ('[[student]]\nid = "a"', "missing required field `what`"),
        ("[[student", "not valid TOML"),
        ('[[pupil]]\nid = "a"\nwhat = "b"', "pupil"),
    ],
)
def test_a_wrong_file_is_named(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "students.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=said) as raised:
        students_of(path, KNOWN)
    assert str(path) in raised.value.message
    if "bais" in said:
        assert raised.value.hint
        assert "conv-no-bias" in raised.value.hint
