"""What each person submitted how often, and which of it counts, with the reason."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final, Literal, NamedTuple

import msgspec
from msgspec.structs import replace

from grader.course.listing import is_archive
from grader.model.attempt import Attempt, Delivered, DeliveredFile
from grader.submission.delivered_names import own_name, version_of

Counts = Literal["latest", "best", "before due"]
"""Which of several attempts counts: the last, that with the most points, or the last in time."""
_DIGITS: Final = re.compile(r"(\d+)")


class AttemptFiles(NamedTuple):
    """An attempt, and what was delivered of it."""

    attempt: Attempt
    delivered: Delivered


def attempts_of(delivered: Iterable[Delivered], known: Collection[str] = ()) -> list[AttemptFiles]:
    """The attempts in an export, numbered for each student or team in the order of submission.

    Several files of one person are one attempt. Where a file is there in several copies
    (`hw-1.zip` and `hw-2.zip`), each copy is an attempt of its own, with what else there was then.
    None counts yet: see `choose`.

    Args:
        delivered: what the export says.
        known: names of files that the assignment uses: see `own_name`.
    """
    by_team: dict[tuple[str, ...], list[Delivered]] = {}
    for each in delivered:
        by_team.setdefault(tuple(sorted(owner.key for owner in each.owners)), []).append(each)
    return [
        AttemptFiles(_attempt(each, number), each)
        for own in by_team.values()
        for number, each in enumerate(_in_order(own, known), start=1)
    ]


def _attempt(delivered: Delivered, number: int) -> Attempt:
    owner = delivered.owners[0].key
    return Attempt(
        key=attempt_key(number, [each.key for each in delivered.owners]),
        owner=owner,
        members=[each.key for each in delivered.owners],
        number=number,
        submitted=delivered.submitted,
        time_source=delivered.time_source,
        late=delivered.late,
        entry=delivered.entry,
    )


def attempt_key(number: int, members: Sequence[str]) -> str:
    """The key of a team's attempt of that number; no other team's is the same."""
    return f"{number}:{msgspec.json.encode(sorted(members)).decode()}"


def _in_order(own: Sequence[Delivered], known: Collection[str]) -> list[Delivered]:
    """A team's submissions, the oldest first; copies of files taken apart."""
    timed = all(each.submitted for each in own)
    ordered = sorted(own, key=lambda each: _order(each, timed=timed))
    return [
        replace(each, files=files, entry=_entry(each, files))
        for each in ordered
        for files in split_copies(each.files, known)
    ]


def _order(delivered: Delivered, *, timed: bool) -> tuple[float, int, list[tuple[int, str]]]:
    """By the time where all have one, else by the platform's numbers."""
    time = delivered.submitted.timestamp() if delivered.submitted and timed else 0.0
    return time, delivered.number, _natural(delivered.entry)


def _entry(delivered: Delivered, files: Sequence[DeliveredFile]) -> str:
    return files[-1].path if len(files) == 1 else delivered.entry


def split_copies(
    files: Sequence[DeliveredFile], known: Collection[str] = ()
) -> list[list[DeliveredFile]]:
    """Files as those of one attempt or of several, the last the newest.

    Each attempt has one copy of each file, counted from the newest; of what there are fewer copies,
    earlier attempts have the oldest.
    """
    copies: dict[tuple[str, bool], list[tuple[int, list[tuple[int, str]], DeliveredFile]]] = {}
    for file in files:
        name, number = _copy(file.name, known)
        copies.setdefault(name, []).append((number, _natural(file.path), file))
    ordered = [[file for _, _, file in sorted(own, key=_first_two)] for own in copies.values()]
    depth = max(map(len, ordered), default=1)
    return [
        [own[max(len(own) - 1 - back, 0)] for own in ordered] for back in range(depth - 1, -1, -1)
    ]


def _first_two(
    copy: tuple[int, list[tuple[int, str]], DeliveredFile],
) -> tuple[int, list[tuple[int, str]]]:
    return copy[0], copy[1]


def _copy(name: str, known: Collection[str]) -> tuple[tuple[str, bool], int]:
    """What a file is a copy of, and the number of the copy."""
    archive = is_archive(name)
    if archive and (version := version_of(name)):
        return (_folded(version[0]), True), version[1]
    own = own_name(name, known)
    stem = own.name.partition(".")[0] if archive else own.name
    return (_folded(stem), archive), own.number


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()


def _natural(text: str) -> list[tuple[int, str]]:
    """Numbers in the order of their values: `9` before `10`."""
    return [
        (int(part[:18]), part) if part.isdecimal() and part.isascii() else (0, part)
        for part in _DIGITS.split(text)
    ]


