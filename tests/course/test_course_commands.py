"""`grader course`, `override`, `extend` and `history`, as somebody at the keyboard meets them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from grader.course.course_folder import CourseFolder
from grader.model.errors import GraderError, UsageError
from grader.model.result import CheckResult, Outcome, PartResult, Result
from tests.support import in_process

ROSTER = "name,id,email,section\nAnn Smith,1,ann@x.y,A\nBob Li,2,bob@x.y,B\n"


class Desk:
    """A course, and somebody who types commands."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def run(self, *words: str | Path) -> str:
        """What a command says."""
        return " ".join(in_process(*words).split())

    def course(self, command: str, *words: str | Path) -> str:
        return self.run(*command.split(), *words, "--course", self.folder)

    def refused(self, command: str, *words: str | Path) -> str:
        with pytest.raises(GraderError) as caught:
            self.course(command, *words)
        return str(caught.value)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    desk = Desk(folder / "nets")
    desk.run("course", "new", desk.folder, "--zone", "Europe/Berlin", "-a", "numpynn")
    settings = desk.folder / "course.toml"
    text = settings.read_text("utf-8").replace("# due =", "due =")
    settings.write_text(text, encoding="utf-8")
    (folder / "roster.csv").write_text(ROSTER, encoding="utf-8")
    desk.course("course roster", folder / "roster.csv")
    return desk.folder


@pytest.fixture
def desk(made: Path, tmp_path: Path) -> Desk:
    shutil.copytree(made, tmp_path / "nets")
    return Desk(tmp_path / "nets")


def _graded(desk: Desk) -> None:
    check = CheckResult(
        id="layers::x[1]", title="x", part="layers", targets=[], outcome=Outcome.FAILED, points=0,
        max_points=4,
    )  # fmt: skip
    part = PartResult(id="layers", title="Layers", points=6, max_points=10, passed=0, total=1)
    result = Result(
        submission="Ann Smith_1", assignment="numpynn", score=6, max_score=10, parts=[part],
        checks=[check],
    )  # fmt: skip
    with CourseFolder.open(desk.folder).changing("cho") as change:
        run = change.begin_run("numpynn")
        change.put_result(run, result)
        change.accept_run(run)


def test_a_new_course_says_what_is_next(tmp_path: Path) -> None:
    said = Desk(tmp_path).run("course", "new", tmp_path / "x", "--zone", "Asia/Tokyo")
    assert "in the time zone Asia/Tokyo" in said
    assert "grader course roster FILE.csv" in said
    with pytest.raises(UsageError, match="is there already"):
        Desk(tmp_path).run("course", "new", tmp_path / "x")
    with pytest.raises(GraderError, match="is not a time zone"):
        Desk(tmp_path).run("course", "new", tmp_path / "y", "--zone", "Mars")
    assert not (tmp_path / "y" / "course.toml").exists()


@pytest.mark.parametrize("title", ['a "b" \\ c', "\u96ea \U0001f600", "tab\there", " "])
def test_any_title_is_kept_or_refused(title: str, tmp_path: Path) -> None:
    try:
        Desk(tmp_path).run("course", "new", tmp_path, "--title", title)
    except GraderError:
        assert not title.strip()
        return
    assert CourseFolder.open(tmp_path).settings.title == title


def test_an_assignment_of_ones_own_is_named_from_the_course(tmp_path: Path) -> None:
    (tmp_path / "hw").mkdir()
    Desk(tmp_path).run("course", "new", tmp_path / "course", "-a", tmp_path / "hw")
    course = CourseFolder.open(tmp_path / "course")
    assert course.settings.assignments[0].grader == "../hw"
    assert Path(course.grader("hw")).samefile(tmp_path / "hw")


def test_a_roster_is_shown_as_read(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "next.csv").write_text("name,id,grade\nAnn Smith,1,9\nCho,3,8\n", "utf-8")
    said = desk.course("course roster", tmp_path / "next.csv", "--dry-run")
    assert "Read as plain: name = name, id = student number." in said
    assert "Not used: grade." in said
    assert "1 would be new, 0 would be changed, 1 as before." in said
    assert "Not in the file: Bob Li (kept; --withdraw marks them as gone)." in said
    assert "2 students. Times are in Europe/Berlin." in desk.course("course show")
    desk.course("course roster", tmp_path / "next.csv", "--withdraw")
    said = desk.course("course show", "--people")
    assert "2 students, and 1 who have withdrawn." in said
    assert "Bob Li_2 Bob Li bob@x.y sid 2 B withdrawn" in said
    assert "numpynn: due 2026-03-15 23:59; 0 of 2 submitted, 0 attempts, not graded yet." in said


