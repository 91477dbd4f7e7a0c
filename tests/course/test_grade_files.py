"""Grades in the files that platforms take: each row is one student's, or nothing is written."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from grader.course.grade_files.filling import FilledSheet, FillingRules
from grader.course.grade_files.plain_grades import plain_grades
from grader.course.grade_files.platform_file import Platform, filled_sheet, sheet_pieces
from grader.course.grade_files.student_grade import (
    EXCUSED,
    NOTHING,
    StudentGrade,
    points_of,
    points_text,
)
from grader.model.errors import InputError, UsageError
from grader.model.person import Person

CANVAS = """\
Student,ID,SIS User ID,SIS Login ID,Section,Homework 1 (71),Homework 2 (72),Notes,Final Score (9)
,,,,,Manual Posting,,,
    Points Possible,,,,,10,100,,(read only)
"Doe, Jane",501,s1,jane,Lab A,9,,"=HYPERLINK(""x"")",88
"=Smith, Bob",502,s2,bob,Lab A,8,40,,70
"Li, Juan",503,s3,juan,Lab B,7,EX,,
"Student, Test",590,,abc123,Lab A,,,,
"""
MOODLE = """\
Identifier,"Full name","Email address",Status,Grade,"Maximum Grade","Grade can be changed",\
"Last modified (submission)","Last modified (grade)","Feedback comments"
"Participant 501","Jane Doe",jane@u.edu,Submitted,-,"100,00",Yes,"Monday, 5 May 2025, 2:14 PM",-,
"Participant 502","Bob Smith",bob@u.edu,Submitted,"40,00","100,00",Yes,-,-,
"Participant 503","Juan Li",juan@u.edu,Submitted,-,"100,00",No,-,-,
"""
GRADESCOPE = """\
First Name,Last Name,SID,Email,Sections,Total Score,Max Points,Status,Submission ID,View Count
Jane,Doe,s1,jane@u.edu,A,,100,Ungraded,9001,0
Bob,Smith,s2,bob@u.edu,A,40,100,Graded,9001,1
Juan,Li,s3,juan@u.edu,A,,100,Missing,,
"""
BLACKBOARD = (
    "Last Name\tFirst Name\tUsername\tStudent ID\tHomework 1 [Total Pts: 10 Score] |70\t"
    "Homework 2 [Total Pts: 100 Score] |72\n"
    "Doe\tJane\tjane\ts1\t9\t\nSmith\tBob\tbob\ts2\t8\t40\nLi\tJuan\tjuan\ts3\t7\t\n"
)
BRIGHTSPACE = """\
OrgDefinedId,Username,Last Name,First Name,Homework 1 Points Grade <Numeric MaxPoints:10>,\
Homework 2 Points Grade <Numeric MaxPoints:100>,Final Grade Numerator,End-of-Line Indicator
#s1,#jane,Doe,Jane,9,,50,#
#s2,#bob,Smith,Bob,8,40,60,#
#s3,#juan,Li,Juan,7,,70,#
"""
SHEETS: dict[Platform, str] = {
    "canvas": CANVAS, "moodle": MOODLE, "gradescope": GRADESCOPE,
    "blackboard": BLACKBOARD, "brightspace": BRIGHTSPACE,
}  # fmt: skip


def person(name: str, email: str = "", **ids: str) -> Person:
    """Somebody of a class."""
    return Person(key=name.casefold(), name=name, email=email, ids=ids)


def grade(who: Person, points: float | None, **more: Any) -> StudentGrade:
    """What somebody is to be given, of 100."""
    return StudentGrade(person=who, points=points, max_points=100.0, **more)


JANE = person("Jane Doe", "jane@u.edu", canvas="501", moodle="501", sid="s1", login="jane")
BOB = person("Bob Smith", "bob@u.edu", canvas="502", moodle="502", sid="s2", login="bob")
JUAN = person("Juan Li", "juan@u.edu", canvas="503", moodle="503", sid="s3", login="juan")
CLASS = [grade(JANE, 87.5), grade(BOB, 40.0), grade(JUAN, None, why=NOTHING)]


def fill(
    tmp_path: Path,
    platform: Platform,
    grades: Sequence[StudentGrade] = CLASS,
    *,
    text: str = "",
    encoding: str = "utf-8",
    column: str = "",
    whole_class: bool = False,
    **rules: bool,
) -> FilledSheet:
    """A platform's sheet, filled."""
    sheet = tmp_path / "sheet.csv"
    sheet.write_bytes((text or SHEETS[platform]).encode(encoding))
    return filled_sheet(
        platform, grades, FillingRules(**rules), sheet=sheet, title="Homework 2",
        column=column, whole_class=whole_class,
    )  # fmt: skip


