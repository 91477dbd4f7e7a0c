"""The table of attacks in the docs is that of the records."""

from __future__ import annotations

import pytest

from tests.attacks.records import attacks
from tests.attacks.settings import SETTINGS
from tests.attacks.table import BEGIN, DOCUMENT, END, rows, written


@pytest.fixture(scope="module")
def committed() -> str:
    return DOCUMENT.read_text(encoding="utf-8").partition(BEGIN)[2].partition(END)[0]


def test_every_attack_is_in_the_table(committed: str) -> None:
    lines = set(committed.splitlines())
    assert [row for row in rows() if row not in lines] == []


def test_nothing_else_is_in_it(committed: str) -> None:
    listed = {line.split("`")[1] for line in committed.splitlines() if line.startswith("| `")}
    assert listed == set(attacks())


def test_every_setting_was_run(committed: str) -> None:
    assert [str(setting) for setting in SETTINGS if f"| {setting} |" not in committed] == []


def test_the_table_is_put_in_its_place() -> None:
    document = f"before\n{BEGIN}\nold\n{END}\nafter\n"
    assert written(document, ["new"]) == f"before\n{BEGIN}\nnew\n{END}\nafter\n"
