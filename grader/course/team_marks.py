"""Marks of a team's answers: a mark for one member is a mark for all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from msgspec.structs import replace

from grader.course.marks import Mark, Place
from grader.model.course_records import StoredAttempt


def for_teams(
    entered: Mapping[Place, Mark | None], teams: Mapping[str, Sequence[str]]
) -> dict[Place, Mark | None]:
    """The marks, with those for team mates whose own answer to the question has none."""
    found = dict(entered)
    for (person, notebook, question), mark in entered.items():
        for mate in teams.get(person, ()):
            place = (mate, notebook, question)
            if place not in found:
                found[place] = replace(mark, submission=mate) if mark else None
    return found


def teams_of(stored: Iterable[StoredAttempt]) -> dict[str, list[str]]:
    """Who is graded for the same attempt as somebody, by the last import or grading."""
    counted = {
        person: each.attempt.key
        for each in stored
        if each.attempt.counted
        for person in each.attempt.members
    }
    return graded_together(counted)


def graded_together(counted: Mapping[str, str]) -> dict[str, list[str]]:
    """Who is graded for the same attempt as somebody; of people to their attempts' keys."""
    together: dict[str, list[str]] = {}
    for person, attempt in counted.items():
        together.setdefault(attempt, []).append(person)
    return {person: team for team in together.values() for person in team}
