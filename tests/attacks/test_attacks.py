"""Hostile submissions gain nothing, read nothing, leave nothing, and disturb nobody.

Here the quick ones, with the best kind of sandbox; `make attacks` runs all of them with every kind.
"""

from __future__ import annotations

import ast
import importlib
import re
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from grader.sandbox.sandboxes import probe
from tests.attacks.judge import Run, injected, markup
from tests.attacks.records import ENDINGS, Attack, attacks
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


def test_what_attacks_reach_for_in_the_harness_is_there() -> None:
    """An attack on something that was renamed fails before it does anything."""
    reached = [place for attack in attacks().values() for place in _reached(attack)]
    assert len(reached) > 20
    assert [place for place in reached if not _is_there(*place)] == []


def _reached(attack: Attack) -> Iterator[tuple[str, str]]:
    """Modules of the harness, each with a path of attributes that the attack uses."""
    written = [text for name, text in attack.files.items() if name.endswith(".py")]
    parts = [attack.module, attack.body, attack.backward, *written]
    reaching = [part for part in parts if "grader." in part]
    texts = (f"def part():\n    pass\n{textwrap.indent(part, '    ')}" for part in reaching)
    nodes = [node for text in texts for node in ast.walk(ast.parse(text))]
    modules: dict[str, str] = {}
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("grader."):
            yield from ((node.module or "", each.name) for each in node.names)
            modules |= {each.name: f"{node.module}.{each.name}" for each in node.names}
    for node in nodes:
        path, last = ast.unparse(node).split(".") if _is_dotted(node) else ("", "")
        if path in modules:
            yield modules[path], last


def _is_dotted(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)


def _is_there(module: str, name: str) -> bool:
    try:
        importlib.import_module(f"{module}.{name}")
    except ModuleNotFoundError:
        return hasattr(importlib.import_module(module), name)
    return True


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
