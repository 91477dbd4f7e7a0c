"""Exit codes, and errors that are one line with what to do next."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tests.batch import toy
from tests.support import grader

USAGE = {
    "unknown sandbox": (["--sandbox", "moat"], "expected one of auto, bubblewrap, landlock, none"),
    "sandbox none": (["--sandbox", "none"], "If you trust it all the same, add --no-sandbox."),
    "no fork": (["--no-fork"], "add --no-sandbox"),
    "release": (["--release", "cs231n-2061"], "no release 'cs231n-2061'"),
    "language": (["--lang", "fr"], "expected one of en, zh"),
    "assignment": (["--assignment", "numpyn"], "Did you mean 'numpynn'?"),
}


@pytest.fixture(scope="module")
def rubric(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return toy.assignment(tmp_path_factory.mktemp("assignment"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("submissions")
    toy.hand_in(folder, "right")
    toy.hand_in(folder, "wrong", toy.WRONG)
    return folder


@pytest.fixture
def broken_bank(tmp_path: Path) -> Path:
    """A rubric whose bank cannot be collected: our fault, not the students'."""
    rubric = toy.assignment(tmp_path)
    (tmp_path / "bank" / "layers.py").write_text("def test_x(:\n")
    return rubric


@pytest.mark.parametrize(("name", "code"), [("right", 0), ("wrong", 1)])
def test_grade(folder: Path, rubric: Path, tmp_path: Path, name: str, code: int) -> None:
    done = grader(
        "grade", "-a", rubric, folder / name, "--json", "result.json", cwd=tmp_path, code=code
    )
    assert f"Report: {name}.html" in done.stdout
    assert (tmp_path / f"{name}.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    assert (tmp_path / "result.json").is_file()


@pytest.mark.parametrize(("name", "code"), [("right", 0), ("wrong", 1)])
def test_check(folder: Path, rubric: Path, name: str, code: int) -> None:
    done = grader("check", "-a", rubric, "-k", "scale", cwd=folder / name, code=code)
    assert name in done.stdout


@pytest.mark.parametrize(
    ("words", "code"),
    [(["--version"], 0), (["check"], 1), (["grade", "--nothing"], 2), (["grade", "absent"], 3)],
)
def test_a_process_started_afresh_ends_alike(
    folder: Path, rubric: Path, words: list[str], code: int
) -> None:
    """Other commands of tests are forked from a process that has imported everything."""
    where = ["-a", str(rubric)] if code in (1, 3) else []
    here = folder / "wrong"
    afresh = grader(*words, *where, cwd=here, code=code, stdin=subprocess.DEVNULL)
    forked = grader(*words, *where, cwd=here, code=code)
    assert (forked.stdout, forked.stderr) == (afresh.stdout, afresh.stderr)
    assert afresh.stdout + afresh.stderr != ""


def test_batch_is_content_with_wrong_submissions(
    folder: Path, rubric: Path, tmp_path: Path
) -> None:
    done = grader("batch", "-a", rubric, folder, "--out", tmp_path / "out")
    assert "2 of 2 graded." in done.stdout
    assert f"Report: {tmp_path / 'out' / 'index.html'}" in done.stdout


@pytest.mark.parametrize("case", USAGE)
@pytest.mark.parametrize("command", ["grade", "batch"])
def test_wrong_options(folder: Path, tmp_path: Path, command: str, case: str) -> None:
    options, hint = USAGE[case]
    where: list[str | Path] = ["--out", tmp_path / "out"] if command == "batch" else []
    target = folder if command == "batch" else folder / "right"
    done = grader(command, "-a", "numpynn", target, *where, *options, cwd=tmp_path, code=2)
    _is_one_line(done.stderr)
    assert hint in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (["grde"], "No such command 'grde'. Did you mean 'grade'"),
        (["grade"], "Missing argument 'path'."),
        (["grade", "x", "--repot", "y"], "No such option: --repot"),
        (["batch", "x", "-o", "y", "-j", "-1"], "Invalid value for '--jobs' / '-j'"),
    ],
)
def test_wrong_words(arguments: list[str], what: str) -> None:
    done = grader(*arguments, code=2)
    assert what in done.stderr
    assert re.search("Try '.* -h' for help", done.stderr)


