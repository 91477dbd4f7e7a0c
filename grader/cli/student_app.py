"""The commands that a student has: all of `grader` in a kit, and a part of it elsewhere.

Each is a module with `HELP`, `add_arguments(parser)` and `command(given)`. They are read by
argparse, so that a kit needs no library for it and starts at once.
"""

from __future__ import annotations

import sys
from argparse import Action, ArgumentParser, Namespace
from collections.abc import Mapping, Sequence
from typing import Final, NoReturn, Protocol

from grader.cli import check, submit
from grader.cli.error_lines import run_reporting
from grader.model.errors import ExitCode


class Command(Protocol):
    """A module of a command."""

    HELP: str

    def add_arguments(self, parser: ArgumentParser) -> None:
        """What it takes."""

    def command(self, given: Namespace) -> ExitCode:
        """Do it."""


COMMANDS: Final[Mapping[str, Command]] = {"check": check, "submit": submit}
_EXIT_CODES: Final = (
    "Exit codes: 0 all good, 1 some checks failed, 2 usage, 3 input unreadable, 4 internal error."
)


class _Parser(ArgumentParser):
    """An argument parser that says where help is instead of repeating it."""

    def error(self, message: str) -> NoReturn:
        self.exit(
            ExitCode.USAGE,
            f"grader: {message[:1].upper()}{message[1:]}. Try '{self.prog} -h' for help.\n",
        )


def run(words: Sequence[str]) -> ExitCode:
    """Run the command that words name.

    Raises:
        SystemExit: after help or the version, or if the words cannot be understood.
        GraderError: the command cannot do what is asked.
    """
    given = _parser().parse_args(words)
    code: ExitCode = given.run(given)
    return code


def main() -> None:
    """Run what the command line says; an error of ours is one line."""
    run_reporting(lambda: sys.exit(run(sys.argv[1:] or ["--help"])))


def _parser() -> ArgumentParser:
    parser = _Parser(
        prog="grader", description="Check your own work.", epilog=_EXIT_CODES, allow_abbrev=False
    )
    parser.add_argument("--version", action=_Version, help="Show the version.")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name, module in COMMANDS.items():
        own = commands.add_parser(
            name, help=module.HELP, description=module.HELP, epilog=_EXIT_CODES, allow_abbrev=False
        )
        module.add_arguments(own)
        own.set_defaults(run=module.command)
    return parser


class _Version(Action):
    """Looks the version up only if it is asked for."""

    def __init__(self, option_strings: Sequence[str], dest: str, help: str) -> None:
        super().__init__(option_strings, dest, nargs=0, help=help)

    def __call__(self, parser: ArgumentParser, *_given: object) -> NoReturn:
        from grader.grading import harness_version

        print(harness_version())
        parser.exit()
