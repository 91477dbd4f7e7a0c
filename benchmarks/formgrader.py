"""The formgrader of nbgrader over made-up submissions, to be measured beside the desk."""

from __future__ import annotations

import contextlib
import http.client
import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

PORT: Final = 8_098
MAKE: Final = """
import sys
from pathlib import Path
from nbgrader.api import Gradebook

students = int(sys.argv[1])
with Gradebook("sqlite:///gradebook.db") as book:
    book.add_assignment("ps1")
    book.add_notebook("p1", "ps1")
    for n in range(4):
        book.add_grade_cell(f"answer-{n}", "p1", "ps1", max_score=2, cell_type="markdown")
        book.add_solution_cell(f"answer-{n}", "p1", "ps1")
    for n in range(students):
        book.add_student(f"student{n}", first_name=f"First{n}", last_name=f"Last{n}")
        book.add_submission("ps1", f"student{n}")
        Path(f"submitted/student{n}/ps1").mkdir(parents=True)
        Path(f"submitted/student{n}/ps1/p1.ipynb").write_text("{}")
"""
CONFIG: Final = "c = get_config()\nc.CourseDirectory.course_id = 'large'\n"
EXTENSION: Final = "nbgrader.server_extensions.formgrader"


class Formgrader:
    """A course of nbgrader in a folder, made the first time."""

    def __init__(self, python: str, folder: Path) -> None:
        self._python = python
        self._folder = folder
        own = Path(python).absolute().parent
        self._environment = {**os.environ, "PATH": f"{own}{os.pathsep}{os.environ['PATH']}"}
        """It starts programs that are installed with it by their names."""

    def pages(self) -> dict[str, str]:
        """What is asked for, by what it is called: each page, and what it loads."""
        return {
            "submissions, the page": "/formgrader/manage_submissions/ps1",
            "submissions, what it loads": "/formgrader/api/submissions/ps1",
            "students, what it loads": "/formgrader/api/students",
            "a notebook, what it loads": "/formgrader/api/submitted_notebooks/ps1/p1",
        }

    @contextlib.contextmanager
    def served(self, students: int) -> Iterator[int]:
        """The formgrader in a process of its own; its port."""
        self._make(students)
        command = [
            self._python, "-m", "jupyter_server", "--allow-root", "--no-browser",
            f"--port={PORT}", "--IdentityProvider.token=", "--ServerApp.password=",
            f"--ServerApp.jpserver_extensions={{'{EXTENSION}': True}}", "--log-level=ERROR",
        ]  # fmt: skip
        process = subprocess.Popen(command, cwd=self._folder, env=self._environment)
        try:
            _wait()
            yield PORT
        finally:
            process.terminate()
            process.wait()

    def _make(self, students: int) -> None:
        if (self._folder / "gradebook.db").exists():
            return
        self._folder.mkdir(parents=True)
        (self._folder / "nbgrader_config.py").write_text(CONFIG, encoding="utf-8")
        making = [self._python, "-c", MAKE, str(students)]
        subprocess.run(making, cwd=self._folder, env=self._environment, check=True)


def _wait() -> None:
    for _ in range(600):
        with contextlib.suppress(OSError):
            connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=60)
            connection.request("GET", "/api")
            connection.getresponse().read()
            return
        time.sleep(0.1)
    raise SystemExit("The formgrader did not start.")
