"""The `grader` command."""

from __future__ import annotations

from typing import Annotated

import typer

from grader.cli import (
    autograder,
    batch,
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
    questions,
    requests,
    serve,
    similar,
    student_app,
    template,
    term,
    verify,
)
from grader.cli.error_lines import run_reporting
from grader.garbage import collect_seldom

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
    ("serve", serve.command),
    ("similar", similar.command),
    ("questions", questions.command),
    ("template", template.command),
    ("term", term.command),
    ("verify", verify.command),
):
    app.command(name)(function)
app.add_typer(course.app, name="course")


def _student_command(context: typer.Context) -> None:
    raise typer.Exit(int(student_app.run([context.info_name or "", *context.args])))


for name, module in student_app.COMMANDS.items():
    app.command(
        name,
        help=module.HELP,
        add_help_option=False,  # it is for the student's own parser to say
        context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
    )(_student_command)


def main() -> None:
    """Run the command; an error of ours is one line, never a traceback."""
    collect_seldom()
    run_reporting(app)
