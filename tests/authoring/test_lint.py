"""`grader lint`: what is wrong is named with its place."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from grader.authoring.lint import lint
from grader.authoring.new_assignment import Made
from grader.grading.settings import Settings


@pytest.fixture
def folder(made: Made, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made.folder, tmp_path / "mine"))


def complaints(folder: Path) -> list[str]:
    return [each.text for each in lint(str(folder), Settings(assignment=str(folder)))]


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def test_what_grader_new_writes_is_ready(folder: Path) -> None:
    assert complaints(folder) == []


def _no_reference(folder: Path) -> None:
    replace(folder / "assignment.toml", "huber_forward = ", "huber_foward = ")


def _no_part(folder: Path) -> None:
    replace(folder / "assignment.toml", "[parts.losses]", "[parts.loses]")


def _no_check(folder: Path) -> None:
    with (folder / "assignment.toml").open("a") as file:
        file.write('\n[checks]\n"losses::huber" = { points = 2 }\n')


def _no_helper(folder: Path) -> None:
    replace(folder / "bank" / "losses.py", "from grader", "from ._help import two\nfrom grader")


def _no_marks(folder: Path) -> None:
    path = folder / "reference" / "robust" / "losses.py"
    lines = [line for line in path.read_text().splitlines(True) if "SOLUTION" not in line]
    path.write_text("".join(lines))


def _misspelt_marks(folder: Path) -> None:
    replace(folder / "reference" / "robust" / "losses.py", "# END SOLUTION", "# END SOLUTON")


def _answer_written_down(folder: Path) -> None:
    replace(folder / "reference" / "robust" / "scaling.py", "self.epsilon = epsilon", "pass")


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (_no_reference, "assignment.toml, line "),
        (_no_part, "assignment.toml, line "),
        (_no_check, "key `checks.losses::huber` is not a check"),
        (_no_helper, "bank/losses.py:?: there is no helper _help.py beside it."),
        (_no_marks, "losses.py:8: students would get huber_forward whole"),
        (_misspelt_marks, "'# END SOLUTON' looks like a marker"),
        (_answer_written_down, "The reference fails"),
    ],
)
def test_what_is_wrong(folder: Path, harm: Callable[[Path], None], said: str) -> None:
    harm(folder)
    assert any(fnmatchcase(text, f"*{said}*") for text in complaints(folder)), complaints(folder)
