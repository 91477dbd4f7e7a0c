"""A course with its years: every attempt takes part, and nobody is a pair with themselves."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from grader.cli.app import app
from grader.course.course_folder import CourseFolder
from grader.model.attempt import Attempt, DeliveredFile
from grader.model.course_records import StoredAttempt
from grader.model.errors import GraderError, UsageError
from grader.model.person import Person
from grader.model.similar_pairs import SimilarityReport
from tests.similarity import honest
from tests.similarity.disguise import disguise

ASSIGNMENT = '[[assignments]]\nid = "hw"\ngrader = "numpynn"\n'
ANN = Person(key="Ann_1", name="Ann", email="ann@x.y", section="Lab 1")
BOB = Person(key="Bob_2", name="Bob", ids={"sid": "2"})
CHO = Person(key="Cho_3", name="Cho")
DAN = Person(key="Dan_4", name="Dan")
EVE = Person(key="Eve_5", name="Eve")


class Room:
    """Courses of several years, in which work is put without an export."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def course(self, name: str, *people: Person, more: str = "", tail: str = "") -> CourseFolder:
        """A course with one assignment."""
        path = self.folder / name
        path.mkdir()
        text = f'title = "Nets {name}"\n{more}{ASSIGNMENT}{tail}'
        (path / "course.toml").write_text(text, encoding="utf-8")
        course = CourseFolder.open(path)
        with course.changing("me") as change:
            change.put_people(people, "roster")
        return course

    def submit(
        self, course: CourseFolder, team: Sequence[Person], text: str, n: int = 1, id: str = "hw"
    ) -> None:
        """An attempt of one module."""
        members = [person.key for person in team]
        entry = Path("submissions", members[0], str(n))
        (course.path / entry).mkdir(parents=True)
        (course.path / entry / "layers.py").write_text(text, encoding="utf-8")
        attempt = Attempt(
            key=f"{n}:{members}", owner=members[0], members=members, number=n, entry=str(entry)
        )
        file = DeliveredFile(name="layers.py", path=str(entry / "layers.py"))
        stored = StoredAttempt(attempt=attempt, files=[file], digest=str(hash(text)))
        with course.changing("me") as change:
            change.put_attempts(id, [stored], "put in")

    def similar(self, *words: str | Path) -> str:
        """What `grader similar --for hw` says in the course of this year; or why it refuses."""
        line = ["similar", "--for", "hw", "-c", str(self.folder / "now"), "-j", "2", *words]
        line += ["-t", str(self.template())]
        done: Any = CliRunner().invoke(app, list(map(str, line)))
        if isinstance(done.exception, GraderError):
            return done.exception.message
        assert done.exit_code == 0, done.output
        return " ".join(done.output.split())

    def template(self) -> Path:
        """What the honest solutions begin with."""
        path = self.folder / "given.py"
        path.write_text(honest.template(), encoding="utf-8")
        return path

    def report(self) -> SimilarityReport:
        """What was found last, as the course keeps it."""
        with CourseFolder.open(self.folder / "now").reading() as view:
            found = view.comparison("hw")
        assert found is not None
        return found.report


@pytest.fixture
def room(tmp_path: Path) -> Room:
    return Room(tmp_path)


def pairs(report: SimilarityReport) -> list[tuple[str, str]]:
    """The listed pairs, by what they are shown as."""
    shown = [each.shown for each in report.submissions]
    return [(shown[pair.first], shown[pair.second]) for pair in report.pairs]


