"""The keys that are shipped are of the banks and references that are shipped."""

from __future__ import annotations

import pytest

from grader.assignment.folder import Assignment
from grader.runner.answer_key import Key


@pytest.mark.parametrize("name", ["numpynn", "convnet"])
def test_the_key_is_current(name: str) -> None:
    """Else it is recorded anew whenever a server starts: run `make key`."""
    assignment = Assignment.load(name)
    key = Key.load(assignment.layout.key)
    assert key.seed == str(assignment.rubric.seed)
    assert key.digest.startswith(assignment.bank_digest + assignment.reference_digest)
