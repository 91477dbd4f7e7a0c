"""`python -m grader`: the `grader` command, where its script is not on the path."""

from __future__ import annotations

from grader.cli.app import main

if __name__ == "__main__":
    main()