def test_an_override_from_the_first_word_to_the_last(desk: Desk) -> None:
    _graded(desk)
    words = ("--for", "numpynn", "--points", "3.5", "--why", "unclear text", "--by", "ann")
    said = desk.course("override bob@x.y --check x[1]", *words)
    assert "Override 1 of Bob Li_2: check layers::x[1], 3.5 points." in said
    assert "grader batch --for numpynn" in said
    said = desk.course("override 2 --for numpynn --part layers --points 12 --why generous")
    assert "That is more than the 10 points it has." in said
    assert "1 numpynn Bob Li_2 check layers::x[1], 3.5 points (ann," in desk.course(
        "override --list"
    )
    assert desk.course("override 1 --list") == ""
    assert "Revoked override 1" in desk.course("override --revoke 1 --why wrong --by cho")
    said = desk.course("history", "Bob Li")
    assert "override 1: check layers::x[1], 3.5 points: unclear text [ann]" in said
    assert "override 1 revoked: wrong [cho]" in said
    assert "numpynn: graded: 6 of 10 points (run 1) [cho]" in desk.course("history 1")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("", "Name the student, and the assignment with --for."),
        ("1 --for numpynn --points 1", "needs a reason, which the student sees"),
        ("1 --for numpynn --why x", "Say either points or an outcome."),
        ("1 --for numpynn --why x --points 1 --outcome passed", "Say either"),
        ("1 --for numpynn --why x --points=-1", "expected 0 or more"),
        ("1 --for numpynn --why x --points nan", "expected 0 or more"),
        ("1 --for numpynn --why x --outcome pased", "Did you mean `passed`?"),
        ("1 --for numpynn --why x --outcome excused --part layers", "Only a whole assignment"),
        ("1 --for numpynn --why x --points 1 --part layrs", "Did you mean layers?"),
        ("1 --for numpynn --why x --points 1 --check y", "has no such check"),
        ("1 --for numpynn --why x --points 1 --check x --part layers", "cannot both be given"),
        ("1 --for numpy --why x --points 1", "'numpy' is not an assignment of 'nets'. Did you"),
        ("nobody --for numpynn --why x --points 1", "Nobody in the course goes by 'nobody'"),
        ("--revoke 7", "no override 7"),
    ],
)
def test_an_override_that_says_too_little(words: str, said: str, desk: Desk) -> None:
    _graded(desk)
    assert said in desk.refused(f"override {words}")
    assert desk.course("override --list") == ""


def test_a_check_is_not_taken_on_trust(desk: Desk) -> None:
    said = desk.refused("override 1 --for numpynn --check x --points 1 --why x")
    assert "Grade it first: grader batch --for numpynn" in said


def test_more_time(desk: Desk) -> None:
    said = desk.course("extend --for numpynn --section A --until 2026-03-16T12:00 --by ann")
    assert "Extension 1 of section A, for numpynn: until 2026-03-16 12:00 +0100." in said
    said = desk.course("extend --student ann@x.y --days 1.5 --why ill")
    assert "Extension 2 of student Ann Smith_1, for every assignment: 1.5 more days." in said
    desk.course("extend --revoke 1 --why mistake --by cho")
    assert "[revoked]" in desk.course("extend --for numpynn --list")
    said = desk.course("history 1")
    assert "numpynn: extension 1: until 2026-03-16 12:00 +0100 [ann]" in said
    assert "extension 1 revoked: mistake [cho]" in said
    assert "all: extension 2: 1.5 more days: ill" in said
    assert "extension" not in desk.course("history 2")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--for numpynn --days 1", "Say who gets more time"),
        ("--for numpynn --days 1 --section A --student 1", "Say who gets more time"),
        ("--for numpynn --section a --days 1", "Nobody is in the section 'a'. Known: A, B."),
        ("--for numpynn --section A", "Say how much time"),
        ("--for numpynn --section A --days 1 --until 2026-03-16T12:00", "Say how much time"),
        ("--for numpynn --section A --days=-1", "expected more than 0"),
        ("--for numpynn --section A --until monday", "is not a valid time"),
        ("--for numpynn --section A --until 2026-03-16", "lacks the hour"),
        ("--section A --until 2026-03-16T12:00", "only be said for one assignment"),
        ("--revoke 7", "no extension 7"),
    ],
)
def test_time_that_is_not_clear(words: str, said: str, desk: Desk) -> None:
    assert said in desk.refused(f"extend {words}")
    assert desk.course("extend --list") == ""


def test_no_course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match=r"There is no course.toml here or above. Name a course"):
        Desk(tmp_path).run("history", "ann")
