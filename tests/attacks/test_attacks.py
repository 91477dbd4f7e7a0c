"""Hostile submissions gain nothing, read nothing, leave nothing, and disturb nobody.

Here the quick ones, with the best kind of sandbox; `make attacks` runs all of them with every kind.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from grader.sandbox.sandboxes import probe
from tests.attacks.judge import Run, injected, markup
from tests.attacks.records import ENDINGS, attacks
from tests.support import REPOSITORY

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="no isolating kind elsewhere")
QUICK = [attack.id for attack in attacks().values() if not attack.slow]


def attack_all(kind: str, out: Path, *options: str) -> Run:
    """Run the attacks with one kind, in a process of their own."""
    command = [sys.executable, "-m", "tests.attacks.run", kind, str(out), *options]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return Run(out)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    kinds = [found.kind for found in probe() if found.ok and found.kind != "none"]
    if not kinds:
        pytest.skip("no isolating sandbox works here")
    return attack_all(kinds[0], tmp_path_factory.mktemp("attacks") / "out")


@pytest.mark.parametrize("attack", QUICK)
def test_the_attack_gains_nothing(run: Run, attack: str) -> None:
    assert list(run.complaints(attacks()[attack])) == []


def test_nobody_else_notices_and_nothing_stays(run: Run) -> None:
    assert list(run.common()) == []


def test_there_are_enough_of_them() -> None:
    assert len(attacks()) >= 80
    assert len({attack.family for attack in attacks().values()}) >= 12


def test_records_are_whole() -> None:
    for attack in attacks().values():
        re.compile(attack.says)
        assert set(attack.on.values()) <= set(ENDINGS)
        assert bool(attack.on) == bool(attack.why), attack.id
        if attack.allowed:
            assert attack.score is not None, attack.id


def test_the_judge_sees_points_that_were_gained(run: Run) -> None:
    attack = attacks()["array-nan"]
    found = run.results[attack.id]
    run.results[attack.id] = msgspec.structs.replace(found, score=31.0)
    try:
        assert any("31 points" in text for text in run.complaints(attack))
    finally:
        run.results[attack.id] = found


def test_the_judge_sees_checks_that_were_broken(run: Run) -> None:
    attack = attacks()["array-nan"]
    found = run.results[attack.id]
    broken = [msgspec.structs.replace(check, outcome="internal") for check in found.checks]
    run.results[attack.id] = msgspec.structs.replace(found, checks=broken)
    try:
        assert any("broke the checks" in text for text in run.complaints(attack))
    finally:
        run.results[attack.id] = found


def test_the_judge_sees_secrets(run: Run) -> None:
    attack = attacks()["array-nan"]
    told = run.told(run.results[attack.id])
    seen, run.seen = run.seen, msgspec.structs.replace(run.seen, secrets={"word": told[100:130]})
    try:
        assert "secrets were read: word" in list(run.complaints(attack))
    finally:
        run.seen = seen


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"processes": ["sleep"]}, "processes stayed: sleep"),
        ({"scratch": ["gradewall-x"]}, "scratch folders stayed: gradewall-x"),
        ({"shared": ["/dev/shm/x"]}, "files stayed: /dev/shm/x"),
        ({"reached": ["hello"]}, "connections were made: hello"),
        ({"outside": ["mark"]}, "files outside were changed: mark"),
        ({"unchanged": False}, "files outside were changed: "),
        ({"said": "\x1b[2J"}, "the terminal was sent '\\x1b'"),
    ],
)
def test_the_judge_sees_what_stays(run: Run, change: dict[str, object], complaint: str) -> None:
    seen, run.seen = run.seen, msgspec.structs.replace(run.seen, **change)
    try:
        assert list(run.common()) == [complaint]
    finally:
        run.seen = seen


def test_the_judge_sees_neighbours_that_are_worse_off(run: Run) -> None:
    name = "m-neighbour"
    found = run.results[name]
    run.results[name] = msgspec.structs.replace(found, score=90.0)
    try:
        assert f"{name} has 90 points in place of 100" in list(run.common())
    finally:
        run.results[name] = found


def test_the_judge_sees_markup(run: Run) -> None:
    assert list(markup("<p onclick=x></p><img src=x>", "it")) != []
    assert list(markup("<script></script><script></script>", "it")) != []
    assert list(markup("\x1b[2J", "it")) != []
    result = run.results["array-nan"]
    assert list(injected(result)) == []
