"""A course whose answers wait to be marked, made without grading anything, and served.

    python -m tests.web.marking_room FOLDER PORT [--people 100] [--questions 1]

prints JSON: the cookie of each marker's session.
"""

from __future__ import annotations

import argparse
import base64
import json
import random
import struct
import sys
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import uvicorn

from grader.course.accounts import Account
from grader.course.course_folder import CourseFolder
from grader.model.notebook_records import (
    CellOutcome,
    CellOutput,
    NotebookCell,
    NotebookResult,
    WrittenAnswer,
)
from grader.model.person import Person
from grader.model.result import Result
from grader.web.app import desk_app
from grader.web.server import Serving, server_config
from grader.web.sessions import now

MARKERS: Final = ("ann", "bob", "cho", "dan")
ASKED: Final = "Why does batch norm help? Say what happens to $\\frac{\\partial L}{\\partial x}$."
_PHRASES: Final = (
    "Because the activations keep mean 0 and variance 1, $\\hat{x} = \\frac{x - \\mu}{\\sigma}$",
    "the gradient $\\frac{\\partial L}{\\partial x}$ does not vanish in deep nets",
    "larger learning rates work, since the loss is smoother",
    "it does not depend on the scale of `W` any more",
    "each batch adds noise, which regularises",
    "training is **faster**",
)


def make_course(
    folder: Path, people: int, questions: int = 1, markers: Sequence[str] = MARKERS
) -> CourseFolder:
    """The course: `people` students with an answer to each question, and some markers."""
    folder.mkdir(parents=True, exist_ok=True)
    text = 'title = "Nets"\n[[assignments]]\nid = "hw"\ntitle = "Batch norm"\n'
    (folder / "course.toml").write_text(text, encoding="utf-8")
    course = CourseFolder.open(folder)
    chance = random.Random(1)
    keys = [f"Student {n}_{n}" for n in range(1, people + 1)]
    with course.changing("setup") as change:
        change.put_people([Person(key=key, name=key.partition("_")[0]) for key in keys], "roster")
        run = change.begin_run("hw")
        for key in keys:
            change.put_result(run, _result(key, questions, chance))
        change.accept_run(run)
        for name in markers:
            change.put_account(Account(name=name, role="instructor"))
    return course


def sign_in(course: CourseFolder, markers: Sequence[str] = MARKERS) -> dict[str, str]:
    """The token of each marker."""
    with course.changing("setup") as change:
        return {
            name: change.new_session(name, now().replace(year=now().year + 1)) for name in markers
        }


def serve(course: CourseFolder, port: int) -> None:
    """Serve the course until this process ends."""
    said = Serving("127.0.0.1", port)
    uvicorn.Server(server_config(desk_app(course, said.settings()), said)).run()


def _result(key: str, questions: int, chance: random.Random) -> Result:
    answers = [_answer(str(n), chance) for n in range(1, questions + 1)]
    cells = [
        NotebookCell(
            id="train", role="answer", source="solver.train()\nplt.plot(solver.loss_history)",
            outcome=CellOutcome.OK, outputs=[_figure(chance)],
        ),
        *(
            NotebookCell(id=a.question, role="written", source=a.text, outcome=CellOutcome.TEXT)
            for a in answers
        ),
    ]  # fmt: skip
    book = NotebookResult(
        id="BatchNorm", title="Batch normalization", path="BatchNorm.ipynb", cells=cells,
        answers=answers,
    )  # fmt: skip
    return Result(
        submission=key,
        assignment="hw",
        score=8,
        max_score=10,
        parts=[],
        checks=[],
        notebooks=[book],
    )


def _answer(question: str, chance: random.Random) -> WrittenAnswer:
    said = chance.sample(_PHRASES, chance.choice((0, 1, 2, 2, 3, 4)))
    text = ", and ".join(said) + "." if said else ""
    pictures = [_figure(chance)] if chance.random() < 0.2 else []
    return WrittenAnswer(
        question=question, asked=ASKED, state="answered" if text else "empty",
        words=len(text.split()), text=text, points=2, pictures=pictures if text else [],
    )  # fmt: skip


def _figure(chance: random.Random) -> CellOutput:
    """A curve, as a PNG of 120 x 60 pixels."""
    heights = [round(50 / (1 + x / 20) + chance.random() * 5) for x in range(120)]
    rows = [bytes([0, *(0 if abs(h - y) < 2 else 255 for h in heights)]) for y in range(60, 0, -1)]
    head = struct.pack(">IIBBBBB", 120, 60, 8, 0, 0, 0, 0)
    chunks = [(b"IHDR", head), (b"IDAT", zlib.compress(b"".join(rows))), (b"IEND", b"")]
    png = b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )
    return CellOutput(mime="image/png", data=base64.b64encode(png).decode())


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("port", type=int)
    parser.add_argument("--people", type=int, default=100)
    parser.add_argument("--questions", type=int, default=1)
    asked = parser.parse_args()
    course = make_course(asked.folder, asked.people, asked.questions)
    sys.stdout.write(json.dumps(sign_in(course)) + "\n")
    sys.stdout.flush()
    serve(course, asked.port)


if __name__ == "__main__":
    main()
