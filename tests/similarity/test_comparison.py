"""Copies are found, honest work is not, and what was given does not count."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from grader.model.errors import InputError
from grader.model.similar_pairs import SimilarityReport
from grader.similarity.compared_class import compared_class
from grader.similarity.given_code import FileChoice, given_code
from tests.similarity import honest
from tests.similarity.conftest import Found, compare
from tests.similarity.disguise import disguise
from tests.support import REPOSITORY


def write(folder: Path, **texts: str) -> Path:
    """A class of one module each."""
    for name, text in texts.items():
        (folder / name).mkdir(parents=True)
        (folder / name / "work.py").write_text(text, encoding="utf-8")
    return folder


def named(report: SimilarityReport) -> list[tuple[str, str]]:
    """The listed pairs by name."""
    shown = [each.shown for each in report.submissions]
    return [(shown[pair.first], shown[pair.second]) for pair in report.pairs]


def test_the_most_similar_are_copies(found: Found) -> None:
    copies = [found.labelled.is_copy(*pair) for pair in named(found.report)]
    expected = sum(
        found.labelled.is_copy(one, other)
        for one in found.labelled.texts
        for other in found.labelled.texts
        if one < other
    )
    assert expected >= 8
    assert copies[: expected - 2] == [True] * (expected - 2)


def test_copies_stand_out_and_form_groups(found: Found) -> None:
    out = [pair for pair in found.report.pairs if pair.stands_out]
    assert out
    assert all(pair.score >= found.report.spread.threshold for pair in out)
    names = [each.name for each in found.report.submissions]
    for group in found.report.groups:
        families = {found.labelled.family[names[member]] for member in group.members}
        assert len(families) == 1
        assert group.lowest >= found.report.spread.threshold


def test_the_spread_is_of_all_pairs(found: Found) -> None:
    spread = found.report.spread
    assert spread.pairs == sum(spread.bins) == 24 * 23 // 2
    assert 0 < spread.median < spread.ninety_nine <= 1
    assert spread.outside == sum(pair.stands_out for pair in found.report.pairs)


def test_what_was_given_is_not_shared(tmp_path: Path) -> None:
    texts = {f"s{seed}": honest.solution(seed) for seed in range(4)}
    untouched = honest.template()
    folder = write(tmp_path / "c", **texts, left=untouched, left_too=untouched)
    report, _ = compare(folder, template=untouched).report(40)
    passages = {each.name: each.passages for each in report.submissions}
    assert passages["left"] == passages["left_too"] == 0
    assert passages["s0"] > 200
    assert report.spread.pairs == 6
    with_given, _ = compare(folder).report(40)
    assert ("left", "left_too") in named(with_given)


def test_a_given_function_in_another_look_is_given_all_the_same(tmp_path: Path) -> None:
    words = {"oldval": "before", "pos": "upper", "neg": "lower", "settings": "chosen"}
    given = re.sub(r"\b(oldval|pos|neg|settings)\b", lambda m: words[m[0]], honest.GIVEN)
    folder = write(tmp_path / "c", one=honest.HEAD + given, other=honest.HEAD + honest.GIVEN)
    report, _ = compare(folder, template=honest.template()).report(5)
    assert given != honest.GIVEN
    assert [each.passages for each in report.submissions] == [0, 0]


def test_byte_identical_files_are_named(tmp_path: Path) -> None:
    text = honest.solution(3)
    folder = write(tmp_path / "c", ann=text, bob=text, eve=honest.solution(4))
    report, _ = compare(folder, template=honest.template()).report(5)
    best = report.pairs[0]
    assert named(report)[0] == ("ann", "bob")
    assert (best.score, best.stands_out, best.identical) == (1.0, True, ["work.py"])
    assert not any(pair.identical for pair in report.pairs[1:])


def test_other_folders_are_compared_with_the_class_and_not_with_each_other(tmp_path: Path) -> None:
    text, old = honest.solution(1), honest.solution(2)
    this = write(tmp_path / "now", ann=text, bob=honest.solution(3))
    last = write(tmp_path / "2019", kim=disguise(text, 9), lee=old, max=old)
    report, _ = compare(this, last, template=honest.template()).report(40)
    assert named(report)[0] == ("ann", "kim (2019)")
    assert report.others == ["2019"]
    assert report.spread.pairs == 1 + 2 * 3
    assert ("lee (2019)", "max (2019)") not in named(report)


def test_folders_of_one_name_are_told_apart(tmp_path: Path) -> None:
    this = write(tmp_path / "now", ann=honest.solution(1))
    others = [write(tmp_path / year / "hw1", kim=honest.solution(2)) for year in ("2018", "2019")]
    assert [each.other for each in compared_class(this, others)] == ["", "2018/hw1", "2019/hw1"]


def test_cells_of_a_notebook_are_compared_with_a_module(tmp_path: Path) -> None:
    import nbformat

    text = honest.solution(5)
    book = nbformat.v4.new_notebook()
    cells = ["%matplotlib inline\nimport numpy as np", *disguise(text, 4).split("\ndef ")[1:]]
    book.cells = [nbformat.v4.new_code_cell("def " * bool(at) + cell) for at, cell in
                  enumerate(cells)]  # fmt: skip
    folder = write(tmp_path / "c", ann=text, eve=honest.solution(6), kim=honest.solution(7))
    (folder / "bob").mkdir()
    nbformat.write(book, folder / "bob" / "work.ipynb")
    report, _ = compare(folder, template=honest.template()).report(5)
    assert named(report)[0] == ("ann", "bob")
    assert report.pairs[0].score > 2 * report.pairs[1].score


def test_python_2_is_compared_with_python_3(tmp_path: Path) -> None:
    text = honest.solution(5)
    old = re.sub(r"\brange\(", "xrange(", text).replace(
        "\n    return", "\n    print 'done'\n    return"
    )
    folder = write(tmp_path / "c", ann=text, bob=old, eve=honest.solution(6))
    report, _ = compare(folder, template=honest.template()).report(5)
    assert old != text
    assert (named(report)[0], report.pairs[0].score) == (("ann", "bob"), 1.0)


def test_one_alone_cannot_be_compared(tmp_path: Path) -> None:
    folder = write(tmp_path / "c", ann="x = 1\n")
    with pytest.raises(InputError, match="takes from 2 to"):
        compare(folder)


def test_given_modules_and_templates_of_an_assignment_are_subtracted() -> None:
    from grader.assignment.folder import Assignment

    assignment = Assignment.load("numpynn")
    given, chosen = given_code([assignment]), FileChoice([assignment])
    template = next((REPOSITORY / "student_template/numpynn").rglob("layers.py")).read_text()
    assert len(given.passages) > 100
    assert given.names == ["numpynn"]
    module = assignment.rubric.given[0].replace(".", "/")
    assert not chosen(f"work/{module}.py")
    assert chosen("work/layers.py")
    assert chosen("own_helpers.py")
    from grader.similarity.code_tokens import code_units
    from grader.similarity.fingerprints import own_prints

    assert not len(own_prints(code_units(template), given))


def test_only_named_files_take_part() -> None:
    chosen = FileChoice(only=["lay*.py", "b/*.ipynb"])
    assert [chosen(path) for path in ("a/layers.py", "a/other.py", "b/x.ipynb", "c/x.ipynb")] == [
        True, False, True, False,
    ]  # fmt: skip


def test_unreadable_submissions_are_rows_and_not_pairs(tmp_path: Path) -> None:
    folder = write(tmp_path / "c", ann=honest.solution(1), bob=honest.solution(2))
    (folder / "eve.zip").write_bytes(b"PK\x03\x04 broken")
    (folder / "kim").mkdir()
    (folder / "kim" / "essay.txt").write_text("nothing")
    shutil.copytree(folder / "ann", folder / "zoe")
    report, _ = compare(folder, template=honest.template()).report(5)
    problems = {each.name: each.problem for each in report.submissions}
    assert "eve.zip" in problems["eve"]
    assert "no Python files" in problems["kim"]
    assert problems["ann"] == problems["zoe"] == ""
    assert report.spread.pairs == 3
