"""Solutions that invented students wrote on their own: each drew its ways of saying things.

Their functions are in `honest_functions.txt`, each in several ways, where `⟨a¦b⟩` is a choice. A
student draws a way for each function, and what stands at each choice in it, by a seed. Everything
is invented, runs, and computes the same.
"""

from __future__ import annotations

import random
import re
import textwrap
from pathlib import Path
from typing import Final

_CHOICE: Final = re.compile(r"⟨([^⟨⟩]*)⟩")

HEAD: Final = '''\
"""Layers: fill in what is missing."""

import numpy as np

'''

GIVEN: Final = '''\
def numeric_gradient(f, x, df, h=1e-5):
    """Differentiate numerically; complete, nothing to do here."""
    grad = np.zeros_like(x)
    it = np.nditer(x, flags=["multi_index"], op_flags=["readwrite"])
    while not it.finished:
        ix = it.multi_index
        oldval = x[ix]
        x[ix] = oldval + h
        pos = f(x).copy()
        x[ix] = oldval - h
        neg = f(x).copy()
        x[ix] = oldval
        grad[ix] = np.sum((pos - neg) * df) / (2 * h)
        it.iternext()
    return grad


def relative_error(x, y):
    """The largest relative error; complete, nothing to do here."""
    return np.max(np.abs(x - y) / np.maximum(1e-8, np.abs(x) + np.abs(y)))


def unpack_settings(config, defaults):
    """Settings with their defaults; complete, nothing to do here."""
    settings = {}
    for key, value in defaults.items():
        settings[key] = config.get(key, value) if config is not None else value
    unknown = set(config or {}) - set(defaults)
    if unknown:
        raise ValueError("Unknown settings: %s" % ", ".join(sorted(unknown)))
    return settings
'''

_FUNCTIONS: Final = Path(__file__).with_name("honest_functions.txt")


def _read() -> tuple[dict[str, str], dict[str, list[str]]]:
    """Signatures, and the bodies that students may write, by function."""
    signatures: dict[str, str] = {}
    bodies: dict[str, list[str]] = {}
    for part in _FUNCTIONS.read_text(encoding="utf-8").split("=== ")[1:]:
        head, _, body = part.partition("\n")
        name, _, signature = head.removesuffix(")").partition("(")
        signatures[name] = signature
        bodies.setdefault(name, []).append(body.strip("\n"))
    return signatures, bodies


SIGNATURES, _BODIES = _read()


def template() -> str:
    """The module as students get it."""
    stubs = [
        f'def {name}({signature}):\n    """Fill in."""\n    raise NotImplementedError("{name}")\n'
        for name, signature in SIGNATURES.items()
    ]
    return HEAD + "\n\n".join([GIVEN, *stubs])


def solution(seed: int) -> str:
    """The module as the student of that seed wrote it."""
    draw = random.Random(f"honest {seed}")
    functions = [_function(name, draw) for name in SIGNATURES]
    return HEAD + "\n\n".join([GIVEN, *functions])


def _function(name: str, draw: random.Random) -> str:
    body = draw.choice(_BODIES[name])
    while match := _CHOICE.search(body):
        body = body[: match.start()] + draw.choice(match[1].split("¦")) + body[match.end() :]
    text = f'"""Fill in."""\n{body}\n'
    return f"def {name}({SIGNATURES[name]}):\n{textwrap.indent(text, '    ')}"
