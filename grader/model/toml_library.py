"""The library that reads TOML: Python's own, and before 3.11 the one that it was made from."""

from __future__ import annotations

import sys

if sys.version_info >= (3, 11):  # noqa: UP036
    import tomllib as tomllib
else:
    import tomli as tomllib

__all__ = ["tomllib"]
