"""The file of arguments for equivalence."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.assignment.folder import Assignment
from grader.model.errors import InputError
from grader.verify.equivalent_mutants import Argument, argue, load_arguments
from grader.verify.proof import ProgramKind, ProgramVerdict, Subject


def verdict(name: str = "f:number:1", old: str = "a = 1", new: str = "a = 2") -> ProgramVerdict:
    return ProgramVerdict(subject=Subject(id=name, kind=ProgramKind.MUTANT, old=old, new=new))


@pytest.mark.parametrize(
    ("function", "old", "new", "fits"),
    [
        ("f", "a = 1", "a = 2", True),
        ("f", "a = *", "a = 2", True),
        ("f", "a = 1", ["a = 3", "a = 2"], True),
        ("g", "a = 1", "a = 2", False),
        ("f", "a = 1", "a = 3", False),
        ("f:number", "a = 1", "a = 2", False),
    ],
)
def test_an_argument_fits_by_function_and_change(
    function: str, old: str, new: str | list[str], fits: bool
) -> None:
    judged = verdict()
    stale = argue([judged], [Argument(function, old, new, "So.")])
    assert judged.equivalent == ("So." if fits else "")
    assert ("f: a = 1 -> a = 2" in stale) is False
    assert bool(stale) is (not fits or isinstance(new, list))


def test_brackets_are_no_patterns_where_the_text_is_the_same() -> None:
    judged = verdict(old="x[0]", new="x[1]")
    assert argue([judged], [Argument("f", "x[0]", "x[1]", "So.")]) == []


def test_only_mutants_are_argued_about() -> None:
    mistake = ProgramVerdict(
        subject=Subject(id="f:number:1", kind=ProgramKind.MISTAKE, old="a", new="b")
    )
    assert argue([mistake], [Argument("f", "a", "b", "So.")]) == ["f: a -> b"]


def test_no_file_is_no_argument(tmp_path: Path) -> None:
    assert load_arguments(tmp_path / "equivalent_mutants.toml") == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[[mutant]\n", "not valid TOML"),
        ('[[mutant]]\nfunction = "f"\nold = "a"\nnew = "b"\n', "reason"),
        ('[[mutants]]\nfunction = "f"\n', "mutants"),
    ],
)
def test_a_wrong_file_is_named(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "equivalent_mutants.toml").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=r"equivalent_mutants\.toml: ") as caught:
        load_arguments(tmp_path / "equivalent_mutants.toml")
    assert words in caught.value.message


def test_ours_are_argued_one_by_one() -> None:
    arguments = load_arguments(Assignment.load("numpynn").layout.equivalents)
    changes = [change for argument in arguments for change in argument.changes()]
    assert len(set(changes)) == len(changes) > 15
    assert all(len(argument.reason) > 15 for argument in arguments)
    assert not any("*" in part.replace(" * ", "") for part, _, _ in changes)
