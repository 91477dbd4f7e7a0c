"""What each student of a term must get, worked out from the documentation alone, in fractions.

Shares no code with the grader.
"""

from __future__ import annotations

import datetime as dt
import itertools
from fractions import Fraction
from math import ceil, floor
from typing import NamedTuple

from benchmarks.term.world import Policy, Task, Try, World

_DAY = Fraction(24)


class Expected(NamedTuple):
    """Of one student."""

    finals: dict[str, Fraction | None]
    """By assignment; None where nothing was submitted or decided."""
    excused: set[str]
    total: Fraction
    """Of the term, of 100."""


def expected(world: World) -> dict[int, Expected]:
    """By the number of the student."""
    return {student: _Student(world, student).expected() for student in range(len(world.names))}


class _Student:
    def __init__(self, world: World, student: int) -> None:
        self.world = world
        self.student = student

    def expected(self) -> Expected:
        tasks = self.world.tasks
        excused = {task.id for task in tasks if self._whole(task) == "excused"}
        days = self._slip_days(excused)
        finals = {task.id: self._final(task, days[task.id]) for task in tasks}
        return Expected(finals, excused, _rounded(self._total(finals, excused)))

    def _slip_days(self, excused: set[str]) -> dict[str, int]:
        needs = {task.id: self._needed(task) for task in self.world.tasks}
        if self.world.spend == "in order":
            return self._in_order(needs)
        ways = itertools.product(*(range(need + 1) for need in needs.values()))
        fitting: list[tuple[int, ...]] = [
            tuple(way) for way in ways if sum(way) <= self.world.budget
        ]

        def worth(way: tuple[int, ...]) -> tuple[Fraction, int, tuple[int, ...]]:
            days = dict(zip(needs, way, strict=True))
            finals = {task.id: self._final(task, days[task.id]) for task in self.world.tasks}
            return self._total(finals, excused), -sum(way), way

        best = max(fitting, key=worth)
        return dict(zip(needs, best, strict=True))

    def _in_order(self, needs: dict[str, int]) -> dict[str, int]:
        left, spent = self.world.budget, {}
        for task in sorted(self.world.tasks, key=lambda task: task.due):
            spent[task.id] = min(needs[task.id], left)
            left -= spent[task.id]
        return {task.id: spent[task.id] for task in self.world.tasks}

    def _needed(self, task: Task) -> int:
        """Days of lateness begun, after extensions and grace; none where they save nothing."""
        tried = self._counted(task)
        if tried is None or self._whole(task) is not None or self._past_end(task, tried):
            return 0
        late = self._late_hours(task, tried) - Fraction(task.policy.grace_minutes, 60)
        return max(0, ceil(late / _DAY))

    def _counted(self, task: Task) -> Try | None:
        own = [each for each in self.world.tries[task.id] if self.student in each.members]
        own.sort(key=lambda each: each.at)
        if not own:
            return None
        if task.counts == "before due":
            in_time = [each for each in own if self._late_hours(task, each) <= 0]
            return in_time[-1] if in_time else own[0]
        return own[-1]

    def _extension(self, task: Task) -> Fraction:
        mine = [
            delay.hours
            for delay in self.world.delays
            if delay.task == task.id
            and delay.whom in (self.student, self.world.sections[self.student])
        ]
        return Fraction(max(mine, default=0))

    def _late_hours(self, task: Task, tried: Try) -> Fraction:
        return _between(task.due, tried.at) - self._extension(task)

    def _past_end(self, task: Task, tried: Try) -> bool:
        cut = task.policy.cut_off_days
        if cut is not None and self._late_hours(task, tried) > cut * _DAY:
            return True
        closes = task.closes
        return closes is not None and _between(closes, tried.at) > self._extension(task)

    def _whole(self, task: Task) -> Fraction | str | None:
        """The last word on the whole assignment."""
        found: Fraction | str | None = None
        for each in self.world.decisions:
            if (each.student, each.task, each.part) == (self.student, task.id, None):
                found = each.points if each.points is not None else each.outcome
        return found

    def _final(self, task: Task, slip: int) -> Fraction | None:
        whole = self._whole(task)
        if isinstance(whole, Fraction):
            return _rounded(whole)
        tried = self._counted(task)
        if tried is None:
            return None
        earned = self._earned(task, tried)
        if self._past_end(task, tried):
            return Fraction(0)
        late = self._late_hours(task, tried) - slip * _DAY
        return _rounded(_less(task.policy, task.maximum, earned, late))

    def _earned(self, task: Task, tried: Try) -> Fraction:
        points = [share * right for share, right in zip(task.points, tried.right, strict=True)]
        for each in self.world.decisions:
            if (each.student, each.task) == (self.student, task.id) and each.part is not None:
                given = task.points[each.part] if each.points is None else each.points
                points[each.part] = given
        return sum(points, Fraction())

    def _total(self, finals: dict[str, Fraction | None], excused: set[str]) -> Fraction:
        rows = [
            ((finals[task.id] or Fraction()) / task.maximum, task.weight)
            for task in self.world.tasks
            if task.id not in excused
        ]
        drop = min(self.world.drop_lowest, len(rows) - 1)
        rows.sort(key=lambda row: (row[0], -row[1]))
        kept = rows[max(drop, 0) :]
        weight = sum(weight for _, weight in kept)
        earned = sum((share * part for share, part in kept), Fraction())
        return 100 * earned / weight if weight else Fraction()


def _less(policy: Policy, maximum: Fraction, earned: Fraction, late: Fraction) -> Fraction:
    """The points that are left of those earned, so many hours late."""
    late -= Fraction(policy.grace_minutes, 60)
    if late <= 0:
        return earned
    begun = ceil(late / _DAY) * policy.percent_per_day + ceil(late) * policy.percent_per_hour
    share = Fraction(min(begun, policy.max_percent), 100)
    taken = share * (earned if policy.of == "earned" else maximum)
    left = max(Fraction(), earned - taken)
    left = min(left, maximum * policy.cap_percent / 100)
    return max(left, min(earned, maximum * policy.minimum_percent / 100))


def _between(earlier: dt.datetime, later: dt.datetime) -> Fraction:
    """In hours that passed, also where clocks changed between."""
    span = later.astimezone(dt.UTC) - earlier.astimezone(dt.UTC)
    return Fraction(span.days * 86_400 + span.seconds, 3600)


def _rounded(points: Fraction) -> Fraction:
    """To the hundredth, half up."""
    return Fraction(floor(points * 100 + Fraction(1, 2)), 100)
