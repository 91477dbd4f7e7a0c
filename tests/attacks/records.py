"""The attacks: one record each, kept as data in `families/*.toml`."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Final, Literal

import msgspec

FAMILIES: Final = Path(__file__).parent / "families"
ENDINGS: Final = ("read", "gained", "left", "reached", "altered", "skipped")
"""What a kind of sandbox may fail to stop, where a record says so: a secret is read, points are
gained, something stays, a connection is made, something outside is altered; or the attack is too
dangerous to be run."""

Kind = Literal["bubblewrap", "landlock", "none"]


class Attack(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A hostile submission, and what must become of it.

    It is the base submission (see `ground`) with code put into it. In code, `@reference@`,
    `@bank@`, `@key@`, `@neighbour@`, `@outside@` and `@port@` stand for what lies outside the wall.
    """

    id: str
    tries: str
    """What it is after, in a few words."""
    says: str
    """Regular expression that the result's texts must match: the attack ran, and met this."""
    family: str = ""
    body: str = ""
    """Of `scale_forward(x, w)`, before it returns zeros."""
    forward: str = "zeros"
    """`right` where the forward pass is to be right, so that the backward pass is judged."""
    backward: str = ""
    """Of `scale_backward(dout, cache)`, before it returns zeros."""
    module: str = ""
    """Statements of `layers.py`, before the functions."""
    files: dict[str, str] = {}
    """More files of the submission."""
    build: str = ""
    """Function of `builders` that makes the submission."""
    folder: str = ""
    """Name of the submission, where that is the attack."""
    score: float | None = None
    """Points that it is to have; else at most those of the same submission without the attack."""
    allowed: str = ""
    """Why it may have more points than that."""
    slow: bool = False
    """Left to `make attacks`, since it takes seconds."""
    on: dict[Kind, str] = {}
    """What a kind does not stop: one of `ENDINGS`."""
    why: str = ""
    """The reason for that, for the docs."""

    @property
    def submission(self) -> str:
        """The name of its folder or archive."""
        return self.folder or self.id


@cache
def attacks() -> dict[str, Attack]:
    """Every attack by id, in the order of the families."""
    found = [attack for path in sorted(FAMILIES.glob("*.toml")) for attack in _family(path)]
    return {attack.id: attack for attack in found}


def _family(path: Path) -> list[Attack]:
    content = tomllib.loads(path.read_text(encoding="utf-8"))
    listed = msgspec.convert(content["attack"], list[Attack])
    return [msgspec.structs.replace(attack, family=content["family"]) for attack in listed]
