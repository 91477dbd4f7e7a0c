"""The archive that a student hands in: what is in it, what is said of it, how it is read again."""

from __future__ import annotations

import json
import os
import zipfile
from pathlib import Path

import pytest

from grader.assignment.folder import Assignment
from grader.course.open_class import open_class
from grader.model.errors import InputError, RubricError
from grader.model.packing_list import content_digest
from grader.submission import load, single
from tests.submit.desk import NOW, TODO, desk, notebook, packed, told
from tests.support import grader


def test_the_archive_holds_the_work_and_a_list_of_it(tmp_path: Path) -> None:
    work = desk(tmp_path)
    found = packed(work)
    assert found.archive == work / "toy-submission.zip"
    assert told(found) == []
    with zipfile.ZipFile(found.archive) as archive:
        listed = json.loads(archive.read("submission.json"))
        names = archive.namelist()
        layers = archive.read("toy/layers.py")
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    assert names == ["submission.json", "toy/__init__.py", "toy/layers.py"]
    assert (listed["assignment"], listed["packed_at"]) == ("toy", NOW)
    assert listed["harness"]
    assert listed["files"]["toy/layers.py"] == content_digest(layers)
    assert layers == (work / "toy" / "layers.py").read_bytes()


def test_the_same_work_makes_the_same_archive(tmp_path: Path) -> None:
    work = desk(tmp_path)
    first = packed(work, out=tmp_path / "a.zip").archive.read_bytes()
    os.utime(work / "toy" / "layers.py", (1, 1))
    assert packed(work, out=tmp_path / "b.zip").archive.read_bytes() == first


def test_it_is_packed_from_anywhere_in_the_work(tmp_path: Path) -> None:
    work = desk(tmp_path)
    rubric = tmp_path / "course" / "toy.toml"
    said = grader("submit", "-a", rubric, cwd=work / "toy").stdout
    assert f"Packed 2 files into {work / 'toy-submission.zip'}" in said
    assert "Nothing seems to be missing." in said
    assert "Nothing was sent anywhere" in said
    again = grader("submit", "-a", rubric, "--lang", "zh", cwd=work).stdout
    assert "没有上传到任何地方" in again
    assert "Left out" not in said + again


def test_what_is_missing_and_not_begun_is_said(tmp_path: Path) -> None:
    work = desk(tmp_path, layers=TODO)
    assert told(packed(work)) == ["Not begun yet: shift."]
    (work / "toy" / "layers.py").write_text(TODO.partition("\n\ndef shift")[0] + "\n", "utf-8")
    assert told(packed(work)) == ["layers.py does not define shift."]
    rubric = tmp_path / "course" / "toy.toml"
    said = grader("submit", "-a", rubric, work, code=1).stdout
    assert "Before you submit it:\n  ! layers.py does not define shift." in said
    assert (work / "toy-submission.zip").exists()


def test_a_folder_with_nothing_of_the_assignment_is_an_error(tmp_path: Path) -> None:
    desk(tmp_path)
    empty = tmp_path / "bob"
    empty.mkdir()
    (empty / "notes.txt").write_text("later")
    with pytest.raises(InputError):
        packed(empty)
    assert not list(empty.glob("*.zip"))


def test_broken_files_are_named_with_their_lines(tmp_path: Path) -> None:
    work = desk(tmp_path)
    (work / "toy" / "helper.py").write_text("x = 1\ndef f(:\n")
    (work / "toy" / "merged.py").write_text("x = 1\n<<<<<<< HEAD\ny = 2\n=======\n>>>>>>> a\n")
    said = told(packed(work))
    assert any(line.startswith("toy/helper.py, line 2: Python cannot read it") for line in said)
    assert any(line.startswith("toy/merged.py, line 2: a merge left conflict") for line in said)
    assert len(said) == 2


@pytest.mark.parametrize(
    ("copy", "shown"),
    [
        (".layers.py.swp", True), ("#layers.py#", True), (".layers.py.kate-swp", True),
        ("layers.py~", False),
    ],
)  # fmt: skip
def test_a_newer_copy_of_an_editor_means_unsaved_work(
    tmp_path: Path, copy: str, shown: bool
) -> None:
    work = desk(tmp_path)
    (work / "toy" / copy).write_text("newer")
    os.utime(work / "toy" / "layers.py", (1000, 1000))
    found = packed(work)
    said = f"toy/layers.py may not be saved: {copy} is newer. Save it in your editor, then pack "
    assert told(found) == [f"{said}again."] * shown
    assert f"toy/{copy}" in {each.path for each in found.left_out}
    os.utime(work / "toy" / copy, (900, 900))
    assert told(packed(work)) == []


def test_a_checkpoint_newer_than_its_notebook_means_unsaved_work(tmp_path: Path) -> None:
    work = desk(tmp_path)
    notebook(work / "Fit.ipynb", "1")
    checkpoint = work / ".ipynb_checkpoints" / "Fit-checkpoint.ipynb"
    checkpoint.parent.mkdir()
    notebook(checkpoint, "2")
    os.utime(work / "Fit.ipynb", (1000, 1000))
    assert any("Fit.ipynb may not be saved" in line for line in told(packed(work)))
    os.utime(checkpoint, (1001, 1001))
    assert told(packed(work)) == []


