"""What a call of a contract name gives back."""

from __future__ import annotations

import msgspec


class Signature(msgspec.Struct, frozen=True):
    """One name of the contract: where it lives, and what a call of it gives back."""

    module: str
    returns: tuple[str, ...]
    """Names of the values in order; one that ends in `*` stays behind the wall."""

    @property
    def makes_object(self) -> bool:
        """Whether all that a call gives back stays behind the wall, as with a class."""
        return all(name.endswith("*") for name in self.returns)

    @classmethod
    def parse(cls, text: str) -> Signature:
        """Read `"layers: out, cache*"`."""
        module, _, returns = text.partition(":")
        return cls(module.strip(), tuple(name.strip() for name in returns.split(",")))
