"""An assignment that is composed of others: what it takes of them, and what is wrong with it."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from grader.api import grade
from grader.assignment.composed import ComposedAssignment, member_of, open_assignment
from grader.assignment.folder import Assignment
from grader.authoring.lint import lint
from grader.batches.fingerprint import Fingerprints
from grader.batches.grading_client import Engine
from grader.cli.arguments import settings
from grader.grading import Settings
from grader.grading.merging import merged
from grader.model.errors import InputError, RubricError, UsageError
from grader.model.release import ReleaseInfo
from grader.model.result import Result
from grader.submission import single
from tests.batch.toy import LAYERS, hand_in
from tests.support import grader, results
from tests.verify.toy import RUBRIC, SCALE, SHIFT, make

_OTHER = SCALE.replace("scale multiplies", "scale, once more")
_TEXT = """\
id = "both"
include = ["../one", "two/toy.toml"]
points = 7

[title]
en = "Both"

[parts]
"one/scale" = { points = 4 }
"two/shift" = { points = 3, title = { en = "Move" } }
"""
_ALL = _TEXT.partition("\n[parts]")[0].replace("points = 7", "points = 8")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two assignments with the same names of parts and checks, and a rubric beside one."""
    home = tmp_path_factory.mktemp("composed")
    for name, path in (("one", home / "one"), ("two", home / "both" / "two")):
        path.mkdir(parents=True)
        made = make(path, SCALE if name == "one" else _OTHER, SHIFT, rubric=_named(name))
        grader("key", "-a", made.path)
    (home / "one" / "toy.toml").rename(home / "one" / "assignment.toml")
    (home / "one" / "toy.key").rename(home / "one" / "answers.key")
    (home / "both" / "assignment.toml").write_text(_TEXT, encoding="utf-8")
    return home


def _named(name: str) -> str:
    return RUBRIC.replace('id = "toy"', f'id = "{name}"')


def _composed(home: Path, text: str = _TEXT) -> ComposedAssignment:
    path = home / "both" / "tried.toml"
    path.write_text(text, encoding="utf-8")
    opened = open_assignment(str(path))
    assert isinstance(opened, ComposedAssignment)
    return opened


def test_it_has_the_chosen_parts_with_their_points(home: Path) -> None:
    opened = _composed(home)
    parts = opened.rubric.parts
    assert [(name, part.points) for name, part in parts.items()] == [
        ("one/scale", 4.0),
        ("two/shift", 3.0),
    ]
    assert [part.title.en for part in parts.values()] == ["Scale", "Move"]
    one, two = opened.members
    assert {name: part.points for name, part in one.rubric.parts.items()} == {
        "scale": 4.0,
        "shift": 0.0,
    }
    assert one.rubric.points + two.rubric.points == opened.rubric.points == 7
    assert one.form.packages == two.form.packages == ("toy",)
    assert one.layout.key.name == "answers.key"


def test_without_a_choice_it_has_all_parts(home: Path) -> None:
    assert {name: part.points for name, part in _composed(home, _ALL).rubric.parts.items()} == {
        "one/scale": 2.0,
        "one/shift": 2.0,
        "two/scale": 2.0,
        "two/shift": 2.0,
    }


@pytest.mark.parametrize(
    ("old", "new", "line", "said", "hint"),
    [
        ('"../one"', '"../won"', 2, "key `include` names '../won', which is neither a folder", ""),
        ('"../one"', '"convent"', 2, "nor a shipped one", "Did you mean `convnet`?"),
        ('"../one"', '"two/toy.toml"', 2, "key `include` names two with the id 'two'", ""),
        ('"../one"', '"cs231n-2023-a2"', 2, "which is composed itself", "Include what it includes"),
        ('["../one", "two/toy.toml"]', "[]", 2, "key `include` is empty", "Name two assignments."),
        ('["../one", "two/toy.toml"]', "3", 2, "is a whole number; expected a list", ""),
        ("points = 7", "points = 9", 3, "is 9, but the parts' points add up to 7", "so that they"),
        ("points = 7", "seed = 7", 3, "key `seed` is not known", ""),
        ('"one/scale"', '"one/scael"', 9, "is not a part of what is", "Did you mean `one/scale`?"),
        ('"one/scale"', "scale", 9, "is not a part", "write 'one/scale' or 'two/scale'."),
        ("points = 4", "points = -4", 9, "is negative (-4)", ""),
        ("[parts]", "[hints]\nspin = { en = 'x' }\n[parts]", 9, "is in none of what is", ""),
        ("[parts]", "[checks]\n'w::x' = { points = 1 }\n[parts]", 9, "is in none of what is", ""),
    ],
)
def test_what_is_wrong_is_said_with_its_line(
    home: Path, old: str, new: str, line: int, said: str, hint: str
) -> None:
    assert old in _TEXT
    with pytest.raises(RubricError) as caught:
        _composed(home, _TEXT.replace(old, new, 1))
    assert f"tried.toml, line {line}: " in str(caught.value)
    assert said in str(caught.value)
    assert hint in caught.value.hint


