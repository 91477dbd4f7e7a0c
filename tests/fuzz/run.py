"""Coverage-guided fuzzing of one target (`pip install -e '.[fuzz]'`).

    python -m tests.fuzz.run wire --seconds 600 [--keep build/fuzz/wire]

Starts from the kept corpus. New inputs that reach further go to that folder; an input that breaks
a promise is written there as crash-..., and belongs into the corpus once it is mended.
"""

from __future__ import annotations

import argparse
import importlib
import logging
import os
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path
from typing import Any

CORPUS = Path(__file__).with_name("corpus")
_WATCHED = [
    "grader", "zipfile", "tarfile", "gzip", "lzma", "bz2", "tomllib", "csv", "fissix", "mistune",
    "latex2mathml", "nbconvert.filters", "nbformat",
]  # fmt: skip
_LONGEST = 1 << 14
_MEMORY = "/dev/shm"


def main() -> None:
    """Fuzz in a process of its own, which ends without cleaning up; pass on how it ended."""
    place = _MEMORY if os.path.isdir(_MEMORY) else None
    with tempfile.TemporaryDirectory(prefix="fuzz-", dir=place) as scratch:
        command = [sys.executable, "-c", "from tests.fuzz.run import fuzz; fuzz()", *sys.argv[1:]]
        sys.exit(subprocess.call(command, env={**os.environ, "TMPDIR": scratch}))


def fuzz() -> None:
    """Fuzz until the time is up; ends the process with 0, or 77 where a promise was broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target")
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--keep", type=Path, default=None)
    parser.add_argument("--seed", type=int, default=1)
    wanted = parser.parse_args()
    keep = wanted.keep or Path("build", "fuzz", wanted.target)
    keep.mkdir(parents=True, exist_ok=True)
    logging.disable()
    warnings.simplefilter("ignore")
    atheris: Any = importlib.import_module("atheris")
    with atheris.instrument_imports(include=_WATCHED, enable_loader_override=False):
        from tests.fuzz.targets import TARGETS
    options = [
        f"-max_total_time={wanted.seconds}",
        f"-seed={wanted.seed}",
        f"-max_len={_LONGEST}",
        f"-artifact_prefix={keep}/",
        "-timeout=5",
        "-rss_limit_mb=2048",
        "-print_final_stats=1",
        str(keep),
        str(CORPUS / wanted.target),
    ]
    atheris.Setup([sys.argv[0], *options], TARGETS[wanted.target])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
