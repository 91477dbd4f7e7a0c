"""One result of what the members of a composed assignment found in the same submission."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from grader.assignment.composed import ComposedAssignment, IncludedAssignment, release_in
from grader.grading.settings import Settings
from grader.model.errors import UsageError
from grader.model.release import ReleaseInfo
from grader.model.result import CheckResult, PartResult, Result

_DIGITS = 4


def settings_of_member(member: IncludedAssignment, settings: Settings) -> Settings:
    """How to grade the parts of one member: names of the whole in its own words."""
    own = {name: part for part, name in member.part_names.items()}
    return replace(
        settings,
        member=member.rubric.id,
        parts=tuple(own.get(name, name) for name in settings.parts),
        release=release_in(member, settings.release),
    )


def merged(composed: ComposedAssignment, results: Sequence[Result], lang: str) -> Result:
    """The result of the whole: the parts that are graded, in the composing rubric's order.

    A member of which the submission's release asks for nothing leaves its points to the others.

    Args:
        composed: the assignment.
        results: of its members, in their order.
        lang: language of the titles.
    """
    rubric = composed.rubric
    failed = [each for each in results if each.error]
    failed.sort(key=lambda each: each.error_kind != "internal")
    base = replace(
        (failed or results)[0],
        assignment=rubric.id,
        title=rubric.title.in_language(lang),
        max_score=rubric.points,
        duration=round(sum(each.duration for each in results), 3),
    )
    if failed:
        return replace(base, score=0.0, parts=[], checks=[], notebooks=[])
    possible = sum(each.max_score for each in results)
    stretch = rubric.points / possible if possible else 0.0
    found = [
        _renamed(member, each, stretch)
        for member, each in zip(composed.members, results, strict=True)
    ]
    parts = {part.id: part for each in found for part in each.parts}
    return replace(
        base,
        score=round(stretch * sum(each.score for each in results), 2),
        max_score=rubric.points if possible else 0.0,
        parts=[parts[name] for name in rubric.parts],
        checks=[check for each in found for check in each.checks],
        release=_releases(composed.members, results),
        python2=any(each.python2 for each in results),
        package=next((each.package for each in results if each.package), ""),
        notes=_notes(composed.members, results),
        notebooks=[notebook for each in results for notebook in each.notebooks],
        stands_on={name: below for each in results for name, below in each.stands_on.items()},
    )


def _notes(members: Iterable[IncludedAssignment], results: Sequence[Result]) -> list[str]:
    """Whose note it is, unless all have it."""
    common = set.intersection(*(set(each.notes) for each in results))
    own = zip(members, results, strict=True)
    told = (n if n in common else f"{m.rubric.id}: {n}" for m, each in own for n in each.notes)
    return list(dict.fromkeys(told))


def _renamed(member: IncludedAssignment, result: Result, stretch: float) -> Result:
    """The parts that are graded and their checks, by their names in the whole."""
    names = member.part_names
    return replace(
        result,
        parts=[_part(each, names[each.id], stretch) for each in result.parts if each.id in names],
        checks=[
            replace(_check(each, stretch), id=member.check_name(each.id), part=names[each.part])
            for each in result.checks
            if each.part in names
        ],
    )


def _part(part: PartResult, name: str, stretch: float) -> PartResult:
    points, possible = part.points * stretch, part.max_points * stretch
    return replace(part, id=name, points=round(points, 2), max_points=round(possible, 2))


def _check(check: CheckResult, stretch: float) -> CheckResult:
    points, possible = check.points * stretch, check.max_points * stretch
    return replace(check, points=round(points, _DIGITS), max_points=round(possible, _DIGITS))


def _releases(
    members: Sequence[IncludedAssignment], results: Iterable[Result]
) -> ReleaseInfo | None:
    """The release as each member tells it: one, if they agree."""
    told = [(member, each.release) for member, each in zip(members, results, strict=True)]
    known = [(member, release) for member, release in told if release]
    if not known:
        return None
    ids = {release.id for _, release in known}
    named = [each for m, each in known if not any(_is_also(m, each, id) for id in ids)]
    named = named or [each for _, each in known]
    return ReleaseInfo(
        id=" + ".join(dict.fromkeys(each.id for each in named)),
        title=" + ".join(dict.fromkeys(each.title for each in named)),
        chosen=known[0][1].chosen,
        readings={key: value for _, each in known for key, value in each.readings.items()},
        evidence=[f"{m.rubric.id}: {line}" for m, each in known for line in each.evidence],
    )


def _is_also(member: IncludedAssignment, release: ReleaseInfo, other: str) -> bool:
    """Whether a member knows another's release as a further name of its own."""
    try:
        found = member.plugin.release(other)
    except UsageError:
        return False
    return found is not None and other != release.id == found.id