def test_it_changes_checks_and_hints_of_the_member_that_has_them(home: Path) -> None:
    text = f"{_TEXT}[checks]\n'two/layers::shift' = {{ visibility = 'hidden' }}\n"
    opened = _composed(home, f"{text}[hints]\nscale = {{ en = 'x' }}\n")
    one, two = opened.members
    assert (list(one.rubric.checks), list(two.rubric.checks)) == ([], ["layers::shift"])
    assert list(one.rubric.hints) == list(two.rubric.hints) == ["scale"]


def test_a_check_that_the_bank_does_not_have_is_one_of_the_composing_rubric(home: Path) -> None:
    opened = _composed(home, f"{_TEXT}[checks]\n'two/layers::spin' = {{ points = 1 }}\n")
    with pytest.raises(
        InputError, match=r"tried.toml, line 12: key `checks.two/layers::spin` is not"
    ):
        Engine(Settings(assignment=str(opened.path)))


def test_a_submission_is_graded_by_all_members_as_one(home: Path, tmp_path: Path) -> None:
    """What is left out earns nothing, and is not shown."""
    opened = _composed(home)
    text = LAYERS.replace("x * w", "x + w").replace("x + 2 * b", "x + 3 * b", 1)
    hand_in(tmp_path, "right")
    hand_in(tmp_path, "half", LAYERS.replace("x * w", "x + w"))
    hand_in(tmp_path, "wrong", text.replace("return helper(x, b)", "return x"))
    with Engine(Settings(assignment=str(opened.path))) as engine:
        assert engine.greeting.checks == 4
        right, half, wrong = (
            engine.grade(single(tmp_path / name)) for name in ("right", "half", "wrong")
        )
    assert (right.score, half.score, wrong.score) == (7.0, 3.0, 0.0)
    assert right.max_score == 7
    assert (right.assignment, right.title, right.error) == ("both", "Both", "")
    assert [(part.id, part.points) for part in half.parts] == [("one/scale", 0.0), ("two/shift", 3)]
    assert [(check.id, check.part) for check in half.checks] == [
        ("one/layers::scale", "one/scale"),
        ("two/layers::shift", "two/shift"),
    ]
    assert half.checks[0].message.startswith("The value of out is wrong")


def test_one_part_of_it_can_be_asked_for(home: Path, tmp_path: Path) -> None:
    opened = _composed(home)
    hand_in(tmp_path, "right")
    chosen = Settings(assignment=str(opened.path), parts=("two/shift",))
    result = grade(tmp_path / "right", settings=chosen)
    assert [check.id for check in result.checks] == ["two/layers::shift"]


def test_what_cannot_be_read_is_one_error(home: Path, tmp_path: Path) -> None:
    opened = _composed(home)
    (tmp_path / "empty").mkdir()
    result = grade(tmp_path / "empty", assignment=str(opened.path))
    assert result.error_kind == "input"
    assert (result.checks, result.score, result.max_score) == ([], 0.0, 7.0)


def test_its_fingerprint_is_that_of_all_members(home: Path) -> None:
    opened = _composed(home)
    before = Fingerprints(Settings(assignment=str(opened.path)))._shared
    bank = home / "both" / "two" / "bank" / "layers.py"
    text = bank.read_text(encoding="utf-8")
    bank.write_text(f"{text}\n# changed\n", encoding="utf-8")
    after = Fingerprints(Settings(assignment=str(opened.path)))._shared
    bank.write_text(text, encoding="utf-8")
    assert before.changed(after) == ("bank",)
    _composed(home, _TEXT.replace("Move", "Shift"))
    again = Fingerprints(Settings(assignment=str(opened.path)))._shared
    assert before.changed(again) == ("rubric",)


def test_it_is_ready_if_its_members_are(home: Path) -> None:
    opened = _composed(home)
    found = [*lint(str(opened.path), Settings(assignment=str(opened.path)))]
    # the toy's references have no markers, so that their templates would be the solutions
    assert [
        sum(complaint.text.startswith(f"{member.reference}/layers.py:") for complaint in found)
        for member in opened.members
    ] == [2, 2]
    assert len(found) == 4


@pytest.mark.parametrize("command", ["key", "verify", "kit", "template"])
def test_what_takes_one_assignment_says_which_to_name(home: Path, command: str) -> None:
    where = [] if command in ("key", "verify") else [str(home / "out")]
    done = grader(command, *where, "-a", home / "both", code=2)
    assert done.stderr == (
        "grader: both is composed of ../one and two/toy.toml, and this command takes one "
        "assignment at a time. Name one of them: -a ../one, or -a two/toy.toml.\n"
    )


