"""The channel to a worker: what each kind of misbehaviour costs, in a real sandbox."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
import pytest

from grader.model.contract import ContractEntry
from grader.model.submission import SourceFile, Submission
from grader.model.verdicts import CouldNotRun, NotDone, Wrong
from grader.sandbox.sandboxes import Sandbox, open_sandbox
from grader.student.channel import CallLimits, WorkerChannel
from grader.student.proxy import Student

API = {
    "good": ContractEntry("layers", ("out",)),
    "bad": ContractEntry("layers", ("out",)),
    "gone": ContractEntry("layers", ("out",)),
}
GOOD = "import numpy as np\ndef good(x):\n    return x + 1\n"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    opened = open_sandbox("auto")
    yield opened
    opened.close()


def channel(
    sandbox: Any, text: str, *, others: dict[str, SourceFile] | None = None, **limits: float
) -> WorkerChannel:
    submission = Submission(
        id="ann",
        path="ann",
        package="cs231n",
        files={"layers.py": SourceFile(text=text), **(others or {})},
        locations={"good": "layers.py", "bad": "layers.py"},
    )
    return WorkerChannel(sandbox, submission, calls=CallLimits(**limits))


def bad(body: str) -> str:
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    return f"{GOOD}def bad(x):\n{lines}"


DEADLY = {
    "exits": ("import os\nos._exit(0)", "ended the whole process (exit code 0)"),
    "segfault": ("import ctypes\nctypes.string_at(0)", "killed by SIGSEGV"),
    "kills itself": ("import os\nos.kill(os.getpid(), 9)", "ended the whole process instead"),
    "aborts": ("import os\nos.abort()", "killed by SIGABRT"),
    "endless": ("while True:\n    pass", "more than 0.5 seconds of CPU time"),
    "endless in C": ("sum(iter(int, 1))", "more than 0.5 seconds of CPU time"),
}
HARMLESS = {
    "allocates": ("np.ones(10**9)", "MemoryError"),
    "forks": ("import os\nwhile True:\n    os.fork()", "PermissionError"),
    "recurses": ("return bad(x)", "RecursionError"),
    "exits politely": ("raise SystemExit(0)", "SystemExit"),
    "raises": ("raise KeyError('W1')", "KeyError in bad, layers.py line 5"),
}


@pytest.mark.parametrize("name", DEADLY | HARMLESS)
def test_misbehaviour_costs_its_own_call_alone(sandbox: Sandbox, name: str) -> None:
    body, reason = (DEADLY | HARMLESS)[name]
    with channel(sandbox, bad(body), call_seconds=0.5) as open_channel:
        student = Student(open_channel, API)
        assert student.good(np.zeros(2)).tolist() == [1, 1]
        with pytest.raises(CouldNotRun) as caught:
            student.bad(np.zeros(2))
        assert reason in caught.value.message
        assert student.good(np.zeros(2)).tolist() == [1, 1]


def test_a_function_that_hangs_is_not_called_for_ever(sandbox: Sandbox) -> None:
    with channel(sandbox, bad("while True:\n    pass"), call_seconds=0.2) as open_channel:
        student = Student(open_channel, API)
        messages = []
        for _ in range(3):
            with pytest.raises(CouldNotRun) as caught:
                student.bad(np.zeros(1))
            messages.append(caught.value.message)
    assert ["CPU time" in message for message in messages] == [True, True, False]
    assert "is not called again" in messages[2]


class Counting:
    """Counts the workers that a sandbox starts."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.info = sandbox.info
        self.started = 0
        self._sandbox = sandbox

    def spawn(self, limits: Any) -> Any:
        self.started += 1
        return self._sandbox.spawn(limits)

    def begin(self, limits: Any) -> Any:
        return partial(self.spawn, limits)

    def close(self) -> None:
        pass


def test_modules_that_cannot_be_loaded_are_not_tried_for_ever(sandbox: Sandbox) -> None:
    """What ends the process is no statement of theirs: none can be left out."""
    patch = (
        "import os\nimport grader.worker.reference_stubs as s\ns.install = lambda *a: os._exit(1)\n"
    )
    counting = Counting(sandbox)
    with channel(counting, patch + GOOD) as open_channel:
        student = Student(open_channel, API)
        for _ in range(4):
            with pytest.raises(CouldNotRun, match="Importing the submission's modules ended"):
                student.good(np.zeros(1))
    assert counting.started == 3


def test_a_name_that_its_file_failed_to_define_says_why(sandbox: Sandbox) -> None:
    text = GOOD + "@undefined\ndef bad(x):\n    return x\n"
    with channel(sandbox, text) as open_channel:
        with pytest.raises(CouldNotRun) as caught:
            Student(open_channel, API).bad(np.zeros(1))
        assert "layers.py, line 4: NameError" in caught.value.message


def test_a_name_that_is_nowhere_is_not_done(sandbox: Sandbox) -> None:
    with channel(sandbox, GOOD) as open_channel, pytest.raises(NotDone, match="gone is not there"):
        Student(open_channel, API).gone(np.zeros(1))


def test_a_worker_that_was_taken_over_gains_nothing(sandbox: Sandbox) -> None:
    takeover = (
        "import grader.worker.worker as w\n"
        "w.Session.answer = lambda *a: {'status': 'ok', 'value': object()}\nreturn x"
    )
    with channel(sandbox, bad(takeover)) as open_channel:
        student = Student(open_channel, API)
        student.bad(np.zeros(2))
        with pytest.raises(Wrong, match="an object of type object"):
            student.good(np.zeros(2))


