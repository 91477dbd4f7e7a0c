"""Images for a leaderboard whose labels nobody can compute.

`python -P -m grader.assignments.numpynn.leaderboard_data FOLDER [SECRET]` writes `phase_1.npy`,
which students get as `leaderboard/phase_1.npy`, and `labels.npy` for `grader leaderboard --labels`.
The same secret makes the same images; without one a new one is drawn.
"""

from __future__ import annotations

import secrets
import sys
from pathlib import Path

import numpy as np

from grader.assignment.folder import Assignment
from grader.assignments.numpynn.data import LEADERBOARD, hidden
from grader.model.errors import ExitCode, InputError, exit_code_of


def write(folder: Path, secret: str = "") -> None:
    """Make both files, as `labels.npy` and `phase_1.npy` of `folder`.

    Raises:
        InputError: there is no reference to make images with, or no room for them.
    """
    drawn = secret or secrets.token_hex(16)
    X, y = hidden(Assignment.load("numpynn").reference, LEADERBOARD, f"leaderboard/{drawn}")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        np.save(folder / "phase_1.npy", X)
        np.save(folder / "labels.npy", y)
    except OSError as error:
        raise InputError(f"{folder}: cannot be written: {error.strerror or error}.") from None


def main(arguments: list[str]) -> int:
    """Make the files in the folder named first, with the secret named second."""
    if not 1 <= len(arguments) <= 2:
        sys.stderr.write(f"{__doc__}")
        return int(ExitCode.USAGE)
    return exit_code_of(lambda: write(Path(arguments[0]), *arguments[1:]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