def test_a_release_is_known_if_a_member_knows_it(home: Path) -> None:
    whole = "cs231n-2023-a2"
    assert settings(assignment=whole, release="cs231n-2018").release == "cs231n-2018"
    with pytest.raises(UsageError, match="no release 'cs231n-1999'"):
        settings(assignment=whole, release="cs231n-1999")
    with pytest.raises(UsageError, match="it has none"):
        settings(assignment=str(_composed(home).path), release="cs231n-2018")


def _result(points: float, possible: float, **more: object) -> Result:
    plain = Result(
        submission="ann", assignment="x", score=points, max_score=possible, parts=[], checks=[]
    )
    return replace(plain, **more)


def test_a_member_of_which_nothing_is_asked_leaves_its_points_to_the_others(home: Path) -> None:
    opened = _composed(home)
    opened.rubric = replace(opened.rubric, parts={})
    result = merged(opened, [_result(0, 0), _result(1.5, 3)], "en")
    assert (result.score, result.max_score) == (3.5, 7.0)
    nothing = merged(opened, [_result(0, 0), _result(0, 0)], "en")
    assert (nothing.score, nothing.max_score) == (0.0, 0.0)


def test_releases_and_notes_of_members_are_told_apart(home: Path) -> None:
    opened = _composed(home)
    opened.rubric = replace(opened.rubric, parts={})
    old, new = (ReleaseInfo(id=name, title=name.upper(), evidence=["e"]) for name in ("old", "new"))
    same = merged(opened, [_result(4, 4, release=old), _result(3, 3, release=old)], "en")
    assert same.release is not None
    assert (same.release.id, same.release.evidence) == ("old", ["one: e", "two: e"])
    result = merged(
        opened,
        [_result(4, 4, release=old, notes=["a", "b"]), _result(3, 3, release=new, notes=["a"])],
        "en",
    )
    assert result.release is not None
    assert (result.release.id, result.release.title) == ("old + new", "OLD + NEW")
    assert result.notes == ["a", "one: b"]


def test_a_release_that_one_member_knows_by_another_name_is_told_once() -> None:
    """That of 2026 differs for one of them from that of 2025, and not for the other."""
    opened = open_assignment("cs231n-2023-a2")
    assert isinstance(opened, ComposedAssignment)
    opened.rubric = replace(opened.rubric, parts={})
    ids = ("cs231n-2026-a2", "cs231n-2025-a2")
    new, both = (ReleaseInfo(id=name, title=name.upper()) for name in ids)
    result = merged(opened, [_result(1, 1, release=new), _result(1, 1, release=both)], "en")
    assert result.release is not None
    assert (result.release.id, result.release.title) == (new.id, new.title)


def test_what_we_broke_is_said_before_what_cannot_be_read(home: Path) -> None:
    opened = _composed(home)
    broken = _result(0, 0, error="we broke", error_kind="internal")
    unread = _result(0, 0, error="it is empty", error_kind="input")
    assert merged(opened, [unread, broken], "en").error == "we broke"
    assert merged(opened, [_result(4, 4), unread], "en").error == "it is empty"


def test_the_shipped_one_is_the_whole_hand_in() -> None:
    opened = open_assignment("cs231n-2023-a2")
    assert isinstance(opened, ComposedAssignment)
    assert [member.rubric.id for member in opened.members] == [
        "numpynn-notebooks",
        "convnet-notebooks",
    ]
    assert opened.rubric.notebooks is not None
    assert list(opened.rubric.notebooks.files) == [
        "FullyConnectedNets",
        "BatchNormalization",
        "Dropout",
        "ConvolutionalNetworks",
    ]
    assert {"layers", "optim", "classifiers.fc_net", "classifiers.cnn"} <= set(opened.form.modules)
    assert opened.form.prefers("assignment2/cs231n")
    member = member_of("cs231n-2023-a2", "convnet-notebooks")
    assert member.rubric.parts["brought_along"].points == 0
    with pytest.raises(UsageError, match="is composed of numpynn-notebooks and convnet-notebooks"):
        Assignment.load("cs231n-2023-a2")


def test_a_class_of_it_is_graded_like_any_other(home: Path, tmp_path: Path) -> None:
    for name, text in (("right", LAYERS), ("half", LAYERS.replace("x * w", "x + w"))):
        hand_in(tmp_path / "class", name, text)
    command = ("batch", tmp_path / "class", "-a", home / "both", "-o", tmp_path / "out")
    grader(*command)
    found = results(tmp_path / "out")
    assert {name: result["score"] for name, result in found.items()} == {"right": 7.0, "half": 3.0}
    head = (tmp_path / "out" / "gradebook.csv").read_text(encoding="utf-8-sig").splitlines()[0]
    assert "part:one/scale,part:two/shift" in head
    assert "2 of 2 graded, 2 of them unchanged" in grader(*command).stdout
