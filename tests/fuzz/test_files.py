"""Files that were well formed once, or were made to do harm: one clear line, or a value."""

from __future__ import annotations

import io
import tarfile
import time
import zipfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.course.timelist import read_times
from grader.model.errors import InputError
from grader.model.result import Result
from grader.model.rubric import load_rubric
from grader.runner.answer_key import Key
from grader.submission import Source
from grader.submission.identity import Names
from tests.fuzz.run import CORPUS
from tests.fuzz.targets import TARGETS

NAMES = st.one_of(
    st.sampled_from(["numpynn/layers.py", "layers.py", "a/../b.py", "/etc/x.py", "c:\\x.py", "..",
                     "", ".", "/", "\\\\host\\x.py", "work.zip", "work.tar.gz", "numpynn/", "\0.py",
                     "numpynn/layers.py/", "x" * 300 + ".py", "\u202e.py", "\udcff.py"]),
    st.text(max_size=12),
)  # fmt: skip
CONTENTS = st.one_of(st.just(b"def relu_forward(x):\n    return x\n"), st.binary(max_size=60))
FILES = st.lists(st.tuples(NAMES, CONTENTS), max_size=4)
LINKS = st.lists(st.tuples(NAMES, NAMES, st.sampled_from([b"1", b"2", b"3", b"6"])), max_size=3)


def zipped(files: list[tuple[str, bytes]]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, content in files:
            with suppress(ValueError):  # a name that zipfile cannot say
                archive.writestr(zipfile.ZipInfo(name), content)
    return made.getvalue()


def tarred(files: list[tuple[str, bytes]], links: list[tuple[str, str, bytes]]) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        for name, content in files:
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
        for name, target, kind in links:
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname = kind, target
            archive.addfile(entry)
    return made.getvalue()


@settings(max_examples=60)
@given(FILES, LINKS, st.integers(0, 3), st.data())
@pytest.mark.filterwarnings("ignore")
def test_archives(
    files: list[tuple[str, bytes]],
    links: list[tuple[str, str, bytes]],
    packing: int,
    data: st.DataObject,
) -> None:
    """Of odd names and links, whole and damaged, one inside the other."""
    inner = zipped(files)
    for made in (tarred(files, links), zipped([*files, ("inner.zip", inner)])):
        damaged = bytearray(made)
        at = data.draw(st.integers(0, len(damaged) - 1))
        damaged[at] ^= data.draw(st.integers(1, 255))
        for archive in (made, bytes(damaged), made[:at]):
            TARGETS["archive"](bytes([packing]) + archive)
            TARGETS["submission"](bytes([packing]) + archive)


@settings(max_examples=60)
@given(st.text(max_size=80), st.sampled_from(["utf-8", "utf-16", "utf-8-sig", "gb18030"]))
@pytest.mark.filterwarnings("ignore")
def test_python_files_in_any_encoding(text: str, encoding: str) -> None:
    kept = (CORPUS / "source" / "plain").read_text(encoding="utf-8")
    TARGETS["source"](f"{kept}\nname = {text!r}  # {text}\n".encode(encoding, "replace"))


JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=6,
)


@settings(max_examples=200)
@given(st.data())
def test_results_with_anything_in_any_field(data: st.DataObject) -> None:
    content = msgspec.json.decode((CORPUS / "result" / "small").read_bytes())
    place: Any = content
    while True:
        key = data.draw(st.sampled_from(sorted(place) if isinstance(place, dict) else [0]))
        if not isinstance(place[key], (dict, list)) or not place[key] or data.draw(st.booleans()):
            break
        place = place[key]
    place[key] = data.draw(JSON)
    with suppress(msgspec.DecodeError):
        result = Result.from_json(msgspec.json.encode(content))
        assert Result.from_json(result.to_json()) == result


@pytest.mark.parametrize("start", ["[", '{"x":', '{"checks":[', '{"parts":[{"x":'])
def test_results_nested_without_end(start: str) -> None:
    with pytest.raises(msgspec.DecodeError):
        Result.from_json(start * 100_000)


DEEP = "[" * 100_000
TIMES = "submission,submitted\n"
READERS: dict[str, Any] = {
    "toml": load_rubric,
    "key": Key.load,
    "csv": lambda path: read_times(path, Names([])),
}
CONTENT: dict[str, bytes] = {
    "empty": b"",
    "nul": b"\0",
    "utf-16": b"\xff\xfe",
    "deep": DEEP.encode(),
    "deep toml": f"x = {DEEP}".encode(),
    "long": b"a" * 200_000,
    "key of no size": b"\xff" * 7 + b"\x7f" + b"\x90" * 9,
    "endless quotes": f'{TIMES}"{"a" * 200_000}'.encode(),
    "wrong time": f"{TIMES}ada,noon\n".encode(),
    "nobody": f"{TIMES}ada,2026-03-01T12:00Z\n".encode(),
    "long row": f"{TIMES},noon,,\n".encode(),
}


@pytest.mark.parametrize("ending", READERS)
@pytest.mark.parametrize("content", CONTENT)
def test_what_is_no_file_of_ours_is_named(tmp_path: Path, ending: str, content: str) -> None:
    path = tmp_path / f"work.{ending}"
    path.write_bytes(CONTENT[content])
    with pytest.raises(InputError) as caught:
        READERS[ending](path)
    assert str(path) in caught.value.message
    assert "\n" not in caught.value.message


@pytest.mark.parametrize("when", ["0001-01-01", "9999-12-31T23:59:59", "0001-01-01T00:00+23:59"])
@pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/New_York"])
def test_times_at_the_ends_of_the_calendar(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, when: str, zone: str
) -> None:
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    path = tmp_path / "times.csv"
    path.write_text(f"{TIMES}ada,{when}\n", encoding="utf-8")
    with suppress(InputError):
        assert (
            read_times(path, Names([Source(id="ada", path=tmp_path)])).times["ada"].tzinfo
            is not None
        )
    monkeypatch.undo()
    time.tzset()
