"""The script `grader`, and `python -P -m grader`."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command."""
    try:
        from grader.import_path import leave_out_current_folder

        leave_out_current_folder()
        from grader.cli.app import main as run

        run()
    except KeyboardInterrupt:  # before the command could begin
        print("grader: interrupted; run the same command again to go on.", file=sys.stderr)
        sys.exit(130)


if __name__ == "__main__":
    main()
