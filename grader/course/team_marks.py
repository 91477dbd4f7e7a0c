"""Marks of a team's answers: a mark for one member is a mark for all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from grader.course.marks import Mark, Place


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
