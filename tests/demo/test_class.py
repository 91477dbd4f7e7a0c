"""The demo class gets what it deserves: nothing for cheats, and nothing off for what is right."""

from __future__ import annotations

import sys
from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner

from grader.assignment.folder import Assignment
from grader.batches.grading_client import Engine
from grader.cli.app import app
from grader.demo import InventedStudent, class_of, make_class, surprises
from grader.demo.hand_in_layouts import LAYOUTS
from grader.grading import Settings
from grader.model.errors import ExitCode
from grader.model.result import Outcome, Result
from grader.submission import discover
from tests.support import grader, quick_rubric

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs a sandbox")

ASSIGNMENT = Assignment.load("numpynn")
CLASS = class_of(ASSIGNMENT)
MEMBERS = class_of(ASSIGNMENT, len(CLASS) + 4)
NEVER = {"an endless loop", "sleeps for an hour", "os._exit(0)", "a fork bomb", "an 8 GB array"}
NEVER_ANSWERS = [student for student in CLASS if student.what in NEVER]
BEGINS = {student.id: student.begins for student in CLASS}
PLAIN = {
    "gupta-rohan": BEGINS["gupta-rohan"],
    "hoffmann-lena": {"softmax_loss": "return 0.0 * x.sum(), 0.0 * x\n"},
    "ivanov-pavel": {
        "affine_backward": "x, w = cache\nreturn np.zeros(x.shape), np.zeros(w.shape), 0.0 * w[0]\n"
    },
    "ferrari-nico": {"rmsprop": "return w, config\n"},
}
"""What the cheats would hand in without the cheating."""
ANN = "ann (an example):"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo, as the command makes it, but for the time that is given to what never answers."""
    folder = tmp_path_factory.mktemp("demo")
    rubric = quick_rubric(folder, call_seconds=1)
    size = str(len(MEMBERS))
    grader("demo", "-a", rubric, "--out", folder / "out", "--size", size, code=None)
    return folder / "out"


@pytest.fixture(scope="module")
def results(folder: Path) -> dict[str, Result]:
    """What became of each submission."""
    return _results(folder)


def _results(folder: Path) -> dict[str, Result]:
    loaded = [Result.load(path) for path in (folder / "results").glob("*.json")]
    return {result.name: result for result in loaded}


@pytest.mark.parametrize("student", MEMBERS, ids=lambda student: str(student.id))
def test_each_gets_what_is_deserved(results: dict[str, Result], student: InventedStudent) -> None:
    assert surprises([student], [results[student.id]]) == []
    if student.graded and not student.loses:
        assert results[student.id].score == 100


@pytest.mark.parametrize("student", NEVER_ANSWERS, ids=lambda student: str(student.id))
def test_a_function_that_never_answers_passes_no_check(
    results: dict[str, Result], student: InventedStudent
) -> None:
    (name,) = student.begins
    outcomes = [c.outcome for c in results[student.id].checks if c.targets == [name]]
    assert set(outcomes) == {Outcome.ERROR}


def test_cheating_gains_nothing(results: dict[str, Result], tmp_path: Path) -> None:
    """Those who cheat get no more than those who return the same without cheating."""
    plain = [
        InventedStudent(id=name, what="plain", begins=begins) for name, begins in PLAIN.items()
    ]
    make_class(plain, tmp_path, ASSIGNMENT)
    with Engine(Settings(assignment="numpynn", diagnose=False)) as engine:
        graded = [engine.grade(source) for source in discover(tmp_path, ASSIGNMENT.form)]
    honest = {result.name: result for result in graded}
    assert honest.keys() == PLAIN.keys()
    for name, result in honest.items():
        gained = {
            cheat.id
            for cheat, check in zip(results[name].checks, result.checks, strict=True)
            if cheat.points > check.points
        }
        assert gained == set(), name


def test_the_untouched_template_gets_nothing(results: dict[str, Result]) -> None:
    result = results["vargas-diego"]
    assert result.score == 0
    assert {check.outcome for check in result.checks} == {Outcome.MISSING}


def test_releases_are_told(results: dict[str, Result]) -> None:
    told = {name: r.release.id for name, r in results.items() if r.release}
    expected = {student.id: student.release for student in MEMBERS if student.release}
    assert {name: told[name] for name in expected} == expected
    assert {release.rpartition("-")[2] for release in expected.values()} == {
        "2016", "2017", "2018", "2021",
    }  # fmt: skip


def test_the_report_is_where_the_command_says(folder: Path) -> None:
    assert (folder / "index.html").is_file()
    assert (folder / "gradebook.csv").is_file()
    assert len(list((folder / "reports").glob("*.html"))) == len(MEMBERS)


def test_the_class_is_large_and_varied() -> None:
    assert len(CLASS) >= 24
    assert len({student.id for student in MEMBERS}) == len(MEMBERS)
    assert {student.layout for student in CLASS} == LAYOUTS.keys()
    assert len(NEVER_ANSWERS) == len(NEVER)
    assert sum(not student.loses and student.graded for student in CLASS) >= 8
    assert max(len(student.mistakes) for student in CLASS) == 3


def test_the_size_can_be_chosen() -> None:
    assert class_of(ASSIGNMENT, 5) == CLASS[:5]
    many = class_of(ASSIGNMENT, 400)
    assert many[: len(CLASS)] == CLASS
    assert len({student.id for student in many}) == 400
    drawn = many[len(CLASS) :]
    assert {len(student.mistakes) for student in drawn} == {0, 1, 2, 3}
    assert all(len(student.mistakes) == len(student.loses or ()) for student in drawn)


def test_it_is_made_alike_every_time(folder: Path, tmp_path: Path) -> None:
    make_class(MEMBERS, tmp_path, ASSIGNMENT)
    contents = []
    for made in (folder / "submissions", tmp_path):
        paths = sorted(path for path in made.rglob("*") if path.is_file())
        contents.append({path.relative_to(made): path.read_bytes() for path in paths})
    assert len(contents[0]) >= len(MEMBERS)
    assert contents[0] == contents[1]


def test_what_is_no_demo_is_left_alone(tmp_path: Path) -> None:
    kept = tmp_path / "submissions" / "ann" / "layers.py"
    kept.parent.mkdir(parents=True)
    kept.write_text("mine", encoding="utf-8")
    said = grader("demo", "--out", tmp_path, "--size", "1", code=ExitCode.USAGE).stderr
    assert "was not made by `grader demo`" in said
    assert kept.read_text(encoding="utf-8") == "mine"
    assert sorted(tmp_path.iterdir()) == [tmp_path / "submissions"]


def test_a_demo_replaces_a_demo(tmp_path: Path) -> None:
    for size in ("2", "1"):
        grader("demo", "--out", tmp_path / "out", "--size", size, "-j", "2")
        handed_in = [path.name for path in (tmp_path / "out" / "submissions").iterdir()]
        assert len(handed_in) == int(size)


def test_a_surprise_is_an_exit_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without one it is 0, as `grader` asserts above."""
    monkeypatch.setattr("grader.demo.surprises", lambda members, results: ["x"])
    done = CliRunner().invoke(app, ["demo", "--out", str(tmp_path / "out"), "--size", "1"])
    assert done.exit_code == ExitCode.INTERNAL
    assert "Not as deserved: x" in done.output


