"""All attacks, slow ones too, in every setting that this machine has: `make attacks`."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests.attacks import settings
from tests.attacks.judge import Run
from tests.attacks.records import attacks
from tests.attacks.settings import SETTINGS, Setting

pytestmark = pytest.mark.attacks_full


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Every attack, where they are asked for: else there are two thousand tests to leave out."""
    if "attack" in metafunc.fixturenames:
        asked = metafunc.config.getoption("markexpr") == "attacks_full"
        metafunc.parametrize("attack", attacks() if asked else [*attacks()][:1])


@pytest.fixture(scope="module", params=SETTINGS, ids=str)
def run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Run:
    setting: Setting = request.param
    if why := settings.missing(setting):
        pytest.skip(why)
    found = settings.run(setting, tmp_path_factory.mktemp("attacks") / "out")
    if kept := os.environ.get("ATTACKS_OUT"):
        target = Path(kept) / setting.slug
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(found.out, target)
    return found


def test_the_attack_gains_nothing(run: Run, attack: str) -> None:
    assert list(run.complaints(attacks()[attack])) == []


def test_nobody_else_notices_and_nothing_stays(run: Run) -> None:
    assert list(run.common()) == []
