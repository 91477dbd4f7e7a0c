"""Mutants that nobody can tell from the reference, argued one by one.

They stand in `equivalent_mutants.toml` beside the reference package:

    [[mutant]]
    function = "scale_forward"        # as in the id of the mutant, up to the first colon
    old = "out = np.multiply(x, w)"   # the statement, as `grader verify` shows it
    new = "..."                      # what the mutant makes of it
    reason = "Why the contract allows both."

`new` may be a list, where one reason holds for each. Names that do not matter may be patterns of
the shell: `old = "cache = *"`.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from pathlib import Path

import msgspec

from grader.assignment.toml_record import read_record
from grader.verify.proof import ProgramKind, ProgramVerdict


class Argument(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why some mutants are equivalent."""

    function: str
    old: str
    new: str | list[str]
    reason: str

    def changes(self) -> list[tuple[str, str, str]]:
        """Function, old and new text of each mutant."""
        new = [self.new] if isinstance(self.new, str) else self.new
        return [(self.function, self.old, text) for text in new]


class _File(msgspec.Struct, forbid_unknown_fields=True):
    mutant: list[Argument] = []


def load_arguments(path: Path) -> list[Argument]:
    """The arguments in a file; none without it.

    Raises:
        InputError: the file is wrong; names the key.
    """
    if not path.is_file():
        return []
    return read_record(path, _File).mutant


def argue(verdicts: list[ProgramVerdict], arguments: list[Argument]) -> list[str]:
    """Write the arguments into the verdicts on mutants; the changes that fit none of them."""
    mutants = [verdict for verdict in verdicts if verdict.subject.kind is ProgramKind.MUTANT]
    stale: list[str] = []
    for argument in arguments:
        for change in argument.changes():
            fitting = [verdict for verdict in mutants if _fits(verdict, change)]
            for verdict in fitting:
                verdict.equivalent = argument.reason
            if not fitting:
                stale.append("{}: {} -> {}".format(*change))
    return stale


def _fits(verdict: ProgramVerdict, change: tuple[str, str, str]) -> bool:
    subject = verdict.subject
    actual = (subject.id.partition(":")[0], subject.old, subject.new)
    return all(
        have == want or fnmatchcase(have, want) for have, want in zip(actual, change, strict=True)
    )
