"""Running a command so that whatever ends it is one line, never a traceback."""

from __future__ import annotations

import sys
from collections.abc import Callable

from grader.cli import streams
from grader.model.errors import ExitCode, GraderError


def run_reporting(command: Callable[[], object]) -> None:
    """Run it; ends the process with the exit code of what went wrong."""
    streams.make_safe()
    try:
        command()
    except GraderError as error:
        print(f"grader: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    except (KeyboardInterrupt, SystemExit) as end:  # Typer exits silently when interrupted
        if isinstance(end, SystemExit) and end.code != ExitCode.INTERRUPTED:
            raise
        print("grader: interrupted; run the same command again to go on.", file=sys.stderr)
        sys.exit(ExitCode.INTERRUPTED)
