"""What an uploaded export would bring to a course, as its page shows it."""

from __future__ import annotations

import datetime as dt
from typing import Final, NamedTuple

from grader.course.course_import import ImportPlan
from grader.course.import_request import Imported, ImportRequest, import_into
from grader.course.matching import Claim
from grader.model.course_records import StoredAttempt
from grader.model.errors import GraderError, InternalError
from grader.model.person import Person
from grader.web.desk import Desk
from grader.web.kept_uploads import KeptUpload, called_as_uploaded

_SHOWN: Final = 200


class PlannedAttempt(NamedTuple):
    """An attempt that is new, or of which something else is known now."""

    owner: str
    """`Person.key`."""
    members: list[str]
    entry: str
    """As the export calls it."""
    submitted: dt.datetime | None
    is_new: bool
    problem: str


class Doubt(NamedTuple):
    """Somebody in an export of whom it is not clear who that is."""

    name: str
    ids: dict[str, str]
    problem: str
    near: list[Person]


class ImportPlanView(NamedTuple):
    """What was recognised, and what it brings."""

    title: str
    why: str
    plan: ImportPlan
    attempts: list[PlannedAttempt]
    """Not all of very many."""
    by_name: list[tuple[str, str]]
    """The name in the export, and whose it was taken for."""
    doubts: list[Doubt]
    others: list[str]
    """Entries that the platform did not make."""
    unreadable: int
    """New attempts that cannot be graded."""

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to be taken in."""
        plan = self.plan
        return not (plan.added or plan.changed or plan.new_people or plan.learned)


class ReadExport(NamedTuple):
    """A plan, or why there is none."""

    view: ImportPlanView | None
    error: GraderError | None


def read_export(desk: Desk, id: str, kept: KeptUpload, asked: ImportRequest) -> ReadExport:
    """What an import would bring; an export that cannot be read as asked is said, not raised.

    Raises:
        InternalError: the fault is ours.
    """
    try:
        with called_as_uploaded(kept):
            found = import_into(desk.course, id, asked._replace(dry_run=True))
    except InternalError:
        raise
    except GraderError as error:
        return ReadExport(None, error)
    return ReadExport(_view(found), None)


def _view(found: Imported) -> ImportPlanView:
    plan = found.plan
    attempts = [*(_row(each, True) for each in plan.added)]
    attempts += [_row(each, False) for each in plan.changed]
    return ImportPlanView(
        title=found.delivery.title,
        why=found.delivery.why,
        plan=plan,
        attempts=attempts[:_SHOWN],
        by_name=[(each.claimed.name, each.person.key) for each in plan.by_name if each.person],
        doubts=[_doubt(each) for each in plan.open],
        others=sorted(found.delivery.others),
        unreadable=sum(bool(each.problem) for each in plan.added),
    )


def _row(stored: StoredAttempt, is_new: bool) -> PlannedAttempt:
    attempt = stored.attempt
    return PlannedAttempt(
        owner=attempt.owner,
        members=attempt.members,
        entry=stored.source,
        submitted=attempt.submitted,
        is_new=is_new,
        problem=stored.problem,
    )


def _doubt(claim: Claim) -> Doubt:
    return Doubt(claim.claimed.name, claim.claimed.ids, claim.problem, list(claim.candidates))
