"""Four markers at once on one class, and a desk that is killed again and again meanwhile.

    python -m tests.faults.desk_kills [--kills 200] [--people 80] [--questions 30] [--seed 1]

Each marker does what the page's script does: takes the next answer, marks it with a key of its
own, and sends that again until the desk says that it is done; now and then they undo their last
mark. The desk is killed (SIGKILL) at moments that the seed chooses, and started again. In the end
every answer must have exactly the marks that a marker was told of: nothing lost, nothing twice.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import os
import random
import re
import secrets
import signal
import socket
import sys
import tempfile
import time
import urllib.parse
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final, NamedTuple

from starlette.testclient import TestClient

from grader.course.course_folder import CourseFolder
from grader.web.app import desk_app
from grader.web.server import Serving
from grader.web.sessions import form_token
from tests.web.marking_room import make_course, serve, sign_in

_UNDO: Final = 0.05
_QUICK: Final = 0.02
_DOWN: Final = 0.01
_UP: Final = 0.7
"""Seconds that the desk is left alone at most, from when it listens."""
_LAST: Final = 30.0
"""Seconds for which the markers go on at most when nobody kills the desk any more."""
_PATIENCE: Final = 30.0
"""Seconds that they may take to end then."""


class Reply(NamedTuple):
    """What the desk answered."""

    status: int
    text: str


class Marker:
    """Somebody who marks, in a process of their own, and notes what the desk has confirmed."""

    def __init__(self, name: str, token: str, port: int, folder: Path, seed: int) -> None:
        self._name = name
        self._stop = folder / "stop"
        self._token = token
        self._port = port
        self._journal = (folder / f"{name}.jsonl").open("a", encoding="utf-8")
        self._chance = random.Random(seed)

    def work(self, questions: Sequence[str]) -> None:
        """Mark whatever is left, any question, until nothing is or somebody says stop."""
        left = list(questions)
        last_act = 0
        while left and not self._stop.exists():
            question = self._chance.choice(left)
            place = f"/a/hw/marking/BatchNorm/{question}"
            page = self._until_answered("GET", f"{place}/unit", {}).text
            answers = re.findall(r'name="answers" value="(\w+)"', page)
            if not answers:
                waits = re.search(r"(\d+) answers? waits?", page)
                left = left if waits else [each for each in left if each != question]
                time.sleep(_QUICK)
                continue
            last_act = self._mark(place, answers[0], page)
            if last_act and self._chance.random() < _UNDO:
                self._undo(last_act)

    def _mark(self, place: str, answer: str, page: str) -> int:
        seen = re.search(r'name="seen" value="(\d+)"', page)
        assert seen, page
        form = {
            "key": secrets.token_hex(16), "seen": seen[1], "answers": answer,
            "points": str(self._chance.randrange(9) / 4), "comment": secrets.token_hex(4),
        }  # fmt: skip
        done = self._until_answered("POST", f"{place}/save", form)
        if done.status == 409:  # two had it before them when the desk forgot who has what
            self._note("refused", answer, form["comment"], 0)
            return 0
        assert done.status == 200, done
        entered = json.loads(done.text)
        self._note("marked", answer, form["comment"], entered["act"])
        if entered["again"]:  # it had been done, but the answer was lost with the desk
            self._note("again", answer, form["comment"], entered["act"])
        return int(entered["act"])

    def _undo(self, act: int) -> None:
        done = self._until_answered("POST", "/a/hw/marking/undo", {"act": str(act)})
        assert done.status == 200, done
        self._note("undone", json.loads(done.text)["answer"], "", act)

    def _note(self, what: str, answer: str, comment: str, act: int) -> None:
        self._journal.write(json.dumps([self._name, what, answer, comment, act]) + "\n")
        self._journal.flush()

    def _until_answered(self, method: str, path: str, form: Mapping[str, str]) -> Reply:
        while True:
            try:
                return self._ask(method, path, form)
            except (OSError, http.client.HTTPException):
                time.sleep(_DOWN + self._chance.random() * _QUICK)

    def _ask(self, method: str, path: str, form: Mapping[str, str]) -> Reply:
        line = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
        with contextlib.closing(line):
            body = urllib.parse.urlencode({**form, "csrf": form_token(self._token)})
            headers = {
                "Cookie": f"grader-desk={self._token}",
                "Origin": f"http://127.0.0.1:{self._port}",
                "Content-Type": "application/x-www-form-urlencoded",
                "Accept": "application/json",
                "HX-Request": "true",
            }
            line.request(method, path, body if method == "POST" else None, headers)
            answer = line.getresponse()
            return Reply(answer.status, answer.read().decode())


class Outcome(NamedTuple):
    """What came of it all."""

    kills: int
    marked: int
    """Marks that the desk confirmed."""
    meanwhile: int
    """Those of them that it confirmed before it was killed for the last time."""
    again: int
    """Those of them that it had entered before it was asked again."""
    undone: int
    refused: int
    """Marks that would have gone over somebody else's."""


