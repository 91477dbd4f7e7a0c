"""What a course keeps, in SQLite and in Postgres: as it was given, whole, and of this version."""

from __future__ import annotations

import datetime as dt
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from msgspec.structs import replace
from sqlalchemy import text

from grader.course.course_folder import CourseFolder
from grader.course.database.connection import LATEST, CourseDatabase, _engine
from grader.course.database.course_view import CourseView
from grader.course.database.tables import metadata
from grader.course.marking.marking_acts import (
    AnswerToMark,
    mark_answers,
    put_scheme_item,
    scheme_of,
    take_back,
)
from grader.course.marking.scheme import MarkChoice, SchemeItem
from grader.course.marking.work_split import MarkingRules
from grader.course.marks import Mark
from grader.model.attempt import Attempt, DeliveredFile
from grader.model.course_records import RegradeRequest, StoredAttempt
from grader.model.errors import InputError, UsageError
from grader.model.person import Person
from grader.model.result import Result
from grader.model.worth import Extension, Override
from tests.course import postgres

AT = dt.datetime(2026, 3, 1, 12, 30, 15, 250, tzinfo=dt.timezone(dt.timedelta(hours=8)))
ANN = Person(
    key="annsmith_12",
    name="Ann Smith",
    email="ann@uni.edu",
    ids={"canvas": "12", "login": "ann"},
    section="A",
    group="Team 1",
)
BOB = Person(key="bob", name="李雷", withdrawn=True)
STRANGE = "a\x00b\\u0041\udc81.py"
"""As a zip may call a file: no database takes NUL or half a character."""

DUMPS = Path(__file__).parent / "old_databases"
"""Databases as earlier versions left them, as SQL."""

Make = Callable[[], CourseFolder]


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    if postgres.binaries() is None or postgres.server_user() is None:
        pytest.skip("no Postgres server: the course is tested with SQLite alone")
    with postgres.server() as url:
        yield url


