"""The kept corpus: what fuzzing found worth keeping, played back."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fuzz.run import CORPUS
from tests.fuzz.targets import TARGETS

KEPT = sorted(CORPUS.glob("*/*"))


def test_every_target_has_a_corpus_and_every_corpus_a_target() -> None:
    assert {path.parent.name for path in KEPT} == set(TARGETS)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.filterwarnings("ignore")
def test_the_corpus_breaks_no_promise(target: str) -> None:
    for path in KEPT:
        if path.parent.name == target:
            _play(target, path)


def _play(target: str, path: Path) -> None:
    try:
        TARGETS[target](path.read_bytes())
    except Exception as error:
        raise AssertionError(f"{path.name}: {type(error).__name__}: {error}") from error
