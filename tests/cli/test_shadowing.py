"""Modules that lie in the folder we stand in are a student's: no process of ours imports them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.batch.toy import assignment, hand_in
from tests.support import SECONDS

SCRIPT = Path(sys.executable).with_name("grader")
NAMES = (
    "numpy", "msgspec", "typer", "click", "rich", "pytest", "_pytest", "pluggy", "jinja2",
    "conftest", "sitecustomize", "usercustomize", "json", "typing", "socket", "subprocess",
    "tomllib", "csv", "tempfile", "logging", "random", "__future__", "contextlib", "layers",
    "toy", "test_selfcheck",
)  # fmt: skip
SETTINGS = {
    "pytest.ini": "[pytest]\naddopts = -p conftest\npythonpath = .\n",
    "tox.ini": "[pytest]\naddopts = -p conftest\n",
    "pyproject.toml": "[tool.pytest.ini_options]\naddopts = '-p conftest'\npythonpath = ['.']\n",
    "matplotlibrc": "backend: module://conftest\n",
    "ipython_kernel_config.py": "open('RUN-ipython', 'w')\n",
    "x.pth": "import conftest\n",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A student's folder, with whatever could be taken for something else."""
    assignment(tmp_path / "assignment")
    hand_in(tmp_path, "ann")
    folder = tmp_path / "ann"
    for name in NAMES:
        said = f"import os; open(os.path.join({str(folder)!r}, 'RUN-{name}'), 'w')\n"
        (folder / f"{name}.py").write_text(said, encoding="utf-8")
    for name, content in SETTINGS.items():
        (folder / name).write_text(content, encoding="utf-8")
    return folder


def _run(
    folder: Path, *command: str | Path, arguments: tuple[str, ...] = (), **environment: str
) -> str:
    rubric = folder.parent / "assignment" / "toy.toml"
    more = arguments or ("grade", ".", "-a", str(rubric), "--report", str(folder.parent / "r.html"))
    done = subprocess.run(
        [*map(str, command), *more],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    ran = sorted(path.name for path in folder.glob("RUN-*"))
    assert ran == [], (done.stdout, done.stderr)
    assert done.returncode == 0, (done.stdout, done.stderr)
    return done.stdout


def test_no_command_runs_what_lies_around(folder: Path) -> None:
    _run(folder, SCRIPT)
    rubric = folder.parent / "assignment" / "toy.toml"
    _run(folder, SCRIPT, arguments=("check", ".", "-a", str(rubric)))
    _run(folder, sys.executable, "-P", "-m", "grader", arguments=("--version",))


def test_python_m_runs_only_what_python_itself_imports_first(folder: Path) -> None:
    (folder / "contextlib.py").unlink()
    _run(folder, sys.executable, "-m", "grader")


def test_a_module_called_grader_is_passed_over_by_the_script(folder: Path) -> None:
    (folder / "grader.py").write_text("open('RUN-grader', 'w')\n", encoding="utf-8")
    _run(folder, SCRIPT)
    _run(folder, sys.executable, "-P", "-m", "grader", arguments=("--version",))


@pytest.mark.parametrize("entry", ["", "."])
def test_a_program_that_lies_around_is_neither_run_nor_in_the_way(folder: Path, entry: str) -> None:
    """Where it was in the way, the sandbox did not start, and a weaker one was taken."""
    if shutil.which("bwrap") is None:
        pytest.skip("needs bubblewrap")
    for name in ("bwrap", "python", "python3", "sh", "gcc", "ldconfig"):
        program = folder / name
        said = f"#!/bin/sh\ntouch '{folder}/RUN-{name}'\nexec '{shutil.which(name)}' \"$@\"\n"
        program.write_text(said, encoding="utf-8")
        program.chmod(0o755)
    said = _run(folder, SCRIPT, PATH=os.pathsep.join([entry, os.environ["PATH"]]))
    assert "bubblewrap" in said


def test_an_empty_entry_of_the_path_is_left_out(folder: Path, tmp_path: Path) -> None:
    """`PYTHONPATH=:/opt/x` means the current folder, too: then Python itself imports from there,
    but we do not."""
    for name in ("sitecustomize", "usercustomize", "__future__", "typing", "contextlib"):
        (folder / f"{name}.py").unlink()
    code = (
        "import sys; sys.argv = ['grader', *sys.argv[1:]]; from grader.__main__ import main; main()"
    )
    path = os.pathsep.join(["", str(tmp_path)])
    _run(folder, sys.executable, "-c", code, PYTHONPATH=path, PYTHONDONTWRITEBYTECODE="1")
