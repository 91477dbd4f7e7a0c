"""A class of which it is known who copied from whom: honest solutions and disguised copies."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Final, NamedTuple

from tests.similarity import honest
from tests.similarity.disguise import disguise

HONEST: Final = 40
COPIES: Final = 60


class LabelledClass(NamedTuple):
    """Modules by their students' names, and who worked alone or from the same original."""

    texts: dict[str, str]
    family: dict[str, int]
    """Two students of one family copied, one from the other or both from a third."""

    def is_copy(self, one: str, other: str) -> bool:
        """Whether two students have the same original."""
        return self.family[one] == self.family[other]

    def write(self, folder: Path) -> Path:
        """One folder a student, each with a module."""
        for name, text in self.texts.items():
            (folder / name).mkdir(parents=True)
            (folder / name / "layers.py").write_text(text, encoding="utf-8")
        return folder


def labelled_class(seed: int, honest_count: int = HONEST, copies: int = COPIES) -> LabelledClass:
    """A class in which some of the honest were copied from; names do not tell which is which."""
    draw = random.Random(f"class {seed}")
    numbers = list(range(100, 100 + honest_count + copies))
    draw.shuffle(numbers)
    texts: dict[str, str] = {}
    family: dict[str, int] = {}
    originals = [honest.solution(seed * 1000 + number) for number in range(honest_count)]
    keep = frozenset(honest.SIGNATURES)
    for at, number in enumerate(numbers):
        source = at if at < honest_count else draw.randrange(honest_count)
        text = originals[source]
        if at >= honest_count:
            text = disguise(text, seed * 1000 + at, keep=keep)
        texts[f"student-{number}"] = text
        family[f"student-{number}"] = source
    return LabelledClass(dict(sorted(texts.items())), family)