def test_people_have_their_names_and_every_attempt_is_compared(room: Room) -> None:
    """The copy is Bob's first attempt, which no longer counts."""
    now = room.course("now", ANN, BOB, CHO)
    text = honest.solution(1)
    room.submit(now, [ANN], text)
    room.submit(now, [BOB], disguise(text, 5))
    room.submit(now, [BOB], honest.solution(2), n=2)
    room.submit(now, [CHO], honest.solution(3))
    said = room.similar()
    report = room.report()
    assert pairs(report)[0] == ("Ann (Lab 1)", "Bob")
    first, second = (
        report.submissions[at] for at in (report.pairs[0].first, report.pairs[0].second)
    )
    assert (first.id, first.attempt, second.id) == ("Ann_1", 0, "Bob_2")
    assert (second.attempt, second.counted) == (1, False)
    assert report.spread.pairs == len(report.pairs) == 3
    assert "Ann (Lab 1) ~ Bob" in said
    page = (now.out("hw") / "similar" / report.pairs[0].page).read_text("utf-8")
    assert "attempt 1, which does not count" in page
    listed = (now.out("hw") / "similar/index.html").read_text("utf-8")
    assert "attempt 1, which does not count" in listed


def test_nobody_is_a_pair_with_an_earlier_attempt_or_a_team_mate(room: Room) -> None:
    now = room.course("now", ANN, BOB, CHO, DAN)
    text = honest.solution(1)
    room.submit(now, [ANN, BOB], text)
    room.submit(now, [ANN], disguise(text, 3), n=2)
    room.submit(now, [BOB], disguise(text, 4), n=3)
    room.submit(now, [CHO], honest.solution(2))
    room.submit(now, [DAN], honest.solution(3))
    room.similar()
    report = room.report()
    assert report.spread.pairs == 3
    assert not any(pair.stands_out for pair in report.pairs)
    assert {each.name for each in report.submissions} == {"Ann, Bob", "Ann", "Bob", "Cho", "Dan"}


def test_what_one_person_holds_in_several_attempts_is_as_rare(room: Room) -> None:
    """So that it makes no difference how often somebody submitted."""
    copied = honest.solution(1)
    for name, times in (("now", 1), ("other", 4)):
        course = room.course(name, ANN, BOB, CHO, DAN)
        for n in range(1, times + 1):
            room.submit(course, [ANN], copied + f"\nNUMBER = {n}\n", n=n)
        room.submit(course, [BOB], disguise(copied, 6))
        room.submit(course, [CHO], honest.solution(2))
        room.submit(course, [DAN], honest.solution(3))
    room.similar()
    once = room.report().pairs[0]
    room.similar("-c", room.folder / "other")
    with CourseFolder.open(room.folder / "other").reading() as view:
        found = view.comparison("hw")
    assert found is not None
    assert found.report.spread.pairs == 6
    assert found.report.pairs[0].score == pytest.approx(once.score, abs=0.02)


def test_earlier_years_are_those_of_the_settings(room: Room) -> None:
    kim = Person(key="Kim_9", name="Kim")
    ann = Person(key="Ann_77", name="Ann Old", email="ANN@x.y")
    last = room.course("2025", kim, ann)
    now = room.course("now", ANN, BOB, CHO, more='earlier = ["../2025"]\n')
    text = honest.solution(1)
    room.submit(last, [kim], text)
    room.submit(last, [ann], honest.solution(7))
    room.submit(now, [ANN], honest.solution(7))
    room.submit(now, [BOB], disguise(text, 8))
    room.submit(now, [CHO], honest.solution(3))
    said = room.similar()
    report = room.report()
    assert pairs(report)[0] == ("Bob", "Kim (2025)")
    assert report.others == ["2025"]
    assert ("Ann (Lab 1)", "Ann Old (2025)") not in pairs(report)
    (again,) = report.repeats
    assert report.submissions[again.first].name == "Ann"
    assert report.submissions[again.second].shown == "Ann Old (2025)"
    assert (again.score, again.identical) == (1.0, ["layers.py"])
    assert report.spread.pairs == 3 + 3 * 2 - 1
    assert "Ann (Lab 1) submitted what they had submitted before (2025): 100 % alike." in said
    assert (now.out("hw") / "similar" / again.page).is_file()
    assert "Submitted again" in (now.out("hw") / "similar/index.html").read_text("utf-8")