def table(filled: FilledSheet) -> list[list[str]]:
    """What is written, as a platform reads it."""
    text = b"".join(sheet_pieces(filled)).decode()
    return list(csv.reader(io.StringIO(text, newline="")))


def test_canvas_gets_ids_and_one_column_and_nothing_that_is_older(tmp_path: Path) -> None:
    filled = fill(tmp_path, "canvas")
    assert table(filled) == [
        ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "Homework 2 (72)"],
        ["", "", "", "", "", ""],
        ["    Points Possible", "", "", "", "", "100"],
        ["Doe, Jane", "501", "s1", "jane", "Lab A", "87.5"],
        ["=Smith, Bob", "502", "s2", "bob", "Lab A", "40"],
    ]
    assert [tuple(change) for change in filled.changes] == [("Jane Doe", "", "87.5")]
    assert [tuple(each) for each in filled.left_out] == [("Juan Li", "excused")]
    assert filled.calculating == 1  # Bob's name, as Canvas has it


def test_moodle_gets_its_sheet_with_its_own_decimal_sign(tmp_path: Path) -> None:
    filled = fill(tmp_path, "moodle", [grade(JANE, 87.5), grade(BOB, 41), grade(JUAN, 3)])
    rows = table(filled)
    assert rows[0] == next(csv.reader([MOODLE.splitlines()[0]]))
    assert [row[4] for row in rows[1:]] == ["87,5", "41"]
    assert rows[1][7] == "Monday, 5 May 2025, 2:14 PM"
    assert [each.label for each in filled.left_out] == ["Juan Li"]
    assert "does not let" in filled.left_out[0].why


def test_gradescope_keeps_every_row_and_marks_who_is_graded(tmp_path: Path) -> None:
    rows = table(fill(tmp_path, "gradescope"))
    assert [(row[5], row[7]) for row in rows[1:]] == [
        ("87.5", "Graded"), ("40", "Graded"), ("", "Missing"),
    ]  # fmt: skip


def test_blackboard_in_utf_16_with_tabs(tmp_path: Path) -> None:
    rows = table(fill(tmp_path, "blackboard", encoding="utf-16"))
    assert rows[0] == [
        "Last Name", "First Name", "Username", "Student ID",
        "Homework 2 [Total Pts: 100 Score] |72",
    ]  # fmt: skip
    assert [row[2:] for row in rows[1:]] == [["jane", "s1", "87.5"], ["bob", "s2", "40"]]


def test_brightspace_keeps_the_mark_of_its_ids_and_the_end_of_its_lines(tmp_path: Path) -> None:
    rows = table(fill(tmp_path, "brightspace"))
    assert rows[1:] == [["#s1", "#jane", "87.5", "#"], ["#s2", "#bob", "40", "#"]]
    assert rows[0][-1] == "End-of-Line Indicator"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le"])
@pytest.mark.parametrize("sign", [",", ";", "\t"])
def test_a_sheet_in_whatever_form_gives_the_same_file(
    tmp_path: Path, encoding: str, sign: str
) -> None:
    expected = table(fill(tmp_path, "canvas"))
    rows = csv.reader(io.StringIO(CANVAS, newline=""))
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=sign).writerows(
        [cell.replace("100", "100,00") for cell in row] for row in rows
    )
    again = table(fill(tmp_path, "canvas", text=out.getvalue(), encoding=encoding))
    assert [row for row in again if "Points Possible" not in row[0]] == [
        row for row in expected if "Points Possible" not in row[0]
    ]


