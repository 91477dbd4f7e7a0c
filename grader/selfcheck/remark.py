"""What is found of work that is about to be handed in."""

from __future__ import annotations

from typing import NamedTuple


class SubmitRemark(NamedTuple):
    """One thing to know before handing in."""

    text: str
    problem: bool = True
    """Whether it should be put right; else it is good to know."""
