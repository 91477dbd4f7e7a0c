"""The course that the tests of the desk share, and copies of it for those that change it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from grader.course.course_folder import CourseFolder
from tests.web.desk_room import Browser, MadeUpGrading, make_assignment, make_course


@pytest.fixture(scope="session")
def rubric(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """That of the tiny assignment."""
    return make_assignment(tmp_path_factory.mktemp("tiny") / "toy")


@pytest.fixture(scope="session")
def made_course(tmp_path_factory: pytest.TempPathFactory, rubric: Path) -> Path:
    """The course, which no test changes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "grader.batches.executor_choice.open_executor",
            lambda _executor, settings, _jobs: MadeUpGrading(settings),
        )
        return make_course(tmp_path_factory.mktemp("desk"), rubric).path


@pytest.fixture
def course(made_course: Path, tmp_path: Path) -> CourseFolder:
    """A copy that a test may change."""
    shutil.copytree(made_course, tmp_path / "nets", symlinks=True)
    return CourseFolder.open(tmp_path / "nets")


@pytest.fixture
def browser(course: CourseFolder) -> Callable[[str], Browser]:
    """Browsers by the account that is signed in; empty for nobody."""
    made: dict[str, Browser] = {}

    def open_browser(name: str = "") -> Browser:
        if name not in made:
            made[name] = Browser(course, name)
        return made[name]

    return open_browser


@pytest.fixture
def owner(browser: Callable[[str], Browser]) -> Browser:
    """Signed in as an owner."""
    return browser("owner")


@pytest.fixture
def instructor(browser: Callable[[str], Browser]) -> Browser:
    """Signed in as an instructor."""
    return browser("instructor")


@pytest.fixture
def assistant(browser: Callable[[str], Browser]) -> Browser:
    """Signed in as an assistant, of section A."""
    return browser("assistant")


@pytest.fixture
def reader(browser: Callable[[str], Browser]) -> Browser:
    """Signed in as somebody who changes nothing."""
    return browser("reader")


@pytest.fixture
def stranger(browser: Callable[[str], Browser]) -> Browser:
    """Not signed in."""
    return browser("")
