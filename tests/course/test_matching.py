"""Whom an export means: by id, e-mail, or a name that only one has; nobody is guessed."""

from __future__ import annotations

import pytest

from grader.course.matching import Claim, match_people, person_meant
from grader.model.errors import UsageError
from grader.model.person import Person

ANN = Person(key="a", name="Ann Smith", email="ann@uni.edu", ids={"canvas": "12", "sid": "s1"})
BOB = Person(key="b", name="Bob Li", email="bob@uni.edu", ids={"sid": "s2", "github": "BobLi"})
ZOE = Person(key="z", name="Zo\u00eb van Dam")
TWIN1 = Person(key="t1", name="Kim Lee", ids={"sid": "s5"})
TWIN2 = Person(key="t2", name="Kim Lee", ids={"sid": "s6"})
MAIL = Person(key="m", name="Kim Maier", ids={"login": "kim@uni.edu"})
PEOPLE = [ANN, BOB, ZOE, TWIN1, TWIN2, MAIL]


def _one(**more: object) -> Claim:
    (claim,) = match_people([Person(**{"key": "x", "name": "x", **more})], PEOPLE)  # type: ignore[arg-type]
    return claim


@pytest.mark.parametrize(
    ("claim", "person", "by"),
    [
        ({"name": "smithann", "ids": {"canvas": "12"}}, ANN, "id"),
        ({"ids": {"sis": "s2"}}, BOB, "id"),  # the number of a student, on any platform
        ({"ids": {"github": "bobli"}}, BOB, "id"),
        ({"name": "Ann Smith", "email": "BOB@uni.edu"}, BOB, "e-mail"),
        ({"name": "Kim Lee", "email": "KIM@uni.edu"}, MAIL, "e-mail"),  # who logs in with theirs
        ({"name": "Bob  Li", "ids": {"moodle": "77"}}, BOB, "name"),
        ({"name": "vandamzoë", "ids": {"canvas": "99"}}, ZOE, "name"),
        ({"name": "libob", "ids": {"canvas": "99"}}, BOB, "name"),
        ({"name": "s2"}, BOB, "name"),
        ({"key": "z", "name": "Zo\u00eb van Dam"}, ZOE, "key"),
        ({"name": "ann smith"}, None, ""),
        ({"name": "Zoe\u0308 van Dam"}, None, ""),
        ({"name": "\uff21nn Smith"}, None, ""),
        ({"name": "smithann"}, None, ""),
    ],
)
def test_who_is_meant(claim: dict[str, object], person: Person | None, by: str) -> None:
    found = _one(**claim)
    assert (found.person, found.by) == (person, by)
    assert bool(found.problem) == (person is None)


@pytest.mark.parametrize(
    ("claim", "said", "candidates"),
    [
        ({"name": "Kim Lee"}, "its name may be that of 2 people", (TWIN1, TWIN2)),
        ({"ids": {"sid": "s1", "github": "BobLi"}}, "its id may be that of 2 people", (ANN, BOB)),
        (
            {"name": "Ann Smith", "ids": {"canvas": "13"}},
            "its name is that of somebody with another canvas id",
            (ANN,),
        ),
        ({"name": "Ann Smit", "email": "ann@uni.ed"}, "nobody in the course matches", (ANN,)),
        ({"name": "Quux", "ids": {"canvas": "s1"}}, "nobody in the course matches", ()),
    ],
)
def test_who_is_not_clear(
    claim: dict[str, object], said: str, candidates: tuple[Person, ...]
) -> None:
    found = _one(**claim)
    assert found.person is None
    assert found.problem == said
    assert found.candidates == candidates


def test_two_of_one_name_are_not_one_student() -> None:
    claims = [
        Person(key="Bob Li_1", name="Bob Li", ids={"moodle": "1"}),
        Person(key="Bob Li_2", name="Bob Li", ids={"moodle": "2"}),
    ]
    found = match_people(claims, PEOPLE)
    assert [claim.person for claim in found] == [None, None]
    assert found[0].problem == "2 people have this name"
    assert match_people([claims[0], claims[0]], PEOPLE)[1].person == BOB


@pytest.mark.parametrize(
    ("text", "key"), [("a", "a"), ("s2", "b"), ("ann@UNI.edu", "a"), ("bob li", "b"), ("12", "a")]
)
def test_a_person_at_the_keyboard(text: str, key: str) -> None:
    assert person_meant(text, PEOPLE).key == key


def test_a_person_at_the_keyboard_is_told() -> None:
    with pytest.raises(UsageError, match=r"'Kim Lee' may be any of t1 \(Kim Lee\), t2"):
        person_meant("Kim Lee", PEOPLE)
    with pytest.raises(UsageError, match=r"'Bob Lie'.*Did you mean b\?"):
        person_meant("Bob Lie", PEOPLE)
