"""Who takes the course, who submitted what and when, and what was decided: made up from a seed.

Nothing here or in `expectation` comes from the grader: what everybody must get is worked out from
the words of its documentation alone.
"""

from __future__ import annotations

import datetime as dt
import random
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final
from zoneinfo import ZoneInfo

ZONE: Final = ZoneInfo("Europe/Berlin")
SECTIONS: Final = ("Lab 1", "Lab 2", "Lab 3")
_FIRST: Final = (
    "Ann", "Bob", "Chidi", "Dora", "Eva", "Femi", "Goran", "Hana", "Ivo", "Jia", "Kofi", "Lena",
    "Mei", "Nils", "Olga", "Per", "Qiu", "Rosa", "Sam", "Tariq", "Uma", "Vera", "Wei", "Zoë",
)  # fmt: skip
_LAST: Final = (
    "Abara", "Brown", "Chen", "de Boer", "Evans", "Müller-Lüdenscheidt", "García", "Hansen", "Ito",
    "Jones", "Kim", "Late", "Moreau", "Nowak", "O'Neill", "Park", "Rossi", "Smith", "Tran", "Wu",
)  # fmt: skip
_ALIKE: Final = (
    "Jose\u0301 Silva",
    "Jos\u00e9 Silva",
    "Ann Lee",
    "ann lee",
    "\uff21nn Lee",
    "王芳",
)
"""Names that differ in Unicode form, case or width, and one of two people."""


@dataclass(frozen=True)
class Policy:
    """What late work costs, as the documentation of `[late]` has it."""

    percent_per_day: int = 0
    percent_per_hour: int = 0
    of: str = "earned"
    grace_minutes: int = 0
    max_percent: int = 100
    cap_percent: int = 100
    minimum_percent: int = 0
    cut_off_days: int | None = None


@dataclass(frozen=True)
class Task:
    """An assignment: what its functions are worth, when it is due, and what lateness costs."""

    id: str
    platform: str
    points: tuple[Fraction, ...]
    due: dt.datetime
    closes: dt.datetime | None
    policy: Policy
    weight: int
    counts: str = "latest"

    @property
    def maximum(self) -> Fraction:
        """All its points."""
        return sum(self.points, Fraction())


@dataclass(frozen=True)
class Try:
    """One attempt: by whom, when, which functions are right, and in which form it came."""

    members: tuple[int, ...]
    at: dt.datetime
    right: tuple[bool, ...]
    form: str


@dataclass(frozen=True)
class Decision:
    """An override of a part (by its place) or of the whole (`part` is None)."""

    student: int
    task: str
    part: int | None
    points: Fraction | None
    outcome: str = ""


@dataclass(frozen=True)
class Delay:
    """More time for a student (a number) or a section (its name)."""

    whom: int | str
    task: str
    hours: int


@dataclass
class World:
    """All of it."""

    names: list[str]
    sections: list[str]
    withdrawn: set[int]
    budget: int
    spend: str
    drop_lowest: int
    tasks: list[Task]
    tries: dict[str, list[Try]] = field(default_factory=dict)
    decisions: list[Decision] = field(default_factory=list)
    delays: list[Delay] = field(default_factory=list)


FORMS: Final = ("zip", "loose", "zip+pdf", "loose+notebook", "py.txt", "nested")


