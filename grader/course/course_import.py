"""Taking an export into a course: whose it is, which attempts are new, where their files lie."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from msgspec.structs import replace

from grader.assignment.composed import ComposedAssignment
from grader.assignment.folder import Assignment
from grader.course.attempts import AttemptFiles, attempts_of
from grader.course.counted_attempts import counted_attempts, marked
from grader.course.course_folder import CourseFolder
from grader.course.course_settings import CourseSettings
from grader.course.deadlines import deadlines
from grader.course.delivery import Delivery
from grader.course.kept_files import UnreadableFiles, digest_of, keep_files
from grader.course.matching import Claim, match_people
from grader.course.timelist import time_in_folder
from grader.model.attempt import Delivered, DeliveredFile
from grader.model.course_records import StoredAttempt
from grader.model.errors import InputError
from grader.model.person import Person

if TYPE_CHECKING:
    from grader.course.database.course_change import CourseChange
    from grader.course.database.course_view import CourseView


class ImportOptions(NamedTuple):
    """What else is said of an import."""

    by: str = ""
    """Who does it; the system's user by default."""
    add: bool = False
    """Whether whoever the course does not know is in it from now on."""
    dry_run: bool = False
    times: Callable[[Sequence[Person]], Mapping[str, dt.datetime]] | None = None
    """Times of a list, by `Person.key`, for those whose time nobody else says."""


class ImportPlan(NamedTuple):
    """What an export brings to a course."""

    new_people: list[Person]
    """Whom the course does not have yet, and takes from the export."""
    learned: list[Person]
    """Who is known by more ids from now on."""
    by_name: list[Claim]
    """Who was known by the name alone."""
    open: list[Claim]
    """Whose work is left out, since it is not clear whose it is."""
    added: list[StoredAttempt]
    changed: list[StoredAttempt]
    """Attempts that are there, of which the export says something else now."""
    known: int
    """Attempts that are there as they are."""

    @property
    def owners(self) -> int:
        """How many students or teams the new attempts are of."""
        return len({stored.attempt.owner for stored in self.added})


def import_delivery(
    course: CourseFolder,
    id: str,
    loaded: Assignment | ComposedAssignment,
    delivery: Delivery,
    work: Path,
    options: ImportOptions,
) -> ImportPlan:
    """Take what was delivered into a course; what that brings.

    Files are copied before anything is written down, so a command that is killed leaves files that
    nobody knows of, and the next one uses them.

    Args:
        course: the course.
        id: of its assignment.
        loaded: what grades it.
        delivery: an export that was read.
        work: a folder on the disk of the course, to work in.
        options: what else the user says.

    Raises:
        InputError: the course cannot be written; it is as it was then.
    """
    digests: dict[tuple[DeliveredFile, ...], str] = {}
    with course.reading() as view:
        plan = _planned(delivery, view, id, options, digests)
    if options.dry_run:
        return plan
    _keep(plan, delivery, course, id, work)
    with course.changing(options.by) as change:  # where others may have been meanwhile
        plan = _planned(delivery, change, id, options, digests)
        plan = _keep(plan, delivery, course, id, work)
        _write(plan, change, course.settings, loaded, id)
    return plan


def _planned(
    delivery: Delivery,
    view: CourseView,
    id: str,
    options: ImportOptions,
    digests: dict[tuple[DeliveredFile, ...], str],
) -> ImportPlan:
    people, stored = view.people(id), view.attempts(id)
    plan = plan_import(delivery, people, stored, digests, add=options.add)
    if options.times is None:
        return plan
    known = {person.key: person for person in (*people, *plan.new_people, *plan.learned)}
    return _with_times(plan, stored, options.times(list(known.values())))


