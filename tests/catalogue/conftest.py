"""The catalogue, the reference, and a bank with its key."""

from __future__ import annotations

import pytest

from grader.assignment.catalogue import read_package
from grader.assignment.folder import Assignment
from grader.runner.answer_key import Key
from grader.runner.recording import record_key
from tests.catalogue.judging import Court


@pytest.fixture(scope="session")
def assignment() -> Assignment:
    """Ours."""
    return Assignment.load("numpynn")


@pytest.fixture(scope="session")
def key(assignment: Assignment) -> Key:
    """Recorded now, so that no change of the bank can make it stale."""
    return record_key(assignment)


@pytest.fixture(scope="session")
def reference(assignment: Assignment) -> dict[str, str]:
    """The files of the reference."""
    return read_package(assignment.reference)


@pytest.fixture(scope="module")
def court(assignment: Assignment, key: Key, tmp_path_factory: pytest.TempPathFactory) -> Court:
    """Judges packages by the bank, which is collected each time: better many at once."""
    return Court(assignment, key, tmp_path_factory.mktemp("court"))
