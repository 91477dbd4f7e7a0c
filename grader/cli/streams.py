"""Standard streams that can be written to, whatever the command was started with."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path


def make_safe() -> None:
    """Open what is closed, and let what a terminal cannot show be a question mark.

    A descriptor below 3 that is closed would be taken by the next file or socket that is opened,
    and a library that prints would write into it.
    """
    while (number := os.open(os.devnull, os.O_RDWR)) < 3:
        os.set_inheritable(number, True)
    os.close(number)
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