@pytest.mark.parametrize(
    "body",
    [
        "import os\nfor fd in range(3, 64):\n    try:\n        os.write(fd, b'GW01' + b'x' * 99)\n"
        "    except OSError:\n        pass\nreturn x",
        "import os\nos.closerange(0, 64)\nreturn x",
        "import grader.protocol.frames as f\nf.send = lambda *a, **k: None\nwhile True:\n    pass",
    ],
    ids=["forged frames", "closed descriptors", "patched wire"],
)
def test_attacks_on_the_connection_end_the_call(sandbox: Sandbox, body: str) -> None:
    with channel(sandbox, bad(body), call_seconds=0.5) as open_channel:
        student = Student(open_channel, API)
        with pytest.raises((CouldNotRun, Wrong)):
            student.bad(np.zeros(2))
        for _ in range(3):
            try:
                assert student.good(np.zeros(2)).tolist() == [1, 1]
                break
            except CouldNotRun:
                continue
        else:
            pytest.fail("the channel did not recover")


def test_a_submission_of_many_megabytes_is_loaded(sandbox: Sandbox) -> None:
    with channel(sandbox, f"{GOOD}x = {'x' * (5 << 20)!r}\n") as opened:
        assert Student(opened, API).good(1) == 2


def test_a_submission_that_cannot_be_sent_is_the_students_affair(sandbox: Sandbox) -> None:
    many = {f"{'long' * 50}{number}.py": SourceFile(text="") for number in range(10_000)}
    opened = channel(sandbox, GOOD, others=many)
    with opened, pytest.raises(CouldNotRun, match="too large to be loaded"):
        Student(opened, API).good(1)


@pytest.mark.parametrize(
    "answer",
    [
        "[1]",
        "{'status': np.zeros(2)}",
        "{}",
        "{'status': 'ok', 'warnings': [np.zeros(2)]}",
        "{'status': 'ok', 'bridged': [('np.float', 'NumPy 1.24', 'layers.py')]}",
    ],
)
def test_an_answer_of_another_form_ends_the_worker(sandbox: Sandbox, answer: str) -> None:
    forge = f"frames.send(socket.socket(fileno=3), {answer})"
    with channel(
        sandbox, bad(f"import socket\nfrom grader.protocol import frames\n{forge}")
    ) as opened:
        student = Student(opened, API)
        with pytest.raises(CouldNotRun, match="bad broke the connection to the grader"):
            student.bad(1)
        assert student.good(1) == 2


class Gigabytes:
    """Answers with more than may cross the wall."""

    names = ("good",)

    def answer(self, message: dict[str, Any]) -> dict[str, Any]:
        return {"value": np.broadcast_to(0.0, (1 << 13, 1 << 13)), "written": []}


def test_a_substitute_that_answers_too_much(sandbox: Sandbox) -> None:
    """`affine_forward` of two short vectors: the call fails, and the next one works."""
    with channel(sandbox, bad("return good(x)")) as opened:
        opened._substitutes = Gigabytes()  # type: ignore[assignment]
        student = Student(opened, API)
        for _ in range(2):
            with pytest.raises(CouldNotRun, match="it returns an array of 536870912 bytes"):
                student.bad(1)


@pytest.mark.parametrize("value", [[np.zeros(1 << 25)] * 2, [[[[]]]] * 1], ids=["large", "deep"])
def test_what_cannot_be_handed_back_is_the_students_affair(sandbox: Sandbox, value: Any) -> None:
    for _ in range(28):
        value = [value]
    with channel(sandbox, GOOD) as opened:
        with pytest.raises(CouldNotRun, match="cannot be called with what came before"):
            Student(opened, API).good(value)
        assert Student(opened, API).good(1) == 2


def test_the_worker_tells_what_was_used_of_older_numpy(sandbox: Sandbox) -> None:
    text = GOOD.replace("x + 1", "x + float(np.ones(1)) * np.float(1)")
    with channel(sandbox, text) as open_channel:
        student = Student(open_channel, API)
        for _ in range(2):
            assert student.good(np.zeros(1)).tolist() == [1]
        assert list(open_channel.uses) == [
            ("an array with one element used as a number", "NumPy 2.4", "layers.py", 3),
            ("np.float", "NumPy 1.24", "layers.py", 3),
        ]


@pytest.mark.parametrize(
    "use",
    [
        ("np.float", "NumPy 1.24", "x.py", 1),
        ("np.float", "NumPy 1.24", "layers.py", 1),
        ("np.linalg", "x = 0.25", "layers.py", 1),
        ("x is 0.25", "NumPy 1.24", "layers.py", 1),
        ("np.linalg", "NumPy 1.24", "layers.py", 25),
    ],
    ids=["other file", "not in the text", "no release", "no name", "no line"],
)
def test_uses_that_cannot_be_of_the_file_are_dropped(sandbox: Sandbox, use: object) -> None:
    """Else code could tell in a report what a hidden check gave to it."""
    told = str(use).replace("np.float", "np.flo' 'at")
    body = (
        f"from grader.worker import bridges\nbridges._uses[{told}] = np.linalg and None\nreturn x"
    )
    with channel(sandbox, bad(body)) as open_channel:
        assert Student(open_channel, API).bad(np.zeros(1)).tolist() == [0]
        assert not open_channel.uses
