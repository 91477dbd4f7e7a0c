"""Following docs/mistakes.md adds a mistake that the bank kills, and a variant that passes."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from grader.assignment.catalogue import apply, load_mistakes, load_variants, read_package
from grader.assignment.folder import Assignment
from grader.model.result import Outcome
from tests.catalogue.judging import Court
from tests.support import REPOSITORY

PAGE = (REPOSITORY / "docs" / "mistakes.md").read_text(encoding="utf-8")
EXAMPLE = re.compile(
    r"In `reference/numpynn/(?P<path>\S+\.toml)`:\n\n```toml\n(?P<text>.*?)^```", re.S | re.M
)


@pytest.fixture
def package(tmp_path: Path, assignment: Assignment) -> Path:
    """The reference with its catalogue, and what the page says to add."""
    home = tmp_path / "numpynn"
    shutil.copytree(assignment.reference.parent, home)
    examples = {match["path"]: match["text"] for match in EXAMPLE.finditer(PAGE)}
    assert len(examples) == 2
    for path, text in examples.items():
        assert not (home / path).exists(), "the page must add something new"
        (home / path).write_text(text, encoding="utf-8")
    return home / assignment.reference.name


def test_the_mistake_is_killed(package: Path, court: Court, assignment: Assignment) -> None:
    known = {mistake.id for mistake in load_mistakes(assignment.layout.mistakes)}
    (mistake,) = (
        mistake for mistake in load_mistakes(package.parent / "mistakes") if mistake.id not in known
    )
    files = apply(read_package(package), mistake)
    kills = court.first_kills({"new": files}, {"new": mistake.function})
    assert kills["new"].startswith(f"losses::{mistake.function}")


def test_the_variant_passes(package: Path, court: Court, assignment: Assignment) -> None:
    known = {variant.id for variant in load_variants(assignment.layout.variants)}
    (variant,) = (
        variant for variant in load_variants(package.parent / "variants") if variant.id not in known
    )
    checks = court.all_checks({"other": apply(read_package(package), variant)})["other"]
    assert [(c.id, c.message) for c in checks if c.outcome is not Outcome.PASSED] == []


def test_every_key_is_explained() -> None:
    keys = {"function", "severity", "title", "explanation", "hint", "patch"}
    assert {key for key in keys if f"| `{key}` |" not in PAGE} == set()
