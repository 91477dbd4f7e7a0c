"""Pages of the desk over a large class, with made-up results: time and memory.

    python benchmarks/desk.py --course FOLDER [--students 10000] [--requests 100]
        [--nbgrader PYTHON]

Nothing is graded. The course is made in FOLDER, unless one is there: results of 251 checks and four
written answers for each student. The desk is served by a process of its own over the loopback
interface, and asked by one client for each page in turn; how long until the whole page is there.
`--nbgrader` names a Python in which nbgrader is installed: its formgrader gets as many students,
and its pages, and what these load, are asked for in turn with ours.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime as dt
import http.client
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import msgspec
from msgspec.structs import replace

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.formgrader import Formgrader
from benchmarks.many_rows import Invention
from benchmarks.memory import peak
from grader.assignment.composed import open_assignment
from grader.batches.fingerprint import Fingerprint
from grader.batches.run_history import content_of
from grader.batches.state import NAME, BatchState, StateEntry
from grader.course.accounts import Account
from grader.course.attempts import attempt_key
from grader.course.class_standing import ClassStanding
from grader.course.course_folder import CourseFolder
from grader.model.attempt import Attempt, DeliveredFile
from grader.model.class_list import ClassList
from grader.model.course_records import StoredAttempt
from grader.model.notebook_records import NotebookResult, WrittenAnswer
from grader.model.person import Person
from grader.model.result import Result
from grader.report.atomic_write import result_file
from tests.report.sample import student_name

ID: Final = "numpynn"
SETTINGS: Final = 'title = "Large"\nzone = "UTC"\n\n[[assignments]]\nid = "numpynn"\n'
SAYINGS: Final = 60
"""Answers that differ; each student writes one of them, with some words changed."""
IDLE: Final = 5
"""Seconds after which a server may have closed a connection; it is made anew within the time."""
SERVER: Final = """
import sys
from grader.course.course_folder import CourseFolder
from grader.web.app import desk_app
from grader.garbage import collect_seldom
from grader.web.server import Serving, server_config
import uvicorn
collect_seldom()
said = Serving("127.0.0.1", int(sys.argv[2]))
uvicorn.Server(server_config(desk_app(CourseFolder.open(sys.argv[1]), said.settings()), said)).run()
"""


def make_course(folder: Path, students: int) -> CourseFolder:
    """A course in which that many have submitted and are graded."""
    folder.mkdir(parents=True)
    (folder / "course.toml").write_text(SETTINGS, encoding="utf-8")
    course = CourseFolder.open(folder)
    people = [_person(n) for n in range(students)]
    attempts = {person.key: _attempt(person) for person in people}
    invention = Invention()
    with course.changing("benchmark") as change:
        change.put_account(Account(name="owner", role="owner", sections=[]))
        change.put_people(people, "made up")
        change.put_attempts(ID, list(attempts.values()), "made up")
        run = change.begin_run(ID)
        results = [_result(invention, person) for person in people]
        for result in results:
            change.put_result(run, result, attempts[result.submission].attempt.key)
        change.accept_run(run)
    _write_output(course, results, people, [each.attempt for each in attempts.values()])
    return course


def _person(n: int) -> Person:
    name = student_name(n)
    ids = {"canvas": str(n)}
    return Person(key=f"{name}_{n}", name=name, email=f"s{n}@x.edu", ids=ids, section=f"S{n % 20}")


def _attempt(person: Person) -> StoredAttempt:
    key = attempt_key(1, [person.key])
    entry = f"submissions/{ID}/{person.ids['canvas']}"
    submitted = dt.datetime(2026, 3, 1, tzinfo=dt.UTC) + dt.timedelta(minutes=len(person.key))
    attempt = Attempt(
        key=key, owner=person.key, members=[person.key], number=1, submitted=submitted,
        time_source="platform", entry=entry, counted=True,
    )  # fmt: skip
    file = DeliveredFile(name="layers.py", path=f"{entry}/layers.py")
    return StoredAttempt(attempt=attempt, files=[file], digest=person.key)


def _result(invention: Invention, person: Person) -> Result:
    made = replace(invention.made(person.key), name=person.name)
    if made.error:
        return made
    rng = random.Random(person.key)
    answers = [_answer(rng, n) for n in range(1, 5)]
    book = NotebookResult(id="Dropout", title="Dropout", path="Dropout.ipynb", answers=answers)
    return replace(made, notebooks=[book])


def _answer(rng: random.Random, n: int) -> WrittenAnswer:
    said = rng.randrange(SAYINGS)
    words = _words(random.Random(f"{n}/{said}"))
    for _ in range(rng.randrange(4)):
        words[rng.randrange(len(words))] = _word(rng)
    return WrittenAnswer(
        question=str(n), asked="Why?", points=2, text=" ".join(words), state="answered",
        words=len(words),
    )  # fmt: skip


def _words(rng: random.Random) -> list[str]:
    return [_word(rng) for _ in range(rng.randrange(8, 60))]


def _word(rng: random.Random) -> str:
    return "".join(rng.choices("aeioulnrst", k=rng.randrange(2, 9)))


def _write_output(
    course: CourseFolder, results: list[Result], people: list[Person], attempts: list[Attempt]
) -> None:
    """What a batch of these results would leave, without the students' pages."""
    out = course.out(ID)
    out.mkdir(parents=True)
    state = BatchState(out / NAME)
    rubric = open_assignment(course.grader(ID)).rubric
    with course.reading() as view:
        standing = ClassStanding(course.settings, view, ID, lambda _: rubric)
    nothing = Fingerprint(**dict.fromkeys(Fingerprint.__struct_fields__, ""))
    (out / "results").mkdir()
    for result in results:
        (out / result_file(result.submission)).write_bytes(standing.applied(result).to_json())
        worth, marks = standing.stamps(result.submission)
        entry = StateEntry(nothing, "", (), worth, content_of(result), marks)
        state.put(entry, state.register.summary(standing.applied(result)))
    state.close()
    listed = ClassList(platform="canvas", people=people, attempts=attempts)
    (out / "class.json").write_bytes(msgspec.json.encode(listed))


