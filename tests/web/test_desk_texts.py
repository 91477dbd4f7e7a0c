"""What the desk says: whole in both languages, and all that its pages ask for is there."""

from __future__ import annotations

import re
from pathlib import Path
from string import Formatter

import pytest

import grader.web
from grader.report.strings import TEXTS
from grader.web.desk_texts import EVERY, DeskTexts

WEB = Path(grader.web.__file__).parent
TABLES = sorted(WEB.glob("*_strings.py"))
ASKED = re.compile(r'\bt\("([^"]+)"( ~)?')
PUNCTUATION = re.compile(r"[\u4e00-\u9fff][,;:?!]")
"""Of English, behind a Chinese word."""


def _fields(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_a_text_says_the_same_in_both_languages() -> None:
    for key, (english, chinese) in EVERY.items():
        assert english, key
        assert chinese, key
        for form in english.split("|"):
            assert _fields(form) <= _fields(chinese) | {"n"}, key
        assert _fields(chinese) <= _fields(english), key
        assert not PUNCTUATION.search(chinese), key


def test_no_text_stands_in_two_tables() -> None:
    keys = [
        key
        for path in TABLES
        for key in re.findall(r'^    "([\w.]+)": \(', path.read_text("utf-8"), re.M)
    ]
    assert sorted(keys) == sorted(set(keys))
    assert sorted(keys) == sorted(key for key in EVERY if re.fullmatch(r"[\w.]+", key))
    assert not EVERY.keys() & TEXTS.keys()


@pytest.mark.parametrize("path", sorted((WEB / "templates").glob("*.html")), ids=lambda p: p.name)
def test_what_a_page_says_is_there(path: Path) -> None:
    for key, more in ASKED.findall(path.read_text("utf-8")):
        known = DeskTexts.table
        assert any(name.startswith(key) for name in known) if more else key in known, key