@pytest.fixture
def student() -> InventedStudent:
    """One who should lose points for `adam` alone."""
    return InventedStudent(id="ann", what="an example", loses=frozenset({"adam"}))


@pytest.fixture
def result(results: dict[str, Result]) -> Result:
    """Of such a student."""
    return msgspec.structs.replace(results["cohen-noa"], name="ann")


def test_a_surprise_is_told(
    student: InventedStudent, result: Result, results: dict[str, Result]
) -> None:
    replace = msgspec.structs.replace
    right = replace(results["abara-chidi"], name="ann")
    unread = replace(results["zhou-wei"], name="ann")
    assert surprises([student], [result]) == []
    assert surprises([student], [right]) == [
        "ann (an example): lost points for nothing, not for adam"
    ]
    none = replace(student, loses=frozenset())
    assert surprises([none], [result]) == [
        "ann (an example): lost points for adam, not for nothing"
    ]
    assert surprises([none], [replace(right, score=99.0)]) == [f"{ANN} is not at 100 %"]
    assert "zhou-wei.zip" in surprises([student], [unread])[0]
    assert "should not have been" in surprises([replace(student, graded=False)], [result])[0]
    assert surprises([student], []) == [f"{ANN} was not graded"]


def test_an_internal_fault_is_a_surprise(result: Result, student: InventedStudent) -> None:
    broken = [msgspec.structs.replace(c, outcome=Outcome.INTERNAL) for c in result.checks[:1]]
    faulty = msgspec.structs.replace(result, checks=[*broken, *result.checks[1:]])
    assert len(surprises([student], [faulty])) == 1
