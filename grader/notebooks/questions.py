"""Finding the questions in a notebook's text: `Inline Question 2:`, `问题三`, or with no number."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

_NUMBER: Final = (
    r"\d{1,2}(?!\d)|[ivx]{1,4}(?![a-z])|one|two|three|four|five|six|seven|eight|nine|ten"
)
_CHINESE: Final = "一二三四五六七八九十"
_ZH: Final = rf"\d{{1,2}}(?!\d)|[{_CHINESE}]{{1,3}}(?![\u4e00-\u9fff])"
_QUESTION: Final = re.compile(
    rf"^(?P<lead>[\s#>*_~\-.\d()（）【\[]{{0,20}})(?:"
    r"(?P<inline>(?:inline|written|short|extra|bonus|discussion|conceptual)[ \-]+)?"
    rf"question(?![a-z])[ ]*(?:no\.?|number|nr\.?|[#:：])?[ ]*(?P<en>{_NUMBER})?|"
    r"q[ .]?(?P<q>\d{1,2})(?!\w)|"
    rf"(?P<zhinline>内联|思考|随堂|课堂|简答|内嵌)?(?:问题|题目?|提问)[ ]*(?P<zh>{_ZH})?|"
    rf"第[ ]*(?P<nth>\d{{1,2}}|[{_CHINESE}]{{1,3}})[ ]*(?:个|道)?(?:问题|题目?|问)"
    r")(?:[ ]*\d{1,2}[ ]*)?[)）】\]*_]*[ ]*(?P<colon>[:：.、?？]|$)?",
    re.IGNORECASE | re.MULTILINE,
)
_WORDS: Final = {
    word: number
    for number, forms in enumerate(
        ("one i", "two ii", "three iii", "four iv", "five v", "six vi", "seven vii", "eight viii",
         "nine ix", "ten x"), start=1)
    for word in forms.split()
}  # fmt: skip
_ALIKE: Final = 0.6
"""Similarity of two texts that ask the same."""
_LONGEST: Final = 1_500
"""Characters of a question that are compared."""


class Question(NamedTuple):
    """The heading of a question in a text."""

    start: int
    end: int
    """Where the text of the question begins."""
    number: str
    """Empty where it has none."""


def questions_in(text: str) -> Iterator[Question]:
    """The questions that begin in a text, each at the start of a line."""
    for match in _QUESTION.finditer(text):
        written = match["en"] or match["q"] or match["zh"] or match["nth"] or ""
        is_heading = "#" in match["lead"] or "*" in match["lead"] or match["colon"] is not None
        if written or match["inline"] or match["zhinline"] or is_heading:
            yield Question(match.start(), match.end(), _arabic(written.lower()))


def _arabic(written: str) -> str:
    if written.isascii():
        return str(_WORDS.get(written, written.lstrip("0")))
    tens, ten, ones = written.rpartition("十")
    digits = "〇" + _CHINESE
    if not ten:
        return str(digits.find(written))
    return str(max(1, digits.find(tens) if tens else 1) * 10 + max(0, digits.find(ones)))


class Asked(NamedTuple):
    """A question as a notebook asks it."""

    number: str
    text: str


def assign(asked: Sequence[Asked], wanted: Mapping[str, str]) -> list[str]:
    """Which of the wanted questions each asked one is; empty for one that is none of them.

    A question is known by what it says; where that fits none, by its number; then by its place.

    Args:
        asked: as they stand in the notebook.
        wanted: what each says, by its id, in their order; empty where that is not known.
    """
    found = ["" for _ in asked]
    for place, each in enumerate(asked):
        found[place] = _by_text(each, wanted)
    for place, each in enumerate(asked):
        if not found[place] and each.number in wanted and each.number not in found:
            found[place] = each.number
    for place, each in enumerate(asked):
        if not found[place] and each.number in wanted and not each.text.strip():
            found[place] = each.number  # a heading that repeats the question's number
    for place in range(len(asked)):
        if not found[place]:
            found[place] = _by_place(found, place, list(wanted))
    return found


def _by_text(asked: Asked, wanted: Mapping[str, str]) -> str:
    scores = {name: _likeness(asked.text, text) for name, text in wanted.items()}
    best = max(scores, key=lambda name: scores[name], default="")
    if not best or scores[best] < _ALIKE:
        return ""
    tied = [name for name in scores if scores[name] >= scores[best] - 0.05]
    return asked.number if asked.number in tied else best


def _likeness(one: str, other: str) -> float:
    one, other = (" ".join(text.lower().split())[:_LONGEST] for text in (one, other))
    if not one or not other:
        return 0.0
    matcher = difflib.SequenceMatcher(None, one, other, autojunk=False)
    return matcher.ratio() if matcher.real_quick_ratio() >= _ALIKE else 0.0


def _by_place(found: list[str], place: int, wanted: list[str]) -> str:
    """The next wanted question after the one before it that is known, unless that is found too."""
    before = [wanted.index(name) for name in found[:place] if name]
    following = max(before, default=-1) + 1
    if following < len(wanted) and wanted[following] not in found:
        return wanted[following]
    return ""
