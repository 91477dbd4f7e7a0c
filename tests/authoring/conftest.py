"""One assignment that several tests look at: made once, as `grader new` makes it."""

from __future__ import annotations

import pytest

from grader.authoring.completion import complete
from grader.authoring.new_assignment import Made, new_assignment


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """The worked example."""
    out = tmp_path_factory.mktemp("authoring") / "robust-statistics"
    return new_assignment(out, None, 2, lambda *_: None, complete)
