"""Options that several commands share."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

import typer

from grader.model.errors import UsageError

AssignmentName = Annotated[
    str, typer.Option("--assignment", "-a", help="An assignment's id, its folder, or its rubric.")
]
Release = Annotated[
    str,
    typer.Option("--release", help="Template the students used: auto, or the id of a release."),
]
Seed = Annotated[str, typer.Option("--seed", help="The same checks on other numbers.")]
SandboxKind = Annotated[
    str, typer.Option("--sandbox", help="auto, bubblewrap, landlock or none (see `grader doctor`).")
]
Unsafe = Annotated[
    bool,
    typer.Option("--no-sandbox", help="Run without a sandbox. Only for code that you trust."),
]
Language = Annotated[str, typer.Option("--lang", help="Language of the reports: en or zh.")]
ExportOf = Annotated[
    str,
    typer.Option(
        "--from",
        help="Whose export it is (canvas, moodle, ..., plain), where that can be read in two ways; "
        "nbgrader:ps1 also names the assignment. See docs/exports.md.",
    ),
]
NoNotebooks = Annotated[
    bool, typer.Option("--no-notebooks", help="Leave notebooks out, if the rubric asks for them.")
]
CourseName = Annotated[
    str, typer.Option("--course", "-c", help="A course's folder; by default the nearest above.")
]
ForAssignment = Annotated[
    str, typer.Option("--for", help="An assignment of the course, by its id in course.toml.")
]
By = Annotated[str, typer.Option("--by", help="Who does it; by default the system's user.")]
NoFork = Annotated[
    bool,
    typer.Option("--no-fork", help="Start every process afresh, as on Windows.", hidden=True),
]


def zone(name: str) -> dt.tzinfo | None:
    """A time zone by its name; None without one.

    Raises:
        UsageError: there is none of that name.
    """
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        hint = "Expected a name such as Europe/Berlin or America/New_York."
        raise UsageError(f"--zone {name}: there is no such time zone.", hint=hint) from None


def into(*, add: bool, replace: bool) -> Literal["", "add", "replace"]:
    """What becomes of another class in the output.

    Raises:
        UsageError: both.
    """
    if add and replace:
        raise UsageError("--add keeps another class and --replace drops it: choose one.")
    return "add" if add else "replace" if replace else ""