def test_a_batch_needs_a_place_or_a_course() -> None:
    done = grader("batch", "x", code=2)
    _is_one_line(done.stderr)
    assert "Name the submissions and --out, or an assignment of a course" in done.stderr


@pytest.mark.parametrize("command", ["grade", "check", "batch", "key", "kit", "lint", "verify"])
def test_no_assignment_is_taken_that_was_not_named(tmp_path: Path, command: str) -> None:
    paths = {"key": [], "lint": [], "verify": [], "batch": ["x", "-o", "out"]}
    done = grader(command, *paths.get(command, ["x"]), cwd=tmp_path, code=2)
    _is_one_line(done.stderr)
    assert "Which assignment?" in done.stderr
    assert "Name one with -a: " in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["-k", "no such check"], "No public check matches 'no such check'."),
        (["--part", "no_such_part"], "No part or function is called 'no_such_part'."),
    ],
)
def test_a_self_check_of_nothing(folder: Path, rubric: Path, options: list[str], said: str) -> None:
    done = grader("check", "-a", rubric, folder / "right", *options, code=2)
    _is_one_line(done.stderr)
    assert done.stderr.startswith(f"grader: {said}")


@pytest.mark.parametrize("command", ["grade", "check", "batch"])
def test_nothing_there(tmp_path: Path, command: str) -> None:
    where: list[str | Path] = ["--out", tmp_path / "out"] if command == "batch" else []
    done = grader(command, "-a", "numpynn", tmp_path / "absent", *where, cwd=tmp_path, code=3)
    _is_one_line(done.stderr)
    assert f"{tmp_path / 'absent'}" in done.stderr


@pytest.mark.parametrize("command", ["grade", "check", "batch"])
def test_empty_folder(rubric: Path, tmp_path: Path, command: str) -> None:
    """Also beside somebody's package, as among temporary files."""
    (tmp_path / "empty").mkdir()
    (tmp_path / "toy").mkdir()
    where: list[str | Path] = ["--out", tmp_path / "out"] if command == "batch" else []
    done = grader(command, "-a", rubric, tmp_path / "empty", *where, cwd=tmp_path, code=3)
    _is_one_line(done.stderr)
    assert re.match(r"grader: \S*empty: (is empty|holds no submissions)\.", done.stderr)
    assert (f"Your folder may be {tmp_path}" in done.stderr) is (command == "check")


def test_grade_says_which_of_several_it_took(folder: Path, rubric: Path, tmp_path: Path) -> None:
    said = " ".join(grader("grade", "-a", rubric, folder, cwd=tmp_path, code=None).stdout.split())
    assert "Graded right/toy" in said
    assert "passed over wrong/toy" in said


@pytest.mark.parametrize("command", ["grade", "check", "batch"])
def test_a_broken_bank_is_our_fault(
    folder: Path, tmp_path: Path, broken_bank: Path, command: str
) -> None:
    where: list[str | Path] = ["--out", tmp_path / "out"] if command == "batch" else []
    target = folder if command == "batch" else folder / "right"
    done = grader(command, target, *where, "--assignment", broken_bank, cwd=tmp_path, code=4)
    assert done.stderr.startswith("grader: ")
    assert "layers.py" in done.stderr


def test_a_wrong_rubric_names_line_and_key(folder: Path, tmp_path: Path) -> None:
    rubric = toy.assignment(tmp_path)
    rubric.write_text(rubric.read_text("utf-8").replace("points = 4", "pionts = 4", 1), "utf-8")
    done = grader("grade", folder / "right", "--assignment", rubric, cwd=tmp_path, code=3)
    _is_one_line(done.stderr)
    assert f"{rubric}, line 2: key `pionts` is not known. Did you mean `points`?" in done.stderr


def _is_one_line(said: str) -> None:
    assert said.startswith("grader: "), said
    assert said.count("\n") == 1, said
