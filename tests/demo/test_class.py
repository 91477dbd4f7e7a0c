"""The demo class gets what it deserves: nothing for cheats, and nothing off for what is right."""

from __future__ import annotations

import sys
from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner

from grader.assignment.catalogue import load_mistakes
from grader.assignment.folder import Assignment
from grader.cli.app import app
from grader.demo import Pupil, hostile_code, make_class, pupils, surprises
from grader.demo.hand_in_layouts import LAYOUTS
from grader.demo.invented_students import CLASS
from grader.model.errors import ExitCode
from grader.model.result import Outcome, Result
from tests.support import grader

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs a sandbox")

MISTAKES = load_mistakes(Assignment.load().layout.mistakes)
MEMBERS = pupils(MISTAKES, len(CLASS) + 4)
NEVER = {
    hostile_code.LOOPS,
    hostile_code.SLEEPS,
    hostile_code.EXITS,
    hostile_code.FORKS,
    hostile_code.HOARDS,
}
NEVER_ANSWERS = [pupil for pupil in CLASS if NEVER & set(pupil.begins.values())]
PLAIN = {
    "gupta-rohan": {"batchnorm_backward_alt": hostile_code.SAYS_NOTHING},
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
    """The demo, as the command makes it."""
    folder = tmp_path_factory.mktemp("demo")
    grader("demo", "--out", folder / "out", "--size", str(len(MEMBERS)), code=None)
    return folder / "out"


@pytest.fixture(scope="module")
def results(folder: Path) -> dict[str, Result]:
    """What became of each submission."""
    return _results(folder)


def _results(folder: Path) -> dict[str, Result]:
    loaded = [Result.load(path) for path in (folder / "results").glob("*.json")]
    return {result.name: result for result in loaded}


@pytest.mark.parametrize("pupil", MEMBERS, ids=lambda pupil: str(pupil.id))
def test_each_gets_what_is_deserved(results: dict[str, Result], pupil: Pupil) -> None:
    assert surprises([pupil], [results[pupil.id]]) == []
    if pupil.graded and not pupil.loses:
        assert results[pupil.id].score == 100


@pytest.mark.parametrize("pupil", NEVER_ANSWERS, ids=lambda pupil: str(pupil.id))
def test_a_function_that_never_answers_passes_no_check(
    results: dict[str, Result], pupil: Pupil
) -> None:
    (name,) = pupil.begins
    outcomes = [c.outcome for c in results[pupil.id].checks if c.targets == [name]]
    assert set(outcomes) == {Outcome.ERROR}


def test_cheating_gains_nothing(results: dict[str, Result], tmp_path: Path) -> None:
    """Those who cheat get no more than those who return the same without cheating."""
    plain = [Pupil(id=name, what="plain", begins=begins) for name, begins in PLAIN.items()]
    make_class(plain, tmp_path / "class", Assignment.load())
    grader("batch", tmp_path / "class", "-o", tmp_path / "out")
    honest = _results(tmp_path / "out")
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
    given = {"affine_relu_forward", "affine_relu_backward", "Solver"}
    own = [check for check in result.checks if not given.intersection(check.targets)]
    assert {check.outcome for check in own} == {Outcome.MISSING}


def test_releases_are_told(results: dict[str, Result]) -> None:
    told = {name: r.release.id for name, r in results.items() if r.release}
    expected = {pupil.id: pupil.release for pupil in MEMBERS if pupil.release}
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
    assert len({pupil.id for pupil in MEMBERS}) == len(MEMBERS)
    assert {pupil.layout for pupil in CLASS} == LAYOUTS.keys()
    assert len(NEVER_ANSWERS) == len(NEVER)
    assert sum(not pupil.loses and pupil.graded for pupil in CLASS) >= 8
    assert max(len(pupil.mistakes) for pupil in CLASS) == 3


def test_the_size_can_be_chosen() -> None:
    assert pupils(MISTAKES) == list(CLASS)
    assert pupils(MISTAKES, 5) == list(CLASS[:5])
    many = pupils(MISTAKES, 400)
    assert len({pupil.id for pupil in many}) == 400
    drawn = many[len(CLASS) :]
    assert {len(pupil.mistakes) for pupil in drawn} == {0, 1, 2, 3}
    assert all(len(pupil.mistakes) == len(pupil.loses) for pupil in drawn)


def test_it_is_made_alike_every_time(tmp_path: Path) -> None:
    contents = []
    for name in ("one", "two"):
        make_class(MEMBERS, tmp_path / name, Assignment.load())
        paths = sorted(path for path in (tmp_path / name).rglob("*") if path.is_file())
        contents.append({p.relative_to(tmp_path / name): p.read_bytes() for p in paths})
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


@pytest.mark.parametrize(("told", "code"), [([], ExitCode.OK), (["x"], ExitCode.INTERNAL)])
def test_a_surprise_is_an_exit_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: list[str], code: int
) -> None:
    monkeypatch.setattr("grader.demo.surprises", lambda members, results: told)
    done = CliRunner().invoke(app, ["demo", "--out", str(tmp_path / "out"), "--size", "1"])
    assert done.exit_code == code
    assert ("Not as deserved: x" in done.output) == bool(told)


@pytest.fixture
def pupil() -> Pupil:
    """One who should lose points for `adam` alone."""
    return Pupil(id="ann", what="an example", loses=frozenset({"adam"}))


@pytest.fixture
def result(results: dict[str, Result]) -> Result:
    """Of such a pupil."""
    return msgspec.structs.replace(results["cohen-noa"], name="ann")


def test_a_surprise_is_told(pupil: Pupil, result: Result, results: dict[str, Result]) -> None:
    replace = msgspec.structs.replace
    right = replace(results["abara-chidi"], name="ann")
    unread = replace(results["zhou-wei"], name="ann")
    assert surprises([pupil], [result]) == []
    assert surprises([pupil], [right]) == [
        "ann (an example): lost points for nothing, not for adam"
    ]
    none = replace(pupil, loses=frozenset())
    assert surprises([none], [result]) == [
        "ann (an example): lost points for adam, not for nothing"
    ]
    assert surprises([none], [replace(right, score=99.0)]) == [f"{ANN} is not at 100 %"]
    assert "zhou-wei.zip" in surprises([pupil], [unread])[0]
    assert "should not have been" in surprises([replace(pupil, graded=False)], [result])[0]
    assert surprises([pupil], []) == [f"{ANN} was not graded"]


def test_an_internal_fault_is_a_surprise(result: Result, pupil: Pupil) -> None:
    broken = [msgspec.structs.replace(c, outcome=Outcome.INTERNAL) for c in result.checks[:1]]
    faulty = msgspec.structs.replace(result, checks=[*broken, *result.checks[1:]])
    assert len(surprises([pupil], [faulty])) == 1
