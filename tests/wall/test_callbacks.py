"""Functions of a check's, called by the student's code: what it can do with them, and what not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from grader.model.contract import ContractEntry
from grader.model.submission import SourceFile, Submission
from grader.model.verdicts import CouldNotRun, NotDone, Wrong
from grader.protocol import frames, wire
from grader.runner.answer_key import Key, LocalChannel, RecordingChannel, ReplayChannel
from grader.runner.prefetch.independence import NoisyChannel
from grader.sandbox.sandboxes import Sandbox, open_sandbox
from grader.student import callbacks
from grader.student.channel import CallLimits, WorkerChannel
from grader.student.proxy import Student
from grader.worker.dispatcher import Dispatcher

CODE = """
import threading
import numpy as np

kept = []

def fit(epochs, callback, **more):
    said = []
    for epoch in range(epochs):
        said.append(callback(epoch, loss=np.float64(1 / (1 + epoch))))
    return said

def store(callback):
    kept[:] = [callback]

def use(x):
    return kept[0](x)

class Op:
    def __init__(self, gradient):
        self.gradient = gradient

    def backward(self, dout):
        return 2 * self.gradient(dout)

def pry(callback):
    return [name for name in ("__globals__", "__closure__", "__code__", "__self__", "function")
            if hasattr(callback, name)]

def object_for(callback):
    try:
        return callback(object())
    except TypeError as error:
        return str(error)

def nested(callback):
    try:
        return callback(callback)
    except TypeError as error:
        return str(error)

def failing(callback):
    try:
        return callback("nonsense", [1], {"x": None})
    except Exception as error:
        return [type(error).__name__, str(error)]

def swallow(callback):
    try:
        callback(1)
    except BaseException:
        pass
    return 1

def big(callback):
    for _ in range(20):
        callback(np.zeros(1 << 20))
    return 1

def threaded(callback):
    thread = threading.Thread(target=callback, args=(1,))
    thread.start()
    thread.join(0.2)
    return 1

def later(callback):
    threading.Timer(0.05, callback, args=(1,)).start()
    return 1
