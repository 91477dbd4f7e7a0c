"""Enumerations of texts, which Python has itself from 3.11 on: a student's may be 3.10."""

from __future__ import annotations

from enum import Enum


class TextEnum(str, Enum):  # noqa: UP042
    """A text with a name: in messages and files it is the text."""

    _value_: str

    def __str__(self) -> str:
        return str.__str__(self)

    def __format__(self, spec: str) -> str:
        return str.__format__(self, spec)
