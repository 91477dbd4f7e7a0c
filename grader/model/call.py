"""One call of a contract name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec


class Call(msgspec.Struct, frozen=True):
    """A function or class, and what it is called with."""

    name: str
    args: Sequence[Any] = ()
    kwargs: Mapping[str, Any] = {}