def plan_import(
    delivery: Delivery,
    people: Sequence[Person],
    stored: Sequence[StoredAttempt],
    digests: dict[tuple[DeliveredFile, ...], str] | None = None,
    *,
    add: bool = False,
) -> ImportPlan:
    """What an export brings, for people and attempts that are there; nothing is written.

    Without anybody in the course, everybody in the export is in it from then on; with `add`, so is
    whoever matches nobody.

    Raises:
        InputError: a file cannot be read.
    """
    claims = match_people(_claimed(delivery.delivered), people)
    takes_new = add or not people
    new = [c.claimed for c in claims if takes_new and c.person is None and not c.is_doubtful]
    taken = {person.key for person in people}
    if clash := [person.key for person in new if person.key in taken]:
        raise InputError(f"{', '.join(clash[:5])}: would be two people of one name.")
    owners = {c.claimed.key: c.person for c in claims if c.person}
    owners |= {person.key: person for person in new}
    merging = _Merging(delivery, stored, {} if digests is None else digests)
    ours = (_ours(each, owners) for each in delivery.delivered)
    for files in attempts_of([each for each in ours if each.owners], delivery.known):
        merging.take(files)
    return ImportPlan(
        new_people=new,
        learned=list(_learned(claims)),
        by_name=[claim for claim in claims if claim.by == "name"],
        open=[claim for claim in claims if claim.claimed.key not in owners],
        added=merging.added,
        changed=merging.changed,
        known=merging.known,
    )


def _claimed(delivered: Iterable[Delivered]) -> list[Person]:
    return list({owner.key: owner for each in delivered for owner in each.owners}.values())


def _learned(claims: Iterable[Claim]) -> Iterable[Person]:
    """Who has ids in the export that the course does not know of."""
    for claim in claims:
        if claim.person is not None and not claim.claimed.ids.items() <= claim.person.ids.items():
            yield replace(claim.person, ids={**claim.person.ids, **claim.claimed.ids})


def _ours(delivered: Delivered, owners: Mapping[str, Person]) -> Delivered:
    """With the people of the course in place of those of the export; others are left out."""
    return replace(delivered, owners=[owners[o.key] for o in delivered.owners if o.key in owners])


class _Merging:
    """Attempts of an export, beside those that a course has."""

    def __init__(
        self,
        delivery: Delivery,
        stored: Sequence[StoredAttempt],
        digests: dict[tuple[DeliveredFile, ...], str],
    ) -> None:
        self.added: list[StoredAttempt] = []
        self.changed: list[StoredAttempt] = []
        self.known = 0
        self._delivery = delivery
        self._digests = digests
        self._numbers: dict[str, int] = defaultdict(int)
        self._there: dict[tuple[frozenset[str], str], list[StoredAttempt]] = defaultdict(list)
        for each in stored:
            self._note(each)

    def take(self, files: AttemptFiles) -> None:
        delivered = files.delivered
        digest = self._digest(delivered)
        members = [owner.key for owner in delivered.owners]
        known = self._same(members, digest, delivered.submitted)
        if known is None:
            self._add(files, members, digest)
            return
        self._there[frozenset(members), digest].remove(known)  # each is met once
        told = _with_news(known, delivered)
        if told == known:
            self.known += 1
        else:
            self.changed.append(told)

    def _digest(self, delivered: Delivered) -> str:
        """Of what cannot be read, that of its name: it is refused when it is copied."""
        place = tuple(delivered.files)
        if place not in self._digests or not place:
            try:
                digest = digest_of(self._delivery.root, delivered.files, delivered.comment)
            except InputError:
                digest = digest_of(self._delivery.root, [], delivered.entry)
            self._digests[place] = digest
        return self._digests[place]

    def _add(self, files: AttemptFiles, members: list[str], digest: str) -> None:
        delivered, owner = files.delivered, members[0]
        self._numbers[owner] += 1
        number = self._numbers[owner]
        attempt = replace(
            files.attempt,
            key=f"{number}:{owner}",
            owner=owner,
            members=members,
            number=number,
            entry="",
        )
        self.added.append(
            StoredAttempt(
                attempt=attempt,
                files=delivered.files,
                source=delivered.entry,
                comment=delivered.comment,
                problem=delivered.problem,
                digest=digest,
                active=delivered.active,
            )
        )

    def _same(
        self, members: list[str], digest: str, submitted: dt.datetime | None
    ) -> StoredAttempt | None:
        """The attempt that this is: of the same work, and not of another time."""
        for each in self._there[frozenset(members), digest]:
            if None in (submitted, each.attempt.submitted) or submitted == each.attempt.submitted:
                return each
        return None

    def _note(self, stored: StoredAttempt) -> None:
        attempt = stored.attempt
        self._there[frozenset(attempt.members), stored.digest].append(stored)
        number = attempt.key.partition(":")[0]
        taken = int(number) if number.isdecimal() else attempt.number
        self._numbers[attempt.owner] = max(self._numbers[attempt.owner], taken)


