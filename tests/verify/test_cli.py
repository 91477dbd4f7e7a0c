"""`grader verify` as a command."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from grader.verify.proof_terminal import summary
from tests.support import grader
from tests.verify import toy


def verify(folder: Path, *arguments: str, code: int) -> str:
    done = grader("verify", "-a", folder / "toy.toml", "-j", "2", *arguments, cwd=folder, code=code)
    return done.stdout


def test_a_proven_bank(tmp_path: Path) -> None:
    toy.make(tmp_path, toy.SCALE, toy.SHIFT)
    said = verify(tmp_path, "--seeds", "2", "--json", "p.json", "--html", "p.html", code=0)
    assert said.startswith("toy  proven, ")
    assert "100.00% of the others" in said
    content = json.loads((tmp_path / "p.json").read_text(encoding="utf-8"))
    assert content["survivors"] == []
    assert len(content["verdicts"]) > 15
    assert "Proof of the bank: toy" in (tmp_path / "p.html").read_text(encoding="utf-8")


def test_a_weak_bank_shows_the_change_that_lives(tmp_path: Path) -> None:
    toy.make(tmp_path, toy.SCALE, toy.WEAK_SHIFT)
    said = verify(tmp_path, "--seeds", "0", code=1)
    assert "NOT PROVEN" in said
    assert "    - return x + 2 * b\n    + return x - 2 * b\n" in said


@pytest.mark.parametrize(
    ("arguments", "shown", "hidden"),
    [
        (("--only", "mutants"), "mutants of", "seeds"),
        (("--only", "seeds", "--seeds", "2"), "seeds", "mutants of"),
        (("-k", "scale:", "--seeds", "0"), "scale ", "shift"),
    ],
)
def test_a_part_of_it(tmp_path: Path, arguments: tuple[str, ...], shown: str, hidden: str) -> None:
    toy.make(tmp_path, toy.SCALE, toy.SHIFT)
    said = verify(tmp_path, *arguments, code=0)
    assert "proven, as far as was asked" in said
    assert shown in said
    assert hidden not in said


def test_what_cannot_be_done_is_said(tmp_path: Path) -> None:
    toy.make(tmp_path, toy.SCALE)
    wrong = grader("verify", "--only", "everything", cwd=tmp_path, code=2)
    assert "--only everything: expected one of" in wrong.stderr
    (tmp_path / "reference" / "toy" / "layers.py").unlink()
    (tmp_path / "reference" / "toy" / "__init__.py").unlink()
    lost = grader("verify", "-a", tmp_path / "toy.toml", cwd=tmp_path, code=3)
    assert "the reference package is not there" in lost.stderr


def test_long_lists_are_cut(tmp_path: Path) -> None:
    from rich.console import Console

    proof = toy.proof_of(toy.make(tmp_path, toy.SCALE, toy.SHIFT))
    proof.idle_checks = [f"layers::{number}" for number in range(45)]
    console = Console(width=100)
    with console.capture() as captured:
        console.print(summary(proof))
    said = captured.get()
    assert "layers::39" in said
    assert "layers::40" not in said
    assert "and 5 more" in said
