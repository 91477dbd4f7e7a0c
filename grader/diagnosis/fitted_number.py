"""The number of their own that a student put into a mistake, in words."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import msgspec

from grader.model.rubric import Text

_FITS: Final = Text("Your answers fit {name} = {value}.", "你的结果符合 {name} = {value}。")


class FittedNumber(msgspec.Struct, frozen=True, array_like=True):
    """A parameter of a mistake, with the value that gives a student's answers."""

    name: str
    value: float
    scale: str = ""
    """A size beside it: `* len(x)`."""


def in_words(numbers: Iterable[FittedNumber], lang: str) -> str:
    """What is said of them below the mistake; empty where there are none."""
    said = [
        _FITS.in_language(lang).format(
            name=each.name, value=f"{each.value:.6g}{f' {each.scale}' if each.scale else ''}"
        )
        for each in numbers
    ]
    return ("" if lang == "zh" else " ").join(said)
