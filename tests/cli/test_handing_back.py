"""From a platform's export to what goes back to it: grades, feedback, pages, mail."""

from __future__ import annotations

import csv
import email
import email.policy
import socket
import zipfile
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from typer.testing import CliRunner

from grader.cli.app import app
from grader.model.errors import GraderError
from tests.support import grader
from tests.verify.toy import LAYERS, SCALE, SHIFT, make

controller: Any = pytest.importorskip("aiosmtpd.controller")
WRONG = LAYERS.replace("x * w", "x - w")
SHEET = """\
Student,ID,SIS User ID,SIS Login ID,Section,Toy (71),Final Score
    Points Possible,,,,,4,(read only)
"Smith, Ann",501,s1,ann,A,,
"Lee, Bob",502,s2,bob,A,4,
"Away, Zoe",503,s3,zoe,A,,
"""
WORKSHEET = """\
Identifier,Full name,Email address,Status,Grade,Maximum Grade,Grade can be changed,\
Last modified (submission),Last modified (grade),Feedback comments
Participant 501,Ann Smith,ann@u.edu,Submitted,-,4.00,Yes,-,-,
Participant 502,Bob Lee,bob@u.edu,Submitted,-,4.00,Yes,-,-,
"""


def zipped(path: Path, layers: str) -> None:
    """A submission."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("toy/layers.py", layers)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A class of two, as Canvas and as Moodle export it, graded; with both platforms' sheets."""
    base = tmp_path_factory.mktemp("back")
    (base / "mine").mkdir()
    rubric = make(base / "mine", SCALE, SHIFT).path
    (base / "canvas").mkdir()
    zipped(base / "canvas" / "smithann_501_9001_toy.zip", LAYERS)
    zipped(base / "canvas" / "leebob_502_9002_toy.zip", WRONG)
    for name, layers in (("Ann Smith_501", LAYERS), ("Bob Lee_502", WRONG)):
        folder = base / "moodle" / f"{name}_assignsubmission_file_"
        folder.mkdir(parents=True)
        zipped(folder / "toy.zip", layers)
    for platform in ("canvas", "moodle"):
        grader("batch", base / platform, "-o", base / f"{platform}-out", "-a", rubric)
    (base / "canvas.csv").write_text(SHEET)
    (base / "moodle.csv").write_text(WORKSHEET)
    return base


class Done(NamedTuple):
    """What a command came to."""

    code: int
    said: str


def run(*words: str | Path, code: int | None = 0) -> Done:
    """A command in this process, which is much faster than one of its own."""
    done = CliRunner().invoke(app, [*map(str, words)])
    error = done.exception
    if isinstance(error, GraderError):
        found = Done(int(error.exit_code), str(error))
    else:
        found = Done(done.exit_code, done.output)
    assert code is None or found.code == code, (found, error)
    return found


def rows(path: Path) -> list[list[str]]:
    """A CSV file."""
    with path.open(newline="", encoding="utf-8-sig") as file:
        return list(csv.reader(file))


def test_grades_of_an_export_go_into_the_platforms_sheet(made: Path) -> None:
    sheet = ("--to", "canvas", "--sheet", made / "canvas.csv", "-o", made / "up.csv")
    said = run("grades", made / "canvas-out", *sheet, "--dry-run").said
    assert "2 of 3 students get points; 2 change." in said
    assert "leebob: 4 -> 2" in said
    assert "Away, Zoe: has no submission here" in said
    assert not (made / "up.csv").exists()
    run("grades", made / "canvas-out", *sheet)
    assert [row[-1] for row in rows(made / "up.csv")] == ["Toy (71)", "4", "4", "2"]


def test_the_sheet_itself_is_never_written_over(made: Path) -> None:
    sheet = made / "canvas.csv"
    done = run(
        "grades", made / "canvas-out", "--to", "canvas", "--sheet", sheet, "-o", sheet, code=2
    )
    assert "names the sheet itself" in done.said
    assert sheet.read_text() == SHEET


def test_grades_of_moodle_and_plain_ones(made: Path) -> None:
    out = made / "moodle-up.csv"
    run("grades", made / "moodle-out", "--to", "moodle", "--sheet", made / "moodle.csv", "-o", out)
    assert [row[4] for row in rows(out)] == ["Grade", "4", "2"]
    run("grades", made / "moodle-out", "-o", made / "plain.csv")
    assert [row[5] for row in rows(made / "plain.csv")] == ["points", "4", "2"]


def test_feedback_goes_by_the_names_of_the_export(made: Path) -> None:
    for platform in ("canvas", "moodle"):
        run("feedback", made / f"{platform}-out", "-o", made / f"{platform}.zip")
    with zipfile.ZipFile(made / "canvas.zip") as archive:
        assert sorted(archive.namelist()) == [
            "leebob_502_9002_toy.zip",
            "smithann_501_9001_toy.zip",
        ]
        with archive.open("leebob_502_9002_toy.zip") as file, zipfile.ZipFile(file) as inner:
            assert b"scale multiplies" in inner.read("feedback.html")
    with zipfile.ZipFile(made / "moodle.zip") as archive:
        assert sorted(archive.namelist()) == [
            "Ann Smith_501_assignsubmission_file_/feedback.html",
            "Bob Lee_502_assignsubmission_file_/feedback.html",
        ]
        (page,) = {archive.read(name) for name in archive.namelist() if "Bob" in name}
    assert page == next((made / "moodle-out" / "reports").glob("*Bob*")).read_bytes()


