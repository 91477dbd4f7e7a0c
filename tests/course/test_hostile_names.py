"""Whatever a file is called, it moves nobody's marks, time, file or row."""

from __future__ import annotations

import os
import string
import warnings
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from grader.assignment.folder import Assignment
from grader.course.attempts import attempts_of, choose, split_copies
from grader.course.listing import unpack
from grader.course.open_class import open_class
from grader.course.staging import stage
from grader.model.attempt import Delivered, DeliveredFile
from grader.model.errors import InputError
from grader.model.person import Person
from grader.submission.delivered_names import canvas_name, moodle_name
from grader.submission.identity import file_stem
from tests.course.exports import WORK, export_of, names_in
from tests.submission.samples import LAYERS, PACKAGE, tarred, write, zipped

ASSIGNMENT = Assignment.load("numpynn")
FILE_NAMES = st.text(
    st.one_of(
        st.characters(exclude_characters="/\0", exclude_categories=["Cs"]),
        st.sampled_from("_-0123456789(). "),
        st.sampled_from(string.ascii_letters),
    ),
    min_size=1,
    max_size=60,
)
HOSTILE = (
    "leebob_341_209_hw.zip", "late_341_209_hw.zip", "_341_209_hw.zip", "341_209_text.html",
    "Bob Lee_13_assignsubmission_file_hw.zip", "x_bob_attempt_2020-01-01-00-00-00_hw.zip",
    "submission_metadata.yml", "user_assignment_settings.json", "timestamp.txt", "..", ".git",
    "ａnn.zip", "Ann.ZIP", "a\u0301nn.py", "con", "hw - Bob Lee.zip", "layers.py/../../x", "-1",
    "(1)", "Copy of ", "LATE_341_209_hw.zip", "Version 2", "2",
)  # fmt: skip


@given(FILE_NAMES)
@example("leebob_341_209_hw.zip")
@example("341_209_text.html")
@example("late_341_209_hw.zip")
def test_canvas_and_moodle_name_the_owner_first_whatever_follows(name: str) -> None:
    canvas = canvas_name(f"smithann_340_208_{name}")
    assert canvas is not None
    assert (canvas.name, canvas.user, canvas.late, canvas.rest) == ("smithann", "340", False, name)
    late = canvas_name(f"late_LATE_340_208_{name}")
    assert late is not None
    assert (late.name, late.user, late.late, late.rest) == ("late", "340", True, name)
    bare = canvas_name(f"340_208_{name}", anonymous=True)
    assert bare is not None
    assert (bare.name, bare.user, bare.rest) == ("", "340", name)
    moodle = moodle_name(f"Ann Smith_12_assignsubmission_file_{name}")
    assert moodle is not None
    assert (moodle.name, moodle.user, moodle.rest) == ("Ann Smith", "12", name)


@pytest.mark.parametrize("name", [name for name in HOSTILE if "/" not in name and name != ".."])
def test_a_file_of_one_student_changes_nothing_of_another(tmp_path: Path, name: str) -> None:
    others = {
        "leebob_341_209_hw.zip": WORK, "王_342_210_hw-2.zip": WORK, "late_343_211_hw.zip": WORK,
    }  # fmt: skip
    before, after = tmp_path / "before", tmp_path / "after"
    write(before, {**others, "smithann_340_208_layers.py": LAYERS})
    write(after, {**others, "smithann_340_208_layers.py": LAYERS, f"smithann_340_212_{name}": WORK})
    found = [_seen(folder) for folder in (before, after)]
    assert (
        found[0].keys() == found[1].keys() == {"leebob_341", "王_342", "late_343", "smithann_340"}
    )
    assert {**found[1], "smithann_340": found[0]["smithann_340"]} == found[0]


def _seen(folder: Path) -> dict[str, tuple[str, str, list[str], str]]:
    with open_class(folder, ASSIGNMENT) as those:
        return {s.id: (s.name, s.problem, names_in(s), s.note) for s in those.sources}


