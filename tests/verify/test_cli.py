"""`grader verify` as a command."""

from __future__ import annotations

import html
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
    said = verify(
        tmp_path,
        "--seeds",
        "2",
        "--catalogue-seeds",
        "1",
        "--json",
        "p.json",
        "--html",
        "p.html",
        code=0,
    )
    assert said.startswith("toy  proven, ")
    assert "100.00% of the others" in said
    content = json.loads((tmp_path / "p.json").read_text(encoding="utf-8"))
    assert content["survivors"] == content["not_run"] == []
    assert len(content["verdicts"]) > 15
    assert "Proof of the bank: toy" in (tmp_path / "p.html").read_text(encoding="utf-8")


def test_a_weak_bank_shows_the_change_that_lives(tmp_path: Path) -> None:
    toy.make(tmp_path, toy.SCALE, toy.WEAK_SHIFT)
    said = verify(tmp_path, "--seeds", "0", code=1)
    assert "NOT PROVEN" in said
    assert "    - return x + 2 * b\n    + return x - 2 * b\n" in said


@pytest.mark.parametrize(
    ("arguments", "shown", "hidden", "not_run"),
    [
        (
            ("--only", "mutants"),
            "mutants of",
            "seeds  ",
            "valid variants; mistakes; idle functions; the reference under other seeds; "
            "the catalogue under other seeds",
        ),
        (
            ("--only", "seeds", "--seeds", "2"),
            "seeds",
            "mutants of",
            "valid variants; mistakes; mutants; idle functions",
        ),
        (
            ("-k", "scale:", "--seeds", "0"),
            "scale ",
            "shift",
            "the reference under other seeds; everything without 'scale:' in its id",
        ),
    ],
)
def test_a_part_of_it_claims_nothing_of_the_rest(
    tmp_path: Path, arguments: tuple[str, ...], shown: str, hidden: str, not_run: str
) -> None:
    toy.make(tmp_path, toy.SCALE, toy.SHIFT)
    said = verify(tmp_path, *arguments, "--html", "p.html", code=0)
    assert said.startswith("toy  passed what was run, ")
    assert f"Not run, so not judged: {not_run}." in said
    assert shown in said
    assert hidden not in said
    page = html.unescape((tmp_path / "p.html").read_text(encoding="utf-8"))
    assert f"Not run, so not judged: {not_run}." in page
    for claim in ("Proven", "0 mistakes", "0 mutants", "0 seeds", ">kills<"):
        assert claim not in page


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("-k", "nosuch"), "variants, mistakes, mutants, idle functions with 'nosuch' in their id"),
        (("--only", "mistakes"), "toy has no mistakes, so there is nothing to run"),
        (("--only", "seeds", "--seeds", "0", "-k", "x"), "mistakes with 'x' in their id"),
    ],
)
def test_a_run_of_nothing_is_an_error(
    tmp_path: Path, arguments: tuple[str, ...], told: str
) -> None:
    toy.make(tmp_path, toy.SCALE, toy.SHIFT)
    done = grader("verify", "-a", "toy.toml", *arguments, cwd=tmp_path, code=3)
    assert told in done.stderr
    assert not done.stdout


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
