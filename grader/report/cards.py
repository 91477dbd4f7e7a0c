"""What to fix, one thing at a time: the failed checks by what they fail for.

A card is a function that is at fault, or a file that cannot be used, with all checks that fail for
it. No fault has two cards, however many checks it fails, and they stand in the order in which to
take them: what others stand on comes first. Terminal, pytest, notebook and page show the same ones.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final

from msgspec import Struct

from grader.model.result import Cause, CheckResult, Outcome, SourceSpan, Visibility
from grader.model.verdicts import NOT_IMPLEMENTED
from grader.report.cause_groups import CauseGroup, grouped
from grader.report.check_view import CheckView, asked_for, check_view, together
from grader.report.text import is_target

_WRONG: Final = frozenset({Outcome.FAILED, Outcome.ERROR})
_AT_FAULT: Final = _WRONG | {Outcome.MISSING}


class Card(Struct, frozen=True):
    """One thing to fix, and all that fails for it."""

    what: str
    """A contract name, what is wrong with a file, or a check's title where it names none."""
    number: int
    part: str
    """Id of the part that it belongs to."""
    title: str
    """That part's."""
    own: list[CheckView]
    """Its own failed checks, those with the same complaint together; the first is told in full."""
    waiting: list[CheckResult]
    """What cannot be judged, or fails, until it is fixed."""
    waiting_in: list[str]
    """Titles of the parts that these belong to."""
    cause_groups: list[CauseGroup]
    """The mistakes behind it, by how sure they are."""

    @property
    def shown(self) -> CheckView | None:
        """The check that shows what is wrong; None if none of its own was asked to run."""
        return self.own[0] if self.own else None

    @property
    def more(self) -> list[CheckView]:
        """What else is wrong with it."""
        return self.own[1:]

    @property
    def outcome(self) -> Outcome:
        """How its first check ended; of what has none of its own, whether that is its fault."""
        if self.own:
            return self.own[0].check.outcome
        return Outcome.ERROR if self.waiting[0].follows_from else Outcome.SKIPPED

    @property
    def is_function(self) -> bool:
        """Whether it is a function's."""
        return is_target(self.what)

    @property
    def is_todo(self) -> bool:
        """Whether nothing is wrong with it but that it is not there yet, or could not be judged."""
        return self.outcome not in _WRONG

    @property
    def is_open(self) -> bool:
        """Whether it could not be judged, and nobody knows for whose fault."""
        return self.outcome is Outcome.SKIPPED

    @property
    def reason(self) -> str:
        """Why something is to be done, where that does not go without saying."""
        shown = self.own[0].check if self.own else self.waiting[0]
        to_do = {text.format(name=self.what) for text in (NOT_IMPLEMENTED.en, NOT_IMPLEMENTED.zh)}
        says_itself = self.own and shown.message in to_do
        return "" if says_itself or not (self.own or self.is_open) else shown.message

    @property
    def source(self) -> SourceSpan | None:
        """Where it stands in the student's files."""
        return self.own[0].check.source if self.own and self.is_function else None

    @property
    def anchor(self) -> str:
        """Its name within a page."""
        return f"card-{self.number}"

    @property
    def count(self) -> int:
        """How many checks of its own fail."""
        return sum(1 + len(view.alike) for view in self.own)

    @property
    def points(self) -> float:
        """Points of its own checks."""
        return sum(view.points for view in self.own)

    @property
    def max_points(self) -> float:
        """Points possible for its own checks."""
        return sum(view.max_points for view in self.own)