def test_canvas_with_names_in_two_columns(tmp_path: Path) -> None:
    text = (
        "LastName,FirstName,ID,SIS User ID,SIS Login ID,Section,Homework 2 (72)\n"
        "Doe,Jane,501,s1,jane,A,\nSmith,Bob,502,s2,bob,A,\n"
    )
    rows = table(fill(tmp_path, "canvas", text=text))
    assert [row[-1] for row in rows[1:]] == ["87.5", "40"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("502,s2", "502,s1"), "row 5 may be two people's: ID says Bob Smith"),
        (("501,s1,jane", ",,"), ""),
        (("501,s1,jane", "601,,"), "has no row for Jane Doe"),
        (('"Li, Juan",503,s3,juan', '"Doe, Jane",501,s1,jane'), "rows 4 and 6 are both Jane Doe"),
        (('"Doe, Jane",501,s1', '"Doe, Jane",601,s1'), "SIS User ID says Jane Doe"),
    ],
)
def test_a_row_is_one_persons_or_nothing_is_written(
    tmp_path: Path, change: tuple[str, str], said: str
) -> None:
    text = CANVAS.replace(*change)
    assert text != CANVAS
    if said:
        with pytest.raises(InputError, match=said):
            fill(tmp_path, "canvas", text=text)
    else:
        assert fill(tmp_path, "canvas", text=text).by_name == ["Jane Doe (jane doe)"]


def test_a_name_that_two_people_have_says_nothing(tmp_path: Path) -> None:
    twins = [grade(Person(key=key, name="Jane Doe"), 5) for key in ("a", "b")]
    with pytest.raises(InputError, match="has no row for Jane Doe, Jane Doe"):
        fill(tmp_path, "canvas", twins)


def test_a_name_in_two_rows_is_nobodys(tmp_path: Path) -> None:
    rows = '"Doe, Jane",,,,A,,,,\n' * 2
    with pytest.raises(InputError, match="has no row for Jane Doe"):
        fill(tmp_path, "canvas", [grade(person("Jane Doe"), 5)], text=CANVAS + rows)


def test_an_id_that_a_team_shares_joins_nobody(tmp_path: Path) -> None:
    team = [
        grade(Person(key=p.key, name="", email=p.email, ids={"gradescope": "9001"}), 60)
        for p in (JANE, BOB)
    ]
    rows = table(fill(tmp_path, "gradescope", team))
    assert [row[5] for row in rows[1:]] == ["60", "60", ""]


def test_nobodys_row_is_refused_where_there_is_a_roster(tmp_path: Path) -> None:
    two = CLASS[:2]
    assert fill(tmp_path, "canvas", two).left_out[0].label == "Li, Juan"
    with pytest.raises(InputError, match="nobody of the class is Li, Juan"):
        fill(tmp_path, "canvas", two, whole_class=True)
    filled = fill(tmp_path, "canvas", two, whole_class=True, partial=True)
    assert filled.given == 2


def test_points_of_another_scale_are_refused_until_it_is_asked_for(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="worth 10 points on Canvas, and 100 here"):
        fill(tmp_path, "canvas", column="Homework 1")
    filled = fill(tmp_path, "canvas", column="Homework 1 (71)", scale=True)
    assert [row[-1] for row in table(filled)[3:5]] == ["8.75", "4"]
    assert filled.scaled == "100 points here are 10 on Canvas"


def test_who_submitted_nothing_gets_nothing_or_a_zero(tmp_path: Path) -> None:
    assert table(fill(tmp_path, "brightspace", missing_zero=True))[3] == ["#s3", "#juan", "0", "#"]
    unread = [*CLASS[:2], grade(JUAN, None, why="could not be read: empty")]
    filled = fill(tmp_path, "brightspace", unread, missing_zero=True)
    assert filled.left_out == [("Juan Li", "could not be read: empty")]


def test_who_is_excused_is_so_on_canvas_and_elsewhere_gets_nothing(tmp_path: Path) -> None:
    grades = [CLASS[0], grade(BOB, None, why=EXCUSED), CLASS[2]]
    filled = fill(tmp_path, "canvas", grades)
    assert table(filled)[4][-1] == "EX"
    assert ("Bob Smith", "40", "EX") in filled.changes
    assert ("Bob Smith", EXCUSED) in fill(tmp_path, "brightspace", grades).left_out