@pytest.mark.parametrize("name", HOSTILE)
def test_in_a_folder_of_its_own_a_file_changes_nothing_of_another(
    tmp_path: Path, name: str
) -> None:
    """Moodle's folders, plain folders, and Gradescope's are what the platform names."""
    inside = name.replace("/", "_").replace("..", "dots")
    moodle = {"Bob Lee_13_assignsubmission_file/hw.zip": WORK}
    root = write(tmp_path / "m", {**moodle, f"Eve_14_assignsubmission_file/{inside}": WORK})
    assert _seen(root)["Bob Lee_13"] == ("Bob Lee", "", ["hw.zip"], "")
    assert set(_seen(root)) == {"Bob Lee_13", "Eve_14"}
    files = {f"{who}/{module}": text for who in ("ann", "bob") for module, text in PACKAGE.items()}
    root = write(tmp_path / "p", {**files, f"eve/{inside}": WORK})
    found = _seen(root)
    assert set(found) == {"ann", "bob", "eve"}
    assert found["ann"] == ("ann", "", sorted(PACKAGE), "")


def test_an_entry_called_like_a_student_of_the_export_is_another_row(tmp_path: Path) -> None:
    files = {"leebob_341_209_hw.zip": WORK, "smithann_340_208_hw.zip": WORK}
    root = write(tmp_path / "c", files)
    write(root / "smithann_340", {"layers.py": LAYERS})
    found = _seen(root)
    assert found["smithann_340"][2] == ["smithann_340_208_hw.zip"]
    assert found["smithann_340 (not of Canvas)"][2] == ["layers.py"]


def test_a_few_names_of_a_platform_make_no_export_of_a_plain_class(tmp_path: Path) -> None:
    names = ("ann.zip", "bob.zip", "cid.zip", "smithann_340_208_hw.zip")
    for name in names:
        zipped(tmp_path / name, PACKAGE)
    write(tmp_path / "eve", {**PACKAGE, "submission_metadata.yml": "submission_1: {}"})
    write(tmp_path / "fay" / "1", PACKAGE)
    write(tmp_path / "fay", {"user_assignment_settings.json": '{"active_version": 1}'})
    assert set(_seen(tmp_path)) == {*names, "eve", "fay"}


def test_two_names_of_one_number_are_two_rows_and_said(tmp_path: Path) -> None:
    files = {"ann_340_208_hw.zip": WORK, "eve_340_209_hw-1.zip": WORK}
    with open_class(write(tmp_path / "c", files), ASSIGNMENT) as those:
        assert list(those.sources.ids()) == ["ann_340", "eve_340"]
        assert "340 is the number of 2 names: ann_340, eve_340. Each has a row." in those.lines()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ann Smith_12", "ann smith_13"), ("José_12", "Jose\u0301_13"), ("Ａnn_12", "Ann_13"),
        ("Ann_12", "Ann_12 "), ("Ann_1", "Ann_11"),
    ],
)  # fmt: skip
def test_names_that_look_alike_are_two_people_with_two_files(
    tmp_path: Path, one: str, other: str
) -> None:
    files = {f"{who}_assignsubmission_file/hw.zip": WORK for who in (one, other.strip())}
    people = [owner.key for e in export_of(write(tmp_path / "m", files), tmp_path).delivered
              for owner in e.owners]  # fmt: skip
    assert len(people) == len(files)
    assert len({file_stem(key).casefold() for key in people}) == len(files)


@given(st.lists(FILE_NAMES, min_size=1, max_size=8))
@settings(max_examples=60)
def test_every_file_is_in_an_attempt_and_none_twice_in_one(names: list[str]) -> None:
    files = [DeliveredFile(name=name, path=f"{at}") for at, name in enumerate(names)]
    attempts = split_copies(files)
    assert {file.path for own in attempts for file in own} == {file.path for file in files}
    for own in attempts:
        assert len({file.path for file in own}) == len(own)


