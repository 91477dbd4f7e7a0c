"""Text of students is harmless in a page, a terminal and a spreadsheet; our own is complete."""

from __future__ import annotations

import csv
import io
import json
import re
import string
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from rich.console import Console, RenderableType

from grader.model.errors import InputError
from grader.model.result import Audience, Outcome, Result, Visibility
from grader.report.atomic_write import write_atomically
from grader.report.csv import safe_cell
from grader.report.gradebook import gradebook_pieces, write_gradebook
from grader.report.schema import schema_text
from grader.report.strings import TEXTS, Texts
from grader.report.terminal import result_line, summary
from grader.report.text import by_name, clip_lines, magnitude, number, one_line, visible
from tests.report import sample

PACKAGE = Path(__file__).parents[2] / "grader" / "report"
SCHEMA = Path(__file__).parents[2] / "docs" / "result.schema.json"


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("plain\n\ttext é 王", "plain\n\ttext é 王"),
        ("\x1b[1;31mred\x1b[0m", "red"),
        ("\x1b]8;;https://x\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1b]0;title\x07after", "after"),
        ("\x9b31mred", "red"),
        ("lone \x1b escape", "lone [U+001B] escape"),
        ("a\u202eb\u2066c", "a[U+202E]b[U+2066]c"),
        ("nul\x00", "nul[U+0000]"),
        ("one\r\ntwo\rthree", "one\ntwo\nthree"),
        ("zero\u200bwidth\ufeff", "zero[U+200B]width[U+FEFF]"),
        ("half \ud800", "half [U+D800]"),
        ("soft\u00adhyphen", "soft[U+00AD]hyphen"),
    ],
)
def test_visible(raw: str, shown: str) -> None:
    assert visible(raw) == shown


@given(st.text(st.characters(exclude_categories=[])))
def test_visible_leaves_nothing_that_acts_and_is_stable(raw: str) -> None:
    shown = visible(raw)
    assert visible(shown) == shown
    kinds = {unicodedata.category(char) for char in shown if char not in "\n\t"}
    assert not kinds & {"Cc", "Cf", "Cs", "Zl", "Zp"}


def test_long_text_is_cut_with_the_rest_counted() -> None:
    assert clip_lines("a\nb\nc\nd\n", lines=3) == (["a", "b", "c"], 1)
    assert clip_lines("x" * 12, width=10) == (["xxxxxxxxxx … (+2)"], 0)
    assert clip_lines("") == ([], 0)
    assert one_line(" a\n b\x1b[2J ", 10) == "a b"


def test_names_are_sorted_as_people_do() -> None:
    names = ["b-1", "Ada-10", "ada-9", "1" * 9_000]
    assert sorted(names, key=by_name) == ["1" * 9_000, "ada-9", "Ada-10", "b-1"]


def test_numbers_are_written_as_people_do() -> None:
    assert [number(n) for n in (12.0, 7.5, 100 / 3, 0.0, -0.001)] == [
        "12",
        "7.5",
        "33.33",
        "0",
        "0",
    ]
    assert [magnitude(n) for n in (0.3172, 1.3e-6, float("inf"))] == ["0.32", "1.3e-06", "inf"]


@pytest.mark.parametrize(
    ("raw", "cell"),
    [
        ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'=1"),
        ("\r=1", "'=1"),
        ("  =1", "'=1"),
        ("＝1", "'＝1"),
        ("name;=1", "name;'=1"),
        ("\u200b=1", "[U+200B]=1"),
        ("\x1b[0m=1", "'=1"),
        ("lovelace-ada", "lovelace-ada"),
        ("a = b", "a = b"),
    ],
)
def test_no_cell_starts_a_formula(raw: str, cell: str) -> None:
    assert safe_cell(raw) == cell


@given(st.text())
def test_no_text_starts_a_formula(raw: str) -> None:
    assert not safe_cell(raw).startswith(("=", "+", "-", "@", "\t", "\r", "\n"))


