"""What `grader check` needs to start: the modules that it imports, the programs that it runs."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest

from tests.support import REPOSITORY

REFERENCE: Final = REPOSITORY / "reference" / "numpynn" / "numpynn"
DRIVER: Final = """
import json, sys
programs = []
sys.addaudithook(lambda event, args: event == "subprocess.Popen" and programs.append(args[0]))
sys.argv = ["grader", "check", "-a", "numpynn", "-k", "affine_forward", "--json"]
from grader.__main__ import main
try:
    main()
except SystemExit as end:
    files = [getattr(module, "__file__", None) for module in [*sys.modules.values()]]
    said = {"modules": [*sys.modules], "files": files, "programs": programs, "code": end.code}
    print(json.dumps(said), file=sys.stderr)
"""


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What a self-check of two functions has imported and run."""
    folder = tmp_path_factory.mktemp("work")
    shutil.copytree(REFERENCE, folder / "numpynn", ignore=shutil.ignore_patterns("__pycache__"))
    done = subprocess.run(
        [sys.executable, "-P", "-c", DRIVER], cwd=folder, capture_output=True, text=True, check=True
    )
    found: dict[str, Any] = json.loads(done.stderr.splitlines()[-1])
    assert found["code"] == 0
    assert json.loads(done.stdout)["checks"]
    return found


def test_only_the_modules_of_the_bank_that_the_checks_stand_in_are_imported(
    started: dict[str, Any],
) -> None:
    places = [Path(file) for file in started["files"] if file]
    bank = [path.name for path in places if path.parent.name == "bank"]
    assert "layers.py" in bank
    assert {"optimizers.py", "training.py", "normalization.py"}.isdisjoint(bank)


@pytest.mark.parametrize(
    "name",
    ["jinja2", "nbformat", "typer", "pydantic", "dask", "sqlalchemy", "watchfiles",
     "grader.batches.grading_server", "grader.batches.grading_client", "grader.report.html"],
)  # fmt: skip
def test_what_a_self_check_has_no_use_for_is_not_imported(
    started: dict[str, Any], name: str
) -> None:
    assert name not in started["modules"]


def test_nothing_is_started_but_the_sandbox(started: dict[str, Any]) -> None:
    assert len(started["programs"]) == 1
