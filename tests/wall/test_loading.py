"""Code at the top of a module that does not end, or ends the process: what it costs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from grader.model.contract import ContractEntry
from grader.model.limits import Limits
from grader.model.submission import SourceFile, Submission
from grader.model.verdicts import CouldNotRun, NotDone
from grader.sandbox.sandboxes import Sandbox, open_sandbox
from grader.student.channel import CallLimits, WorkerChannel
from grader.student.loading import Loading, loaded_as
from grader.student.proxy import Student
from grader.student.time_limit import TimeLimit
from tests.wall.test_channel import Counting

API = {name: ContractEntry("layers", ("out",)) for name in ("first", "last", "net")}
MEMORY = Limits(memory_bytes=256 << 20)
LIMITS = CallLimits(call_seconds=0.4, load_seconds=0.4, load_wait_seconds=0.4)
FIRST = "import time, os, sys\nSCALE = 2\ndef first(x):\n    return x + SCALE\n"
LAST = "EPS = 1\nprint(undefined)\nrng = dict(a=1)\ndef last(x):\n    return x + EPS + rng['a']\n"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    opened = open_sandbox("auto")
    yield opened
    opened.close()


def submission(files: dict[str, str], **more: Any) -> Submission:
    at = {"first": "layers.py", "last": "layers.py", "net": "net.py"}
    locations = {name: file for name, file in at.items() if file in files}
    return Submission(
        id="ann",
        path="ann",
        package="cs231n",
        files={path: SourceFile(text=text, acts=True) for path, text in files.items()},
        locations=locations,
        **more,
    )


STOPPED = {
    "loops": ("while True: pass", "was stopped: it used more than 0.4 seconds of CPU time"),
    "sleeps": ("time.sleep(100)", "was stopped: it waited for more than 0.4 seconds"),
    "naps": ("while True: time.sleep(0.01)", "was stopped: it waited for more than"),
    "catches all": (
        "while True:\n    try: time.sleep(1)\n    except BaseException: pass",
        "was stopped: it waited",
    ),
    "in C": ("sum(iter(int, 1))", "of CPU time"),
    "a lock": ("import threading; threading.Semaphore(0).acquire()", "it waited for more"),
    "exits": ("os._exit(3)", "ended the whole process (exit code 3)"),
    "kills itself": ("os.kill(os.getpid(), 9)", "ended the whole process;"),
    "crashes": ("import ctypes; ctypes.string_at(0)", "(killed by SIGSEGV)"),
    "a thread that goes on": (
        "import threading as th; th.Thread(target=time.sleep, args=(99,)).start()",
        "left a thread running",
    ),
    "memory": ("full = [bytearray(1 << 24)]\nwhile True: full += [bytearray(1 << 24)]", "memory"),
}


@pytest.mark.parametrize("name", STOPPED)
def test_a_statement_that_does_not_end_costs_itself(sandbox: Sandbox, name: str) -> None:
    """What was there before it stays, after it come the definitions, and it is named."""
    code, fate = STOPPED[name]
    text = f"{FIRST}{code}\n{LAST}"
    files = submission({"layers.py": text})
    with WorkerChannel(sandbox, files, limits=MEMORY, calls=LIMITS) as channel:
        student = Student(channel, API)
        assert (student.first(1), student.last(1)) == (3, 3)
        line = 5 if "\nwhile" not in code else 6
        (problem,) = channel.problems
        assert problem.startswith(f"layers.py, line {line}: `")
        assert fate in problem
        assert problem.endswith("of what follows it in the file, only the definitions were loaded.")
        assert channel.deaths == 0


@pytest.mark.parametrize("code", ["sys.exit(0)", "raise KeyboardInterrupt", "exit()", "quit(2)"])
def test_an_exception_that_ends_programs_needs_no_other_worker(sandbox: Sandbox, code: str) -> None:
    counting = Counting(sandbox)
    files = submission({"layers.py": f"{FIRST}{code}\nos._exit(1)\n{LAST}"})
    with WorkerChannel(counting, files, calls=LIMITS) as channel:
        student = Student(channel, API)
        assert (student.first(1), student.last(1)) == (3, 3)
        (problem,) = channel.problems
    assert problem.startswith("layers.py, line 5: ")
    assert counting.started == 1


def test_a_thread_that_has_ended_is_no_reason_to_leave_anything_out(sandbox: Sandbox) -> None:
    wait = "import threading as th\nt = th.Thread(target=lambda: 1)\nt.start(); t.join()\n"
    with WorkerChannel(sandbox, submission({"layers.py": FIRST + wait}), calls=LIMITS) as channel:
        assert Student(channel, API).first(1) == 3
        assert channel.problems == []


def test_what_was_found_out_is_remembered(sandbox: Sandbox) -> None:
    """When a worker has died, and by the next channel of the same submission."""
    crash = "def last(x):\n    import os\n    os._exit(1)\n"
    files = submission({"layers.py": f"{FIRST}os._exit(3)\nos._exit(4)\n{crash}"})
    counting, loading = Counting(sandbox), Loading(files)
    for workers in (3, 4):
        with WorkerChannel(counting, files, calls=LIMITS, loading=loading) as channel:
            student = Student(channel, API)
            assert student.first(1) == 3
            if workers == 3:
                with pytest.raises(CouldNotRun, match="exit code 1"):
                    student.last(1)
                assert student.first(1) == 3
        assert counting.started == workers
    assert len(loading.stopped) == 1
    assert "os._exit" not in loaded_as(files, loading).files["layers.py"].text.split("def last")[0]


@pytest.mark.parametrize("announced", [True, False])
@pytest.mark.parametrize(
    "files",
    [
        {"__init__.py": "import os\nos._exit(1)\n"},
        {"helper.py": "import time\ndef two(): return 2\ntime.sleep(99)\n"},
        {"helper.py": "def two(): return 2\nclass A:\n    while True: pass\n"},
        {"later.py": "import os\nos._exit(1)\n"},
    ],
    ids=["package", "helper", "class", "imported by a function"],
)
def test_other_files_than_those_that_are_judged(
    sandbox: Sandbox, files: dict[str, str], announced: bool
) -> None:
    (guilty,) = files
    files = {"helper.py": "def two(): return 2\n", "later.py": "", **files}
    net = "from .helper import two\ndef net(x):\n    from . import later\n    return x + two()\n"
    given = submission({**files, "net.py": net}, imported_later=["later.py"])
    for path, file in given.files.items():
        given.files[path] = SourceFile(text=file.text, acts=announced)
    with WorkerChannel(sandbox, given, calls=LIMITS) as channel:
        assert Student(channel, API).net(1) == 3
        (problem,) = channel.problems
        assert problem.startswith(f"{guilty}, line ")
        assert channel.deaths == 0


def test_it_is_not_the_last_statement_that_is_blamed_but_the_one_that_took_long(
    sandbox: Sandbox,
) -> None:
    spin = "import time\ndef spin(seconds):\n    end = time.process_time() + seconds\n"
    spin += "    while time.process_time() < end: pass\n"
    text = f"{spin}spin(0.35)\nspin(0.1)\n{FIRST}"
    with WorkerChannel(sandbox, submission({"layers.py": text}), calls=LIMITS) as channel:
        assert Student(channel, API).first(1) == 3
        assert channel.problems[0].startswith("layers.py, line 5: `spin(0.35)` was stopped")


def test_what_a_worker_says_of_itself_is_not_believed(sandbox: Sandbox) -> None:
    """Reports of statements that do not exist, and reports without end."""
    forge = (
        "from grader.protocol import frames\nimport socket\n"
        "sock = socket.socket(fileno=3)\n"
        "def say(file, number):\n"
        "    frames.send(sock, {'status': 'running', 'file': file, 'statement': number})\n"
    )
    places = ("'nowhere.py', 0", "'layers.py', 10**6", "'layers.py', -10**6", "['layers.py'], 0",
              "'layers.py', 1.0", "'layers.py', True", "None, None")  # fmt: skip
    wild = [f"[say({place}), os._exit(1)]\n" for place in places]
    endless = "n = 0\nwhile True:\n    say('layers.py', n); n += 1\n"
    for code in (*wild, endless):
        files = submission({"layers.py": f"{forge}{FIRST}{code}"})
        channel = WorkerChannel(sandbox, files, calls=LIMITS)
        for _ in range(3):
            with channel, pytest.raises(CouldNotRun, match=r"Importing|could not be loaded"):
                Student(channel, API).last(1)


class Doubling:
    """Answers for whatever is replaced with twice its argument."""

    def __init__(self, *names: str) -> None:
        self.names = list(names)

    def answer(self, message: dict[str, Any]) -> dict[str, Any]:
        return {"value": 2 * message["args"][0], "written": []}


@pytest.mark.parametrize("layers", ["", "@undefined\ndef last(x): pass\n", None])
def test_what_is_missing_is_said_where_it_is_used_and_can_be_replaced(
    sandbox: Sandbox, layers: str | None
) -> None:
    """A name that is not there, that could not be made, or whose file is not there."""
    net = "from .layers import last\ndef net(x):\n    return last(x) + 1\n"
    files = {"net.py": net} if layers is None else {"net.py": net, "layers.py": layers}
    given = submission(files, missing={} if layers else {"last": "layers.py"})
    if not layers:
        given.locations.pop("last", None)
    channel = WorkerChannel(sandbox, given)
    with channel, pytest.raises(NotDone, match=r"line 3: layers\.py does not define last"):
        Student(channel, API).net(1)
    with WorkerChannel(sandbox, given, substitutes=Doubling("last", "first")) as channel:
        assert Student(channel, API).net(4) == 9


def test_the_time_of_a_submission_ends_a_call_and_the_loading(sandbox: Sandbox) -> None:
    slow = "def last(x):\n    while True: pass\n"
    calls = CallLimits(call_seconds=60)
    for text in (f"{FIRST}{slow}", f"{FIRST}while True: pass\n{slow}"):
        limit = TimeLimit(0.6)
        files = submission({"layers.py": text})
        channel = WorkerChannel(sandbox, files, calls=calls, time_limit=limit)
        with channel, pytest.raises(CouldNotRun, match=r"the 0\.6 seconds that a submission"):
            Student(channel, API).last(1)
        assert limit.is_over


def test_a_limit_says_what_has_used_most_of_it() -> None:
    limit = TimeLimit(0)
    assert str(limit) == "the 0 seconds that a submission may take were over"
    limit._used.update({"slow": 40, "quick": 2})
    assert str(limit).endswith("were over; 40 of them went to slow")
