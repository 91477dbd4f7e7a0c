"""Which attempts of a course count, when each student may be due at another time."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from grader.course.attempts import Counts, choose
from grader.model.attempt import Attempt
from grader.model.course_records import StoredAttempt


def counted_attempts(
    stored: Sequence[StoredAttempt],
    rule: Counts,
    due: Mapping[str, dt.datetime | None],
    scores: Mapping[str, float] | None = None,
    lang: str = "en",
) -> dict[str, Attempt]:
    """The attempt that counts for each student who submitted anything, by `Person.key`.

    Args:
        stored: all attempts at an assignment.
        rule: which counts.
        due: when each student's work is due, extensions included.
        scores: by key of the attempt, for `best`.
        lang: of the reasons.
    """
    inactive = {each.attempt.key for each in stored if not each.active}
    times: dict[dt.datetime | None, list[str]] = defaultdict(list)
    for person in {member for each in stored for member in each.attempt.members}:
        times[due.get(person)].append(person)
    counted: dict[str, Attempt] = {}
    for time, people in times.items():
        own = [_for(each.attempt, set(people)) for each in stored]
        chosen = choose([a for a in own if a.members], rule, time, scores, inactive, lang)
        for attempt in chosen:
            if attempt.counted:
                counted |= dict.fromkeys(attempt.members, attempt)
    return counted


def _for(attempt: Attempt, people: set[str]) -> Attempt:
    return replace(attempt, members=[member for member in attempt.members if member in people])


def marked(stored: Sequence[StoredAttempt], counted: Mapping[str, Attempt]) -> list[StoredAttempt]:
    """The attempts as a course keeps them, with those that count for somebody marked."""
    reasons = {attempt.key: attempt.why for attempt in counted.values()}
    return [
        replace(
            each,
            attempt=replace(
                each.attempt,
                counted=each.attempt.key in reasons,
                why=reasons.get(each.attempt.key, ""),
            ),
        )
        for each in stored
    ]
