"""Scripts in `tests/browser` that drive a real browser.

They need node, Chromium, and playwright-core with axe-core in `tests/browser/node_modules`, or in
the folder that `GRADER_BROWSER_DIR` names: `npm install --prefix tests/browser`.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any, Final

import pytest

from tests.support import SECONDS

_SCRIPTS: Final = Path(__file__).parent / "browser"
_MODULES: Final = Path(os.environ.get("GRADER_BROWSER_DIR") or _SCRIPTS) / "node_modules"
_CHROMIUM: Final = os.environ.get("CHROMIUM") or shutil.which("chromium")


def _lacking() -> str:
    """What is not installed; empty where nothing is missing."""
    if not shutil.which("node"):
        return "node is not installed"
    if not _CHROMIUM:
        return "chromium is not installed"
    missing = [name for name in ("playwright-core", "axe-core") if not (_MODULES / name).is_dir()]
    return f"not in {_MODULES}: {', '.join(missing)}" if missing else ""


needs_browser: Final = pytest.mark.skipif(bool(_lacking()), reason=_lacking() or "all is there")


def run_script(name: str, *words: Path | str) -> Any:
    """What a script prints, which is JSON."""
    done = subprocess.run(
        ["node", _SCRIPTS / name, *words],
        capture_output=True,
        text=True,
        timeout=SECONDS,
        env={**os.environ, "CHROMIUM": _CHROMIUM or ""},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