def _gradebook(results: list[Result]) -> str:
    return b"".join(gradebook_pieces(results)).decode("utf-8-sig")


def _table(results: list[Result]) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(_gradebook(results))))


def test_the_gradebook_has_a_line_for_each_and_a_column_for_each_part() -> None:
    rows = _table([sample.result(), sample.ungraded("hw", "Encrypted, sadly."), sample.result("b")])
    assert [row["submission"] for row in rows] == ["b", "hw", "lovelace-ada"]
    ada = rows[2]
    assert (ada["score"], ada["max_score"], ada["percent"]) == ("69.27", "100", "69.27")
    assert ada["status"] == "graded"
    assert ada["part:norm"] == "9.38"
    assert [ada[f"checks:{outcome}"] for outcome in Outcome] == ["20", "4", "2", "2", "1", "1"]
    assert (ada["release"], ada["python2"], ada["sandbox"]) == ("course-2017", "yes", "bubblewrap")


def test_the_gradebook_tells_lateness() -> None:
    (row,) = _table([replace(sample.result(), penalty=7.0)])
    told = [row[name] for name in ("score", "penalty", "final", "max_score", "percent")]
    assert told == ["69.27", "7", "62.27", "100", "62.27"]


def test_the_terminal_tells_lateness() -> None:
    late = replace(sample.result(), penalty=7.0)
    assert "62.27 / 100" in _printed(summary(late))
    assert "69.27 for the work, minus 7 for lateness" in _printed(summary(late))
    assert "late -7" in _printed(result_line(late))


def test_an_ungraded_submission_has_no_score_rather_than_zero() -> None:
    rows = _table([sample.result(), sample.ungraded("hw", "Encrypted, sadly.")])
    assert (rows[0]["status"], rows[0]["error"]) == ("unreadable", "Encrypted, sadly.")
    assert (
        rows[0]["score"]
        == rows[0]["percent"]
        == rows[0]["part:norm"]
        == rows[0]["checks:passed"]
        == ""
    )
    assert _table([sample.ungraded("x", "y", "internal")])[0]["status"] == "internal error"


def test_every_hostile_text_stays_in_its_cell() -> None:
    results = [sample.hostile(text) for text in sample.HOSTILE]
    results += [sample.ungraded(text, text) for text in sample.HOSTILE]
    lines = list(csv.reader(io.StringIO(_gradebook(results))))
    assert len(lines) == 1 + len(results)
    assert {len(line) for line in lines} == {len(lines[0])}
    for cell in (cell for line in lines for cell in line):
        assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))
        assert visible(cell) == cell


def test_the_file_opens_in_a_spreadsheet_with_its_names_whole(tmp_path: Path) -> None:
    write_gradebook([sample.result("王小明")], tmp_path / "new" / "gradebook.csv")
    written = (tmp_path / "new" / "gradebook.csv").read_bytes()
    assert written.startswith(b"\xef\xbb\xbfsubmission,")
    assert "王小明" in written.decode("utf-8-sig")
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["gradebook.csv"]


def test_a_failed_write_leaves_the_old_file_and_no_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "gradebook.csv"
    write_atomically(path, b"old")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(InputError, match=r"gradebook\.csv: No space left on device"):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def _printed(renderable: RenderableType) -> str:
    console = Console(width=100, file=io.StringIO(), force_terminal=True, color_system=None)
    console.print(renderable)
    file = console.file
    assert isinstance(file, io.StringIO)
    return file.getvalue()


def test_the_summary_tells_what_is_wrong() -> None:
    text = " ".join(_printed(summary(sample.result())).split())
    for expected in (
        "lovelace-ada 69.27 / 100 20 of 30 checks passed",
        "Template: The course of 2017, Python 2, converted",
        "Batch and layer normalization 9.38 / 25 2 / 6",
        "Wrong: batchnorm_backward Batch and layer normalization, ",
        "Batch norm backward: `dx`",
        "Where dx[2, 1] Received -0.02911846 Expected 0.01346091",
        "Largest error 0.32 times the largest value of dx",
        "Also wrong Batch norm backward on other inputs",
        "cs231n/optim.py, line 151, in adam: t = config['t'] + 1",
        "Hint The variance depends on the mean too",
        "Not done: layernorm_forward",
        "It costs you no points",
    ):
        assert expected in text, expected