@pytest.mark.parametrize("name", HOSTILE)
def test_nothing_is_written_outside_of_the_place_of_an_attempt(tmp_path: Path, name: str) -> None:
    root = write(tmp_path / "export", {"one": "1", "two": "2", "three.zip": WORK})
    files = [
        DeliveredFile(name=name, path="one"),
        DeliveredFile(name="layers.py", path="two"),
        DeliveredFile(name=f"{name}.zip", path="three.zip"),
    ]
    place = stage(root, files, lambda: tmp_path, "ann")
    assert place == tmp_path / "staged" / "ann"
    assert {path.name for path in tmp_path.iterdir()} == {"export", "staged"}
    assert [path.name for path in (tmp_path / "staged").iterdir()] == ["ann"]
    assert sum(path.is_file() for path in place.rglob("*")) == 2 + len(PACKAGE)


@given(st.lists(st.lists(st.sampled_from("abcd"), min_size=1, max_size=3, unique=True), max_size=8))
def test_for_everybody_exactly_one_attempt_counts(teams: list[list[str]]) -> None:
    delivered = [
        Delivered(owners=[Person(key=key, name=key) for key in team], entry=str(at))
        for at, team in enumerate(teams)
    ]
    chosen = choose([each.attempt for each in attempts_of(delivered)])
    counted = [key for each in chosen if each.counted for key in each.members]
    assert sorted(counted) == sorted({key for team in teams for key in team})
    assert all(each.owner in each.members for each in chosen)
    owners = [each.owner for each in chosen if each.counted]
    assert len(owners) == len(set(owners))
    assert all(each.why for each in chosen)


def test_a_folder_that_may_not_be_read_is_one_bad_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Root may read everything: here the system is made to say otherwise."""
    scandir = os.scandir

    def refusing(path: Any = ".") -> Any:
        if not isinstance(path, int) and Path(path).name.startswith("locked"):
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refusing)
    people = ("ann", "locked")
    for number, files in enumerate(
        (
            {f"{who}/{name}": text for who in people for name, text in PACKAGE.items()},
            {f"{who}_1_assignsubmission_file/hw.zip": WORK.decode("latin-1") for who in people},
            {f"{who}/1/{name}": text for who in people for name, text in PACKAGE.items()},
        )
    ):
        found = _seen(write(tmp_path / str(number), files))
        problems = [problem for _, problem, _, _ in found.values() if problem]
        assert len(found) == 2
        assert len(problems) == 1
        assert problems[0].endswith("may not be read (no permission).")


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (("ann/x", "../x"), "leads outside"),
        (("ann/x", "/x"), "absolute name"),
        (("ann/x", "ann/x"), r"two files called 'ann/x'"),
        (("ann", "ann/x"), r"two files called 'ann/x'"),
    ],
)
def test_an_archive_that_would_write_elsewhere_or_twice_is_refused(
    tmp_path: Path, names: tuple[str, str], said: str
) -> None:
    with zipfile.ZipFile(tmp_path / "class.zip", "w") as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of names that are there twice
        for name in names:
            archive.writestr(name, name)
    with pytest.raises(InputError, match=said):
        unpack(tmp_path / "class.zip", tmp_path / "into")
    assert {path.name for path in tmp_path.iterdir()} <= {"class.zip", "into"}


def test_an_archive_that_unpacks_to_more_than_it_may_is_refused(tmp_path: Path) -> None:
    path = zipped(tmp_path / "class.zip", {"ann": "x" * 600, "bob": "x" * 600})
    unpack(path, tmp_path / "enough", limit=1_200)
    with pytest.raises(InputError, match=r"class\.zip: unpacks to more than .* Unpack it yourself"):
        unpack(path, tmp_path / "into", limit=1_000)


def test_links_in_an_archive_are_left_out(tmp_path: Path) -> None:
    path = tarred(tmp_path / "class.tar", {"ann/x": "1"}, "w", {"bob": "/etc/passwd"})
    unpack(path, tmp_path / "into")
    assert [found.name for found in (tmp_path / "into").rglob("*")] == ["ann", "x"]
