"""Records of two programs side by side: which lines they share, and which were given."""

from __future__ import annotations

import msgspec


class CodeLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line of a program."""

    number: int
    text: str
    passage: int = 0
    """Number of the shared passage that it belongs to, counting from 1; 0 if to none."""
    given: bool = False
    """Whether it was given."""


class CodeBlock(msgspec.Struct, frozen=True, kw_only=True):
    """A function, or what stands outside of functions."""

    file: str
    name: str
    """Empty for what stands outside."""
    lines: list[CodeLine]
    left_out: int = 0
    """Lines that are not shown."""


class BlocksAlike(msgspec.Struct, frozen=True, kw_only=True):
    """Functions of one and of the other that share passages: one each, or several if divided."""

    first: list[CodeBlock]
    second: list[CodeBlock]
    tokens: int
    """That they share."""
    others: int
    """How many others hold what is shared, by the median of its passages."""


class ProgramsAlike(msgspec.Struct, frozen=True, kw_only=True):
    """Two programs side by side."""

    blocks: list[BlocksAlike]
    """Where they share passages, the most first."""
    alone_first: list[str]
    """Functions of the first that share nothing."""
    alone_second: list[str]
    given: list[str]
    """Functions that both have as they were given."""