def cards_of(
    checks: Iterable[CheckResult],
    *,
    titles: Mapping[str, str],
    stands_on: Mapping[str, Collection[str]],
) -> list[Card]:
    """What to fix, in the order in which to do it; then what is not there yet.

    Args:
        checks: of one submission, as their reader may see them; of the same rank, what comes first
            here is first.
        titles: of parts, by id.
        stands_on: functions to those that they stand on.
    """
    every = [check for check in checks if _needs_work(check)]
    faults = _faults(every)
    by_fault: dict[str, list[CheckResult]] = {}
    for check in every:
        by_fault.setdefault(_fault_of(check, faults), []).append(check)
    wrong = [what for what, mine in by_fault.items() if _is_wrong(what, mine)]
    others = [what for what in by_fault if what not in wrong]
    files = {check.follows_from for check in every if not is_target(check.follows_from)}
    order = [*_in_order(wrong, stands_on, files), *_in_order(others, stands_on, files)]
    return [
        _card(what, number, by_fault[what], titles) for number, what in enumerate(order, start=1)
    ]


def _needs_work(check: CheckResult) -> bool:
    return check.outcome in _AT_FAULT or (check.outcome is Outcome.SKIPPED and asked_for(check))


def _is_wrong(what: str, checks: Sequence[CheckResult]) -> bool:
    own = [check for check in checks if _is_own(check, what)]
    return any(check.outcome in _WRONG for check in own or checks)


def _faults(checks: Sequence[CheckResult]) -> set[str]:
    """The functions that fail checks of their own."""
    own = [check for check in checks if check.outcome in _AT_FAULT and not check.follows_from]
    alone = {check.targets[0] for check in own if len(check.targets) == 1}
    return alone | {_first(check) for check in own if alone.isdisjoint(check.targets)}


def _first(check: CheckResult) -> str:
    """The function that a check is for; what it asks where it names none."""
    return check.targets[0] if check.targets else check.title


def _fault_of(check: CheckResult, faults: Collection[str]) -> str:
    """What a check fails for."""
    if check.follows_from:
        return check.follows_from
    made = [cause.function for cause in check.causes if cause.kind == "mistake" and cause.certain]
    names = [name for name in (*made, *check.targets) if name in faults]
    return names[0] if names else _first(check)


def _in_order(
    names: Sequence[str], stands_on: Mapping[str, Collection[str]], files: Collection[str]
) -> list[str]:
    """Each after what it stands on, else as they come; faults of files before all else."""
    left = sorted(names, key=lambda name: name not in files)
    done: list[str] = []
    while left:
        waits = {name: set(left).intersection(stands_on.get(name, ())) - {name} for name in left}
        following = next((name for name in left if not waits[name]), left[0])
        left.remove(following)
        done.append(following)
    return done


def _card(what: str, number: int, checks: Sequence[CheckResult], titles: Mapping[str, str]) -> Card:
    own = [check for check in checks if _is_own(check, what)]
    waiting = [check for check in checks if not _is_own(check, what)]
    own.sort(key=_telling)
    causes = _causes(own)
    part = (own or waiting)[0].part
    return Card(
        what=what,
        number=number,
        part=part,
        title=titles.get(part, part),
        own=together(map(check_view, own)),
        waiting=waiting,
        waiting_in=list(dict.fromkeys(titles.get(each.part, each.part) for each in waiting)),
        cause_groups=grouped(causes),
    )


def _is_own(check: CheckResult, what: str) -> bool:
    mine = what in check.targets or what == _first(check)
    return check.outcome in _AT_FAULT and not check.follows_from and mine


def _telling(check: CheckResult) -> tuple[bool, bool, bool]:
    """What says more comes first: values may be shown, a mistake is named."""
    named = any(cause.kind == "mistake" and cause.certain for cause in check.causes)
    hidden = check.visibility is Visibility.HIDDEN
    return check.outcome not in _WRONG, hidden, not named


def _causes(checks: Iterable[CheckResult]) -> list[Cause]:
    """The mistakes behind some checks of one function, each once, as surely as any check says."""
    every = [cause for check in checks for cause in check.causes if cause.kind == "mistake"]
    sure = {cause.id for cause in every if cause.certain}
    settled = {cause.choice for cause in every if cause.choice and cause.id in sure}
    found: dict[str, Cause] = {}
    for cause in every:
        open_ = not cause.certain and (cause.id in sure or cause.choice in settled)
        if not open_:
            found.setdefault(cause.id, cause)
    return list(found.values())
