"""Students drawn at random, who make a class as large as somebody wants."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterable, Iterator
from typing import Final

from grader.assignment.catalogue import Mistake, Severity
from grader.demo.invented_student import InventedStudent
from grader.model.contract import Contract

_FIRST: Final = (
    "ada", "amir", "anna", "ben", "carla", "chen", "dana", "david", "elena", "emil", "fatima",
    "greta", "hugo", "ida", "ines", "jakob", "jun", "kaya", "lina", "luca", "maya", "milan",
    "nadia", "noah", "olga", "omar", "petra", "rafael", "sara", "tariq", "uma", "viktor", "zoe",
)  # fmt: skip
_LAST: Final = (
    "adeyemi", "becker", "chopra", "dubois", "evans", "fischer", "garcia", "hughes", "ito", "kim",
    "lopez", "moreau", "novak", "oliveira", "park", "quinn", "ricci", "silva", "tran", "ullah",
    "vogel", "weber", "yamada", "zielinski",
)  # fmt: skip


def drawn_students(mistakes: Iterable[Mistake], contract: Contract) -> Iterator[InventedStudent]:
    """Students with up to three mistakes each, without end; always the same ones.

    Minor mistakes are left to the rubric. A wrong forward pass can leave its backwards unjudged, so
    none is drawn, and of forward and backward, which could make up for each other, only one.
    """
    families: dict[str, list[Mistake]] = {}
    for mistake in mistakes:
        if mistake.function not in contract.forwards and mistake.severity is Severity.MAJOR:
            families.setdefault(contract.family(mistake.function), []).append(mistake)
    random_ = random.Random("the demo class")
    for number in itertools.count(1):
        wrong = random_.sample(sorted(families), min(random_.randrange(4), len(families)))
        made = [random_.choice(families[family]) for family in sorted(wrong)]
        yield InventedStudent(
            id=f"{random_.choice(_LAST)}-{random_.choice(_FIRST)}-{number:03}",
            what="drawn at random",
            layout=random_.choice(["package", "course", "flat", "zip", "tar.gz"]),
            mistakes=tuple(mistake.id for mistake in made),
            loses=frozenset(mistake.function for mistake in made),
        )
