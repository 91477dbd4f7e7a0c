"""What is built to be slow, large or deep costs its own row."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from grader.model.errors import InputError
from grader.similarity.limited_reading import read_limited
from tests.similarity import honest
from tests.similarity.conftest import compare


def act(item: str) -> bytes:
    """Does what an item says, in a process of its own."""
    if item == "slow":
        while True:
            pass
    if item == "large":
        return bytes(8 << 30)
    if item == "crash":
        os._exit(9)
    if item == "bad":
        raise InputError("bad: is broken.")
    if item == "deep":
        return act(item)
    return item.encode()


def test_each_costs_its_own_row() -> None:
    items = ["a", "slow", "b", "large", "c", "crash", "bad", "deep", *map(str, range(30))]
    found = {done.number: done for done in read_limited(items, act, jobs=2, seconds=1)}
    assert sorted(found) == list(range(len(items)))
    problems = {items[n]: done.problem for n, done in found.items() if done.problem}
    assert "takes more than 1 s" in problems.pop("slow")
    assert "memory" in problems.pop("large")
    assert "its process ended" in problems.pop("crash")
    assert "is broken" in problems.pop("bad")
    assert "memory" in problems.pop("deep")
    assert problems == {}
    assert all(done.said == items[n].encode() for n, done in found.items() if not done.problem)


def test_time_is_counted_for_each_and_not_for_all_together() -> None:
    def work(item: int) -> bytes:
        until = time.process_time() + 0.25
        while time.process_time() < until:
            pass
        return b"x"

    done = list(read_limited(list(range(6)), work, jobs=1, seconds=1))
    assert [each.problem for each in done] == [""] * 6


HOSTILE = {
    "brackets": "x = " + "(" * 30_000 + ")" * 30_000,
    "open": "[{(" * 30_000,
    "blocks": "".join(f"{' ' * depth}if x:\n" for depth in range(500)),
    "quotes": "'" * 100_001,
    "lambdas": "f = " + "lambda x: " * 10_000 + "x",
    "unknown": "\u2603 $ ? " * 20_000,
    "decorators": "@a\n" * 20_000,
    "one line": "x = f(" + ", ".join(f"y{n}" for n in range(20_000)) + ")",
    "numbers": "x = " + "9" * 100_000,
}


def test_hostile_programs_are_rows(tmp_path: Path) -> None:
    folder = tmp_path / "c"
    texts = HOSTILE | {"ann": honest.solution(1), "bob": honest.solution(1)}
    for name, text in texts.items():
        (folder / name).mkdir(parents=True)
        (folder / name / "work.py").write_text(text, encoding="utf-8")
    (folder / "huge").mkdir()
    (folder / "huge" / "work.py").write_bytes(b"x = 1\n" * 500_000)
    report, pairs = compare(folder, template=honest.template()).report(20)
    assert {each.name for each in report.submissions} == {*texts, "huge"}
    best = report.pairs[0]
    assert [report.submissions[at].name for at in (best.first, best.second)] == ["ann", "bob"]
    assert best.score == pytest.approx(1.0)
    problems = {each.name: each.problem for each in report.submissions}
    assert "is 2 MB long" in problems["huge"]
    assert problems["ann"] == problems["bob"] == ""
    assert len(pairs) == len(report.pairs)
