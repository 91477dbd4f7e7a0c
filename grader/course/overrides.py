"""A result with what people decided about it, over whatever grading gives."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from msgspec.structs import replace

from grader.grading.scoring import counts
from grader.model.points import exact, rounded
from grader.model.result import CheckResult, Outcome, PartResult, Result
from grader.model.worth import GradedAs, Override, WorthStep
from grader.report.strings import Lang, Texts
from grader.report.text import number

_OUTCOMES = {
    "passed": Outcome.PASSED,
    "failed": Outcome.FAILED,
    "missing": Outcome.MISSING,
}


def in_force(overrides: Iterable[Override]) -> list[Override]:
    """Those that are not revoked, and of several on one thing the last; checks before parts."""
    latest: dict[tuple[str, str], Override] = {}
    for override in sorted(overrides, key=lambda each: each.when.timestamp() if each.when else 0):
        if override.revoked is None:
            latest[override.scope, override.id] = override
    order = ("check", "part", "total")
    return sorted(latest.values(), key=lambda each: (order.index(each.scope), each.id))


def as_graded(result: Result) -> Result:
    """The result as grading left it, with nothing that anybody decided."""
    original = result.graded_as
    result = replace(
        result, steps=[], penalty=0.0, excused=False, requests=[], comments=[], graded_as=None
    )
    if original is None:
        return result
    return replace(
        result,
        score=original.score,
        checks=[_check_as_graded(check, original) for check in result.checks],
        parts=[_part_as_graded(part, original) for part in result.parts],
    )


def work_overridden(
    result: Result, overrides: Iterable[Override], lang: Lang = "en"
) -> tuple[Result, Fraction]:
    """The result with the overrides of checks and parts, and its exact points.

    `overrides` are those in force, in their order; the result is as grading left it.
    """
    work = _Work(result, Texts(lang))
    for override in overrides:
        if override.scope == "check":
            work.change_check(override)
        elif override.scope == "part":
            work.change_part(override)
    return work.result(), work.points


def total_step(override: Override, before: Fraction, out_of: float, lang: Lang = "en") -> WorthStep:
    """What the override of the whole makes of the points."""
    texts = Texts(lang)
    after = _points_of(override, out_of, before)
    excused = override.outcome == "excused"
    change = texts("worth.excuse") if excused else _change(texts, before, after, out_of)
    return _step(override, texts("worth.total", change=change), before, after)


class _Work:
    """A result while its checks and parts are changed."""

    def __init__(self, result: Result, texts: Texts) -> None:
        self.points = exact(result.score)
        self._result = result
        self._texts = texts
        self._checks = {check.id: check for check in result.checks}
        self._parts = {part.id: part for part in result.parts}
        self._steps: list[WorthStep] = []

    def change_check(self, override: Override) -> None:
        """Change a check, its part, and the whole."""
        check = self._checks.get(override.id)
        if check is None:
            return self._not_there(override)
        before = exact(check.points)
        after = _points_of(override, check.max_points, before)
        outcome = _OUTCOMES.get(override.outcome) or _outcome_of(check, after)
        self._checks[check.id] = replace(check, points=float(after), outcome=outcome)
        if part := self._parts.get(check.part):
            passed = (outcome is Outcome.PASSED) - (check.outcome is Outcome.PASSED)
            self._parts[part.id] = replace(
                part,
                points=float(exact(part.points) + after - before),
                passed=part.passed + passed * counts(check),
            )
        change = _change(self._texts, before, after, check.max_points)
        told = self._texts("worth.check", title=check.title, change=change)
        return self._moved(override, told, after - before)

    def change_part(self, override: Override) -> None:
        """Change a part, and the whole; its checks stay as they are."""
        part = self._parts.get(override.id)
        if part is None:
            return self._not_there(override)
        before = exact(part.points)
        after = _points_of(override, part.max_points, before)
        self._parts[part.id] = replace(part, points=float(after))
        change = _change(self._texts, before, after, part.max_points)
        told = self._texts("worth.part", title=part.title, change=change)
        return self._moved(override, told, after - before)

    def result(self) -> Result:
        """What it has become, with what it was."""
        was, checks = self._result, list(self._checks.values())
        parts = [replace(part, points=rounded(part.points)) for part in self._parts.values()]
        graded = GradedAs(
            score=was.score,
            checks={
                old.id: (str(old.outcome), old.points)
                for old, new in zip(was.checks, checks, strict=True)
                if old != new
            },
            parts={
                old.id: (old.points, old.passed)
                for old, new in zip(was.parts, parts, strict=True)
                if old != new
            },
        )
        changed = graded.checks or graded.parts
        return replace(
            was,
            score=rounded(self.points) if changed else was.score,
            checks=checks,
            parts=parts if changed else was.parts,
            steps=self._steps,
            graded_as=graded if changed else None,
        )

    def _moved(self, override: Override, told: str, by: Fraction) -> None:
        self._steps.append(_step(override, told, self.points, self.points + by))
        self.points += by

    def _not_there(self, override: Override) -> None:
        told = self._texts("worth.gone", id=override.id)
        self._steps.append(_step(override, told, self.points, self.points))


def _points_of(override: Override, out_of: float, before: Fraction) -> Fraction:
    if override.points is not None:
        return exact(override.points)
    if override.outcome == "excused":
        return before
    return exact(out_of) if override.outcome == "passed" else Fraction(0)


def _outcome_of(check: CheckResult, points: Fraction) -> Outcome:
    """Full points make a check passed, and none a passed one failed; others leave it as it is."""
    if points >= exact(check.max_points) and points:
        return Outcome.PASSED
    if not points and check.outcome is Outcome.PASSED and check.max_points:
        return Outcome.FAILED
    return check.outcome


def _check_as_graded(check: CheckResult, original: GradedAs) -> CheckResult:
    if check.id not in original.checks:
        return check
    outcome, points = original.checks[check.id]
    return replace(check, outcome=Outcome(outcome), points=points)


def _part_as_graded(part: PartResult, original: GradedAs) -> PartResult:
    if part.id not in original.parts:
        return part
    points, passed = original.parts[part.id]
    return replace(part, points=points, passed=passed)


def _step(override: Override, told: str, before: Fraction, after: Fraction) -> WorthStep:
    when = override.when.isoformat(sep=" ", timespec="minutes") if override.when else ""
    return WorthStep(
        kind="override",
        reason=f"{told} {override.why}".strip(),
        before=rounded(before),
        after=rounded(after),
        staff=", ".join(filter(None, (override.who, when, override.note))),
    )


def _change(texts: Texts, before: Fraction, after: Fraction, out_of: float) -> str:
    values = {"before": rounded(before), "after": rounded(after), "max": out_of}
    return texts("worth.points", **{name: number(value) for name, value in values.items()})