def test_folders_named_by_a_login_are_found_and_said(tmp_path: Path) -> None:
    plain = [grade(Person(key=name, name=name), 50) for name in ("jane", "bob")]
    filled = fill(tmp_path, "brightspace", plain)
    assert [row[2] for row in table(filled)[1:]] == ["50", "50"]
    assert filled.by_name == ["jane", "bob"]


@pytest.mark.parametrize("heading", ["Notes", "Final Score (9)", "Section", "Student"])
def test_what_is_not_an_assignment_is_not_filled(tmp_path: Path, heading: str) -> None:
    for text in (CANVAS, CANVAS.replace("(read only)", "")):
        with pytest.raises(InputError, match="has no column"):
            fill(tmp_path, "canvas", text=text, column=heading)


def test_of_several_columns_one_must_be_named(tmp_path: Path) -> None:
    text = CANVAS.replace("Homework 2 (72)", "Something (72)")
    with pytest.raises(InputError, match="several columns for points: 'Homework 1"):
        fill(tmp_path, "canvas", text=text)


@pytest.mark.parametrize("platform", list(SHEETS))
def test_another_platforms_file_is_refused(tmp_path: Path, platform: Platform) -> None:
    with pytest.raises(
        InputError, match=f"of {platform.capitalize()}|from {platform.capitalize()}"
    ):
        fill(tmp_path, platform, text="a,b\n1,2\n")


def test_a_file_is_made_where_the_platform_needs_no_sheet() -> None:
    made = table(filled_sheet("canvas", CLASS, FillingRules(), column="Homework 2 (72)"))
    assert made[0][-1] == "Homework 2 (72)"
    assert made[2:] == [
        ["Jane Doe", "501", "", "jane", "", "87.5"], ["Bob Smith", "502", "", "bob", "", "40"],
    ]  # fmt: skip
    made = table(filled_sheet("brightspace", CLASS, FillingRules(), column="Homework 2"))
    assert made[1] == ["#s1", "#jane", "87.5", "#"]
    made = table(filled_sheet("gradescope", CLASS, FillingRules()))
    assert made[1] == ["Jane Doe", "s1", "jane@u.edu", "87.5", "100", "Graded"]
    for platform in ("moodle", "blackboard", "canvas", "brightspace"):
        with pytest.raises(UsageError, match="--sheet"):
            filled_sheet(platform, CLASS, FillingRules())


def test_names_are_guarded_in_a_file_that_is_made_and_ids_never_changed() -> None:
    hostile = Person(key="x", name="=cmd|' /C calc'!A0", ids={"canvas": "7", "login": "@jane"})
    filled = filled_sheet("canvas", [grade(hostile, 1)], FillingRules(), column="H (7)")
    row = table(filled)[2]
    assert row[0].startswith("'=")
    assert row[3] == "@jane"
    worse = Person(key="x", name="X", ids={"canvas": "7", "login": "=cmd|' /C calc'!A0"})
    with pytest.raises(InputError, match="would calculate the id"):
        filled_sheet("canvas", [grade(worse, 1)], FillingRules(), column="H (7)")


def test_plain_grades_have_everybody() -> None:
    text = b"".join(plain_grades(CLASS)).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert [(row["student"], row["points"], row["status"]) for row in rows] == [
        ("jane doe", "87.5", "graded"), ("bob smith", "40", "graded"), ("juan li", "", NOTHING),
    ]  # fmt: skip
    assert rows[0]["canvas"] == "501"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("87.5", 87.5), ("87,5", 87.5), ("1,234.50", 1234.5), ("1.234,50", 1234.5), (" 90 % ", 90),
        ("", None), ("-", None), ("EX", None),
    ],
)  # fmt: skip
def test_points_are_read_with_either_sign(text: str, value: float | None) -> None:
    assert points_of(text) == value


def test_points_are_written_to_the_hundredth() -> None:
    assert [points_text(value) for value in (12345.678, 100.0, 0.005, -0.0)] == [
        "12345.68", "100", "0.01", "0",
    ]  # fmt: skip
