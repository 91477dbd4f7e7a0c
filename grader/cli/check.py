"""`grader check`: a student's self-check."""

from __future__ import annotations

import gc
import os
import sys
from argparse import SUPPRESS, ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from grader.cli import arguments
from grader.model.errors import ExitCode, GraderError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from grader.grading import Settings
    from grader.model.result import Result
    from grader.report.strings import Lang
    from grader.sandbox.background import OpeningSandbox
    from grader.selfcheck.own_grading import Grade, OwnWork

_SAVED_AFTER_MS: Final = 20
"""A file is taken to be saved when nothing has changed for so long."""
_LONGEST_SAVE_MS: Final = 400
_STARTS_IN_MS: Final = 100
"""The files are watched before they are read the first time, which is so much later."""
HELP: Final = "Check your own work: see what is wrong and where. Exit code 1 if anything is wrong."


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
    if given.watch and (given.json or given.github):
        raise UsageError("--watch goes with neither --json nor --github.")
    unsafe = given.no_fork or given.sandbox == "none"
    gc.disable()  # what is imported never becomes garbage
    with begin_sandbox("none" if unsafe else given.sandbox) as sandbox:
        settings = arguments.settings(
            assignment=given.assignment,
            sandbox=given.sandbox,
            unsafe=unsafe,
            lang=given.lang,
            public_only=True,
            parts=tuple(given.part),
            keyword=given.keyword,
            no_fork=given.no_fork,
        )
        work = _work(given.path, settings, sandbox)
        gc.freeze()
        gc.enable()
        if given.watch:
            watch(work)
            return ExitCode.OK
        return check_once(work, json=given.json, github=given.github)


def begin_sandbox(kind: str) -> OpeningSandbox:
    """The place of the student's code: begun before all else is imported, so that both go on."""
    from grader.sandbox.background import OpeningSandbox
    from grader.sandbox.runtime import ONE_THREAD
    from grader.sandbox.sandboxes import OWN_CODE

    os.environ.update(ONE_THREAD)  # NumPy reads it when it is imported, here too
    return OpeningSandbox(OWN_CODE if kind == "auto" else kind)


def _work(path: Path, settings: Settings, sandbox: OpeningSandbox) -> OwnWork:
    """What is to be checked; says which folder, if it is not the one named."""
    from grader.assignment.composed import open_assignment
    from grader.selfcheck.own_grading import OwnWork, refuse_unknown
    from grader.selfcheck.student_folder import working_folder

    named = arguments.existing(path)
    opened = open_assignment(settings.assignment)
    refuse_unknown(settings.parts, opened)
    folder = working_folder(named, opened.form)
    if folder != named.resolve():
        print(f"Checking {folder}", file=sys.stderr)
    return OwnWork(folder, opened, settings, sandbox)


def check_once(work: OwnWork, *, json: bool, github: bool) -> ExitCode:
    """Check, and say what was found."""
    from grader.cli.exit_codes import exit_code

    result = work.result()
    language = arguments.language(work.settings.lang)
    if json:
        print_json(result)
    else:
        show(result, language)
    if github:
        tell_github(result, work.folder, language)
    return exit_code(result)


def print_json(result: Result) -> None:
    """Print the student's copy of the result, as `docs/result.md` describes it."""
    from grader.report.redact import for_audience

    print(for_audience(result, "student").to_json().decode())


def show(result: Result, lang: Lang) -> None:
    """Print what was found, for people."""
    try:
        from rich.console import Console
    except ImportError:  # a kit does not ask for it
        from grader.report.cell_output import plain

        print(plain(result, lang=lang))
        return
    from grader.report.terminal import summary

    Console().print(summary(result, lang=lang, audience="student", points=False))


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


def watch(work: OwnWork) -> None:
    """Check, and check again after every change, until interrupted."""
    try:
        import watchfiles
    except ImportError:
        raise UsageError(
            "--watch needs the package watchfiles.", hint="Run: pip install watchfiles"
        ) from None
    changes = watchfiles.watch(
        work.folder,
        watch_filter=watchfiles.PythonFilter(),
        debounce=_LONGEST_SAVE_MS,
        step=_SAVED_AFTER_MS,
        rust_timeout=_STARTS_IN_MS,
        yield_on_timeout=True,
        raise_interrupt=False,
    )

    def look_again(grade: Grade, make_ready: Callable[[], None]) -> None:
        for number, changed in enumerate(changes):
            if changed or not number:
                _check_forgiving(work, grade)
                make_ready()

    work.with_repeated_grader(look_again)


def _check_forgiving(work: OwnWork, grade: Grade) -> None:
    """An error of this moment's files must not end the watch."""
    from grader.report.strings import Texts

    language = arguments.language(work.settings.lang)
    try:
        show(work.result_by(grade), language)
    except GraderError as error:
        print(f"grader: {error}", file=sys.stderr)
    print(Texts(language)("terminal.waiting"), flush=True)
