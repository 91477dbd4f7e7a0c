"""One assignment that several tests look at: made once, as `grader new` makes it."""

from __future__ import annotations

import pytest

from grader.authoring.new_assignment import Made
from tests.small_process import new_folder


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """The worked example."""
    out = tmp_path_factory.mktemp("authoring") / "robust-statistics"
    return new_folder(out, None, 2)