def choose(
    found: Sequence[Attempt],
    rule: Counts = "latest",
    due: dt.datetime | None = None,
    scores: Mapping[str, float] | None = None,
    inactive: Collection[str] = (),
    lang: str = "en",
) -> list[Attempt]:
    """The attempts, with those that count marked, and for each the reason.

    Everybody's own attempts are looked at, those of their teams among them; so an attempt of a team
    may count for some of its members alone. `members` are then those whom it counts for.

    Args:
        found: all attempts of the class.
        rule: which counts.
        due: for `before due`. Where nothing came before it, the first after it counts.
        scores: by key of the attempt, for `best`; those without a score are worth nothing.
        inactive: keys of those that their platform says do not count.
        lang: of the reasons.
    """
    own: dict[str, list[Attempt]] = {}
    for attempt in found:
        for member in attempt.members:
            own.setdefault(member, []).append(attempt)
    counted: dict[str, list[str]] = {}
    reasons: dict[str, str] = {}
    for member, attempts in own.items():
        ordered = _by_age(attempts)
        chosen, why = _chosen(ordered, rule, due, scores or {}, inactive, _REASONS[lang])
        if chosen is not None:
            counted.setdefault(chosen.key, []).append(member)
        for attempt in ordered:
            if attempt is not chosen:
                reasons.setdefault(attempt.key, why)
            elif attempt.key not in counted or counted[attempt.key][0] == member:
                reasons[attempt.key] = why
    return [
        _settled(attempt, counted.get(attempt.key, []), reasons[attempt.key]) for attempt in found
    ]


def _settled(attempt: Attempt, members: list[str], why: str) -> Attempt:
    if not members:
        return replace(attempt, counted=False, why=why)
    return replace(attempt, counted=True, owner=members[0], members=members, why=why)


def _by_age(attempts: Sequence[Attempt]) -> list[Attempt]:
    """The oldest first: by the time where all have one, else as they are numbered."""
    timed = all(each.submitted for each in attempts)

    def age(attempt: Attempt) -> tuple[float, int]:
        time = attempt.submitted.timestamp() if attempt.submitted and timed else 0.0
        return time, attempt.number

    return sorted(attempts, key=age)


def _chosen(
    ordered: Sequence[Attempt],
    rule: Counts,
    due: dt.datetime | None,
    scores: Mapping[str, float],
    inactive: Collection[str],
    reasons: Mapping[_Reason, str],
) -> tuple[Attempt | None, str]:
    """The one that counts of somebody's attempts, the oldest first, and the reason."""
    active = [each for each in ordered if each.key not in inactive]
    if not active:
        return None, reasons["withdrawn"]
    if len(ordered) == 1:
        return ordered[0], reasons["only"]
    chosen, reason = _by_rule(active, rule, due, scores)
    if reason == "latest" and chosen is not ordered[-1]:
        reason = "active"
    return chosen, reasons[reason].format(ordered.index(chosen) + 1, len(ordered))


def _by_rule(
    active: Sequence[Attempt], rule: Counts, due: dt.datetime | None, scores: Mapping[str, float]
) -> tuple[Attempt, _Reason]:
    if rule == "best" and scores:
        return max(active, key=lambda each: scores.get(each.key, 0.0)), "best"
    if rule == "before due" and due is not None:
        in_time = [each for each in active if each.submitted and each.submitted <= due]
        if in_time:
            return in_time[-1], "before due"
        if all(each.submitted for each in active):
            return active[0], "after due"
    return active[-1], "latest"


_Reason = Literal["only", "withdrawn", "latest", "active", "best", "before due", "after due"]
_REASONS: Final[Mapping[str, Mapping[_Reason, str]]] = {
    "en": {
        "only": "It is the only attempt.",
        "withdrawn": "It was withdrawn on the platform.",
        "latest": "Attempt {0} of {1} counts: the latest.",
        "active": "Attempt {0} of {1} counts: the one that is active on the platform.",
        "best": "Attempt {0} of {1} counts: the best.",
        "before due": "Attempt {0} of {1} counts: the latest before the deadline.",
        "after due": "Attempt {0} of {1} counts: none came before the deadline, and this was the "
        "first.",
    },
    "zh": {
        "only": "这是唯一一次提交。",
        "withdrawn": "该提交已在平台上撤回。",
        "latest": "共 {1} 次提交，以第 {0} 次（最新一次）为准。",
        "active": "共 {1} 次提交，以第 {0} 次（平台上的有效版本）为准。",
        "best": "共 {1} 次提交，以第 {0} 次（得分最高）为准。",
        "before due": "共 {1} 次提交，以第 {0} 次（截止前最后一次）为准。",
        "after due": "共 {1} 次提交，均晚于截止时间，以第 {0} 次（最早一次）为准。",
    },
}