@pytest.mark.parametrize("audience", ["instructor", "student"])
def test_the_summary_keeps_hidden_values_hidden(audience: Audience) -> None:
    hidden = [each for each in sample.checks() if each.visibility is Visibility.HIDDEN]
    text = _printed(summary(sample.selfcheck(hidden), audience=audience))
    assert sample.SECRET not in text
    assert "Batch norm backward on other inputs" in text
    assert ("dx[0, 3]" in text) is (audience == "instructor")


def test_the_summary_is_cut_with_the_rest_counted() -> None:
    text = _printed(summary(sample.result(), cards=2))
    assert "5 more things to fix" in text
    assert text.count("Wrong:") == 2


def test_the_summary_of_an_ungraded_submission_says_why() -> None:
    text = _printed(summary(sample.ungraded("hw", "Encrypted.")))
    assert "This submission could not be graded" in text
    assert "Encrypted." in text
    assert "/ 100" not in text


@pytest.mark.parametrize("text", [*sample.HOSTILE, sample.NASTY])
def test_nothing_a_student_wrote_steers_the_terminal(text: str) -> None:
    result = sample.hostile(text)
    for renderable in (
        summary(result),
        result_line(result),
        result_line(sample.ungraded(text, text)),
    ):
        printed = _printed(renderable)
        assert visible(printed) == printed
    if "[bold red]" in text:
        assert "[bold red]" in _printed(summary(result)), "markup is shown, not obeyed"


def test_a_line_for_a_batch() -> None:
    assert _printed(result_line(sample.result())).rstrip() == (
        "lovelace-ada                       69.27 / 100   4 wrong  2 error  2 not done  1 not run"
        "  1 grader \nfault"
    )
    line = _printed(result_line(sample.ungraded("王" * 40, "Encrypted.")))
    assert line.rstrip().endswith("–  Encrypted.")


def test_texts_exist_in_both_languages_with_the_same_values() -> None:
    for key, pair in TEXTS.items():
        assert all(pair), key
        english, chinese = ({field for _, field, _, _ in string.Formatter().parse(text) if field}
                            for text in pair)  # fmt: skip
        assert chinese <= english or chinese == english, key


def test_every_text_is_used() -> None:
    files = [path for path in PACKAGE.parent.rglob("*") if path.suffix in (".py", ".html")]
    code = "".join(path.read_text("utf-8") for path in files if "strings" not in path.stem)
    written = set(re.findall(r"""["']([\w.-]+)["']""", code))
    built = ("outcome.", "meaning.", "student.ungraded_", "class.kind_", "class.cell.", "nb.state.",
             "nb.role.", "nb.restored.", "how.chosen.", "worth.kind.", "regrade.cause.",
             "term.state.", "submit.why.", "oral.effect.")  # fmt: skip
    ended = ("worth.", "term.", "regrade.", "request.")  # of these the last word alone may do
    left = {key for key in TEXTS if not key.startswith(built)} - written
    assert not {key for key in left
                if not (key.startswith(ended) and key.rpartition(".")[2] in written)}  # fmt: skip


def test_a_text_with_two_forms_follows_the_number() -> None:
    assert Texts("en")("n_checks", n=1) == "1 check"
    assert Texts("en")("n_checks", n=2) == "2 checks"
    assert Texts("zh")("n_checks", n=1) == "1 项检查"
    with pytest.raises(KeyError):
        Texts("en")("n_checks", m=2)


def test_the_published_schema_is_in_step() -> None:
    assert SCHEMA.read_text(encoding="utf-8") == schema_text(), (
        "run: python -P -m grader.report.schema > docs/result.schema.json"
    )
    assert set(json.loads(schema_text())["$defs"]) >= {"Result", "CheckResult", "Finding"}
