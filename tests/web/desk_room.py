"""A course of twelve in two sections, graded without running anything, and browsers of its staff.

What grades it is the tiny assignment, so that it can be graded for real as well.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from pathlib import Path
from typing import Any, Final

from starlette.testclient import TestClient

from grader.batches.fingerprint import Fingerprint
from grader.course.accounts import Account, Role
from grader.course.course_folder import CourseFolder
from grader.grading import Settings
from grader.model.errors import ExitCode
from grader.model.notebook_records import CellOutcome, NotebookCell, NotebookResult, WrittenAnswer
from grader.model.result import CheckResult, Outcome, PartResult, Result
from grader.submission import Source
from grader.web.app import desk_app
from grader.web.desk import Desk
from grader.web.desk_settings import settings_for
from grader.web.sessions import form_token, now
from tests.faults import tiny
from tests.support import in_process
from tests.verify.toy import LAYERS

ORIGIN: Final = "http://127.0.0.1:8080"
HW: Final = "hw"
PEOPLE: Final = {
    "Ada Byron_1": "A", "Bo Lin_2": "B", "Cem Öz_3": "A", "Dana Fox_4": "B", "Eve Ng_5": "A",
    "Fay Ray_6": "B", "Gus Orr_7": "A", "Hal Ito_8": "B", "Ida May_9": "A", "Jun Wei_10": "B",
    "李雷_11": "A", "Kit & <b>Co</b>_12": "B",
}  # fmt: skip
"""Key to section."""
ADA, BO, CEM, DANA = list(PEOPLE)[:4]
ABSENT: Final = "Ida May_9"
BROKEN: Final = "Jun Wei_10"
ACCOUNTS: Final[dict[Role, list[str]]] = {
    "owner": [], "instructor": [], "assistant": ["A"], "reader": [],
}  # fmt: skip
"""Role, which is the account's name too, to its sections."""
SETTINGS: Final = """\
title = "Nets"
zone = "Europe/Berlin"

[[assignments]]
id = "hw"
title = "Scale and shift"
grader = {rubric}
due = 2026-03-15T23:59:00

[[assignments]]
id = "later"
title = "Not begun"
grader = {rubric}
"""
ANSWERS: Final = (
    "It scales every column by its weight.",
    "it scales every column by its weight",
    "Each column is multiplied by its weight, so the output has the shape of x.",
    "",
)


class MadeUpGrading:
    """An executor whose results follow from the submission's number."""

    width = 1

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def submit(self, source: Source, inputs: Fingerprint) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_result(None)
        return future

    def result(self, source: Source, future: Future[Any]) -> Result:
        return made_up(source)

    def running(self) -> Mapping[str, float]:
        return {}

    def check(self) -> None: ...

    def close(self) -> None: ...


def made_up(source: Source) -> Result:
    """What grading gives, by the number at the end of the name."""
    number = int(source.id.rpartition("_")[2])
    common: dict[str, Any] = {
        "submission": source.id,
        "assignment": "toy",
        "name": source.name,
        "max_score": 6,
    }
    if source.problem or source.id == BROKEN:
        said = source.problem or "layers.py: invalid syntax (line 3)."
        return Result(**common, score=0, parts=[], checks=[], error=said, error_kind="input")
    scale, shift = number % 2 == 1, number % 3 != 0
    checks = [
        _check("layers::scale", "`scale` multiplies", "scale", scale),
        _check("layers::shift", "`shift` adds", "shift", shift),
    ]
    parts = [_part("scale", "Scale", scale), _part("shift", "Shift", shift)]
    parts.append(PartResult(id="work", title="Notebook", points=2, max_points=2, passed=2, total=2))
    answer = ANSWERS[number % len(ANSWERS)]
    answers = [
        WrittenAnswer(
            question="1", asked="What does `scale` do to $x$?", points=2, text=answer,
            state="answered" if answer else "empty", words=len(answer.split()),
        )
    ]  # fmt: skip
    cells = [
        NotebookCell(id="a", role="answer", source="out = scale(x, w)", outcome=CellOutcome.OK),
        NotebookCell(id="b", role="written", source=answer, outcome=CellOutcome.TEXT),
    ]
    book = NotebookResult(id="Work", title="Work", path="Work.ipynb", cells=cells, answers=answers)
    score = sum(part.points for part in parts)
    return Result(**common, score=score, parts=parts, checks=checks, notebooks=[book])