def test_pages_are_published_under_names_that_stay(made: Path) -> None:
    options = (made / "canvas-out", "--to", made / "web", "--base-url", "https://u.edu/p")
    said = run("publish", *options, "--dry-run").said
    assert "2 pages would be published" in said
    assert not (made / "web").exists()
    run("publish", *options)
    links = rows(made / "canvas-out" / "links.csv")
    run("publish", *options)
    assert rows(made / "canvas-out" / "links.csv") == links
    for _, name, _, link in links[1:]:
        page = (made / "web" / link.removeprefix("https://u.edu/p/")).read_text("utf-8")
        assert name in page


def test_mail_is_sent_only_if_asked_and_only_once(made: Path) -> None:
    class_list = made / "moodle-out" / "class.json"
    text = class_list.read_text()
    for name, address in (("Ann Smith", "ann@u.edu"), ("Bob Lee", "bob@u.edu")):
        text = text.replace(
            f'"name": "{name}",\n   "email": ""', f'"name": "{name}",\n   "email": "{address}"'
        )
    class_list.write_text(text)
    came: list[str] = []
    texts: list[str] = []

    class Inbox:
        async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
            came.extend(envelope.rcpt_tos)
            message = email.message_from_bytes(envelope.content, policy=email.policy.default)
            texts.append(message.get_body(("plain",)).get_content())  # type: ignore[union-attr]
            return "250 OK"

    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = controller.Controller(
        Inbox(), hostname="127.0.0.1", port=port, server_hostname="localhost"
    )
    server.start()
    mail = (made / "moodle-out", "--smtp", f"smtp://localhost:{port}", "--from", "staff@u.edu")
    try:
        said = run("publish", *mail).said
        assert "2 messages to send." in said
        assert "Bob Lee <bob@u.edu>" in said
        assert came == []
        assert "2 sent." in run("publish", *mail, "--send", "--lang", "zh").said
        again = run("publish", *mail, "--send").said
    finally:
        server.stop()
    assert "Have got this page before: 2" in again
    assert came == ["ann@u.edu", "bob@u.edu"]
    assert ["你的得分是 4 / 4" in texts[0], "你的得分是 2 / 4" in texts[1]] == [True, True]


COURSE = """
[[assignments]]
id = "hw1"
grader = "{rubric}"
title = "Toy"
platform_ids = {{ canvas = "71" }}
"""


def test_a_course_knows_everybody_and_the_assignments_id(
    made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("course", "new", made / "term")
    settings = made / "term" / "course.toml"
    rubric = (made / "mine" / "toy.toml").as_posix()
    settings.write_text(settings.read_text("utf-8") + COURSE.format(rubric=rubric))
    monkeypatch.chdir(made / "term")
    roster = made / "roster.csv"
    roster.write_text(
        "".join(line for line in SHEET.splitlines(keepends=True) if "Poss" not in line)
    )
    run("course", "roster", roster)
    grader("batch", made / "canvas", "--for", "hw1", cwd=made / "term")
    said = run("grades", "--for", "hw1", "--to", "canvas", "-o", made / "course-up.csv").said
    assert "2 of 3 students get points" in said
    assert "Zoe Away: submitted nothing" in said
    assert "nobody's" not in said
    assert rows(made / "course-up.csv")[0][-1] == "Toy (71)"
    stranger = SHEET.replace("503,s3,zoe", "504,s4,yan").replace("Away, Zoe", "Other, Yan")
    (made / "stranger.csv").write_text(stranger)
    sheet = ("--to", "canvas", "--sheet", made / "stranger.csv")
    refused = run("grades", "--for", "hw1", *sheet, code=3)
    assert "nobody of the class is Other, Yan (row 5)" in refused.said
    run("feedback", "--for", "hw1", "--to", "canvas", "-o", made / "course.zip")
    with zipfile.ZipFile(made / "course.zip") as archive:
        assert sorted(archive.namelist()) == [
            "leebob_502_9002_toy.zip",
            "smithann_501_9001_toy.zip",
        ]
    run("publish", "--for", "hw1", "--to", made / "course-web")
    assert len(list((made / "course-web").rglob("hw1.html"))) == 2
    assert (made / "term" / "links.csv").is_file()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("grades",), "Name the folder"),
        (("grades", "nowhere"), "is not the output of a batch"),
        (("grades", "canvas-out", "--to", "blackboard"), "--sheet"),
        (("grades", "canvas-out", "--to", "webct"), "expected one of canvas"),
        (("feedback", "canvas-out", "--to", "plain"), "expected canvas or moodle"),
        (("publish", "canvas-out"), "Name a folder with --to"),
        (("publish", "canvas-out", "--to", "canvas-out"), "holds the results"),
    ],
)
def test_what_cannot_be_is_one_line(made: Path, words: tuple[str, ...], said: str) -> None:
    done = run(
        words[0], *(made / word if word.endswith("-out") else word for word in words[1:]), code=None
    )
    assert done.code in (2, 3)
    assert said in done.said
