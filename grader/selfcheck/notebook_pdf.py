"""A notebook as a PDF, by whatever the student's machine has for it."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from grader.selfcheck.child_process import run_tool

_SECONDS: Final = 180.0
_BROWSERS: Final = (
    "chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome",
    "microsoft-edge", "msedge", "brave-browser",
)  # fmt: skip
_ELSEWHERE: Final = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe",
)


def notebook_pdf(path: Path) -> bytes | None:
    """The notebook as it is saved, as a PDF; None where nothing here can make one.

    A PDF of the same name beside it that is at least as new is taken: the student made it.
    """
    own = path.with_suffix(".pdf")
    if own.is_file() and own.stat().st_mtime >= path.stat().st_mtime:
        return own.read_bytes()
    if not importlib.util.find_spec("nbconvert"):
        return None
    with tempfile.TemporaryDirectory(prefix="grader-pdf-") as folder:
        for made in _ways(path, Path(folder)):
            if made.is_file() and made.read_bytes()[:5] == b"%PDF-":
                return made.read_bytes()
    return None


def _ways(path: Path, folder: Path) -> Iterator[Path]:
    """Tries one way after the other; yields where each would have put the PDF."""
    if browser := _browser():
        yield _printed(path, folder, browser)
    if importlib.util.find_spec("playwright"):
        yield _converted(path, folder, "webpdf", ".pdf")
    if shutil.which("xelatex") and shutil.which("pandoc"):
        yield _converted(path, folder, "pdf", ".pdf")


def _browser() -> str:
    named = os.environ.get("BROWSER_FOR_PDF", "")
    found = (shutil.which(name) for name in ((named,) if named else _BROWSERS))
    return next(filter(None, found), "") or next(filter(os.path.isfile, _ELSEWHERE), "")


def _converted(path: Path, folder: Path, kind: str, ending: str) -> Path:
    command = [
        sys.executable, "-m", "nbconvert", "--to", kind, "--output-dir", str(folder),
        "--output", "page", str(path),
    ]  # fmt: skip
    run_tool(command, _SECONDS)
    return folder / f"page{ending}"


def _printed(path: Path, folder: Path, browser: str) -> Path:
    """Printed by a browser, once with its sandbox, and where that does not work without."""
    page, made = _converted(path, folder, "html", ".html"), folder / "printed.pdf"
    if not page.is_file():
        return made
    command = [
        browser, "--headless", "--disable-gpu", "--no-first-run", "--no-pdf-header-footer",
        "--virtual-time-budget=10000", f"--user-data-dir={folder / 'profile'}",
        f"--print-to-pdf={made}",
    ]  # fmt: skip
    for more in ((), ("--no-sandbox",)):
        run_tool([*command, *more, page.as_uri()], _SECONDS)
        if made.is_file():
            break
    return made