def _with_news(known: StoredAttempt, delivered: Delivered) -> StoredAttempt:
    """What is there, with what an export says beyond it."""
    attempt = known.attempt
    if delivered.submitted is not None:
        attempt = replace(attempt, submitted=delivered.submitted, time_source=delivered.time_source)
    if delivered.late is not None:
        attempt = replace(attempt, late=delivered.late)
    return replace(known, attempt=attempt, active=delivered.active)


def _keep(
    plan: ImportPlan, delivery: Delivery, course: CourseFolder, assignment: str, work: Path
) -> ImportPlan:
    """Copy the files of new attempts into the course; the plan with where they lie.

    What cannot be read becomes the problem of its attempt alone.

    Raises:
        InputError: the course cannot be written.
    """
    into = course.submissions / assignment
    kept = [_kept(each, delivery, course.path, into, work) for each in plan.added]
    if course.settings.trust_timestamps:
        kept = [_with_own_time(each, course) for each in kept]
    return plan._replace(added=kept)


def _with_own_time(stored: StoredAttempt, course: CourseFolder) -> StoredAttempt:
    """With the time that a `timestamp.txt` tells, where nobody else says when it was submitted."""
    if stored.attempt.submitted is not None or not stored.files:
        return stored
    time = time_in_folder(course.path / stored.attempt.entry, course.settings.time_zone)
    attempt = replace(stored.attempt, submitted=time, time_source="file" if time else "")
    return replace(stored, attempt=attempt)


def _kept(
    stored: StoredAttempt, delivery: Delivery, root: Path, into: Path, work: Path
) -> StoredAttempt:
    if not stored.files:
        return stored
    owner = stored.attempt.owner
    try:
        place = keep_files(
            delivery.root, stored.files, owner, stored.digest, delivery.known, into, work
        )
    except UnreadableFiles as error:
        return replace(stored, files=[], problem=stored.problem or error.message)
    entry = place.relative_to(root).as_posix()
    files = [DeliveredFile(name=file.name, path=entry) for file in stored.files]
    return replace(stored, attempt=replace(stored.attempt, entry=entry), files=files)


def _write(
    plan: ImportPlan,
    change: CourseChange,
    settings: CourseSettings,
    loaded: Assignment | ComposedAssignment,
    id: str,
) -> None:
    """Write down what an import brings, and which attempts count now."""
    people = [*plan.new_people, *plan.learned]
    if people:
        change.put_people(people, "learned from an export who people are", id)
    merged = _laid_over(change.attempts(id), [*plan.added, *plan.changed])
    due = {key: each.due for key, each in deadlines(settings, change, id, loaded.rubric).items()}
    rule = settings.assignment(id).counts or settings.counts
    counted = counted_attempts(merged, rule, due)
    before = {each.attempt.key: each for each in change.attempts(id)}
    fresh = [each for each in marked(merged, counted) if before.get(each.attempt.key) != each]
    if fresh:
        what = f"imported {len(plan.added)} new attempts"
        change.put_attempts(id, fresh, what)


def _laid_over(
    stored: Sequence[StoredAttempt], changed: Sequence[StoredAttempt]
) -> list[StoredAttempt]:
    found = {each.attempt.key: each for each in stored}
    found |= {each.attempt.key: each for each in changed}
    return list(found.values())


def _with_times(
    plan: ImportPlan, stored: Sequence[StoredAttempt], times: Mapping[str, dt.datetime]
) -> ImportPlan:
    """The plan with times from a list, for the latest attempt of each whose time nobody says."""
    latest: dict[str, StoredAttempt] = {}
    for each in _laid_over(stored, [*plan.added, *plan.changed]):
        for member in each.attempt.members:
            if member not in latest or latest[member].attempt.number < each.attempt.number:
                latest[member] = each
    told: dict[str, StoredAttempt] = {}
    for person, time in times.items():
        found = latest.get(person)
        if found is not None and found.attempt.time_source in ("", "list", "file"):
            attempt = replace(found.attempt, submitted=time, time_source="list")
            told[attempt.key] = replace(found, attempt=attempt)
    new = {each.attempt.key for each in plan.added}
    return plan._replace(
        added=[told.get(each.attempt.key, each) for each in plan.added],
        changed=[
            *(each for each in plan.changed if each.attempt.key not in told),
            *(each for key, each in told.items() if key not in new),
        ],
    )