def run(folder: Path, kills: int, people: int, questions: int, seed: int = 1) -> Outcome:
    """Mark the whole class while the desk is killed so many times, then look at what there is.

    Raises:
        AssertionError: a mark is lost, or there twice.
    """
    course = make_course(folder / "course", people, questions)
    tokens = sign_in(course)
    port = _free_port()
    asked = [str(n) for n in range(1, questions + 1)]
    _load_everything(course, tokens)
    markers = [
        _fork(partial(_mark_all, name, token, port, folder, asked, seed + at))
        for at, (name, token) in enumerate(tokens.items())
    ]
    chance = random.Random(seed)
    killed = 0
    while killed < kills and any(map(_runs, markers)):
        desk = _fork(lambda: serve(CourseFolder.open(course.path), port))
        _wait_until_it_listens(port)
        time.sleep(chance.uniform(0, _UP))
        os.kill(desk, signal.SIGKILL)
        os.waitpid(desk, 0)
        killed += 1
        if not killed % 25:
            sys.stderr.write(f"{killed} killed\n")
    meanwhile = sum(what == "marked" for _, what, *_ in _told(folder))
    desk = _fork(lambda: serve(CourseFolder.open(course.path), port))
    try:
        _wait_for(markers, _LAST)
        (folder / "stop").touch()
        _wait_for(markers, _PATIENCE)
    finally:
        os.kill(desk, signal.SIGKILL)
        os.waitpid(desk, 0)
        for pid in filter(_runs, markers):
            os.kill(pid, signal.SIGKILL)
    codes = [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in markers]
    assert not any(codes), f"a marker ended with {codes}"
    told = _told(folder)
    _compare(course, told)
    counts = Counter(what for _, what, *_ in told)
    return Outcome(
        killed, counts["marked"], meanwhile, counts["again"], counts["undone"], counts["refused"]
    )


def _told(folder: Path) -> list[list[Any]]:
    """What the markers have noted so far, in whole lines."""
    lines = [
        line
        for journal in sorted(folder.glob("*.jsonl"))
        for line in journal.read_text("utf-8").splitlines(keepends=True)
    ]
    return [json.loads(line) for line in lines if line.endswith("\n")]


def _compare(course: CourseFolder, told: Sequence[Sequence[Any]]) -> None:
    with course.reading() as view:
        history = view.mark_history("hw")
        marks = view.marks("hw")
        acts = {each[4]: view.marking.act(number=each[4]) for each in told if each[1] == "marked"}
        waiting = {
            (person.key, "BatchNorm", a.question)
            for person in view.people()
            for given in view.results_of("hw", person.key)
            for book in view.result(given.content).notebooks
            for a in book.answers
            if a.state == "answered"
        }
    assert set(marks) <= waiting
    marked = {comment: name for name, what, _, comment, _ in told if what == "marked"}
    kept = Counter(entry.comment for entry in history if not entry.taken_back)
    assert set(kept) == set(marked), "what was confirmed is not what there is"
    assert set(kept.values()) == {1}, "a mark is there twice"
    assert all(entry.who == marked[entry.comment] for entry in history if not entry.taken_back)
    undone = [act for _, what, _, _, act in told if what == "undone"]
    assert len(undone) == len(set(undone)) == sum(entry.taken_back for entry in history)
    by_place: dict[tuple[str, str], list[bool]] = defaultdict(list)
    for entry in history:
        by_place[entry.person, entry.question].append(entry.taken_back)
    for place, entries in by_place.items():  # marked, and again only after it was taken back
        assert entries == [at % 2 == 1 for at in range(len(entries))], (place, entries)
    assert len(marked) - len(undone) == len(marks)
    assert None not in acts.values()


def _mark_all(
    name: str, token: str, port: int, folder: Path, asked: Sequence[str], seed: int
) -> None:
    Marker(name, token, port, folder, seed).work(asked)


def _fork(do: Any) -> int:
    """Do something in a process of its own: all it needs is imported here already."""
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        do()
        code = 0
    except BaseException as error:
        sys.stderr.write(f"{type(error).__name__}: {error}\n")
    finally:
        os._exit(code)


def _runs(pid: int) -> bool:
    return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None


def _wait_for(pids: Sequence[int], seconds: float) -> None:
    end = time.monotonic() + seconds
    while any(map(_runs, pids)) and time.monotonic() < end:
        time.sleep(0.05)


def _wait_until_it_listens(port: int) -> None:
    for _ in range(1_000):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.01)


def _load_everything(course: CourseFolder, tokens: Mapping[str, str]) -> None:
    """Import and compile here what a page takes, so that each desk only has to fork."""
    settings = Serving("127.0.0.1", 8080).settings()
    origin = min(settings.origins)
    browser = TestClient(desk_app(course, settings), base_url=origin)
    browser.cookies.set("grader-desk", next(iter(tokens.values())))
    assert browser.get("/a/hw/marking/BatchNorm/1/unit").status_code == 200


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--people", type=int, default=80)
    parser.add_argument("--questions", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    wanted = parser.parse_args()
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="desk-kills-") as folder:
        found = run(Path(folder), wanted.kills, wanted.people, wanted.questions, wanted.seed)
    sys.stdout.write(
        f"killed {found.kills} times; {found.marked} marks confirmed, {found.meanwhile} between "
        f"kills, {found.again} of those sent again were there already, {found.undone} undone, "
        f"{found.refused} refused: nothing lost, nothing twice\n"
        f"{time.monotonic() - begun:.0f} seconds\n"
    )


if __name__ == "__main__":
    main()
