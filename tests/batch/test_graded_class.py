"""What a batch left, by student: whose result it is, and why somebody has none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from grader.batches.graded_class import graded_class
from grader.model.attempt import Attempt
from grader.model.class_list import ClassList
from grader.model.errors import InputError
from grader.model.person import Person
from grader.model.result import Result
from grader.model.worth import WorthStep
from grader.report.atomic_write import result_file, student_page_of
from tests.report import sample


def person(key: str, **more: Any) -> Person:
    """Somebody."""
    return Person(key=key, name=key.title(), **more)


def attempt(*members: str, counted: bool = True) -> Attempt:
    """What some people submitted."""
    key = "+".join(members) + str(counted)
    return Attempt(
        key=key, owner=members[0], members=[*members], entry=f"{key}.zip", counted=counted
    )


def write(folder: Path, people: list[Person], attempts: list[Attempt], *results: Result) -> Path:
    """An output of a batch."""
    listed = ClassList(platform="canvas", people=people, attempts=attempts)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "class.json").write_bytes(msgspec.json.encode(listed))
    for result in results:
        for place in (result_file(result.submission), student_page_of(result.submission)):
            (folder / place).parent.mkdir(exist_ok=True)
            (folder / place).write_bytes(result.to_json())
    return folder


def of(key: str, **changes: Any) -> Result:
    """A result."""
    return replace(sample.result(), submission=key, **changes)


def whys(folder: Path) -> dict[str, str]:
    """Why each has no points."""
    return {grade.person.key: grade.why for grade in graded_class(folder).grades}


def test_a_teams_result_is_each_members_own(tmp_path: Path) -> None:
    people = [person("ann"), person("bob")]
    folder = write(tmp_path, people, [attempt("ann", "bob")], of("ann"))
    ann, bob = graded_class(folder).students
    assert ann.grade.points == bob.grade.points == of("ann").final
    assert ann.page == bob.page == folder / "reports" / "ann.html"
    assert ann.entries == ["ann+bobTrue.zip"]


def test_who_has_no_points_and_why(tmp_path: Path) -> None:
    people = [person(key) for key in ("ann", "bob", "eve", "zoe", "yan", "max")]
    people.append(person("gone", withdrawn=True))
    attempts = [attempt(p.key) for p in people if p.key != "zoe"] + [attempt("ann", counted=False)]
    folder = write(
        tmp_path, people, attempts,
        of("ann"), sample.ungraded("bob", "bob.zip: is empty."),
        sample.ungraded("eve", "we broke", "internal"), of("yan", excused=True), of("gone"),
    )  # fmt: skip
    assert whys(folder) == {
        "ann": "", "bob": "could not be read: bob.zip: is empty.",
        "eve": "was not graded through a fault of the grader: we broke",
        "zoe": "submitted nothing", "yan": "excused", "max": "is not graded yet",
    }  # fmt: skip
    pages = {s.grade.person.key for s in graded_class(folder).students if s.page}
    assert pages == {"ann", "bob", "yan"}


def test_points_that_a_person_gave_count_without_work(tmp_path: Path) -> None:
    step = WorthStep(kind="override", reason="agreed", before=0, after=30)
    nothing = sample.ungraded("zoe", "Nothing was submitted.")
    folder = write(
        tmp_path, [person("zoe"), person("eve")], [],
        replace(nothing, steps=[step], max_score=100.0), replace(nothing, submission="eve"),
    )  # fmt: skip
    zoe, eve = graded_class(folder).grades
    assert (zoe.points, zoe.why) == (30, "")
    assert (eve.points, eve.why) == (None, "submitted nothing")
    assert graded_class(folder).others == []


def test_a_result_of_nobody_is_named(tmp_path: Path) -> None:
    folder = write(tmp_path, [person("ann")], [attempt("ann")], of("ann"), of("stray"))
    assert graded_class(folder).others == ["stray"]


def test_a_member_with_a_result_of_their_own_has_that(tmp_path: Path) -> None:
    people = [person("ann"), person("bob")]
    attempts = [attempt("ann", "bob"), attempt("bob")]
    folder = write(tmp_path, people, attempts, of("ann", score=3.0), of("bob", score=2.0))
    assert [grade.points for grade in graded_class(folder).grades] == [3, 2]


def test_of_two_others_results_nobody_has_either(tmp_path: Path) -> None:
    people = [person("ann"), person("bob"), person("eve")]
    attempts = [attempt("ann", "bob"), attempt("eve", "bob")]
    folder = write(tmp_path, people, attempts, of("ann"), of("eve"))
    with pytest.raises(InputError, match="bob is in two submissions that count"):
        graded_class(folder)


def test_a_result_is_that_of_its_file(tmp_path: Path) -> None:
    folder = write(tmp_path, [person("ann")], [attempt("ann")], of("ann"))
    (folder / result_file("ann")).write_bytes(of("bob").to_json())
    with pytest.raises(InputError, match="is the result of 'bob', not of 'ann'"):
        graded_class(folder)
    (folder / result_file("ann")).write_bytes(b"{")
    with pytest.raises(InputError, match="cannot be read"):
        graded_class(folder)


def test_a_page_is_another_where_it_says_something_else(tmp_path: Path) -> None:
    folder = write(tmp_path, [person("ann")], [attempt("ann")], of("ann"))

    def version(result: Result) -> str:
        (folder / result_file("ann")).write_bytes(result.to_json())
        return graded_class(folder).students[0].version

    first = version(of("ann"))
    assert version(of("ann", duration=9.0, graded_at="2030-01-01T00:00:00Z", digest="x")) == first
    assert version(of("ann", score=1.5)) != first
    slower = [replace(check, duration=check.duration + 1) for check in of("ann").checks]
    assert version(of("ann", checks=slower)) == first
