"""`grader requests`: regrade requests that students made on their pages."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from grader.cli import arguments, options
from grader.model.errors import ExitCode, InputError, UsageError

if TYPE_CHECKING:
    from grader.course.course_folder import CourseFolder
    from grader.model.course_records import RegradeRequest, RequestState
    from grader.model.result import Result


class _Class(NamedTuple):
    """One assignment's requests, in a course or in the output folder of a batch."""

    assignment: str
    out: Path
    people: Sequence[str]
    every: Mapping[int, RegradeRequest]
    add: Callable[[RegradeRequest], int | None]
    answer: Callable[[int, RequestState, str], RegradeRequest]


def command(
    files: Annotated[
        list[Path] | None,
        typer.Argument(help="Request files, saved mails, or folders of them, to be taken in."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Output folder of a batch without a course.")
    ] = None,
    grant: Annotated[int, typer.Option(help="Number of a request that is granted.")] = 0,
    decline: Annotated[int, typer.Option(help="Number of a request that is declined.")] = 0,
    answer: Annotated[str, typer.Option(help="What the student is told.")] = "",
    assignment: options.ForAssignment = "",
    course: options.CourseName = "",
    by: options.By = "",
) -> None:
    """Take in regrade requests, answer one, or list those that are open.

    A request counts for the student on whose page it was made, whoever sends it. It is shown with
    its check when the class is graded again. Granting changes no points: use `grader override`.
    """
    if sum(map(bool, (files, grant, decline))) > 1:
        raise UsageError("Take in files, or answer one request.")
    classes = [_of_folder(out, by)] if out else _of_course(course, assignment, by)
    if grant or decline:
        _answer(classes, grant or decline, "granted" if grant else "declined", answer)
    elif files:
        refused = _take_in(classes, files, by)
        if refused:
            raise typer.Exit(ExitCode.INPUT)
    else:
        _list(classes)


def _take_in(classes: Sequence[_Class], files: Sequence[Path], by: str) -> int:
    from grader.course.course_folder import system_user
    from grader.course.requests import read_request, regrade_request, request_files

    now, refused = dt.datetime.now(dt.UTC), 0
    owners = dict(_owners(classes))
    if not owners:
        hint = "Run: grader batch ... --requests-to ADDRESS"
        raise UsageError("No student's page here lets anybody ask for a regrade.", hint=hint)
    for path in request_files(files):
        try:
            asked = read_request(path)
            home, person = _claimed(owners, asked.token, asked.about, path)
        except InputError as error:
            typer.echo(str(error), err=True)
            refused += 1
            continue
        request = regrade_request(
            asked, assignment=home.assignment, person=person, who=by or system_user(), at=now
        )
        number = home.add(request)
        what = "is there already" if number is None else f"request {number}"
        typer.echo(f"{path}: {what}, of {_told(home, request)}")
    return refused


def _claimed(
    owners: Mapping[str, tuple[_Class, str]], token: str, about: str, path: Path
) -> tuple[_Class, str]:
    from grader.course.requests import must_be_about

    found = owners.get(token)
    if found is None:
        hint = "Ask for the file that the button on the student's own page saves."
        raise InputError(f"{path}: its token belongs to nobody in this class.", hint=hint)
    must_be_about(about, _result(*found), str(path))
    return found


def _owners(classes: Sequence[_Class]) -> Iterator[tuple[str, tuple[_Class, str]]]:
    from grader.course.requests import KEY, token_of

    for each in classes:
        try:
            key = (each.out / KEY).read_bytes()
        except OSError:
            continue
        yield from ((token_of(key, person), (each, person)) for person in each.people)


def _answer(classes: Sequence[_Class], number: int, state: RequestState, answer: str) -> None:
    home = next((each for each in classes if number in each.every), None)
    if home is None:
        raise UsageError(f"There is no regrade request {number}.")
    request = home.answer(number, state, answer)
    typer.echo(f"Request {number} of {request.person}: {state}. Grade again to show it.")


def _list(classes: Sequence[_Class]) -> None:
    from grader.report.text import one_line

    for each in classes:
        for number, request in each.every.items():
            if request.state == "open":
                typer.echo(f"{number}: {_told(each, request)}")
                typer.echo(f"    {one_line(request.text, 2_000)}")
    answered = sum(r.state != "open" for each in classes for r in each.every.values())
    opened = sum(len(each.every) for each in classes) - answered
    typer.echo(f"Open: {opened}, answered: {answered}.")


def _told(home: _Class, request: RegradeRequest) -> str:
    """Whose it is, and about what; a result may hold what students wrote."""
    from grader.course.requests import title_of
    from grader.report.text import one_line

    about = title_of(request.about, _result(home, request.person))
    return ", ".join(map(one_line, (request.person, home.assignment, about)))


def _result(home: _Class, person: str) -> Result | None:
    from grader.batches.output import BatchOutput

    return BatchOutput(home.out).result(person)


def _of_folder(out: Path, by: str) -> _Class:
    from grader.batches.request_store import RequestStore
    from grader.batches.run_history import FolderHistory, run_in_force
    from grader.batches.storage import Folder
    from grader.course.course_folder import system_user

    arguments.existing(out)
    history = FolderHistory(out)
    run, store = run_in_force(history), RequestStore(Folder(out))
    people = [each.submission for each in history.given(run.id)] if run else []
    history.close()
    who = by or system_user()
    return _Class(
        out.name,
        out,
        people,
        dict(enumerate(store.every, start=1)),
        store.add,
        lambda number, state, answer: store.answer(number, state, answer, who),
    )


def _of_course(course: str, assignment: str, by: str) -> list[_Class]:
    from grader.course.course_folder import CourseFolder

    opened = CourseFolder.open(course)
    ids = [assignment] if assignment else [each.id for each in opened.settings.assignments]
    return [_of_assignment(opened, id, by) for id in ids]


def _of_assignment(course: CourseFolder, id: str, by: str) -> _Class:
    def add(request: RegradeRequest) -> int | None:
        with course.changing(by) as change:
            return change.add_request(request)

    def answer(number: int, state: RequestState, text: str) -> RegradeRequest:
        with course.changing(by) as change:
            return change.answer_request(number, state, text)

    with course.reading() as view:
        people = [person.key for person in view.people()]
        every = view.requests(id)
    return _Class(id, course.out(id), people, every, add, answer)
