"""What an assignment asks of the archive that `grader submit` packs."""

from __future__ import annotations

import math
from collections.abc import Iterator

import msgspec

from grader.model.rubric_fault import Fault


class SubmitRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What belongs into it besides modules and notebooks, and how large it may be."""

    files: list[str] = []
    """Paths in the student's folder, or patterns of them with `*`: each has to be there, and is
    packed whatever it is."""
    notebooks: list[str] = []
    """Names of notebooks, without ending, besides those of `[notebooks]`: each has to be there."""
    max_megabytes: float = 50.0
    """Of the archive."""
    pdf: bool = False
    """Whether each notebook goes with it as a PDF, too."""
    notebook_seconds: float = 600.0
    """How long a notebook may run on the student's machine before it is given up."""


def submit_faults(rule: SubmitRule) -> Iterator[Fault]:
    """What is wrong with a rule though every value has the right type."""
    for key in ("max_megabytes", "notebook_seconds"):
        value = getattr(rule, key)
        if not 0 < value < math.inf:
            yield Fault(("submit", key), f"is {value:g}; expected more than 0")
    for path in rule.files:
        if not path or path.startswith("/") or "\\" in path or ".." in path.split("/"):
            hint = "Write it with `/`, from the folder that holds the package."
            yield Fault(("submit", "files"), f"holds {path!r}, which is not a path below", hint)