@pytest.fixture(scope="session")
def new_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database of this version with nothing in it, which is quicker copied than made."""
    path = tmp_path_factory.mktemp("course") / "course.sqlite"
    CourseDatabase.in_file(path)
    return path


@pytest.fixture(params=["sqlite", "postgres"])
def make(request: pytest.FixtureRequest, tmp_path: Path, new_file: Path) -> Make:
    """Opens one and the same course anew."""
    lines = ['title = "Nets"']
    if request.param == "postgres":
        lines.append(f'[database]\nurl = "{_emptied(request.getfixturevalue("postgres_url"))}"')
    else:
        shutil.copy(new_file, tmp_path)
    (tmp_path / "course.toml").write_text("\n".join(lines), encoding="utf-8")
    return lambda: CourseFolder.open(tmp_path)


def _emptied(url: str) -> str:
    """The same database with nothing in its tables."""
    with CourseDatabase.open(url, "postgres").writing() as connection:
        for table in metadata.tables:
            connection.execute(text(f"TRUNCATE {table} RESTART IDENTITY CASCADE"))
    return url


def _result(submission: str = "annsmith_12", score: float = 7.5) -> Result:
    return Result(
        submission=submission,
        assignment="hw1",
        score=score,
        max_score=10,
        parts=[],
        checks=[],
        digest="d" * 64,
    )


def test_people_come_back_as_they_were_given(make: Make) -> None:
    with make().changing("staff") as change:
        change.put_people([BOB, ANN], "took in the roster")
    with make().reading() as view:
        assert view.people() == [ANN, BOB]
    changed = Person(key="bob", name="Bob", ids={"canvas": "13"})
    with make().changing("staff") as change:
        change.put_people([changed], "took in the roster")
    with make().reading() as view:
        assert view.people() == [ANN, changed]
        assert [(entry.who, entry.what) for entry in view.log()] == [
            ("staff", "took in the roster")
        ] * 2


def test_attempts_come_back_as_they_were_given(make: Make) -> None:
    attempt = Attempt(
        key="annsmith_12#1",
        owner="annsmith_12",
        members=["bob", "annsmith_12"],
        submitted=AT,
        time_source="platform",
        late=True,
        entry=f"submissions/hw1/{STRANGE}",
        counted=True,
        why="the only one",
    )
    files = [DeliveredFile(name=STRANGE, path=f"submissions/{STRANGE}")]
    first = StoredAttempt(attempt=attempt, files=files, source=STRANGE, digest="1")
    second = StoredAttempt(
        attempt=Attempt(
            key="annsmith_12#2", owner="annsmith_12", members=["annsmith_12"], number=2
        ),
        active=False,
    )
    with make().changing("staff") as change:
        change.put_people([ANN, BOB], "roster")
        change.put_attempts("hw1", [second, first], "imported")
        change.put_attempts("hw2", [first], "imported")
    with make().reading() as view:
        assert view.attempts("hw1") == [first, second]
        assert view.all_attempts() == {"hw1": [first, second], "hw2": [first]}
    less = StoredAttempt(attempt=Attempt(key="annsmith_12#1", owner="bob", members=["bob"]))
    with make().changing("staff") as change:
        change.put_attempts("hw1", [less], "imported again")
    with make().reading() as view:
        assert view.attempts("hw1") == [second, less]
        assert view.attempts("hw2") == [first]


def test_results_are_kept_once_and_by_run(make: Make) -> None:
    one, other = _result(), _result(score=8)
    with make().changing("staff") as change:
        first = change.begin_run("hw1", harness="1.0")
        kept = change.put_result(first, one, "a#1")
        change.put_result(first, _result("bob"), "b#1")
        change.accept_run(first)
        second = change.begin_run("hw1", why="mended a check")
        assert change.put_result(second, one, "a#1").content == kept.content
        changed = change.put_result(second, other, "a#1")
        change.hold_run(second)
    with make().reading() as view:
        assert [run.state for run in view.runs("hw1")] == ["accepted", "preview"]
        in_force = view.run_in_force("hw1")
        assert in_force is not None
        assert in_force.id == first
        assert in_force.finished is not None
        assert [found.submission for found in view.run_results(first)] == ["annsmith_12", "bob"]
        assert view.run_results(second) == [changed]
        assert view.result(kept.content) == one
        assert view.result(changed.content) == other
        assert view.results_of("hw1", "annsmith_12") == [kept, changed]
        assert view.has_result(kept.content)
        assert not view.has_result("0" * 64)
        with pytest.raises(InputError, match="no result 0000"):
            view.result("0" * 64)


def test_a_run_is_put_in_force_again(make: Make) -> None:
    with make().changing("staff") as change:
        first, second, other = (change.begin_run(id) for id in ("hw1", "hw1", "hw2"))
        for run in (first, second, other):
            change.accept_run(run)
    with make().changing("staff") as change:
        change.put_run_in_force(first)
        assert [run.state for run in change.runs()] == ["accepted", "undone", "accepted"]
        change.put_run_in_force(second)
        assert [run.state for run in change.runs("hw1")] == ["accepted", "accepted"]
        with pytest.raises(UsageError, match="no run 99"):
            change.put_run_in_force(99)


def test_marks_have_a_history(make: Make) -> None:
    place = ("bob", "Nets", "1")
    one = Mark(submission="bob", notebook="Nets", question="1", points=2, comment="?", version="v")
    other = Mark(submission="bob", notebook="Nets", question="1", points=2.5)
    with make().changing("staff") as change:
        change.put_people([BOB], "roster")
    for who, mark in (("ann", one), ("cho", one), ("cho", other), ("ann", None)):
        with make().changing(who) as change:
            change.enter_marks("hw1", {place: mark})
            assert change.marks("hw1") == ({place: mark} if mark else {})
    with make().reading() as view:
        assert [(e.who, e.points, e.taken_back) for e in view.mark_history("hw1", "bob")] == [
            ("ann", 2, False),
            ("cho", 2.5, False),
            ("ann", None, True),
        ]
        assert view.marks("hw2") == {}


def test_what_marks_are_made_from_comes_back(make: Make) -> None:
    question, place = ("Nets", "1"), ("bob", "Nets", "1")
    item = SchemeItem(notebook="Nets", question="1", text="Right", points=1)
    rules = MarkingRules(blind=True, split="chance", markers=["cho"])
    with make().changing("ann", at=AT) as change:
        change.put_people([BOB], "roster")
        change.marking.put_rules("hw1", rules)
        change.marking.put_flag("hw1", place)
        number = put_scheme_item(change, "hw1", item, 2)
        scheme = scheme_of(change, "hw1", question, 2)
        choice = MarkChoice(items=[number], adjustment=0.25, comment="So.")
        answers = [AnswerToMark("bob", "v", 0)]
        entered = mark_answers(
            change, "hw1", question, scheme, choice, answers, key="k" * 16, teams={}
        )
        put_scheme_item(change, "hw1", replace(item, id=number, points=0.5), 2)
    with make().reading() as view:
        assert view.marks("hw1")[place].points == 0.75
        assert view.marking.made("hw1", question)["bob"].choice == choice
        assert view.marking.rules("hw1") == rules
        assert view.marking.rules("hw2") == MarkingRules()
        assert (view.marking.flags("hw1")[place].who, view.marking.flags("hw2")) == ("ann", {})
    with make().changing("ann") as change:
        change.marking.settle_flag("hw1", place)
        take_back(change, entered.act, 2)
    with make().reading() as view:
        assert view.marks("hw1") == {}
        assert view.marking.made("hw1", question) == {}
        assert view.marking.flags("hw1") == {}


def test_an_override_takes_the_place_of_another_and_can_be_revoked(make: Make) -> None:
    asked = Override(
        person="bob", assignment="hw1", scope="part", id="layers", points=3, why="typo", note="n"
    )
    with make().changing("ann", at=AT) as change:
        change.put_people([BOB], "roster")
        first = change.override(asked)
    with make().changing("cho", at=AT) as change:
        second = change.override(replace(asked, points=4))
        third = change.override(replace(asked, scope="total", id=""))
    with make().reading() as view:
        found = view.overrides("hw1")
        assert list(found) == [first, second, third]
        assert found[first].revoked == AT
        assert (found[second].points, found[second].who, found[second].when) == (4, "cho", AT)
        assert found[second].revoked is None
        assert view.overrides("hw1", "annsmith_12") == view.overrides("hw2") == {}
    with make().changing("ann") as change:
        assert change.revoke_override(third, "by mistake").points == 3
    with make().changing("ann") as change, pytest.raises(UsageError, match="revoked already"):
        change.revoke_override(third)
    with make().changing("ann") as change, pytest.raises(UsageError, match="no override 99"):
        change.revoke_override(99)


def test_extensions_come_back_with_those_for_all(make: Make) -> None:
    until = Extension(assignment="hw1", scope="section", id="A", due=AT, why="flood")
    more = Extension(assignment="", scope="student", id="bob", minutes=90.5)
    with make().changing("ann", at=AT) as change:
        numbers = [change.extend(until), change.extend(more)]
        change.revoke_extension(numbers[0])
        with pytest.raises(UsageError, match="revoked already"):
            change.revoke_extension(numbers[0])
    with make().reading() as view:
        found = view.extensions("hw1")
        assert list(found) == numbers
        assert (found[numbers[0]].due, found[numbers[0]].revoked) == (AT, AT)
        assert (found[numbers[1]].minutes, found[numbers[1]].who) == (90.5, "ann")
        assert list(view.extensions("hw2")) == numbers[1:]


def test_a_request_that_is_imported_twice_is_one(make: Make) -> None:
    asked = RegradeRequest(
        assignment="hw1", person="bob", about="layers::x", text="why?", who="ann", at=AT
    )
    with make().changing("ann") as change:
        change.put_people([BOB], "roster")
        number = change.add_request(asked)
        assert number is not None
        assert change.add_request(asked) is None
    with make().changing("cho") as change:
        change.answer_request(number, "granted", "you are right")
        with pytest.raises(UsageError, match="no regrade request 99"):
            change.answer_request(99, "declined")
    with make().reading() as view:
        found = view.requests("hw1", "bob")[number]
        assert (found.state, found.answer, found.who) == ("granted", "you are right", "cho")
        assert view.requests("hw2") == {}


def test_a_change_that_breaks_off_changes_nothing(make: Make) -> None:
    with make().changing("staff") as change:
        change.put_people([ANN], "roster")

    def broken_off() -> None:
        with make().changing("staff") as change:
            change.put_people([BOB], "roster")
            change.override(Override(person="bob", assignment="hw1", scope="total", points=1))
            raise RuntimeError("the cat")

    with pytest.raises(RuntimeError, match="the cat"):
        broken_off()
    with make().reading() as view:
        assert view.people() == [ANN]
        assert len(view.log()) == 1
        assert view.overrides() == {}


def test_two_people_cannot_have_one_id(make: Make) -> None:
    twin = Person(key="twin", name="Ann Smith", ids={"canvas": "12"})
    with pytest.raises(InputError, match="cannot be written"), make().changing("me") as change:
        change.put_people([ANN, twin], "roster")
    with make().reading() as view:
        assert view.people() == []


def test_reading_cannot_write(make: Make) -> None:
    with pytest.raises(InputError, match="cannot be read"), make()._database.reading() as open_:
        open_.execute(text("DELETE FROM people"))


def test_the_tables_are_what_the_migrations_make(make: Make) -> None:
    with make()._database.writing() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": False})
        assert compare_metadata(context, metadata) == []
        assert context.get_current_revision() == LATEST


def test_a_database_of_any_earlier_version_is_brought_up_to_date(tmp_path: Path) -> None:
    for earlier in ("0001", "0002", "0003", "0004", "0005", "0006"):
        path = tmp_path / f"{earlier}.sqlite"
        with sqlite3.connect(path) as plain:
            plain.executescript((DUMPS / f"{earlier}.sql").read_text("utf-8"))
        with CourseDatabase.in_file(path).reading() as connection:
            assert compare_metadata(MigrationContext.configure(connection), metadata) == []
            view = CourseView(connection)
            assert view.people() == [ANN]
            (stored,) = view.attempts("hw1")
            assert (stored.attempt.owner, stored.active) == ("annsmith_12", True)


def test_a_later_database_is_refused(make: Make) -> None:
    with make()._database.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    try:
        with pytest.raises(InputError, match=r"later version of gradewall .*9999.*Install"):
            make()._database.reading()
    finally:
        _put_back(make)


def _put_back(make: Make) -> None:
    """As it was: one server is used by every test."""
    course = make()
    database = CourseDatabase(_engine(course.settings.database.url or _file(course), ""), "")
    with database.writing() as connection:
        connection.execute(text(f"UPDATE alembic_version SET version_num = '{LATEST}'"))


def _file(course: CourseFolder) -> str:
    return f"sqlite:///{course.path / 'course.sqlite'}"


def test_a_database_of_something_else_is_refused(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "other.sqlite") as other:
        other.execute("CREATE TABLE submission (name TEXT)")
    with pytest.raises(InputError, match=r"holds something else than a course .*submission"):
        CourseDatabase.in_file(tmp_path / "other.sqlite")


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("mysql://host/name", "not a database that a course can be kept in"),
        ("nonsense", "cannot be used"),
        ("postgresql://me:secret@127.0.0.1:1/none", r"me:\*\*\*@127.0.0.1:1/none: cannot be read"),
    ],
)
def test_a_url_that_leads_nowhere(url: str, said: str, tmp_path: Path) -> None:
    toml = f'title = "Nets"\n[database]\nurl = "{url}"\n'
    (tmp_path / "course.toml").write_text(toml, encoding="utf-8")
    with pytest.raises(InputError, match=said), CourseFolder.open(tmp_path).reading():
        pass


def test_sqlite_is_in_wal_mode_beside_the_settings(tmp_path: Path) -> None:
    (tmp_path / "course.toml").write_text('title = "Nets"', encoding="utf-8")
    with CourseFolder.open(tmp_path).reading() as view:
        assert view.people() == []
    with sqlite3.connect(tmp_path / "course.sqlite") as plain:
        assert plain.execute("PRAGMA journal_mode").fetchone() == ("wal",)
