"""One student at one assignment, as the desk shows them: grade, decisions, attempts, requests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal, NamedTuple

from msgspec.structs import replace

from grader.course.accounts import Account
from grader.course.deadlines import extensions_of
from grader.course.history import decided, granted
from grader.course.requests import title_of
from grader.model.course_records import RegradeRequest, RequestState
from grader.model.person import Person
from grader.model.result import Result
from grader.report.strings import Lang
from grader.web.desk import Desk

if TYPE_CHECKING:
    from grader.course.database.course_view import CourseView

DecisionKind = Literal["override", "extension"]


class DecisionRow(NamedTuple):
    """An override or an extension."""

    kind: DecisionKind
    number: int
    what: str
    why: str
    note: str
    who: str
    when: str
    revoked: bool
    own: bool
    """Whether it is for this student alone, at this assignment alone."""


class AttemptRow(NamedTuple):
    """Something that was submitted."""

    number: int
    when: str
    counted: bool
    why: str
    problem: str
    files: int
    key: str


class RequestRow(NamedTuple):
    """A regrade request."""

    number: int
    person: Person
    assignment: str
    about: str
    """Id of the check or part; empty for the whole."""
    title: str
    text: str
    when: str
    state: RequestState
    answer: str


class OverridePlace(NamedTuple):
    """What an override may be about."""

    value: str
    """As a form sends it: `total|`, `part|scale`, `check|layers::scale`."""
    title: str
    points: float
    max_points: float


class StudentRecord(NamedTuple):
    """A student at an assignment."""

    person: Person
    result: Result | None
    """With all that was decided; None where their work is not graded yet."""
    graded: bool
    """Whether anybody's is."""
    due: str
    late: bool
    attempts: list[AttemptRow]
    decisions: list[DecisionRow]
    requests: list[RequestRow]
    places: list[OverridePlace]
    before: str | None
    """The key of who comes before in the class, of those that the account sees."""
    after: str | None


def student_record(
    desk: Desk, account: Account, assignment: str, key: str, lang: Lang
) -> StudentRecord:
    """All that the student's page on the desk has but for the two copies of the report.

    Raises:
        PageNotFound: nobody has that key, or the course has no such assignment.
    """
    with desk.reading() as view:
        person = desk.person(view, key)
        standing = desk.standing_of(view, assignment, person)
        result = _named(desk, standing.result(view, key, lang), assignment, person, lang)
        worth = standing.worth(key)
        before, after = view.neighbours(key, account.sections)
        return StudentRecord(
            person=person,
            result=result,
            graded=standing.graded,
            due=desk.shown(worth.deadline.due),
            late=bool(
                worth.submitted and worth.deadline.due and worth.submitted > worth.deadline.due
            ),
            attempts=list(_attempts(desk, view, assignment, key)),
            decisions=sorted(_decisions(desk, view, assignment, person), key=lambda row: row.when),
            requests=[
                request_row(desk, view, number, each, person)
                for number, each in reversed(view.requests(assignment, key).items())
            ],
            places=list(_places(result, desk.title(assignment, lang))),
            before=before,
            after=after,
        )


def named_result(
    desk: Desk, view: CourseView, assignment: str, person: Person, lang: Lang
) -> Result | None:
    """What a student has now, with the names that reports show; see `ClassStanding.result`."""
    standing = desk.standing_of(view, assignment, person)
    return _named(desk, standing.result(view, person.key, lang), assignment, person, lang)


def _named(
    desk: Desk, found: Result | None, assignment: str, person: Person, lang: Lang
) -> Result | None:
    if found is None:
        return None
    title = found.title or desk.title(assignment, lang)
    return replace(found, name=found.name or person.name, title=title)


def request_row(
    desk: Desk, view: CourseView, number: int, request: RegradeRequest, person: Person
) -> RequestRow:
    """A request with the title of what it is about."""
    given = view.results_of(request.assignment, person.key) if request.about else []
    return RequestRow(
        number=number,
        person=person,
        assignment=request.assignment,
        about=request.about,
        title=title_of(request.about, view.result(given[-1].content) if given else None),
        text=request.text,
        when=desk.shown(request.asked or request.at),
        state=request.state,
        answer=request.answer,
    )


def _attempts(desk: Desk, view: CourseView, assignment: str, key: str) -> Iterator[AttemptRow]:
    for stored in reversed(view.attempts_of(key).get(assignment, [])):
        attempt = stored.attempt
        yield AttemptRow(
            number=attempt.number,
            when=desk.shown(attempt.submitted),
            counted=attempt.counted,
            why=attempt.why,
            problem=stored.problem,
            files=len(stored.files),
            key=attempt.key,
        )


def _decisions(
    desk: Desk, view: CourseView, assignment: str, person: Person
) -> Iterator[DecisionRow]:
    for number, each in view.overrides(assignment, person.key).items():
        yield DecisionRow(
            kind="override",
            number=number,
            what=decided(each),
            why=each.why,
            note=each.note,
            who=each.who,
            when=desk.shown(each.when),
            revoked=each.revoked is not None,
            own=True,
        )
    extensions = view.extensions(assignment)
    mine = extensions_of(person, extensions.values())
    for number, extension in extensions.items():
        if extension in mine:
            whole_course = not extension.assignment
            yield DecisionRow(
                kind="extension",
                number=number,
                what=granted(extension, desk.course.settings.time_zone),
                why=extension.why,
                note="" if extension.scope == "student" else f"{extension.scope} {extension.id}",
                who=extension.who,
                when=desk.shown(extension.when),
                revoked=extension.revoked is not None,
                own=extension.scope == "student" and not whole_course,
            )


def _places(result: Result | None, title: str) -> Iterator[OverridePlace]:
    if result is None:
        return
    yield OverridePlace("total|", title, result.final, result.max_score)
    for part in result.parts:
        yield OverridePlace(f"part|{part.id}", part.title, part.points, part.max_points)
    for check in result.checks:
        yield OverridePlace(f"check|{check.id}", check.title, check.points, check.max_points)
