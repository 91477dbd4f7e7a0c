"""A whole evening in a real browser, on a desk that `grader serve` serves: from zip to students."""

from __future__ import annotations

import csv
import io
import json
import socket
import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from grader.assignment.folder import Assignment
from grader.course.course_folder import CourseFolder
from grader.runner.recording import record_key
from tests.chromium import needs_browser, run_script
from tests.faults import tiny
from tests.notebooks import courses
from tests.support import GRADER
from tests.verify.toy import LAYERS

pytestmark = needs_browser
HW: Final = "hw"
ROSTER: Final = """\
name,canvas id,email,section
Ann Lee,1,ann@uni.edu,A
Bob Li,2,bob@uni.edu,B
Cho Ek,3,cho@uni.edu,A
"""
SETTINGS: Final = """\
title = "Nets"
zone = "Europe/Berlin"

[[assignments]]
id = "hw"
title = "Scale and shift"
grader = {rubric}
due = 2026-03-15T23:59:00
platform_ids = {{ canvas = "77" }}
"""
SHEET: Final = """\
Student,ID,Section,Scale and shift (77)
Points Possible,,,8
Ann Lee,1,A,
Bob Li,2,B,
Cho Ek,3,A,
"""
QUESTION: Final = "**Inline Question 1:** What does `scale` do?"
ANSWERS: Final = {"leeann_1_900": "It multiplies.", "libob_2_901": "It adds, I think."}
"""By what Canvas calls an entry; the third submits nothing."""


def _notebook(answer: str) -> str:
    content = courses.content(tiny.CELLS, grader={"notebook": "Work"})
    for id, role, text in (("q", "text", QUESTION), ("a", "written", answer)):
        about = {"role": role, **({"question": "1"} if role == "written" else {})}
        cell = {"id": id, "cell_type": "markdown", "metadata": {"grader": about}, "source": text}
        content["cells"].append(cell)
    return json.dumps(content)


def _assignment(folder: Path) -> Path:
    """The tiny assignment with one notebook, in which a question is asked."""
    folder.mkdir()
    rubric = tiny.make(folder, {"right": tiny.BODIES["right"]}, notebooks=True)
    text = rubric.read_text(encoding="utf-8").partition("[notebooks.files.More]")[0]
    rubric.write_text(text.rstrip() + "\nanswers = { 1 = 2 }\n", encoding="utf-8")
    (folder / "release" / "More.ipynb").unlink()
    (folder / "release" / "Work.ipynb").write_text(_notebook("Your answer:"), encoding="utf-8")
    assignment = Assignment.load(str(rubric))
    record_key(assignment).save(assignment.layout.key)
    return rubric


def _export(path: Path) -> Path:
    """What Canvas gives: a zip of everybody's zips."""
    wrong = LAYERS.replace("out = x * w", "out = x + w")
    with zipfile.ZipFile(path, "w") as export:
        for entry, answer in ANSWERS.items():
            own = io.BytesIO()
            with zipfile.ZipFile(own, "w") as archive:
                archive.writestr("numpynn/__init__.py", "")
                archive.writestr("numpynn/layers.py", wrong if "bob" in entry else LAYERS)
                archive.writestr("Work.ipynb", _notebook(answer))
            export.writestr(f"{entry}_hw.zip", own.getvalue())
    return path


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course of nobody, and beside it what a platform gave: roster, export and sheet."""
    place = tmp_path_factory.mktemp("evening")
    rubric = _assignment(place / "toy")
    (place / "nets").mkdir()
    settings = SETTINGS.format(rubric=json.dumps(str(rubric)))
    (place / "nets" / "course.toml").write_text(settings, encoding="utf-8")
    (place / "roster.csv").write_text(ROSTER, encoding="utf-8")
    (place / "sheet.csv").write_text(SHEET, encoding="utf-8")
    _export(place / "class.zip")
    return place


@pytest.fixture(scope="module")
def link(place: Path) -> Iterator[str]:
    """The link that signs in on the desk."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [*GRADER, "serve", str(place / "nets"), "--port", str(port), "--as", "ada"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as desk:
        assert desk.stdout is not None
        try:
            said = (line.strip() for line in desk.stdout)
            yield next(line for line in said if "link=" in line)
        finally:
            desk.terminate()


def _evening(link: str, place: Path) -> dict[str, Any]:
    files = [str(place / name) for name in ("roster.csv", "class.zip", "sheet.csv")]
    seen: dict[str, Any] = run_script("evening.mjs", link, *files, place)
    return seen


def test_from_a_zip_to_students(link: str, place: Path) -> None:
    seen = _evening(link, place)
    assert seen["incidents"] == seen["violations"] == []
    assert "3 people were taken in or changed." in seen["people"]
    assert "Read as an export of Canvas" in seen["plan"]
    assert "Take in 2 attempts" in seen["plan"]
    assert seen["ran"]
    assert "3 of 3" in seen["graded"]
    assert "Answers to mark 2" in seen["graded"]
    assert seen["marked"] == 2
    assert "Ann Lee" in seen["preview"]
    assert "Bob Li" in seen["preview"]
    assert "Changed 2" in seen["preview"]
    assert "The preview is in force" in seen["accepted"]
    assert "2 pages were published." in seen["published"]

    rows = {row[0]: row[-1] for row in csv.reader(io.StringIO(Path(seen["grades"]).read_text()))}
    assert rows["Ann Lee"] == "7.5"  # 6, and 1.5 for her answer
    assert rows["Bob Li"] == "7"  # 4, 1.5 for his answer, and 1.5 by hand
    with zipfile.ZipFile(seen["feedback"]) as archive:
        assert sorted(archive.namelist()) == [f"{entry}_hw.zip" for entry in ANSWERS]
    course = CourseFolder.open(place / "nets")
    assert len([*(course.path / "published").glob("*/hw.html")]) == 2
    with course.reading() as view:
        log = [(entry.who, entry.what) for entry in view.log(HW)]
    assert {who for who, _ in log} == {"ada"}
    acts = " | ".join(what for _, what in log)
    for act in ("imported 2", "graded: run 1", "marked", "overrode", "gave student", "published 2"):
        assert act in acts, acts
