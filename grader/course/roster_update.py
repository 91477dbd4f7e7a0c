"""A roster laid over the people of a course: whoever is known stays who they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from msgspec.structs import replace

from grader.course.matching import Claim, match_people
from grader.course.roster import RosterFile
from grader.model.errors import InputError
from grader.model.person import Person

_SHOWN = 5


class RosterUpdate(NamedTuple):
    """What a roster changes."""

    new: list[Person]
    changed: list[Person]
    """As they are from now on."""
    unchanged: int
    missing: list[Person]
    """Who is in the course, and not in the roster."""
    by_name: list[Claim]
    """Who was known by the name alone."""


def roster_update(file: RosterFile, people: Sequence[Person], name: str) -> RosterUpdate:
    """What a roster, which people call `name`, makes of those who are there.

    Raises:
        InputError: it cannot be told who some of its rows are.
    """
    claims = match_people(file.people, people)
    _must_be_clear(claims, name)
    known = {claim.person.key: claim for claim in claims if claim.person}
    new = [claim.claimed for claim in claims if claim.person is None]
    keys = {person.key for person in people}
    if taken := [person.key for person in new if person.key in keys]:
        raise InputError(f"{name}: {', '.join(taken[:_SHOWN])} would be two people of one name.")
    updated = [
        _laid_over(person, known[person.key].claimed, file.says_withdrawn)
        for person in people
        if person.key in known
    ]
    before = {person.key: person for person in people}
    changed = [person for person in updated if person != before[person.key]]
    missing = [person for person in people if person.key not in known and not person.withdrawn]
    by_name = [claim for claim in claims if claim.by == "name"]
    return RosterUpdate(new, changed, len(updated) - len(changed), missing, by_name)


def _must_be_clear(claims: Sequence[Claim], name: str) -> None:
    """A namesake with another id is another person; whoever has the same e-mail is not."""
    several: dict[str, list[Claim]] = {}
    for claim in claims:
        if claim.person is not None:
            several.setdefault(claim.person.key, []).append(claim)
    doubtful = [
        f"{claim.claimed.name} ({claim.problem})" for claim in claims if claim.is_doubtful
    ] + [
        f"{' and '.join(each.claimed.key for each in same)} (both are {key})"
        for key, same in several.items()
        if len(same) > 1
    ]
    if doubtful:
        more = f" and {len(doubtful) - _SHOWN} more" if len(doubtful) > _SHOWN else ""
        said = "; ".join(doubtful[:_SHOWN])
        hint = "Nothing was changed. Add a column with ids that tells them apart."
        raise InputError(f"{name}: it is not clear who is meant by {said}{more}.", hint=hint)


def _laid_over(person: Person, row: Person, says_withdrawn: bool) -> Person:
    """What the roster leaves open stays as it was; whoever is in it takes the course."""
    return replace(
        person,
        name=row.name or person.name,
        email=row.email or person.email,
        ids={**person.ids, **row.ids},
        section=row.section or person.section,
        group=row.group or person.group,
        withdrawn=row.withdrawn if says_withdrawn else False,
    )
