"""Exports of every platform: as downloaded, as a folder, and from the folder above it."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from pathlib import Path

import pytest

from grader.assignment.folder import Assignment
from grader.course.export import find_export, refuse_class
from grader.course.open_class import open_class
from grader.model.errors import InputError, UsageError
from tests.course.exports import WORK, WRONG, export_of, names_in, three_ways
from tests.submission.samples import LAYERS, OPTIM, PACKAGE, Files, tarred, write, zip_bytes, zipped
from tests.support import FORM

ASSIGNMENT = Assignment.load("numpynn")
UTC = dt.UTC
CANVAS: Files = {
    "smithann_340934_208490284_assignment2.zip": WORK,
    "smithann_340934_208490285_written.pdf": "%PDF-",
    "leebob_LATE_340935_208490286_assignment2-1.zip": WRONG,
    "leebob_LATE_340935_208490287_assignment2-2.zip": WORK,
    "parkmin_340937_208490300_layers.py": LAYERS,
    "parkmin_340937_208490301_optim-3.py": OPTIM,
    "kimjo_340936_text.html": "<p>my code is at <b>github</b></p>",
    "late_LATE_340938_208490302_hw.zip": WORK,
    "late_340939_208490303_hw.zip": WORK,
    "王小明_340940_208490304_hw.zip": WORK,
    "diaz-late_340941_208490305_hw.zip": WORK,
    "oneil_340942_208490306_leebob_340935_208490287_assignment2-9.zip": WORK,
}
MOODLE: Files = {
    "Ann Smith_1234567_assignsubmission_file/a2.zip": WORK,
    "Jo Kim_1234569_assignsubmission_file_/a2.zip": WRONG,
    "Jo Kim_1234569_assignsubmission_file_/a2 (1).zip": WORK,
    "Jo Kim_1234569_assignsubmission_onlinetext/onlinetext.html": "<p>hello</p>",
    "Li Wei_1234570_assignsubmission_file/layers.py": LAYERS,
    "Li Wei_1234570_assignsubmission_file/optim.py": OPTIM,
    "Max Roe_1234571_assignsubmission_onlinetext/onlinetext.html": "<p>none</p>",
    "Participant 7_1234572_assignsubmission_file_hw.zip": WORK,
}
GRADESCOPE: Files = {
    "assignment_5_export/submission_metadata.yml": """\
submission_101:
  :submitters:
  - :name: Jane Doe
    :sid: '5551'
    :email: jane@u.edu
  - :name: Max Roe
    :sid: '5552'
    :email: max@u.edu
  :created_at: 2024-10-01 23:10:00.000000000 -07:00
  :history:
  - :created_at: 2024-09-30 23:10:00.000000000 -07:00
submission_102:
  :submitters:
  - :name: Max Roe
    :sid: '5552'
    :email: max@u.edu
  :created_at: 2024-10-03 01:10:00.000000000 -07:00
submission_103:
  :submitters:
  - :name: Ana Garcia
    :sid: '5554'
  :created_at: 2024-10-02 00:10:00.000000000 -07:00
