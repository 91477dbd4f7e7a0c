"""An assignment of two functions, graded in no time, and a class that hands it in."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from grader.runner.recording import record_key
from tests.verify.toy import LAYERS, SCALE, SHIFT, make

__all__ = ["LAYERS", "WRONG", "assignment", "hand_in", "recorded_key", "slow", "timeless"]
WRONG = "def scale(x, w):\n    return x + w\n\n\ndef shift(x, b):\n    return x + 2 * b\n"


def assignment(folder: Path) -> Path:
    """The assignment's rubric, in a folder of its own with the answer key."""
    folder.mkdir(parents=True, exist_ok=True)
    made = make(folder, SCALE, SHIFT)
    made.layout.key.write_bytes(recorded_key())
    return made.path


@cache
def recorded_key() -> bytes:
    """Recorded once in a process: each start would record it again, which takes most of it."""
    with TemporaryDirectory() as folder:
        made = make(Path(folder), SCALE, SHIFT)
        record_key(made).save(made.layout.key)
        return made.layout.key.read_bytes()


def hand_in(folder: Path, name: str, layers: str = LAYERS) -> Path:
    """A submission; returns its module."""
    path = folder / name / "toy" / "layers.py"
    path.parent.mkdir(parents=True)
    path.write_text(layers, encoding="utf-8")
    return path


def slow(seconds: float) -> str:
    """A right module that takes its time, without using the processor."""
    return LAYERS.replace("    out = x * w", f"    import time; time.sleep({seconds}); out = x * w")


def timeless(out: Path) -> dict[str, Any]:
    """The result files by name, without what differs each time that it is graded."""
    loaded = {path.name: json.loads(path.read_bytes()) for path in (out / "results").iterdir()}
    return {name: _timeless(result) for name, result in loaded.items()}


def _timeless(result: Mapping[str, Any]) -> dict[str, Any]:
    checks = [{key: check[key] for key in check if key != "duration"} for check in result["checks"]]
    kept = {key: result[key] for key in result if key not in ("duration", "graded_at")}
    return {**kept, "checks": checks}
