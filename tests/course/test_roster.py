"""Rosters of platforms and plain ones: by their headings, and laid over who is there."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.course.roster import RosterFile, read_roster
from grader.course.roster_update import RosterUpdate, roster_update
from grader.model.errors import InputError
from grader.model.person import Person

CANVAS = """\
Student,ID,SIS User ID,SIS Login ID,Section,Homework 1 (77)
    Points Possible,,,,,10
"Smith, Ann",340,s1,ann,Lab 1,9
李雷,341,s2,lilei,Lab 2,
"Student, Test",999,,,Lab 1,
"""


def _read(folder: Path, text: str, encoding: str = "utf-8") -> RosterFile:
    path = folder / "roster.csv"
    path.write_text(text, encoding=encoding)
    return read_roster(path)


def _update(folder: Path, text: str, people: list[Person]) -> RosterUpdate:
    return roster_update(_read(folder, text), people, "roster.csv")


def test_canvas(tmp_path: Path) -> None:
    read = _read(tmp_path, CANVAS, "utf-8-sig")
    assert read.form == "Canvas gradebook"
    assert read.people == [
        Person(
            key="Ann Smith_s1",
            name="Ann Smith",
            ids={"canvas": "340", "sis": "s1", "login": "ann"},
            section="Lab 1",
        ),
        Person(
            key="李雷_s2",
            name="李雷",
            ids={"canvas": "341", "sis": "s2", "login": "lilei"},
            section="Lab 2",
        ),
    ]
    assert read.skipped == ["row 2: points possible", "row 5: Canvas's test student"]
    assert read.unused == ["homework 1 (77)"]


@pytest.mark.parametrize(
    ("form", "text", "expected"),
    [
        (
            "Moodle grading worksheet",
            'Identifier,"Full name","Email address",Status,Group,Grade\n'
            "Participant 12,Ann Smith,ann@uni.edu,Submitted,T,\n",
            Person(key="Ann Smith_ann@uni.edu", name="Ann Smith", email="ann@uni.edu", group="T"),
        ),
        (
            "plain",  # Moodle's list of participants
            "First name,Surname,ID number,Email address,Groups\nAnn,Smith,77,ann@uni.edu,G\n",
            Person(
                key="Ann Smith_77", name="Ann Smith", email="ann@uni.edu", ids={"sid": "77"},
                group="G",
            ),
        ),
        (
            "Gradescope",
            "First Name,Last Name,SID,Email,Role,Sections\n"
            "Ann,Smith,77,ann@uni.edu,Student,A\nCho,Lee,1,cho@uni.edu,TA,A\n",
            Person(
                key="Ann Smith_77", name="Ann Smith", email="ann@uni.edu", ids={"sid": "77"},
                section="A",
            ),
        ),
        (
            "GitHub Classroom roster",
            '"identifier","github_username","github_id","name"\n"77","AnnS","5","Ann Smith"\n',
            Person(key="Ann Smith_77", name="Ann Smith", ids={"sid": "77", "github": "AnnS"}),
        ),
        (
            "GitHub Classroom grades",
            "assignment_name,github_username,roster_identifier,group_name\nhw1,AnnS,ann@uni.edu,G\n",
            Person(
                key="ann@uni.edu", name="ann@uni.edu", ids={"sid": "ann@uni.edu", "github": "AnnS"},
                group="G",
            ),
        ),
        (
            "Blackboard",
            "Last Name,First Name,Username,Student ID,Availability\nSmith,Ann,as1,77,Yes\n",
            Person(key="Ann Smith_77", name="Ann Smith", ids={"sid": "77", "blackboard": "as1"}),
        ),
        (
            "Brightspace",
            "OrgDefinedId,Username,Last Name,First Name,Email,End-of-Line Indicator\n"
            "#77,#as1,Smith,Ann,a@b.c,#\n",
            Person(
                key="Ann Smith_77", name="Ann Smith", email="a@b.c",
                ids={"sid": "77", "brightspace": "as1"},
            ),
        ),
        (
            "plain",
            "学号;姓名;邮箱;班级;退课\n2024001;李雷;l@x.cn;一班;是\n",
            Person(
                key="李雷_2024001", name="李雷", email="l@x.cn", ids={"sid": "2024001"},
                section="一班", withdrawn=True,
            ),
        ),
    ],
)  # fmt: skip
def test_other_rosters(form: str, text: str, expected: Person, tmp_path: Path) -> None:
    read = _read(tmp_path, text)
    assert read.form == form
    assert read.people == [expected]


def test_names_that_look_alike_are_two_people(tmp_path: Path) -> None:
    names = ["Ann Lee", "ann lee", "Ann Lee", "Zo\u00eb", "Zoe\u0308", "O'Neil", "O\u2019Neil"]
    read = _read(tmp_path, "name\n" + "\n".join(names) + "\n")
    assert [person.name for person in read.people] == list(dict.fromkeys(names))
    assert len({person.key for person in read.people}) == len(set(names))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("grade,comment\n1,2\n", r"roster.csv: no column tells who somebody is \(headings: grade"),
        ("", r"no column tells who somebody is \(headings: none\)"),
        ("name,id\nAnn,7\nBob,7\n", "roster.csv, row 3: has the sid id '7' of row 2"),
        ("name,section\nAnn,1\nAnn,2\n", "row 3: cannot be told from row 2, 'Ann'"),
    ],
)
def test_what_cannot_be_a_roster(text: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=said):
        _read(tmp_path, text)


def test_an_update_keeps_the_key(tmp_path: Path) -> None:
    ann = Person(key="smithann_340", name="smithann", ids={"canvas": "340"})
    old = Person(key="old", name="Old Friend", ids={"sis": "s9"})
    update = _update(tmp_path, CANVAS, [ann, old])
    assert [person.key for person in update.new] == ["李雷_s2"]
    (changed,) = update.changed
    assert changed.key == "smithann_340"
    assert (changed.name, changed.section) == ("Ann Smith", "Lab 1")
    assert changed.ids == {"canvas": "340", "sis": "s1", "login": "ann"}
    assert update.missing == [old]
    again = _update(tmp_path, CANVAS, [changed, old, *update.new])
    assert (again.new, again.changed, again.unchanged) == ([], [], 2)


def test_who_withdrew_comes_back_with_the_roster(tmp_path: Path) -> None:
    bob = Person(key="bob", name="Bob", email="bob@x.y", withdrawn=True)
    assert _update(tmp_path, "name,email\nBob,BOB@x.y\n", [bob]).changed[0].withdrawn is False
    text = "name,email,withdrawn\nBob,bob@x.y,yes\n"
    assert _update(tmp_path, text, [bob]).unchanged == 1
    assert _update(tmp_path, "name\nCho\n", [bob]).missing == []  # nobody misses who has gone


def test_a_namesake_with_another_id_is_another_person(tmp_path: Path) -> None:
    ann = Person(key="Ann Smith_1", name="Ann Smith", ids={"sid": "1"})
    update = _update(tmp_path, "name,id\nAnn Smith,2\n", [ann])
    assert [person.key for person in update.new] == ["Ann Smith_2"]
    assert update.missing == [ann]


def test_a_name_alone_is_enough_where_one_has_it_and_that_is_said(tmp_path: Path) -> None:
    ann = Person(key="Ann Smith", name="Ann Smith")
    update = _update(tmp_path, "name,id\nAnn Smith,2\n", [ann])
    assert [(claim.by, claim.person) for claim in update.by_name] == [("name", ann)]
    assert update.changed[0].ids == {"sid": "2"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name\nAnn Smith\n", "not clear who is meant by Ann Smith .its name may be that of 2"),
        ("name,email,id\nAnn,a@b.c,3\n", "its e-mail is that of somebody with another sid id"),
        ("name,id\nX,1\nY,1x\n", ""),
    ],
)
def test_nobody_is_guessed(text: str, said: str, tmp_path: Path) -> None:
    people = [
        Person(key="a", name="Ann Smith", email="a@b.c", ids={"sid": "1"}),
        Person(key="b", name="Ann Smith", ids={"sid": "2"}),
    ]
    if not said:
        assert len(_update(tmp_path, text, people).new) == 1
        return
    with pytest.raises(InputError, match=said):
        _update(tmp_path, text, people)


def test_two_rows_cannot_be_one_person(tmp_path: Path) -> None:
    ann = Person(key="a", name="Ann", email="a@b.c", ids={"sid": "1"})
    text = "name,email,id\nAnn,,1\nAnna,a@b.c,\n"
    with pytest.raises(InputError, match=r"Ann_1 and Anna_a@b.c .both are a"):
        _update(tmp_path, text, [ann])


def test_moodle_numbers_its_participants_for_one_assignment(tmp_path: Path) -> None:
    path = tmp_path / "worksheet.csv"
    path.write_text(
        "Identifier,Full name,Email address\nParticipant 71,Ann Smith,ann@uni.edu\n"
        "Teilnehmer/in72,Ann Smith,ann.s@uni.edu\n",
        encoding="utf-8",
    )
    assert [person.ids for person in read_roster(path).people] == [{}, {}]
    people = read_roster(path, of_assignment=True).people
    assert [person.ids for person in people] == [{"moodle": "71"}, {"moodle": "72"}]
    assert len({person.key for person in people}) == 2
