"""What one submission of one person is worth: lateness and overrides, applied step by step."""

from __future__ import annotations

import datetime as dt
import hashlib
from fractions import Fraction
from typing import Final

import msgspec
from msgspec.structs import replace

from grader.course.lateness import Deadline, ExactStep, late_steps
from grader.course.overrides import as_graded, in_force, total_step, work_overridden
from grader.model.code_comment import CodeComment
from grader.model.course_records import RegradeRequest
from grader.model.points import exact, rounded
from grader.model.result import Result
from grader.model.worth import Override, WorthStep, penalty_of
from grader.report.strings import Lang, Texts
from grader.report.text import number


class Worth(msgspec.Struct, frozen=True, kw_only=True):
    """All that decides what a submission is worth, beside what grading gives."""

    submitted: dt.datetime | None = None
    """With its offset; None where it is not known."""
    told_late: bool = False
    """Whether the platform says that it was late."""
    deadline: Deadline = Deadline()
    overrides: list[Override] = []
    requests: list[RegradeRequest] = []
    """They decide nothing by themselves; reports show them."""
    comments: list[CodeComment] = []
    """Nor do these."""

    @property
    def stamp(self) -> str:
        """Differs where `applied` may make something else of the same result."""
        if self == _NOTHING:
            return ""
        return hashlib.sha256(msgspec.json.encode(self)).hexdigest()[:16]

    def applied(self, result: Result, lang: Lang = "en") -> Result:
        """The result with what it is worth, whatever was applied to it before.

        Points are exact from step to step; what a step shows is rounded, and so is what counts.
        """
        overrides = in_force(self.overrides)
        bare = replace(
            as_graded(result),
            submitted_at=self._submitted_at,
            requests=self.requests,
            comments=self.comments,
        )
        whole = next((each for each in overrides if each.scope == "total"), None)
        if not bare.graded:
            return _whole(bare, whole, Fraction(0), lang)
        worked, points = work_overridden(bare, overrides, lang)
        late = self._late_steps(points, exact(worked.max_score), lang)
        steps = [*worked.steps, *[_told(step, lang) for step in late]]
        points = late[-1].after if late else points
        return _whole(replace(worked, steps=steps, penalty=penalty_of(steps)), whole, points, lang)

    @property
    def _submitted_at(self) -> str:
        return self.submitted.isoformat(timespec="seconds") if self.submitted else ""

    def _late_steps(self, points: Fraction, out_of: Fraction, lang: Lang) -> list[ExactStep]:
        if self.submitted is None and self.told_late:
            return [ExactStep("unknown", points, points, {})]
        return list(late_steps(points, out_of, self.submitted, self.deadline))


def _whole(result: Result, override: Override | None, points: Fraction, lang: Lang) -> Result:
    if override is None:
        return result
    step = total_step(override, points, result.max_score, lang)
    return replace(result, steps=[*result.steps, step], excused=override.outcome == "excused")


def _told(step: ExactStep, lang: Lang) -> WorthStep:
    return WorthStep(
        kind=step.kind,
        reason=_reason(step, Texts(lang)),
        before=rounded(step.before),
        after=rounded(step.after),
    )


def _reason(step: ExactStep, texts: Texts) -> str:
    facts = {name: _fact(value, texts) for name, value in step.facts.items()}
    if step.kind != "late":
        return texts(f"worth.{step.kind}", **facts)
    if step.before == step.after and not step.facts["percent"]:
        return texts("worth.late.free", **facts)
    return texts("worth.late.maximum" if facts["of"] == "maximum" else "worth.late", **facts)


def _fact(value: object, texts: Texts) -> str:
    if isinstance(value, dt.timedelta):
        return duration(value, texts)
    if isinstance(value, dt.datetime):
        return f"{value:%Y-%m-%d %H:%M} {value.tzname() or ''}".strip()
    return number(float(value)) if isinstance(value, Fraction) else str(value)


def duration(time: dt.timedelta, texts: Texts) -> str:
    """A time in its two largest units: `2 days 3 h`."""
    seconds = int(time.total_seconds())
    units = (("days", 86_400), ("hours", 3_600), ("minutes", 60), ("seconds", 1))
    told = []
    for name, length in units:
        n, seconds = divmod(seconds, length)
        told += [texts(f"worth.{name}", n=n)] if n else []
    return " ".join(told[:2]) or texts("worth.seconds", n=0)


_NOTHING: Final = Worth()
