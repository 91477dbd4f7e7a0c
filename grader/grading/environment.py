"""Versions that a result depends on."""

from __future__ import annotations

import functools
import platform
from importlib import metadata

import numpy as np


def environment() -> dict[str, str]:
    """Versions that a result depends on."""
    return {
        "gradewall": harness_version(),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "platform": f"{platform.system()} {platform.machine()}",
    }


@functools.cache
def harness_version() -> str:
    """Version of this package."""
    try:
        return metadata.version("gradewall")
    except metadata.PackageNotFoundError:
        return "0+checkout"
