"""docs/authoring.md, followed: from a solution to a graded submission."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from grader.authoring.new_assignment import Made
from tests.support import REPOSITORY, grader, results

PAGE = (REPOSITORY / "docs" / "authoring.md").read_text(encoding="utf-8")
FENCED = re.compile(r"^```bash\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def test_the_page_from_the_folder_to_a_graded_submission(made: Made, tmp_path: Path) -> None:
    shutil.copytree(made.folder, tmp_path / "robust")
    shutil.copytree(made.folder / "reference", tmp_path / "submissions" / "ann")
    shutil.copytree(made.folder / "template", tmp_path / "submissions" / "bob")
    new, *commands = [
        line
        for block in FENCED.findall(PAGE.partition("## From another grader")[0])
        for line in block.splitlines()
    ]
    assert new == "grader new robust --from reference/"  # the fixture has done it
    for command in commands:
        grader(*command.split()[1:], cwd=tmp_path)
    graded = results(tmp_path / "reports")
    assert {name: result["score"] for name, result in graded.items()} == {"ann": 100, "bob": 0}
    assert not any(check["outcome"] in ("failed", "error") for check in graded["bob"]["checks"])


def test_the_folder_is_found_from_inside(made: Made, tmp_path: Path) -> None:
    shutil.copytree(made.folder, tmp_path / "robust")
    done = grader("key", "--check", cwd=tmp_path / "robust" / "bank")
    assert "current" in done.stdout
