"""The result of somebody who submitted nothing."""

from __future__ import annotations

from grader.model.result import Result
from grader.model.rubric import Rubric
from grader.submission import Source

_NOTHING = {"en": "Nothing was submitted.", "zh": "未提交。"}


def nothing_submitted(source: Source, rubric: Rubric, lang: str = "en") -> Result:
    """A result without a score, which says so."""
    return Result(
        submission=source.id,
        assignment=rubric.id,
        name=source.name,
        title=rubric.title.in_language(lang),
        score=0.0,
        max_score=rubric.points,
        parts=[],
        checks=[],
        error=_NOTHING[lang],
        error_kind="absent",
    )
