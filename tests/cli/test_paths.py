"""Paths that lead nowhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.cli.arguments import existing
from grader.model.errors import InputError


def test_a_path_that_is_not_there_comes_with_one_that_is(tmp_path: Path) -> None:
    (tmp_path / "submissions").mkdir()
    with pytest.raises(InputError) as caught:
        existing(tmp_path / "submision")
    path = tmp_path / "submissions"
    assert str(caught.value).endswith(f"there is no such file or folder. Did you mean {path}?")


def test_it_says_how_far_a_path_leads(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        existing(tmp_path / "no" / "such" / "folder")
    assert caught.value.hint == f"The last folder on the way that is there: {tmp_path}."
