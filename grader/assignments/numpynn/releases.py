"""The templates of this assignment over the years: what each asks, and how its calls differ.

`docs/releases.md` says it for people.
"""

from __future__ import annotations

from typing import Final

from grader.assignments.numpynn.call_forms import adapt, adapt_back
from grader.assignments.numpynn.dropout_meaning import observe
from grader.assignments.numpynn.random_layers import same_random
from grader.assignments.numpynn.recognition import recognise
from grader.assignments.numpynn.release_facts import RELEASES as _RELEASES
from grader.model.release import Release

RELEASES: Final[tuple[Release, ...]] = _RELEASES

__all__ = ["RELEASES", "adapt", "adapt_back", "observe", "recognise", "same_random"]