""",
    **{
        f"assignment_5_export/submission_{number}/{name}": text
        for number in (101, 102, 103)
        for name, text in PACKAGE.items()
    },
}
BLACKBOARD: Files = {
    "Home_Work 2_asmith_attempt_2020-04-21-06-34-13.txt": (
        "Name: Ann Smith (asmith)\nAssignment: Home_Work 2\n"
        "Date Submitted: Tuesday, April 21, 2020 6:34:13 AM EDT\nCurrent Grade: Not graded\n\n"
        "Comments:\nName: Eve (bob_lee)\nDate Submitted: Monday, April 6, 2020 6:34:13 AM EDT\n"
    ),
    "Home_Work 2_asmith_attempt_2020-04-21-06-34-13_hw.zip": WRONG,
    "Home_Work 2_asmith_attempt_2020-04-22-06-34-13_hw.zip": WORK,
    "Home_Work 2_bob_lee_attempt_2020-04-20-10-00-00.txt": (
        "Name: Bob Lee (bob_lee)\nDate Submitted: Monday, 20 April 2020 10:00:00 o'clock BST\n"
    ),
    "Home_Work 2_bob_lee_attempt_2020-04-20-10-00-00_layers.py": LAYERS,
    "Home_Work 2_bob_lee_attempt_2020-04-20-10-00-00_optim.py": OPTIM,
}
BRIGHTSPACE: Files = {
    "index.html": "",
    "12345-67890 - Anne-Marie Smith - Sep 24, 2024 926 PM/hw.zip": WRONG,
    "12345-67899 - Anne-Marie Smith - Sep 25, 2024 1026 AM/hw.zip": WORK,
    "12346-67891 - Bob Lee- Sep 24, 2024 1206 AM/layers.py": LAYERS,
}
SUBMITTY: Files = {
    **{f"ann/{n}/{name}": text for n in (1, 2, 10) for name, text in PACKAGE.items()},
    "ann/user_assignment_settings.json": (
        '{"active_version": 2, "history": [{"version": 2, "time": "2024-03-05 14:58:23-0500"}]}'
    ),
    **{f"bob/{n}/{name}": text for n in (1, 2) for name, text in PACKAGE.items()},
}
TEAMS: Files = {
    f"Submitted files/{student}/Homework 2/Version {n}/hw.zip": WORK
    for student, n in (("Ann Smith", 1), ("Ann Smith", 2), ("Bob Lee", 1))
}
NBGRADER: Files = {
    "gradebook.db": "",
    **{f"submitted/{s}/ps1/{n}": text for s in ("ann", "bob") for n, text in PACKAGE.items()},
    "submitted/ann/ps1/timestamp.txt": "2015-02-02 14:58:23.948203 America/Los_Angeles\n",
}
EXCHANGE: Files = {
    f"{student}+ps1+2024-03-0{day} 14:58:23.948203 UTC/{name}": text
    for student, day in (("ann", 1), ("ann", 2), ("bob", 1))
    for name, text in PACKAGE.items()
}
FORMS: Files = {"hw2 - Ann Smith.zip": WORK, "my work - final - Bob Lee (1).zip": WORK}
_CLONED = f"{'0' * 40} {'1' * 40} T A <t@u> 1700000000 +0000\tclone: from github.com:c/hw2-ann\n"
_PUSHED = f"{'1' * 40} {'2' * 40} T A <t@u> 1709650703 -0500\tpush\n"
GITHUB: Files = {
    **{f"hw2-submissions/hw2-{u}/{n}": t for u in ("ann", "bob-x") for n, t in PACKAGE.items()},
    **{f"hw2-submissions/hw2-{u}/.git/HEAD": "ref: refs/heads/main\n" for u in ("ann", "bob-x")},
    "hw2-submissions/hw2-ann/.git/logs/refs/remotes/origin/main": _CLONED,
    "hw2-submissions/hw2-bob-x/.git/logs/refs/heads/main": _PUSHED + _CLONED,
}
EXPORTS = {
    "canvas": CANVAS, "moodle": MOODLE, "gradescope": GRADESCOPE, "blackboard": BLACKBOARD,
    "brightspace": BRIGHTSPACE, "submitty": SUBMITTY, "teams": TEAMS, "nbgrader": NBGRADER,
    "github": GITHUB, "google": FORMS,
}  # fmt: skip
PEOPLE = {
    "canvas": {
        "smithann_340934", "leebob_340935", "parkmin_340937", "kimjo_340936", "late_340938",
        "late_340939", "王小明_340940", "diaz_340941", "oneil_340942",
    },
    "moodle": {
        "Ann Smith_1234567", "Jo Kim_1234569", "Li Wei_1234570", "Max Roe_1234571",
        "Participant 7_1234572",
    },
    "gradescope": {"Jane Doe_5551", "Max Roe_5552", "Ana Garcia_5554"},
    "blackboard": {"asmith", "bob_lee"},
    "brightspace": {"Anne-Marie Smith_12345", "Bob Lee_12346"},
    "submitty": {"ann", "bob"},
    "teams": {"Ann Smith", "Bob Lee"},
    "nbgrader": {"ann", "bob"},
    "github": {"hw2-ann", "hw2-bob-x"},
    "google": {"Ann Smith", "Bob Lee"},
}  # fmt: skip


@pytest.mark.parametrize("platform", EXPORTS)
def test_each_is_recognised_in_the_zip_the_folder_and_the_folder_above(
    tmp_path: Path, platform: str
) -> None:
    for way, path in three_ways(tmp_path, EXPORTS[platform]).items():
        export = export_of(path, tmp_path / way)
        assert export.platform.id == platform, way
        people = {owner.key for each in export.delivered for owner in each.owners}
        assert people == PEOPLE[platform], way


def _graded(path: Path, **options: str) -> dict[str, tuple[str, list[str], str]]:
    """What would be graded: name, files and remark by identity."""
    with open_class(path, ASSIGNMENT, zone=UTC, **options) as those:  # type: ignore[arg-type]
        return {
            source.id: (source.problem or source.name, names_in(source), source.note)
            for source in those.sources
        }


def test_the_files_of_one_student_are_one_attempt_under_their_own_names(tmp_path: Path) -> None:
    found = _graded(write(tmp_path / "canvas", CANVAS))
    package = sorted(PACKAGE)
    assert found["smithann_340934"] == ("smithann", sorted([*package, "written.pdf"]), "")
    assert found["parkmin_340937"] == ("parkmin", ["layers.py", "optim.py"], "")
    assert found["kimjo_340936"][0].endswith("only a text: my code is at github")
    assert found["oneil_340942"][1] == [
        "oneil_340942_208490306_leebob_340935_208490287_assignment2-9.zip"
    ]


def test_of_several_copies_the_newest_counts_and_the_reason_is_given(tmp_path: Path) -> None:
    path = zipped(tmp_path / "export.zip", CANVAS)
    with open_class(path, ASSIGNMENT) as those:
        (bob,) = (source for source in those.sources if source.id == "leebob_340935")
        assert bob.note == "Attempt 2 of 2 counts: the latest."
        assert bob.path.read_bytes() == WORK
        own = [each for each in those.attempts if each.owner == "leebob_340935"]
        assert [(each.number, each.counted, each.late) for each in own] == [
            (1, False, True), (2, True, True),
        ]  # fmt: skip
        said = " ".join(those.lines())
        assert "Read as an export of Canvas" in said
        assert "9 students, 10 attempts, of which 9 count" in said
        assert "Marked as late, with no time in the export: diaz_340941" in said


def test_an_anonymous_export_has_late_work_and_no_student_called_late(tmp_path: Path) -> None:
    files = {
        "late_340_208_hw.zip": WORK,
        "341_209_hw.zip": WORK,
        "LATE_anon_xK3f9_210_hw.zip": WORK,
    }
    export = export_of(write(tmp_path / "canvas", files), tmp_path)
    assert [(e.owners[0].key, e.late) for e in export.delivered] == [
        ("341", None), ("anon_xK3f9", True), ("340", True),
    ]  # fmt: skip


def test_moodle_text_is_a_comment_and_copies_are_attempts(tmp_path: Path) -> None:
    found = _graded(write(tmp_path / "moodle", MOODLE))
    assert found["Jo Kim_1234569"][1:] == (["a2 (1).zip"], "Attempt 2 of 2 counts: the latest.")
    assert found["Li Wei_1234570"][1] == ["layers.py", "optim.py"]
    assert "only a text: none" in found["Max Roe_1234571"][0]


def test_a_team_has_a_row_for_each_and_who_submitted_again_alone_has_that(tmp_path: Path) -> None:
    write(tmp_path, GRADESCOPE)
    with open_class(tmp_path, ASSIGNMENT) as those:
        assert [source.name for source in those.sources] == ["Ana Garcia", "Jane Doe", "Max Roe"]
        first, second, _ = those.attempts
        assert (first.owner, first.members, first.number) == ("Jane Doe_5551", ["Jane Doe_5551"], 1)
        assert second.members == ["Max Roe_5552"]
        assert those.times["Max Roe_5552"].isoformat() == "2024-10-03T01:10:00-07:00"
        assert those.people[1].ids == {"gradescope": "submission_101", "sid": "5552"}
    alone = "assignment_5_export/submission_102"
    text = str(GRADESCOPE["assignment_5_export/submission_metadata.yml"])
    again = {name: content for name, content in GRADESCOPE.items() if not name.startswith(alone)}
    again["assignment_5_export/submission_metadata.yml"] = (
        text[: text.index("submission_102")] + text[text.index("submission_103") :]
    )
    found = _graded(write(tmp_path / "again", again), lang="zh")
    assert found["Jane Doe_5551"][1] == found["Max Roe_5552"][1] == sorted(PACKAGE)
    assert found["Max Roe_5552"][2] == "由 Jane Doe, Max Roe 共同提交。"


def test_the_same_name_is_not_the_same_person(tmp_path: Path) -> None:
    entries = "\n".join(
        f"submission_{n}:\n  :submitters:\n  - :name: Li Wei\n    :email: {email}"
        for n, email in ((1, "li@a"), (2, "li@b"), (3, "LI@A"))
    )
    files = {f"submission_{n}/layers.py": LAYERS for n in (1, 2, 3)}
    write(tmp_path / "g", {"submission_metadata.yml": entries, **files})
    found = _graded(tmp_path / "g")
    assert set(found) == {"Li Wei_li@a", "Li Wei_li@b"}
    assert found["Li Wei_li@a"][2] == "Attempt 2 of 2 counts: the latest."


def test_blackboard_has_times_with_zones_in_receipts_that_students_cannot_write(
    tmp_path: Path,
) -> None:
    with open_class(write(tmp_path / "b", BLACKBOARD), ASSIGNMENT, zone=UTC) as those:
        assert {key: time.isoformat() for key, time in those.times.items()} == {
            "asmith": "2020-04-22T06:34:13+00:00",
            "bob_lee": "2020-04-20T10:00:00+01:00",
        }
        names = {person.key: person.name for person in those.people}
        assert names == {"asmith": "Ann Smith", "bob_lee": "Bob Lee"}


def test_brightspace_has_times_to_the_minute(tmp_path: Path) -> None:
    with open_class(write(tmp_path / "b", BRIGHTSPACE), ASSIGNMENT, zone=UTC) as those:
        assert {key: time.isoformat() for key, time in those.times.items()} == {
            "Anne-Marie Smith_12345": "2024-09-25T10:26:00+00:00",
            "Bob Lee_12346": "2024-09-24T00:06:00+00:00",
        }


def test_the_active_version_counts_else_the_highest(tmp_path: Path) -> None:
    root = write(tmp_path / "s", SUBMITTY)
    with open_class(root, ASSIGNMENT) as those:
        ann, bob = those.sources
        assert ann.path == root / "ann" / "2"
        assert ann.note == "Attempt 2 of 3 counts: the one that is active on the platform."
        assert bob.path == root / "bob" / "2"
        assert those.times["ann"].isoformat() == "2024-03-05T14:58:23-05:00"


def test_a_cancelled_submission_is_a_row_with_the_reason(tmp_path: Path) -> None:
    files = {**SUBMITTY, "bob/user_assignment_settings.json": '{"active_version": 0}'}
    assert "withdrawn" in _graded(write(tmp_path / "s", files))["bob"][0]


def test_a_reflog_tells_of_pushes_and_not_of_the_clone(tmp_path: Path) -> None:
    write(tmp_path, GITHUB)
    with open_class(tmp_path, ASSIGNMENT) as those:
        assert {key: time.isoformat() for key, time in those.times.items()} == {
            "hw2-bob-x": "2024-03-05T09:58:23-05:00"
        }
        assert [source.name for source in those.sources] == ["ann", "bob-x"]
        assert those.names().find("bob-x", "") == "hw2-bob-x"


def test_nbgraders_own_time_counts_and_one_assignment_is_chosen(tmp_path: Path) -> None:
    root = write(tmp_path / "course", {**NBGRADER, "submitted/bob/ps2/layers.py": LAYERS})
    with pytest.raises(InputError, match=r"several assignments: ps1, ps2.*nbgrader:ps1"):
        _graded(root)
    with open_class(root, ASSIGNMENT, chosen="nbgrader:ps1") as those:
        assert those.times["ann"].isoformat() == "2015-02-02T14:58:23.948203-08:00"
        assert len(those.sources) == 2
    assert list(_graded(root, chosen="nbgrader:ps2")) == ["bob"]


def test_the_exchange_of_nbgrader_tells_attempts_apart(tmp_path: Path) -> None:
    found = _graded(write(tmp_path / "inbound", EXCHANGE))
    assert found["ann"][2] == "Attempt 2 of 2 counts: the latest."


def test_copies_that_google_classroom_made_are_rows_of_their_own(tmp_path: Path) -> None:
    names = ["Ann Smith - hw2.zip", "Bob Lee - hw2.zip"]
    assert list(_graded(write(tmp_path / "g", dict.fromkeys(names, WORK)))) == names


def test_an_export_in_an_archive_in_an_archive_is_found(tmp_path: Path) -> None:
    path = zipped(tmp_path / "all.zip", {"submissions.zip": zip_bytes(MOODLE)})
    assert set(_graded(path)) == PEOPLE["moodle"]
    with pytest.raises(InputError, match="whole class"):
        refuse_class(path, FORM)


def test_a_rar_is_read_where_there_is_a_tool_and_named_where_there_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = write(tmp_path / "c", {"ann_340_208_hw.rar": b"Rar!", "bob_341_209_hw.zip": WORK})
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    assert "is a RAR archive, which cannot be read" in _graded(root)["ann_340"][0]
    tarred(tmp_path / "work.tar", PACKAGE, "w")
    tool = write(tmp_path / "bin", {"bsdtar": f"#!/bin/sh\nexec /bin/cat {tmp_path}/work.tar\n"})
    (tool / "bsdtar").chmod(0o755)
    monkeypatch.setenv("PATH", str(tool))
    assert _graded(root)["ann_340"] == ("ann", sorted(PACKAGE), "")


def test_parts_of_a_download_from_drive_are_one_class(tmp_path: Path) -> None:
    for part, student in (("001", "ann"), ("002", "bob")):
        files = {f"hw2/{student}/{name}": text for name, text in PACKAGE.items()}
        zipped(tmp_path / f"drive-download-20240301T120000Z-{part}.zip", files)
    assert set(_graded(tmp_path)) == {"ann", "bob"}


def test_what_can_be_read_in_two_ways_is_refused_with_both(tmp_path: Path) -> None:
    root = write(tmp_path / "both", {"ann_340_208_hw.zip": WORK, "bob_341_209_hw.zip": WORK})
    write(root, {"numpynn/layers.py": LAYERS})
    with pytest.raises(
        InputError, match=r"one submission \(with numpynn\), or as an export of Can"
    ):
        _graded(root)
    root = write(tmp_path / "zips", {"ann.zip": WORK, "bob.zip": WORK, "numpynn/layers.py": LAYERS})
    with pytest.raises(InputError, match=r"two ways.*a class \(ann\.zip, bob\.zip\)"):
        _graded(root)
    several = write(tmp_path / "several", {f"a/{name}": text for name, text in CANVAS.items()})
    write(several / "b", MOODLE)
    with pytest.raises(InputError, match="holds 2 exports: a, b"):
        _graded(several)


def test_two_platforms_at_once_are_refused_until_one_is_named(tmp_path: Path) -> None:
    both = {
        "ann_1_assignsubmission_file_x_340_208_hw.zip": WORK,
        "bob_2_assignsubmission_file_x_341_209_hw.zip": WORK,
    }
    root = write(tmp_path / "both", both)
    with pytest.raises(InputError, match=r"several ways: Canvas .*; or Moodle .*--from moodle"):
        _graded(root)
    assert set(_graded(root, chosen="moodle")) == {"ann_1", "bob_2"}
    with pytest.raises(UsageError, match="--from mudel: expected one of canvas"):
        _graded(root, chosen="mudel")
    assert set(_graded(root, chosen="plain")) == set(both)


@pytest.mark.parametrize("platform", EXPORTS)
def test_a_class_is_not_one_students_work(tmp_path: Path, platform: str) -> None:
    for path in three_ways(tmp_path, EXPORTS[platform]).values():
        with pytest.raises(InputError, match=r"whole class.*grader batch .* --out DIR"):
            refuse_class(path, FORM)


def test_nor_are_folders_and_archives_under_the_names_of_people(tmp_path: Path) -> None:
    people = ("ann", "bob", "cid", "dan")
    folders = {f"{who}/{n}": text for who in people for n, text in PACKAGE.items()}
    for path in three_ways(tmp_path, folders).values():
        with pytest.raises(InputError, match="the package in each of ann, bob, cid and 1 more"):
            refuse_class(path, FORM)
    for path in three_ways(tmp_path / "z", {"ann.zip": WORK, "bob.zip": WORK}).values():
        with pytest.raises(InputError, match=r"the package in each of ann\.zip, bob\.zip"):
            refuse_class(path, FORM)


@pytest.mark.parametrize(
    "names",
    [
        ("old", "new"), ("hw2", "hw2-final"), ("assignment1", "assignment2"), ("v1", "v2"),
        ("numpynn", "ann"), ("Version 1", "Version 2"), ("1", "2"),
        ("cs231n", "bank"), ("ann", "bob", "cid"),
    ],
)  # fmt: skip
def test_folders_that_may_be_ones_own_are_one_submission(
    tmp_path: Path, names: tuple[str, ...]
) -> None:
    files = {f"{name}/{module}": t for name in names for module, t in PACKAGE.items()}
    for path in three_ways(tmp_path, files).values():
        refuse_class(path, FORM)
    among = write(tmp_path / "c", {f"student/{path}": text for path, text in files.items()})
    assert _graded(write(among, {"other/layers.py": LAYERS}))["student"][0] == "student"
    if {"ann", "bank"} & {*names} and "numpynn" not in names:
        return  # such archives are of people
    zips = {f"{name}.zip": WORK for name in names if name != "numpynn"}
    refuse_class(zipped(tmp_path / "zips.zip", zips), FORM)


def test_in_a_plain_folder_a_whole_class_is_one_bad_row(tmp_path: Path) -> None:
    root = write(tmp_path / "class", {f"ann/{name}": text for name, text in PACKAGE.items()})
    zipped(root / "moodle.zip", MOODLE)
    found = _graded(root)
    assert found["ann"][0] == "ann"
    assert "is a whole class" in found["moodle.zip"][0]


def test_the_highest_version_in_a_plain_folder_is_graded(tmp_path: Path) -> None:
    root = tmp_path / "class"
    write(root / "ann", {"v1.zip": WRONG, "v2.zip": WORK, "v10.zip": WORK})
    write(root / "bob", {**PACKAGE, "final_v2.zip": WORK})
    write(root / "cid", {**PACKAGE, "hw_v1.zip": WRONG})
    write(root / "dan", {"1/layers.py": LAYERS, "2/layers.py": LAYERS, "3/notes.txt": ""})
    write(root / "eve", {"work.zip": WORK, "work (1).zip": WORK, "work (2).zip": WRONG})
    write(root / "fay", {"hw-1/layers.py": LAYERS, "hw-2/layers.py": LAYERS})
    write(root / "gus", {"numpynn/layers.py": LAYERS, "numpynn (1).zip": WORK})
    with open_class(root, ASSIGNMENT) as those:
        found = {source.id: (source.path.name, source.note) for source in those.sources}
    assert found == {
        "ann": ("v10.zip", "Graded is v10.zip, the highest of 3 versions."),
        "bob": ("final_v2.zip", "Graded is final_v2.zip, the highest of 2 versions."),
        "cid": ("cid", ""),
        "dan": ("2", "Graded is 2, the highest of 3 versions."),
        "eve": ("work (2).zip", "Graded is work (2).zip, the highest of 3 versions."),
        "fay": ("fay", ""),
        "gus": ("gus", ""),
    }


@pytest.mark.parametrize("encoding", ["gbk", "shift_jis"])
def test_names_in_zips_of_windows_are_read(tmp_path: Path, encoding: str) -> None:
    name = {"gbk": "王小明", "shift_jis": "佐藤太郎"}[encoding]
    files = {
        f"{who}_{n}_assignsubmission_file/作業.zip": WORK
        for n, who in ((12, name), (13, "Ann Smith"))
    }
    path = tmp_path / "export.zip"
    path.write_bytes(_unmarked(files, encoding))
    assert set(_graded(path)) == {f"{name}_12", "Ann Smith_13"}


def _unmarked(files: Files, encoding: str) -> bytes:
    """A zip as Windows writes it: names in its own encoding, and nothing that says so."""

    class Old(zipfile.ZipInfo):
        def _encodeFilenameFlags(self) -> tuple[bytes, int]:  # noqa: N802
            return self.filename.encode(encoding), 0

    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(Old(name), content)
    return buffer.getvalue()


def test_a_lone_export_of_one_student_is_still_an_export(tmp_path: Path) -> None:
    root = write(tmp_path / "c", {"ann_340_208_layers.py": LAYERS, "ann_340_209_optim-1.py": OPTIM})
    assert _graded(root) == {"ann_340": ("ann", ["layers.py", "optim.py"], "")}


def test_one_submission_is_one_submission(tmp_path: Path) -> None:
    for path in three_ways(tmp_path, PACKAGE).values():
        kind = find_export(path, FORM, lambda: tmp_path / "w").kind
        assert kind == ("plain" if path.name == "above" else "one")
