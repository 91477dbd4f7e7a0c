"""`grader check`: a student's self-check."""

from __future__ import annotations

import os
import sys
from argparse import SUPPRESS, ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from grader.cli import arguments
from grader.model.errors import ExitCode, GraderError, UsageError

if TYPE_CHECKING:
    from grader.grading import Settings
    from grader.model.result import Result
    from grader.report.strings import Lang

HELP: Final = "Check your own work: see what is wrong and where. Exit code 1 if something is."


def add_arguments(parser: ArgumentParser) -> None:
    """What the command takes."""
    add = parser.add_argument
    add("path", nargs="?", type=Path, default=Path("."), help="Your folder.")
    add("-k", dest="keyword", default="", metavar="TEXT",
        help="Only checks whose name holds this text.")  # fmt: skip
    add("--part", "-p", action="append", default=[], metavar="NAME",
        help="Only this part or function; may be repeated.")  # fmt: skip
    add("--watch", "-w", action="store_true", help="Run again whenever a file changes.")
    add("--json", action="store_true", help="Print the result as JSON, and nothing else.")
    add("--github", action="store_true",
        help="Also annotate files and write GitHub's job summary.")  # fmt: skip
    add("--assignment", "-a", default="", metavar="NAME",
        help="An assignment's id, its folder, or its rubric.")  # fmt: skip
    add("--sandbox", default="auto", metavar="KIND", help="auto, bubblewrap, landlock or none.")
    add("--lang", default="en", help="Language of the reports: en or zh.")
    add("--no-fork", action="store_true", help=SUPPRESS)


def command(given: Namespace) -> ExitCode:
    """Check the folder, once or after every change."""
    settings = arguments.settings(
        assignment=given.assignment,
        sandbox=given.sandbox,
        unsafe=given.no_fork or given.sandbox == "none",
        lang=given.lang,
        public_only=True,
        parts=tuple(given.part),
        keyword=given.keyword,
        no_fork=given.no_fork,
    )
    if given.watch and (given.json or given.github):
        raise UsageError("--watch goes with neither --json nor --github.")
    folder = _own(arguments.existing(given.path), given.assignment)
    if given.watch:
        watch_folder(folder, settings)
        return ExitCode.OK
    if given.json:
        return print_json(folder, settings)
    return run(folder, settings, github=given.github)


def _own(path: Path, assignment: str) -> Path:
    """The folder to check; says which, if it is not the one named."""
    from grader.assignment.composed import open_assignment
    from grader.selfcheck.student_folder import working_folder

    folder = working_folder(path, open_assignment(assignment).form)
    if folder != path.resolve():
        print(f"Checking {folder}", file=sys.stderr)
    return folder


def print_json(folder: Path, settings: Settings) -> ExitCode:
    """Check once and print the student's copy of the result, as `docs/result.md` describes it."""
    from grader.cli.exit_codes import exit_code
    from grader.report.redact import for_audience
    from grader.selfcheck.self_check import selfcheck

    result = selfcheck(folder, settings)
    print(for_audience(result, "student").to_json().decode())
    return exit_code(result)


def run(folder: Path, settings: Settings, *, github: bool = False) -> ExitCode:
    """Check once and show what was found."""
    from rich.console import Console

    from grader.cli.exit_codes import exit_code
    from grader.report.terminal import summary
    from grader.selfcheck.self_check import selfcheck

    result = selfcheck(folder, settings)
    language = arguments.language(settings.lang)
    Console().print(summary(result, lang=language, audience="student", points=False))
    if github:
        tell_github(result, folder, language)
    return exit_code(result)


def tell_github(result: Result, folder: Path, lang: Lang) -> None:
    """Annotations on standard output, the summary where GitHub wants it."""
    from grader.deploy.github_report import annotation_lines, summary_markdown
    from grader.model.errors import InputError

    top = Path(os.environ.get("GITHUB_WORKSPACE", folder)).resolve()
    place = folder.resolve()
    below = place.relative_to(top).as_posix() if place.is_relative_to(top) else ""
    for line in annotation_lines(result, below="" if below == "." else below, lang=lang):
        print(line)
    if summary := os.environ.get("GITHUB_STEP_SUMMARY"):
        try:
            with open(summary, "a", encoding="utf-8") as file:
                file.write(summary_markdown(result, lang))
        except OSError as error:
            raise InputError(f"Cannot write {summary}: {error.strerror or error}.") from None


def watch_folder(folder: Path, settings: Settings) -> None:
    """Check, and check again after every change, until interrupted."""
    try:
        import watchfiles
    except ImportError:
        raise UsageError(
            "--watch needs the package watchfiles.", hint="Run: pip install watchfiles"
        ) from None
    changes = watchfiles.watch(
        folder, watch_filter=watchfiles.PythonFilter(), raise_interrupt=False
    )
    _run_forgiving(folder, settings)
    for _ in changes:
        _run_forgiving(folder, settings)


def _run_forgiving(folder: Path, settings: Settings) -> None:
    """An error of this moment's files must not end the watch."""
    try:
        run(folder, settings)
    except GraderError as error:
        print(f"grader: {error}", file=sys.stderr)
    print("Waiting for changes. Press Ctrl-C to stop.", flush=True)
