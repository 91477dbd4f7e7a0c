"""The sheet: what is in it, that a spreadsheet can do no harm to it, and what is refused."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path
from typing import Any

import pytest

from grader.course.marking_sheet import read_sheet
from grader.model.errors import InputError
from grader.report.csv import safe_cell
from grader.submission import Source
from grader.submission.identity import Names
from tests.course.room import Room

QUESTIONS = {("Dropout", "1"): 2.0, ("Dropout", "2"): 2.0}
NAMES = Names(Source(id=id, path=Path(id)) for id in ("ann", "007", "=1+1"))
HEAD = "submission,notebook,question,mark,comment\n"


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Room:
    """Three who answered or did not, one with a name that a spreadsheet would calculate."""
    room = Room(tmp_path, monkeypatch)
    room.hand_in("ann", "Less noise,\nand more.", "", "\u202eodd\x1b[31m")
    room.hand_in("=1+1", "=cmd|' /C calc'!A0", "@x", "a;=1")
    room.hand_in("007", "Bond.", "-2", "\t=3")
    room.batch()
    return room


def _read(path: Path, text: str | bytes) -> object:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_sheet(path, QUESTIONS, NAMES)


def test_it_lists_answers_question_by_question_and_unanswered_ones_last(room: Room) -> None:
    rows = room.rows()
    assert [(row["question"], row["submission"], row["state"]) for row in rows[:4]] == [
        ("1", "007", "answered"), ("1", "'=1+1", "answered"), ("1", "ann", "answered"),
        ("2", "007", "answered"),
    ]  # fmt: skip
    assert [row["state"] for row in rows if row["question"] == "2"] == [*["answered"] * 2, "empty"]
    ann = next(row for row in rows if row["submission"] == "ann" and row["question"] == "1")
    assert (ann["points"], ann["words"], ann["answer"]) == ("2", "4", "Less noise, and more.")
    assert all(row["asked"] == f"What of {row['question']}?" for row in rows)
    assert {row["mark"] for row in rows} == {row["comment"] for row in rows} == {""}


def test_its_links_lead_to_the_answer(room: Room) -> None:
    for row in room.rows():
        address, _, anchor = row["link"].partition("#")
        page = Path(re.sub("^file://", "", address).replace("%3D", "=").replace("%2B", "+"))
        assert f'id="{anchor}"' in page.read_text("utf-8")


def test_no_cell_is_calculated(room: Room) -> None:
    content = (room.out / "written.csv").read_text("utf-8-sig")
    for cell in (cell for row in csv.reader(io.StringIO(content)) for cell in row):
        assert cell == safe_cell(cell)
        assert not re.match(r"[=+@\t\r-]", cell)
        assert "\u202e" not in cell


def test_a_sheet_with_marks_is_never_written_to(room: Room) -> None:
    sheet = room.fill({("ann", "1"): "1"})
    before = sheet.read_bytes()
    said = room.batch()
    assert sheet.read_bytes() == before
    assert f"There are marks for some in {sheet}; run this again with: --marks" in said
    room.fill({("007", "1"): ("", "?")}, "written-2.csv")
    second = (room.out / "written-2.csv").read_bytes()
    said = room.batch("--marks", sheet)
    assert sheet.read_bytes() == before
    assert (room.out / "written-2.csv").read_bytes() == second
    assert len(room.rows("written-3.csv")) == len(room.rows()) - 1


def test_one_without_marks_is_written_again(room: Room) -> None:
    room.hand_in("zoe", "New.")
    room.batch()
    assert "zoe" in {row["submission"] for row in room.rows()}
    assert not (room.out / "written-2.csv").exists()


def test_what_is_no_sheet_of_ours_is_left_alone(room: Room) -> None:
    (room.out / "written.csv").write_bytes(b"\xff my notes")
    room.batch()
    assert (room.out / "written.csv").read_bytes() == b"\xff my notes"
    assert room.rows("written-2.csv")


def test_nobody_is_asked_where_all_is_marked(room: Room) -> None:
    every = {(row["submission"], row["question"]): "1" for row in room.rows()}
    said = room.batch("--marks", room.fill(every))
    assert "to be marked" not in said
    assert not (room.out / "written-2.csv").exists()


@pytest.mark.parametrize(
    "how",
    [{"delimiter": ";"}, {"delimiter": "\t"}, {"encoding": "utf-8-sig"}, {"lineterminator": "\n"},
     {"quoting": csv.QUOTE_ALL}],
    ids=str,
)  # fmt: skip
def test_whatever_a_spreadsheet_saves_is_read(room: Room, how: dict[str, Any]) -> None:
    sheet = room.fill({("'=1+1", "1"): ("1,5", "Good; really.")}, to="x.csv", **how)
    [mark] = read_sheet(sheet, {("Dropout", "1"): 2.0}, NAMES).values()
    assert mark is not None
    assert (mark.points, mark.comment, mark.submission) == (1.5, "Good; really.", "=1+1")


def test_a_name_that_a_spreadsheet_changed_is_known_by_its_code(room: Room) -> None:
    text = (room.out / "written.csv").read_text("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    [row] = [row for row in rows if row["submission"] == "007" and row["question"] == "1"]
    row |= {"submission": "7", "mark": "2"}
    out = io.StringIO()
    writer = csv.DictWriter(out, list(row))
    writer.writeheader()
    writer.writerow(row)
    sheet = room.out / "x.csv"
    sheet.write_text(out.getvalue(), "utf-8")
    room.batch("--marks", sheet)
    assert room.result("007").notebooks[0].answers[0].mark == 2


def test_a_sheet_that_was_sorted_in_part_is_refused(room: Room) -> None:
    sheet = room.fill({("ann", "1"): "1"})
    text = sheet.read_text("utf-8")
    code = {row["submission"]: row["code"] for row in room.rows() if row["question"] == "1"}
    sheet.write_text(text.replace(code["ann"], code["007"]), "utf-8")
    with pytest.raises(InputError, match=r"row 4: `code` belongs to another row"):
        room.batch("--marks", sheet)


def test_a_name_that_reads_as_anothers_is_told_by_its_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = Room(tmp_path, monkeypatch)
    room.hand_in("=1+1", "One.", "", "")
    room.hand_in("'=1+1", "Another.", "", "")
    room.batch()
    sheet = room.out / "written.csv"
    rows = list(csv.DictReader(io.StringIO(sheet.read_text("utf-8-sig"))))
    marks = {"One.": "1", "Another.": "2"}
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]))
    writer.writeheader()
    writer.writerows(row | {"mark": marks.get(row["answer"], "")} for row in rows)
    sheet.write_text(out.getvalue(), "utf-8")
    room.batch("--marks", sheet)
    marked = {name: room.result(name).notebooks[0].answers[0].mark for name in ("=1+1", "'=1+1")}
    assert marked == {"=1+1": 1, "'=1+1": 2}


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("zoe,Dropout,1,1,", "row 2: submission 'zoe' is not in this class"),
        ("ann,Dropout,9,1,", "row 2: the rubric has no question '9' in notebook 'Dropout'"),
        ("ann,Nets,1,1,", "row 2: the rubric has no question '1' in notebook 'Nets'"),
        ("ann,Dropout,1,2.01,", "row 2: a mark of 2.01 is not within 0 and 2 points"),
        ("ann,Dropout,1,-1,", "row 2: a mark of -1 is not within"),
        ("ann,Dropout,1,good,", "row 2: 'good' is not a valid mark"),
        ("ann,Dropout,1,nan,", "row 2: 'nan' is not a valid mark"),
        ("ann,Dropout,1,1e999,", "row 2: '1e999' is not a valid mark"),
        ("ann,Dropout,1,１,", "row 2: '１' is not a valid mark"),
        ("ann,Dropout,1,1_0,", "row 2: '1_0' is not a valid mark"),
        ("ann,Dropout,1,1,\nann,Dropout,1,2,", "row 3: the answer of row 2 again, with another"),
        (f"ann,Dropout,1,1,{'x' * 5001}", "row 2: the comment is longer than 5000"),
        (f"ann,Dropout,1,{'1' * 200_000},", "cannot be read as CSV: field larger"),
    ],
)
def test_what_is_wrong_is_said_with_its_row(tmp_path: Path, row: str, said: str) -> None:
    path = tmp_path / "marks.csv"
    with pytest.raises(InputError) as caught:
        _read(path, f"{HEAD}{row}\n")
    assert str(caught.value).startswith(str(path))
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "the heading lacks submission, notebook, question, mark"),
        (b"submission,mark\n", "the heading lacks notebook, question"),
        ("submission,…".encode("utf-16"), "the heading lacks notebook"),
        (b"PK\x03\x04\xff\xfe", "is not text in UTF-8"),
    ],
)
def test_what_is_no_sheet_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    with pytest.raises(InputError, match=said):
        _read(tmp_path / "marks.csv", content)


def test_a_sheet_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"gone\.csv: cannot be read"):
        read_sheet(tmp_path / "gone.csv", QUESTIONS, NAMES)


def test_blank_rows_and_other_columns_do_not_matter(tmp_path: Path) -> None:
    text = "Mine,Submission,Notebook,Question,Mark\n,,,,\nx,ann,Dropout,1,2\n,ann,Dropout,2,\n,\n"
    assert len(_read(tmp_path / "m.csv", text)) == 1  # type: ignore[arg-type]
