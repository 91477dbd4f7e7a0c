"""The script `grader`, and `python -P -m grader`."""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.util import find_spec
from typing import Final

_STAFF: Final = "grader.cli.app"
"""Not in the kit that students get: by name, so that nothing of it comes along."""


def main() -> None:
    """Run the command."""
    try:
        from grader.import_path import leave_out_current_folder

        leave_out_current_folder()
        from grader.cli import student_app

        if (len(sys.argv) > 1 and sys.argv[1] in student_app.COMMANDS) or not find_spec(_STAFF):
            student_app.main()  # starts in a fraction of the time that the other needs
        else:
            import_module(_STAFF).main()
    except KeyboardInterrupt:  # before the command could begin
        print("grader: interrupted; run the same command again to go on.", file=sys.stderr)
        sys.exit(130)


if __name__ == "__main__":
    main()