def test_a_name_alone_makes_nobody_one_person_and_is_said(room: Room) -> None:
    namesake = Person(key="Cho_8", name="Cho", ids={"sid": "8"})
    last = room.course("2025", namesake)
    now = room.course("now", CHO, BOB)
    room.submit(last, [namesake], honest.solution(3))
    room.submit(now, [CHO], honest.solution(3))
    room.submit(now, [BOB], honest.solution(2))
    room.similar("--against", room.folder / "2025")
    report = room.report()
    assert pairs(report)[0] == ("Cho", "Cho (2025)")
    assert [pair.same_name for pair in report.pairs[:2]] == [True, False]
    assert not report.repeats
    page = (now.out("hw") / "similar" / report.pairs[0].page).read_text("utf-8")
    assert "may be one person" in page


def test_a_folder_of_earlier_classes_has_a_folder_for_each_assignment(room: Room) -> None:
    now = room.course("now", ANN, BOB)
    room.submit(now, [ANN], honest.solution(1))
    room.submit(now, [BOB], honest.solution(2))
    old = room.folder / "old/hw/kim"
    old.mkdir(parents=True)
    (old / "layers.py").write_text(disguise(honest.solution(2), 2), encoding="utf-8")
    room.similar("--against", room.folder / "old")
    assert pairs(room.report())[0] == ("Bob", "kim (old)")
    room.similar("--against", room.folder / "old/hw")
    assert pairs(room.report())[0] == ("Bob", "kim (hw)")


def test_another_course_needs_the_assignment_where_it_is_named(room: Room) -> None:
    last = room.course("2025", ANN)
    (last.path / "course.toml").write_text('title = "x"\n', encoding="utf-8")
    now = room.course("now", ANN, BOB, tail='earlier = ["../2025"]\n')
    room.submit(now, [ANN], honest.solution(1))
    room.submit(now, [BOB], honest.solution(2))
    assert "2025: has no assignment hw; it was left out" in room.similar()
    said = room.similar("--against", room.folder / "2025")
    assert "has no assignment hw, and none of the same grader" in said
    assert "is this course itself" in room.similar("--against", now.path)


def test_an_assignment_of_another_id_is_known_by_its_grader(room: Room) -> None:
    last = room.course("2025", BOB)
    toml = (last.path / "course.toml").read_text("utf-8").replace('"hw"', '"first"')
    (last.path / "course.toml").write_text(toml, encoding="utf-8")
    room.submit(last, [BOB], honest.solution(1), id="first")
    now = room.course("now", ANN, CHO)
    room.submit(now, [ANN], disguise(honest.solution(1), 2))
    room.submit(now, [CHO], honest.solution(4))
    room.similar("--against", last.path)
    assert pairs(room.report())[0] == ("Ann (Lab 1)", "Bob (2025)")


def test_a_folder_that_is_not_there_is_named(room: Room) -> None:
    now = room.course("now", ANN, BOB, more='earlier = ["../2024"]\n')
    room.submit(now, [ANN], honest.solution(1))
    assert "`earlier` names" in room.similar()


def test_hostile_work_costs_its_own_row(room: Room) -> None:
    now = room.course("now", ANN, BOB, CHO, EVE)
    for seed, person in enumerate((ANN, BOB, CHO)):
        room.submit(now, [person], honest.solution(seed))
    room.submit(now, [EVE], "x = 1\n" * 300_000)
    said = room.similar()
    report = room.report()
    problems = {each.name: each.problem for each in report.submissions if each.problem}
    assert list(problems) == ["Eve"]
    assert "too long to be compared" in problems["Eve"]
    assert "Eve: " in said
    assert report.spread.pairs == sum(report.spread.bins) == 3


def test_options_that_do_not_go_together(room: Room) -> None:
    room.course("now", ANN)
    assert "the course has the submissions" in room.similar(room.folder)
    for words in (["similar"], ["similar", "x", "-o", "y", "-c", "z"]):
        assert isinstance(CliRunner().invoke(app, words).exception, UsageError)
