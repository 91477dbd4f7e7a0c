"""Recording the reference's answers and playing them back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from grader.model.errors import InputError, InternalError
from grader.runner.answer_key import Key, RecordingChannel, ReplayChannel, request_hash
from grader.student.proxy import Student
from tests.checks.toy import API, channel

X, W, DOUT = np.arange(3.0), np.array([1.0, -1.0, 2.0]), np.array([0.5, 1.0, -2.0])


def run(who: Student, x: Any = X) -> list[Any]:
    """What a check might ask of the reference."""
    out, cache = who.scale_forward(x, W)
    return [out, *who.scale_backward(DOUT, cache)]


def recorded() -> tuple[list[Any], Key]:
    recording = RecordingChannel(channel())
    values = run(Student(recording, API))
    return values, Key(seed="231", digest="d", answers={"toy::check": recording.answers})


def replay(key: Key) -> Student:
    return Student(ReplayChannel("toy::check", key.answers["toy::check"]), API)


def test_replay_gives_the_recorded_answers() -> None:
    values, key = recorded()
    for played, value in zip(run(replay(key)), values, strict=True):
        assert np.array_equal(played, value)


def test_key_survives_its_file(tmp_path: Path) -> None:
    values, key = recorded()
    path = tmp_path / "toy.key"
    key.save(path)
    loaded = Key.load(path)
    assert (loaded.seed, loaded.digest) == ("231", "d")
    for played, value in zip(run(replay(loaded)), values, strict=True):
        assert np.array_equal(played, value)


def test_same_answers_give_the_same_file(tmp_path: Path) -> None:
    for name in ("one", "two"):
        recorded()[1].save(tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_other_inputs_make_the_key_stale() -> None:
    _, key = recorded()
    with pytest.raises(InternalError, match="does not fit check toy::check") as caught:
        run(replay(key), X + 2**-24)
    assert "grader key" in caught.value.hint


def test_more_requests_than_were_recorded_make_the_key_stale() -> None:
    _, key = recorded()
    who = replay(key)
    run(who)
    with pytest.raises(InternalError, match="does not fit"):
        run(who)


def test_kept_objects_are_recorded_too() -> None:
    def total(box: dict[str, Any]) -> Any:
        box["total"] = 5
        return 5

    def ask(who: Student) -> Any:
        box = who.keep("box", {"step": 1})
        who.count(box)
        return box["total"].read()

    recording = RecordingChannel(channel(count=total))
    assert ask(Student(recording, API)) == 5
    assert ask(Student(ReplayChannel("check", recording.answers), API)) == 5


def test_reference_that_fails_is_our_error() -> None:
    def broken(x: Any) -> Any:
        raise ValueError("no")

    with pytest.raises(InternalError, match="The reference fails on square"):
        Student(RecordingChannel(channel(square=broken)), API).square(X)


def test_hash_sees_values_and_types() -> None:
    def hashed(value: Any) -> str:
        return request_hash({"op": "call", "args": [value]})

    values = [X, X + 1, X.astype(np.float32), X.reshape(3, 1), X.tolist(), 1, 1.0]
    assert len({hashed(value) for value in values}) == len(values)
    assert hashed(X) == hashed(X.copy())


@pytest.mark.parametrize(
    "content", [b"", b"no key at all", bytes(40)], ids=["none", "text", "zeros"]
)
def test_file_that_is_no_key(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "bad.key"
    path.write_bytes(content)
    with pytest.raises(InputError, match="is not an answer key") as caught:
        Key.load(path)
    assert "grader key" in caught.value.hint


def test_cut_off_file_is_no_key(tmp_path: Path) -> None:
    path = tmp_path / "cut.key"
    recorded()[1].save(path)
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(InputError, match="is not an answer key"):
        Key.load(path)


def test_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot read the answer key"):
        Key.load(tmp_path / "none.key")


def test_key_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot write the answer key"):
        recorded()[1].save(tmp_path / "nowhere" / "toy.key")
