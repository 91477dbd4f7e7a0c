"""Identities and file names: no two entries share one, and nobody takes over another's."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from grader.model.errors import InputError
from grader.submission import Source, discover
from grader.submission.identity import Names, entry_id, file_stem
from tests.submission.samples import PACKAGE, write, zipped
from tests.support import FORM

NAMES = st.text(
    st.one_of(
        st.characters(exclude_characters="/\0"),
        st.sampled_from("aAéÉßſıİkKＡａ가 .~-_\\\n\udcff王"),
    ),
    min_size=1,
    max_size=12,
)
LOOK_ALIKE = (
    "ann", "Ann", "ANN", "ann ", " ann", "ann.", "ann..", "a\u0301nn", "ánn", "ａnn", "ann\n",
    "ann\x01", "ann\udcff", "ann\udcfe", "ann?", "ann_", r"ann\x01", "ann.zip", "ann:zip", "con",
    "CON", "con.zip", "_con", "ß", "ss", "ẞ", "ı", "i", "İ", "가", "\u1100\u1161", "王",
    "a" * 255, "a" * 254, "王" * 85, "王" * 84, "-", "~", "_",
)  # fmt: skip


def _folded(name: str) -> set[str]:
    """A file name as careless file systems see it."""
    seen = {name, name.casefold(), name.lower(), name.upper(), name.rstrip(". ")}
    for form in ("NFC", "NFD", "NFKC", "NFKD"):
        seen |= {unicodedata.normalize(form, text) for text in tuple(seen)}
    return {text.casefold() for text in seen}


@given(NAMES, NAMES)
@example("Ann", "ann")
@example("a\u0301", "á")
@example("\x01", r"\x01")
def test_no_two_names_meet_on_any_file_system(one: str, other: str) -> None:
    first, second = file_stem(entry_id(one)), file_stem(entry_id(other))
    assert (entry_id(one) == entry_id(other)) == (one == other)
    if one != other:
        assert not _folded(first) & _folded(second), (first, second)


def test_names_that_look_alike_do_not_meet() -> None:
    stems = [file_stem(entry_id(name)) for name in LOOK_ALIKE]
    for at, stem in enumerate(stems):
        for other in stems[at + 1 :]:
            assert not _folded(stem) & _folded(other), (stem, other)


@given(NAMES)
@example("a" * 255)
@example("王" * 85)
@example("CON.zip")
@example("con")
def test_every_file_name_can_be_written_anywhere(name: str) -> None:
    stem = file_stem(entry_id(name))
    assert stem.isprintable()
    assert len(f".{stem}.html.0123456789ab.part".encode()) <= 255
    assert stem == stem.rstrip(". ")
    assert not stem.startswith((".", "-", "~", " "))
    assert not set(stem) & set('<>:"/\\|?*')
    assert stem.partition(".")[0].lower() not in {"con", "prn", "aux", "nul", "com1", "lpt9"}


@given(NAMES)
def test_a_name_made_like_the_file_name_of_another_is_another(name: str) -> None:
    stem = file_stem(entry_id(name))
    assert (file_stem(entry_id(stem)) == stem) == (entry_id(name) == stem)


@pytest.mark.parametrize("name", ["ann", "ann-9", "ann.zip", "ann smith", "王小明"])
def test_plain_names_are_their_own_file_names(name: str) -> None:
    assert file_stem(entry_id(name)) == name


def test_a_name_of_ones_own_is_understood(tmp_path: Path) -> None:
    zipped(tmp_path / "ann.zip", PACKAGE)
    write(tmp_path / "e\u0301ve", PACKAGE)
    write(tmp_path / "=1+1", PACKAGE)
    names = Names(discover(tmp_path, FORM))
    for said, meant in {
        "ann": "ann.zip", "ann.zip": "ann.zip", " ann ": "ann.zip", "=1+1": "=1+1",
        "=1+1/": "=1+1", "éve": "e\u0301ve",
        "zoe": None, "ann/": None,
    }.items():  # fmt: skip
        assert names.find(said, "times.csv, line 2") == meant


def test_numbers_and_emails_of_people_are_understood(tmp_path: Path) -> None:
    sources = [Source(id=id, path=tmp_path) for id in ("ann_12", "bob_13")]
    names = Names(sources, {"ann_12": ["12", "ann@u.edu"], "bob_13": ["13"]})
    assert [names.find(text, "") for text in ("12", "ann@u.edu", "bob_13", "14")] == [
        "ann_12", "ann_12", "bob_13", None,
    ]  # fmt: skip
    assert names.near("ann@u.edi") == ["ann@u.edu"]


def test_what_may_be_one_of_several_is_refused_by_name_and_line(tmp_path: Path) -> None:
    zipped(tmp_path / "ann.zip", PACKAGE)
    write(tmp_path / "ann", PACKAGE)
    names = Names(discover(tmp_path, FORM))
    with pytest.raises(
        InputError, match=r"times\.csv, line 2: 'ann' may be any of ann/, ann\.zip\."
    ):
        names.find("ann", "times.csv, line 2")
    assert (names.find("ann.zip", ""), names.find("ann/", "")) == ("ann.zip", "ann")