def make(students: int, seed: int, spend: str = "in order") -> World:
    """A term with so many students."""
    chance = random.Random(seed)
    world = World(
        names=_names(students, chance),
        sections=[chance.choice(SECTIONS) for _ in range(students)],
        withdrawn=set(chance.sample(range(students), students // 25)),
        budget=3,
        spend=spend,
        drop_lowest=1,
        tasks=_tasks(),
    )
    for task in world.tasks:
        world.tries[task.id] = _tries(world, task, chance)
    _decide(world, chance)
    return world


def _names(students: int, chance: random.Random) -> list[str]:
    drawn = [f"{chance.choice(_FIRST)} {chance.choice(_LAST)}" for _ in range(students)]
    drawn[: len(_ALIKE)] = _ALIKE[: min(len(_ALIKE), students)]
    if students > len(_ALIKE) + 1:
        drawn[len(_ALIKE)] = _ALIKE[-1]
    return drawn


def _tasks() -> list[Task]:
    def at(month: int, day: int) -> dt.datetime:
        return dt.datetime(2026, month, day, 23, 59, tzinfo=ZONE)

    def shares(*points: str) -> tuple[Fraction, ...]:
        return tuple(map(Fraction, points))

    return [
        Task(
            "hw1", "canvas", shares("10", "15", "20", "5", "30", "20"), at(3, 15), None,
            Policy(percent_per_day=10, grace_minutes=30, max_percent=50), 100,
        ),
        Task(
            "hw2", "gradescope", shares("2.5", "7.5", "10", "5", "10", "5"), at(3, 28),
            at(4, 6), Policy(percent_per_hour=1, of="maximum", cut_off_days=6), 100,
        ),
        Task(
            "hw3", "moodle", shares("13.3", "20", "6.7", "25", "17.5", "17.5"), at(4, 25), None,
            Policy(percent_per_day=7, cap_percent=85, minimum_percent=20), 200, "before due",
        ),
    ]  # fmt: skip


def _tries(world: World, task: Task, chance: random.Random) -> list[Try]:
    teams = _teams(world, task, chance)
    found = []
    for members in teams:
        if chance.random() < 0.07:
            continue  # submits nothing
        number = chance.choice((1, 1, 1, 2, 3))
        late = chance.random() < 0.4
        hours = sorted(_hours(late, chance) for _ in range(number))
        for hour in hours:
            right = tuple(chance.random() < 0.8 for _ in task.points)
            found.append(Try(members, _later(task.due, hour), right, chance.choice(FORMS)))
    return found


def _teams(world: World, task: Task, chance: random.Random) -> list[tuple[int, ...]]:
    people = list(range(len(world.names)))
    if task.platform != "gradescope":
        return [(person,) for person in people]
    chance.shuffle(people)
    teams = []
    while people:
        size = min(len(people), chance.choice((1, 1, 2, 3)))
        teams.append(tuple(people[:size]))
        people = people[size:]
    return teams


def _hours(late: bool, chance: random.Random) -> Fraction:
    """Of lateness; negative before it is due. Some at the limits themselves."""
    if not late:
        return -Fraction(chance.randrange(0, 90_000), 3600) * 2
    edges = (Fraction(0), Fraction(1, 3600), Fraction(1, 2), Fraction(24), Fraction(49, 2))
    if chance.random() < 0.15:
        return chance.choice(edges)
    return Fraction(chance.randrange(1, 9 * 86_400), 3600)


def _later(time: dt.datetime, hours: Fraction) -> dt.datetime:
    """So many hours later, also where clocks change between."""
    return (time.astimezone(dt.UTC) + dt.timedelta(seconds=int(hours * 3600))).astimezone(ZONE)


def _decide(world: World, chance: random.Random) -> None:
    students = range(len(world.names))
    for task in world.tasks:
        for student in chance.sample(students, len(students) // 15):
            kind = chance.randrange(4)
            part = chance.randrange(len(task.points))
            half = task.points[part] / 2
            world.decisions.append(
                {
                    0: Decision(student, task.id, part, half),
                    1: Decision(student, task.id, part, None, "passed"),
                    2: Decision(student, task.id, None, task.maximum * 3 / 4),
                    3: Decision(student, task.id, None, None, "excused"),
                }[kind]
            )
        for student in chance.sample(students, len(students) // 12):
            world.delays.append(Delay(student, task.id, chance.choice((12, 24, 48))))
    world.delays.append(Delay(SECTIONS[1], "hw2", 36))