"""
NAMES = ("fit", "store", "use", "Op", "pry", "object_for", "nested", "failing", "swallow", "big",
         "threaded", "later")  # fmt: skip
API = {name: ContractEntry("train", ("value",)) for name in NAMES} | {
    "Op": ContractEntry("train", ("op*",))
}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    opened = open_sandbox("auto")
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def channel(sandbox: Sandbox) -> Iterator[WorkerChannel]:
    submission = Submission(
        id="ann",
        path="ann",
        package="lib",
        files={"train.py": SourceFile(text=CODE)},
        locations=dict.fromkeys(NAMES, "train.py"),
    )
    limits = CallLimits(call_seconds=2, call_wait_seconds=1)
    with WorkerChannel(sandbox, submission, calls=limits) as opened:
        yield opened


@pytest.fixture
def student(channel: WorkerChannel) -> Student:
    return Student(channel, API)


def local() -> LocalChannel:
    names: dict[str, Any] = {}
    exec(CODE, names)
    return LocalChannel(Dispatcher(names.__getitem__, lambda _file: False))


def test_what_code_of_ours_prints_is_dropped(capsys: pytest.CaptureFixture[str]) -> None:
    names: dict[str, Any] = {}
    exec("def shout(text):\n    print(text)\n    return text + '!'\n", names)
    contract = {"shout": ContractEntry("m", ("value",))}
    code = Student(LocalChannel(Dispatcher(names.__getitem__, lambda _file: False)), contract)
    assert code.shout("so") == "so!"
    assert capsys.readouterr().out == ""


def test_plain_values_go_both_ways(student: Student) -> None:
    losses: list[Any] = []

    def callback(epoch: int, loss: float) -> dict[str, Any]:
        losses.append((epoch, loss))
        return {"stop": epoch > 1, "at": np.arange(epoch)}

    said = student.fit(3, callback, other=[callback])
    assert losses == [(0, 1.0), (1, 0.5), (2, 1 / 3)]
    assert [one["stop"] for one in said] == [False, False, True]
    assert said[2]["at"].tolist() == [0, 1]


def test_a_function_may_be_kept_and_called_later_in_its_check(student: Student) -> None:
    op = student.Op(lambda dout: 3 * dout)
    assert op.backward(np.ones(2)).tolist() == [6, 6]


def test_a_check_that_is_over_is_not_called(channel: WorkerChannel) -> None:
    called: list[Any] = []
    Student(channel, API).store(called.append)
    with pytest.raises(CouldNotRun, match="CallbackError"):
        Student(channel, API).use(1)
    assert called == []


def test_nothing_of_the_function_is_on_the_other_side(student: Student) -> None:
    secret = 3.25
    assert student.pry(lambda: secret) == []
    (frame,) = [b"".join(frames.encode({"args": [student.hand_over(lambda: secret)]}))]
    assert len(frame) < 60


def test_what_is_not_plain_does_not_come(student: Student) -> None:
    called: list[Any] = []
    assert "object of type object" in student.object_for(called.append)
    assert "object of type CallbackStub" in student.nested(called.append)
    assert called == []


def test_why_a_function_failed_is_not_told(student: Student) -> None:
    def callback(*_args: Any) -> None:
        raise ValueError("the right answer is 3.25")

    kind, text = student.failing(callback)
    assert kind == "CallbackError"
    assert "ValueError" in text
    assert "3.25" not in text
    assert student.failing(lambda: 1)[0] == "CallbackError"  # it takes no arguments
    assert "an object of type" in student.failing(lambda *_a: object())[1]


def test_a_verdict_in_a_function_ends_the_check(student: Student) -> None:
    def callback(_value: int) -> None:
        raise Wrong("The loss does not fall.")

    with pytest.raises(Wrong, match="does not fall"):
        student.swallow(callback)


def test_a_function_cannot_ask_in_turn(student: Student) -> None:
    told: list[str] = []

    def callback(_value: int) -> None:
        try:
            student.pry(1)
        except RuntimeError as error:
            told.append(str(error))

    assert student.swallow(callback) == 1
    assert told == ["a function that was handed to the student's code asks it in turn"]


def test_calls_are_counted(student: Student, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(callbacks, "MOST_CALLS", 100)
    called: list[Any] = []
    with pytest.raises(CouldNotRun, match=r"fit called a function .* more than 100 times"):
        student.fit(10**6, lambda epoch, loss: called.append(epoch))
    assert len(called) == 100


def test_bytes_are_counted(student: Student) -> None:
    with pytest.raises(CouldNotRun, match="more than 64 MB"):
        student.big(lambda _x: None)


def test_time_in_a_function_is_time_of_the_call(student: Student) -> None:
    import time

    with pytest.raises(CouldNotRun, match="waited for more than 1 seconds"):
        student.fit(100, lambda epoch, loss: time.sleep(0.3))


def test_threads_do_not_get_through(student: Student) -> None:
    called: list[Any] = []
    for name in ("threaded", "later"):
        try:
            getattr(student, name)(called.append)
            student.pry(1)
        except CouldNotRun:
            continue
    assert student.pry(1) == []  # whatever became of the worker, there is one
    assert len(called) <= 2


def test_an_unknown_number_is_an_error(student: Student) -> None:
    for message in ({"number": 7}, {"number": "x", "args": []}, {"number": 0, "args": 1}, {}):
        assert "error" in callbacks.answer([], {"status": "callback", **message})
    handle = student.hand_over(lambda: 1)
    assert "error" in callbacks.answer([handle], {"number": 0, "args": {}, "kwargs": {}})
    assert callbacks.answer([handle], {"number": 0, "args": [], "kwargs": {}}) == {"value": 1}
    unpacked = frames.decode(b"".join(frames.encode({"c": handle})))["c"]
    with pytest.raises(TypeError):
        unpacked.call([], {})
    with pytest.raises(wire.WireError):
        wire.unpack(b"\x81\xa2~c\xff", bytearray())


def asked(channel: Any) -> tuple[list[int], Any]:
    seen: list[int] = []

    def callback(epoch: int, loss: float) -> float:
        seen.append(epoch)
        return 2 * loss

    return seen, Student(channel, API).fit(2, callback)


def test_a_key_plays_the_calls_back() -> None:
    recording = RecordingChannel(local())
    seen, value = asked(recording)
    assert (seen, value) == ([0, 1], [2.0, 1.0])
    assert asked(ReplayChannel("train::fit", recording.answers)) == (seen, value)


def test_a_key_with_calls_is_saved(tmp_path: Any) -> None:
    recording = RecordingChannel(local())
    asked(recording)
    Key("1", "", {"train::fit": recording.answers}).save(tmp_path / "key")
    answers = Key.load(tmp_path / "key").answers["train::fit"]
    assert asked(ReplayChannel("train::fit", answers))[0] == [0, 1]


def test_noise_reaches_functions_too() -> None:
    heard: list[float] = []

    def callback(epoch: int, loss: float) -> None:
        heard.append(loss)

    Student(NoisyChannel(local(), 0), API).fit(2, callback)
    assert len(heard) == 2
    assert 1.0 not in heard


def test_what_is_not_done_is_told_so(student: Student) -> None:
    def callback(_value: int) -> None:
        raise NotDone("Not there yet.")

    with pytest.raises(NotDone):
        student.swallow(callback)
