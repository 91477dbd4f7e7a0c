"""Help is there for every command, and does not load what only grading needs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from grader.cli.app import app
from tests.support import grader

COMMANDS = (
    *(
        "autograder",
        "batch",
        "check",
        "ci",
        "demo",
        "doctor",
        "extend",
        "feedback",
        "grade",
        "grades",
        "history",
        "key",
        "kit",
    ),
    *(
        "leaderboard",
        "lint",
        "new",
        "notebook",
        "override",
        "publish",
        "questions",
        "requests",
        "serve",
        "similar",
        "submit",
        "template",
        "term",
        "verify",
    ),
)
HEAVY = (
    "numpy",
    "jinja2",
    "pytest",
    "nbclient",
    "jupyter_client",
    "ipykernel",
    "fissix",
    "torch",
    "sqlalchemy",
    "alembic",
    "starlette",
    "uvicorn",
)

HELP = f"""
import contextlib, io, sys
from grader.cli.app import main
for command in [[], *([name] for name in {COMMANDS!r})]:
    sys.argv = ["grader", *command, "--help"]
    with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):
        main()
    print(*command, *[name for name in {HEAVY!r} if name in sys.modules])
"""


def test_help_loads_little() -> None:
    done = subprocess.run([sys.executable, "-c", HELP], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["", *COMMANDS]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_says_what_it_does(command: str) -> None:
    done = CliRunner().invoke(app, [command, "--help"], prog_name="grader")
    text = [line.strip() for line in done.output.splitlines() if line.strip()]
    assert text[0].lower().startswith(f"usage: grader {command}")
    said = next(line for line in text[1:] if not line.startswith("["))  # usage may take two lines
    assert said.endswith(".") or len(said) > 20, text[:3]


def test_the_list_of_commands_is_whole() -> None:
    assert sorted(str(command.name) for command in app.registered_commands) == sorted(COMMANDS)


def test_exit_codes_are_in_the_help() -> None:
    said = " ".join(grader("--help").stdout.split())
    assert "0 all good, 1 some checks failed, 2 usage, 3 input unreadable, 4 internal error" in said


def test_version() -> None:
    from grader.grading import harness_version

    assert grader("--version").stdout.strip() == harness_version()


WITHOUT_COURSES = """
import sys
for name in ("sqlalchemy", "alembic", "psycopg"):
    sys.modules[name] = None  # as if it were not installed
from grader.cli.app import main
sys.argv = ["grader", *sys.argv[1:]]
main()
"""


def test_without_the_extra_everything_works_but_courses(tmp_path: Path) -> None:
    def run(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", WITHOUT_COURSES, *words]
        return subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)

    (tmp_path / "class" / "ann").mkdir(parents=True)
    (tmp_path / "class" / "bob").mkdir()
    done = run("batch", "class", "--out", "out", "-a", "numpynn")
    assert "0 of 2 graded" in done.stdout, done.stderr
    done = run("course", "new", "nets")
    assert "A course needs sqlalchemy. Install it with: pip install 'gradewall[course]'" in (
        done.stderr
    )
    assert done.returncode == 2
    assert not (tmp_path / "nets" / "course.toml").exists()
