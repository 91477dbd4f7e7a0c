"""A kit names a known mistake, the same in the terminal and in pytest."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from grader.selfcheck.student_kit import build_kit
from tests.support import SECONDS
from tests.verify.toy import SCALE, SHIFT, make

MISTAKE = """\
function = "scale"
severity = "major"
title = { en = "w is added" }
explanation = { en = "Each entry of x is one w too large." }
hint = { en = "What does the docstring do with w?" }
[[patch]]
file = "layers.py"
old = "x * w"
new = "x + w"
"""
MINE = """\
import numpy as np


def scale(x, w):
    rows = [[a + b for a, b in zip(row, w)] for row in x]
    return np.array(rows)


def shift(x, b):
    return x + 2 * b
"""


@pytest.fixture(scope="module")
def kit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A kit unpacked in `site`, and the folder `mine` of somebody who has made the mistake."""
    base = tmp_path_factory.mktemp("kit")
    assignment = make(base, SCALE, SHIFT)
    (base / "template" / "toy").mkdir(parents=True)
    (base / "reference" / "mistakes" / "scale").mkdir(parents=True)
    (base / "reference/mistakes/scale/scale-adds.toml").write_text(MISTAKE, encoding="utf-8")
    wheel = build_kit(assignment, base / "mine")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(base / "site")
    (base / "mine" / "toy" / "layers.py").write_text(MINE, encoding="utf-8")
    return base


def run(kit: Path, *words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-P", *words],
        cwd=kit / "mine",
        env=os.environ | {"PYTHONPATH": str(kit / "site"), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    return done.stdout


def test_pytest_says_the_causes_that_the_command_says(kit: Path) -> None:
    command = ["-c", "from grader.cli.student_app import main; main()", "check"]
    failed = [each for each in json.loads(run(kit, *command, "--json"))["checks"] if each["causes"]]
    (cause,) = failed[0]["causes"]
    assert (cause["id"], cause["certain"]) == ("scale-adds", True)
    by_command = run(kit, *command)
    by_pytest = run(kit, "-m", "pytest", "-p", "no:cacheprovider")
    for text in (by_command, by_pytest):
        for said in (cause["title"], cause["explanation"], cause["hint"]):
            assert said in " ".join(text.split())