def _check(id: str, title: str, part: str, passed: bool) -> CheckResult:
    return CheckResult(
        id=id, title=title, part=part, targets=[part], points=2 * passed, max_points=2,
        outcome=Outcome.PASSED if passed else Outcome.FAILED,
        message="" if passed else "out is wrong in all 12 elements.",
    )  # fmt: skip


def _part(id: str, title: str, passed: bool) -> PartResult:
    return PartResult(
        id=id, title=title, points=2 * passed, max_points=2, passed=int(passed), total=1
    )


def make_assignment(folder: Path) -> Path:
    """The tiny assignment with notebooks; its rubric's path."""
    folder.mkdir()
    return tiny.make(folder, {"right": tiny.BODIES["right"]}, notebooks=True)


def make_course(folder: Path, rubric: Path) -> CourseFolder:
    """The course with its roster, accounts and submissions, graded."""
    course = folder / "nets"
    course.mkdir(parents=True)
    text = SETTINGS.format(rubric=json.dumps(str(rubric)))
    (course / "course.toml").write_text(text, encoding="utf-8")
    rows = [
        f"{name},{number},s{number}@uni.edu,{section}"
        for key, section in PEOPLE.items()
        for name, _, number in [key.rpartition("_")]
    ]
    roster = folder / "roster.csv"
    roster.write_text("\n".join(["name,canvas id,email,section", *rows]), encoding="utf-8")
    in_process("course", "roster", roster, "--course", course)
    export = folder / "export"
    for key in PEOPLE:
        if key != ABSENT:
            _hand_in(export, key)
    in_process("course", "import", HW, export, "--course", course)
    in_process("batch", "--for", HW, "--course", course, code=ExitCode.INPUT)
    opened = CourseFolder.open(course)
    with opened.changing("setup") as change:
        for role, sections in ACCOUNTS.items():
            change.put_account(Account(name=role, role=role, sections=sections))
    return opened


def _hand_in(export: Path, key: str) -> None:
    number = key.rpartition("_")[2]
    package = export / f"s{number}@uni.edu" / "numpynn"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("", encoding="utf-8")
    (package / "layers.py").write_text(f"# {number}\n{LAYERS}", encoding="utf-8")


class Browser(TestClient):
    """Somebody's browser: signed in, and its forms come from the desk's own pages."""

    def __init__(self, course: CourseFolder, name: str = "") -> None:
        app = desk_app(course, settings_for("127.0.0.1", 8080))
        super().__init__(app, base_url=ORIGIN, follow_redirects=False, raise_server_exceptions=True)
        self.headers["accept-language"] = "en"
        self.headers["origin"] = ORIGIN
        self.desk: Desk = app.state.desk
        if name:
            self.sign_in(name)

    def sign_in(self, name: str) -> None:
        """As if the password had been right."""
        with self.desk.course.changing("setup") as change:
            token = change.new_session(name, now() + dt.timedelta(days=1))
        self.cookies.set("grader-desk", token, domain="127.0.0.1")

    @property
    def token(self) -> str:
        """That of the session."""
        return self.cookies.get("grader-desk") or ""

    @property
    def csrf(self) -> str:
        """What forms of this session carry."""
        return form_token(self.token)

    def act(self, url: str, data: Mapping[str, Any] | None = None, **more: Any) -> Any:
        """Post a form, as a page of the desk would."""
        return self.post(url, data={**(data or {}), "csrf": self.csrf}, **more)


def browsers(course: CourseFolder) -> Iterator[tuple[str, Browser]]:
    """One for each account."""
    for role in ACCOUNTS:
        yield role, Browser(course, role)
