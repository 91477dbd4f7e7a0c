"""The assignment is a folder and nothing else: without it all else works."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OWN = (
    *("reference/convnet", "student_template/convnet", "rubrics/convnet", "grader/assignments"),
    "rubrics/cs231n-2023-a2.toml",
)
"""Its folders, those of other assignments, whose templates may show stubs of it, and the rubric
that includes it, which stays without it and is in nobody's way."""


@pytest.fixture(scope="module")
def without(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the harness and its assignments, but for this one."""
    root = tmp_path_factory.mktemp("without")
    for name in ("grader", "reference", "student_template", "rubrics"):
        shutil.copytree(
            ROOT / name,
            root / name,
            ignore=lambda folder, names: [
                name
                for name in names
                if name.startswith(("convnet", "__pycache__"))
                and (name != "convnet" or Path(folder).relative_to(ROOT).as_posix())
            ],
        )
    return root


def run(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *arguments]
    return subprocess.run(
        command,
        cwd=root,
        env={"PYTHONPATH": str(root), "PATH": "/usr/bin:/bin", "HOME": str(root)},
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )


def test_the_other_assignment_grades_as_before(without: Path) -> None:
    assert not list(without.rglob("*convnet*"))
    package = "reference/numpynn"
    done = run(without, "-m", "grader", "grade", package, "-a", "numpynn", "--sandbox", "auto")
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"100 / 100", done.stdout)


def test_it_is_an_unknown_assignment_then(without: Path) -> None:
    done = run(without, "-m", "grader", "grade", "reference/numpynn", "-a", "convnet")
    assert done.returncode == 2
    assert "There is no assignment 'convnet'" in done.stderr


def test_nothing_else_names_it() -> None:
    """Outside of its own folders, what the harness runs does not know of it."""
    words = re.compile(r"convnet|max_pool|groupnorm|im2col", re.IGNORECASE)
    naming = [
        path.relative_to(ROOT).as_posix()
        for top in ("grader", "reference", "rubrics", "student_template")
        for path in sorted((ROOT / top).rglob("*"))
        if path.suffix in (".py", ".toml", ".html", ".js", ".css")
        and not path.relative_to(ROOT).as_posix().startswith(OWN)
        and words.search(path.read_text(encoding="utf-8"))
    ]
    assert naming == []


def test_it_stands_on_no_other_assignment() -> None:
    own = sorted((ROOT / "grader" / "assignments" / "convnet").rglob("*.py"))
    others = re.compile(r"grader\.assignments\.(?!convnet\b)\w+")
    assert [path.name for path in own if others.search(path.read_text(encoding="utf-8"))] == []
