"""What a call of a contract name gives back."""

from __future__ import annotations

import msgspec


class Signature(msgspec.Struct, frozen=True):
    """One name of the contract: where it lives, and what a call of it gives back."""

    module: str
    returns: tuple[str, ...]
    """Names of the values in order; one that ends in `*` stays behind the wall."""

    @classmethod
    def parse(cls, text: str) -> Signature:
        """Read `"layers: out, cache*"`."""
        module, _, returns = text.partition(":")
        return cls(module.strip(), tuple(name.strip() for name in returns.split(",")))