def pages(course: CourseFolder) -> dict[str, str]:
    """What is asked for, by what it is called."""
    with course.reading() as view:
        person = quote(view.people()[4_321 % len(view.people())].key, safe="")
    base = f"/a/{ID}"
    return {
        "assignments": "/",
        "class": base,
        "class, by score, page 57": f"{base}?sort=score&page=57",
        "class, a name": f"{base}?text=li",
        "class, who failed a check": f"{base}?check=layers%3A%3Acheck_6",
        "class, a mistake, a section": f"{base}?mistake=mistake-3&section=S7",
        "needs attention": f"{base}/attention",
        "checks": f"{base}/checks",
        "student": f"{base}/s/{person}",
        "student's report": f"{base}/s/{person}/copy/student",
        "marking": f"{base}/marking",
        "an answer": f"{base}/marking/Dropout/1",
        "groups of answers": f"{base}/marking/Dropout/1/groups",
        "grading": f"{base}/grading",
        "hand back": f"{base}/hand-back",
        "people": "/people?page=9",
        "requests": "/requests",
        "log": "/log",
    }


@contextlib.contextmanager
def served(course: CourseFolder, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """The desk in a process of its own."""
    process = subprocess.Popen([sys.executable, "-c", SERVER, str(course.path), str(port)])
    try:
        _wait_for(port)
        yield process
    finally:
        process.terminate()
        process.wait()


def _wait_for(port: int) -> None:
    for _ in range(600):
        with contextlib.suppress(OSError):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            connection.request("GET", "/sign-in")
            connection.getresponse().read()
            return
        time.sleep(0.1)
    raise SystemExit("The desk did not start.")


class Asker:
    """One client with one connection."""

    def __init__(self, port: int, headers: Mapping[str, str]) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=600)
        self._headers = dict(headers)
        self._used = 0.0
        self.size = 0

    def __call__(self, path: str) -> float:
        """Milliseconds until a whole page is there."""
        if time.perf_counter() - self._used > IDLE:
            self._connection.close()
        begun = self._used = time.perf_counter()
        self._connection.request("GET", path, headers=self._headers)
        answer = self._connection.getresponse()
        content = answer.read()
        taken = time.perf_counter() - begun
        if answer.status != http.client.OK:
            raise SystemExit(f"{path}: status {answer.status}: {content[:300]!r}")
        self.size = len(content)
        return 1_000 * taken


def measure(asked: Mapping[str, Callable[[], tuple[float, int]]], times: int) -> None:
    """Ask for each in turn, `times` over, after once for nothing; print what it took."""
    found: dict[str, list[float]] = {name: [] for name in asked}
    sizes: dict[str, int] = {}
    first: dict[str, float] = {}
    for name, ask in asked.items():
        first[name], sizes[name] = ask()
    for _ in range(times):
        for name, ask in asked.items():
            found[name].append(ask()[0])
    sys.stdout.write(f"{'':44} first   median      95th     kB\n")
    for name, taken in found.items():
        slow = statistics.quantiles(taken, n=20)[-1]
        line = f"{name:40} {first[name]:8.0f} {statistics.median(taken):8.1f} {slow:9.1f}"
        sys.stdout.write(f"{line} {sizes[name] / 1_000:6.0f}\n")


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--course", type=Path, required=True)
    parser.add_argument("--students", type=int, default=10_000)
    parser.add_argument("--requests", type=int, default=100)
    parser.add_argument("--port", type=int, default=8_099)
    parser.add_argument("--nbgrader", default="")
    wanted = parser.parse_args()
    there = (wanted.course / "course.toml").exists()
    made = CourseFolder.open if there else lambda path: make_course(path, wanted.students)
    course = made(wanted.course)
    with course.changing("benchmark") as change:
        token = change.new_session("owner", dt.datetime.now(dt.UTC) + dt.timedelta(days=1))
    with contextlib.ExitStack() as stack:
        process = stack.enter_context(served(course, wanted.port))
        ask = Asker(wanted.port, {"Cookie": f"grader-desk={token}"})
        asked: dict[str, Any] = {
            name: lambda path=path: (ask(path), ask.size) for name, path in pages(course).items()
        }
        if wanted.nbgrader:
            peer = Formgrader(wanted.nbgrader, wanted.course.with_name("formgrader"))
            port = stack.enter_context(peer.served(wanted.students))
            other = Asker(port, {})
            for name, path in peer.pages().items():
                asked[f"formgrader: {name}"] = lambda path=path: (other(path), other.size)
        measure(asked, wanted.requests)
        sys.stdout.write(f"memory of the desk, at most: {peak(process.pid):.0f} MB\n")


if __name__ == "__main__":
    main()
