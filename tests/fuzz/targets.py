"""What is fuzzed: functions of bytes that return, whatever the bytes, or a promise is broken."""

from __future__ import annotations

import bz2
import functools
import gzip
import io
import lzma
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np

from grader.checks.compare import GRADIENTS, assert_close
from grader.course.timelist import read_times, time_in_folder
from grader.model.contract import ContractEntry
from grader.model.errors import GraderError, InputError, RubricError
from grader.model.result import Result
from grader.model.rubric import load_rubric
from grader.model.verdicts import Verdict
from grader.protocol import wire
from grader.runner.answer_key import Key
from grader.student.proxy import Reply, Request, Student
from grader.student.reply_form import understood
from grader.submission import Source, load
from grader.submission.archive import read_archive, read_inside
from grader.submission.identity import Names
from tests.fuzz import prose
from tests.fuzz.scratch import scratch
from tests.submission.samples import CONTRACT, LAYERS
from tests.support import RUBRICS

Target = Callable[[bytes], None]

_API: Final = {
    "f": ContractEntry.parse("", "layers: out"),
    "g": ContractEntry.parse("", "layers: out, cache*"),
}
_EXPECTED: Final = np.arange(12.0).reshape(3, 4)
_PACKERS: Final[tuple[Callable[[bytes], bytes], ...]] = (
    lambda data: data,
    functools.partial(gzip.compress, compresslevel=1, mtime=0),
    functools.partial(bz2.compress, compresslevel=1),
    functools.partial(lzma.compress, preset=0),
)


def fuzz_wire(data: bytes) -> None:
    """A frame: the length of its head, the head, the body."""
    size = int.from_bytes(data[:2], "little")
    with suppress(wire.WireError):
        value = wire.unpack(data[2 : 2 + size], bytearray(data[2 + size :]))
        wire.pack(value)  # what comes in is plain, so that it can go out again


def fuzz_answer(data: bytes) -> None:
    """A frame as a worker's answer to whatever a check asks for."""
    size = int.from_bytes(data[:2], "little")
    try:
        reply = wire.unpack(data[2 : 2 + size], bytearray(data[2 + size :]))
        ask_everything(understood(reply))
    except wire.WireError:
        return
    with suppress(Verdict):
        assert_close("out", reply.get("value"), _EXPECTED, tolerance=GRADIENTS)


class _Says:
    """A channel to a worker that has one answer for everything."""

    def __init__(self, reply: Reply) -> None:
        self._reply = reply

    def ask(self, request: Request, *, about: str, cpu_seconds: float | None = None) -> Reply:
        return self._reply


def ask_everything(reply: Reply) -> None:
    """Whatever a worker answers, a check gets a value or a verdict."""
    student = Student(_Says(reply), _API)
    questions: list[Callable[[], Any]] = [
        lambda: student.f(np.zeros(2)),
        lambda: student.g(np.zeros(2))[1].params["W1"].read(),
        lambda: student.keep("config", {}).read(),
        lambda: student.batch([student.f.request(1)], about="f"),
        lambda: student.batch([student.f.request(1)] * 2, about="f"),
        lambda: student.seed(1),
    ]
    for question in questions:
        with suppress(Verdict):
            question()


def fuzz_archive(data: bytes) -> None:
    """An archive; the first byte says how the rest is packed."""
    if not data:
        return
    packed = _PACKERS[data[0] % len(_PACKERS)](data[1:])
    name = "work.zip"
    try:
        tree = read_archive(io.BytesIO(packed), name)
        for inner in tree.archives[:3]:
            read_inside(io.BytesIO(packed), name, inner, 1 << 20)
    except InputError as error:
        _one_line_naming(error, name)
    else:
        for path in (*tree.files, *tree.unread):
            assert not path.startswith("/"), path
            assert ".." not in path.split("/"), path
            assert path.isprintable(), path


def fuzz_submission(data: bytes) -> None:
    """An archive, read as a submission: archives inside it, and its Python files."""
    if not data:
        return
    path = scratch() / "work.zip"
    path.write_bytes(_PACKERS[data[0] % len(_PACKERS)](data[1:]))
    _load(path)


def fuzz_source(data: bytes) -> None:
    """A Python file of a submission."""
    package = scratch() / "work" / "numpynn"
    package.mkdir(parents=True, exist_ok=True)
    (package / "layers.py").write_bytes(data)
    (package / "optim.py").write_text(LAYERS, encoding="utf-8")
    _load(package.parent)


def _load(path: Path) -> None:
    try:
        submission = load(Source(id="work", path=path), contract=CONTRACT)
    except InputError as error:
        _one_line_naming(error, path.name)
    else:
        for file in submission.files.values():
            compile(file.text, "work", "exec", dont_inherit=True)
        msgspec.json.encode(submission.notes)


def fuzz_rubric(data: bytes) -> None:
    """A rubric."""
    path = scratch() / "work.toml"
    path.write_bytes(data)
    try:
        load_rubric(path)
    except RubricError as error:
        _one_line_naming(error, "work.toml")


def fuzz_key(data: bytes) -> None:
    """An answer key."""
    path = scratch() / "work.key"
    path.write_bytes(data)
    try:
        Key.load(path)
    except InputError as error:
        _one_line_naming(error, "work.key")


def fuzz_result(data: bytes) -> None:
    """A result file."""
    with suppress(msgspec.DecodeError):
        result = Result.from_json(data)
        assert Result.from_json(result.to_json()) == result


def fuzz_times(data: bytes) -> None:
    """A list of the times of submissions, and the file in which a system wrote one."""
    folder = scratch()
    (folder / "timestamp.txt").write_bytes(data)
    time_in_folder(folder)
    path = folder / "times.csv"
    path.write_bytes(data)
    try:
        read_times(path, Names([Source(id="work", path=folder)]))
    except InputError as error:
        _one_line_naming(error, "times.csv")


@functools.cache
def _rubric() -> Any:

    return load_rubric(RUBRICS / "numpynn.toml")


def _one_line_naming(error: GraderError, name: str) -> None:
    assert name in error.message, error
    assert "\n" not in error.message, error


TARGETS: Final[dict[str, Target]] = {
    name.removeprefix("fuzz_"): function
    for name, function in {**globals(), **vars(prose)}.items()
    if name.startswith("fuzz_")
}
