"""The `grader` command."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from grader.cli import (
    autograder,
    batch,
    check,
    ci,
    course,
    demo,
    doctor,
    extend,
    feedback,
    grade,
    grades,
    history,
    key,
    kit,
    leaderboard,
    lint,
    new,
    notebook,
    override,
    publish,
    requests,
    similar,
    streams,
    template,
    term,
    verify,
)
from grader.model.errors import ExitCode, GraderError

app = typer.Typer(
    name="grader",
    help="Grade NumPy neural-network assignments: correctly, fast, and without trusting them.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit codes: 0 all good, 1 some checks failed, 2 usage, 3 input unreadable, "
    "4 internal error.",
)


def _version(value: bool) -> None:
    if value:
        from grader.grading import harness_version

        typer.echo(harness_version())
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    pass


for name, function in (
    ("autograder", autograder.command),
    ("batch", batch.command),
    ("extend", extend.command),
    ("feedback", feedback.command),
    ("grade", grade.command),
    ("grades", grades.command),
    ("check", check.command),
    ("ci", ci.command),
    ("demo", demo.command),
    ("doctor", doctor.command),
    ("history", history.command),
    ("key", key.command),
    ("kit", kit.command),
    ("leaderboard", leaderboard.command),
    ("lint", lint.command),
    ("new", new.command),
    ("notebook", notebook.command),
    ("override", override.command),
    ("publish", publish.command),
    ("requests", requests.command),
    ("similar", similar.command),
    ("template", template.command),
    ("term", term.command),
    ("verify", verify.command),
):
    app.command(name)(function)
app.add_typer(course.app, name="course")


def main() -> None:
    """Run the command; an error of ours is one line, never a traceback."""
    streams.make_safe()
    try:
        app()
    except GraderError as error:
        print(f"grader: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    except (KeyboardInterrupt, SystemExit) as end:  # Typer exits silently when interrupted
        if isinstance(end, SystemExit) and end.code != ExitCode.INTERRUPTED:
            raise
        print("grader: interrupted; run the same command again to go on.", file=sys.stderr)
        sys.exit(ExitCode.INTERRUPTED)