def test_what_the_rubric_asks_for_is_packed_whatever_it_is(tmp_path: Path) -> None:
    work = desk(tmp_path, submit='[submit]\nfiles = ["out/*.npy", "report.md"]\n')
    (work / "out").mkdir()
    (work / "out" / "p.npy").write_bytes(b"x")
    (work / "other.npy").write_bytes(b"x")
    found = packed(work)
    assert "out/p.npy" in found.files
    assert [(each.path, each.why) for each in found.left_out] == [("other.npy", "data")]
    assert told(found) == ["report.md is not there; the assignment asks for it."]


def test_too_large_an_archive_is_not_written(tmp_path: Path) -> None:
    work = desk(tmp_path, submit="[submit]\nmax_megabytes = 0.001\n")
    (work / "noise.txt").write_bytes(os.urandom(4000))
    with pytest.raises(InputError, match=r"the assignment allows 0\.001 MB") as error:
        packed(work)
    assert "noise.txt (0.0 MB)" in error.value.hint
    assert not list(work.glob("*.zip"))


def test_another_file_is_not_replaced_and_an_earlier_archive_is(tmp_path: Path) -> None:
    work = desk(tmp_path)
    own = work / "toy-submission.zip"
    own.write_text("mine")
    with pytest.raises(InputError, match="was not packed by `grader submit`"):
        packed(work)
    assert own.read_text() == "mine"
    own.unlink()
    packed(work)
    found = packed(work, now="2027-01-01T00:00:00+00:00")
    assert found.left_out == []


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("max_megabytes = 0", "expected more than 0"),
        ("notebook_seconds = -1", "expected more than 0"),
        ('files = ["../x"]', "not a path below"),
        ("pdfs = true", "pdfs"),
    ],
)
def test_a_wrong_setting_is_named(tmp_path: Path, table: str, said: str) -> None:
    with pytest.raises(RubricError, match=said):
        desk(tmp_path, submit=f"[submit]\n{table}\n")


def _note(archive: Path, course: Path) -> list[str]:
    assignment = Assignment.load(str(course / "toy.toml"))
    form = assignment.form
    return load(single(archive), contract=assignment.contract, form=form).notes


def _rewritten(archive: Path, into: Path, **changed: bytes) -> Path:
    with zipfile.ZipFile(archive) as old, zipfile.ZipFile(into, "w") as new:
        for name in old.namelist():
            new.writestr(
                name, changed.get(name.partition(".")[0].replace("/", "_"), old.read(name))
            )
    return into


def test_the_instructor_sees_that_it_was_packed_and_whether_it_was_changed(tmp_path: Path) -> None:
    found = packed(desk(tmp_path))
    course = tmp_path / "course"
    [note] = _note(found.archive, course)
    assert note.startswith("Packed with `grader submit` for toy on 2026-03-02 14:05, by the clock")
    assert "changed" not in note
    other = _rewritten(found.archive, tmp_path / "b.zip", toy_layers=TODO.encode())
    [note] = _note(other, course)
    assert note.endswith("changed since then: `toy/layers.py`. This costs nothing.")


@pytest.mark.parametrize(
    "content",
    [b'{"format": "gradewall-submission", "files": 3}', b'{"format": "gradewall-submission"'],
)
def test_a_damaged_list_costs_nothing(tmp_path: Path, content: bytes) -> None:
    found = packed(desk(tmp_path))
    other = _rewritten(found.archive, tmp_path / "b.zip", submission=content)
    assignment = Assignment.load(str(tmp_path / "course" / "toy.toml"))
    before, after = (
        load(single(path), contract=assignment.contract, form=assignment.form)
        for path in (found.archive, other)
    )
    assert "damaged" in after.notes[0]
    assert (after.digest, after.locations, after.missing) == (
        *(before.digest, before.locations, before.missing),
    )


def test_another_submission_json_is_no_list(tmp_path: Path) -> None:
    work = desk(tmp_path)
    (work / "submission.json").write_text('{"mine": 1}')
    assignment = Assignment.load(str(tmp_path / "course" / "toy.toml"))
    assert load(single(work), contract=assignment.contract, form=assignment.form).notes == []
    found = packed(work)
    assert [(each.path, each.why) for each in found.left_out] == [("submission.json", "manifest")]


def test_a_list_in_a_list_names_nobody(tmp_path: Path) -> None:
    """What it says of the assignment and the time is shown only as far as it is plain."""
    found = packed(desk(tmp_path))
    with zipfile.ZipFile(found.archive) as archive:
        listed = json.loads(archive.read("submission.json"))
    listed |= {"assignment": "<b>x</b>\n" * 9, "packed_at": "yesterday", "student": "eve"}
    other = _rewritten(found.archive, tmp_path / "b.zip", submission=json.dumps(listed).encode())
    assert _note(other, tmp_path / "course") == ["Packed with `grader submit`."]


def test_a_platform_gives_the_identity_and_the_list_none(tmp_path: Path) -> None:
    made = packed(desk(tmp_path)).archive.read_bytes()
    export = tmp_path / "canvas"
    export.mkdir()
    for name in ("smithann_340_208_toy-submission.zip", "leebob_341_210_toy-submission-1.zip"):
        (export / name).write_bytes(made)
    assignment = Assignment.load(str(tmp_path / "course" / "toy.toml"))
    with open_class(export, assignment) as those:
        found = {source.id: source for source in those.sources}
        notes = [
            load(source, contract=assignment.contract, form=assignment.form).notes
            for source in found.values()
        ]
    assert sorted(found) == ["leebob_341", "smithann_340"]
    assert all(
        any("Packed with `grader submit` for toy" in note for note in each) for each in notes
    )
