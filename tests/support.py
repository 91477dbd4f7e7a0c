"""Submissions made from the reference, and the command that grades them."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import time
import venv
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from unittest import mock

from grader.assignment.folder import Assignment
from tests.forked_commands import COMMANDS

if TYPE_CHECKING:
    from typer import Typer

FORM = Assignment.load("numpynn").form
"""What submissions of the shipped assignment look like."""
REPOSITORY = Path(__file__).parents[1]
RUBRICS = REPOSITORY / "rubrics"
SOLUTION = REPOSITORY / "reference" / "numpynn"
"""The shipped assignment's reference package, with what lies beside it."""
TEMPLATE = REPOSITORY / "student_template" / "numpynn"
GRADER = (sys.executable, "-m", "grader")
SECONDS = 500
"""Before a command is taken to hang: no test depends on how busy the machine is.

The longest, a demo, takes 125 seconds with ten processes on one core.
"""

T = TypeVar("T")

WRONG_RELU = {"relu_forward": "return -x, x"}
"""Wrong in itself, and a cache that only its own backward understands."""


def until(true: Callable[[], T], seconds: float = SECONDS) -> T:
    """Wait until something holds; what it gave then."""
    deadline = time.monotonic() + seconds
    while not (answer := true()):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return answer


def submission(
    folder: Path, name: str, bodies: Mapping[str, str] | None = None, *, of: str = "reference"
) -> Path:
    """A copy of the reference (or template) as `folder/name`, with some functions begun anew.

    Args:
        folder: where.
        name: the submission's.
        bodies: function of `layers.py` or `optim.py` to the statements that it starts with.
        of: `reference` or `student_template`.
    """
    target = folder / name
    shutil.copytree(
        REPOSITORY / of / "numpynn",
        target,
        ignore=shutil.ignore_patterns("__pycache__", ".pytest_cache"),
    )
    for function, body in (bodies or {}).items():
        begin(target / "numpynn", function, body)
    return target


def begin(package: Path, function: str, body: str) -> None:
    """Insert statements at the start of a function of the package."""
    for path in (package / "layers.py", package / "optim.py"):
        text = path.read_text(encoding="utf-8")
        start = re.search(rf'^def {function}\(.*?\n    """.*?"""\n', text, re.DOTALL | re.MULTILINE)
        if start:
            indented = "".join(f"    {line}\n" for line in body.splitlines())
            path.write_text(text[: start.end()] + indented + text[start.end() :], encoding="utf-8")
            return
    raise AssertionError(f"no function {function} in {package}")


def environment(folder: Path, wheel: Path) -> Path:
    """Python of a new environment with a wheel, which sees our dependencies, not the checkout."""
    venv.create(folder, with_pip=False, symlinks=os.name != "nt")
    scripts = "Scripts" if os.name == "nt" else "bin"
    python = folder / scripts / ("python.exe" if os.name == "nt" else "python")
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "--python", python, "--disable-pip-version-check"),
            *("install", "--quiet", "--no-deps", "--no-index", wheel),
        ],
        check=True,
        capture_output=True,
    )
    ask: list[str | Path] = [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    packages = Path(subprocess.run(ask, check=True, capture_output=True, text=True).stdout.strip())
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    return python


def grader(
    *arguments: str | Path, cwd: Path | None = None, code: int | None = 0, **more: Any
) -> subprocess.CompletedProcess[str]:
    """Run `grader`; asserts its exit code unless `code` is None.

    Args:
        arguments: the command's.
        cwd: where.
        code: how it must end.
        more: options of `subprocess.run`; with any, it is a process started afresh.
    """
    words = [*map(str, arguments)]
    if more or sys.platform != "linux":
        done = subprocess.run(
            [*GRADER, *words],
            cwd=cwd,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
            **more,
        )
    else:
        done = COMMANDS.run(words, cwd=cwd, seconds=SECONDS)
    assert code is None or done.returncode == code, (done.returncode, done.stdout, done.stderr)
    assert "Traceback" not in done.stdout + done.stderr
    return done


def in_process(*words: str | Path, code: int = 0) -> str:
    """What a command says, run in this process; asserts its exit code, and raises its errors."""
    from typer.testing import CliRunner

    with mock.patch("typer.testing._get_command", _built):
        ran = CliRunner().invoke(_app(), [str(word) for word in words])
    if ran.exception and not isinstance(ran.exception, SystemExit):
        raise ran.exception
    assert ran.exit_code == code, ran.output
    return ran.output


def _app() -> Typer:
    from grader.cli.app import app

    return app


@cache
def _built(app: Typer) -> Any:
    """Reading the signatures of all commands takes longer than most of them."""
    from typer.main import get_command

    return get_command(app)


def results(out: Path) -> dict[str, Any]:
    """The result files of a batch, by submission."""
    loaded = [json.loads(path.read_bytes()) for path in (out / "results").glob("*.json")]
    return {result["submission"]: result for result in loaded}


def verdicts(result: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """What must be the same whenever, wherever and however a submission is graded."""
    keys = ("id", "outcome", "points", "max_points", "message", "hint", "follow_through")
    return [
        (result["score"], result["max_score"], result["error"]),
        *(tuple(str(check[key]) for key in keys) for check in result["checks"]),
    ]


def not_passed(result: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The checks of a result that did not pass."""
    return [check for check in result["checks"] if check["outcome"] != "passed"]


def quick_rubric(folder: Path, **limits: float) -> Path:
    """Our rubric with other limits, so that tests need not wait for the usual ones."""
    path = folder / "quick.toml"
    lines = "".join(f"{name} = {value}\n" for name, value in limits.items())
    text = (RUBRICS / "numpynn.toml").read_text(encoding="utf-8")
    path.write_text(f"{text}\n[limits]\n{lines}", encoding="utf-8")
    if (RUBRICS / "numpynn.key").is_file():
        shutil.copy(RUBRICS / "numpynn.key", folder / "quick.key")
    return path
