"""Style sheets and scripts of the desk: a fixed list, in memory, cached by what they hold."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from grader.report.html import asset

_FOLDER: Final = Path(__file__).parent / "static"
_TYPES: Final = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_REPORTS: Final = ("page.css", "notebooks.css", "similar.css")
"""Style sheets of the reports, which the desk shares; served as `report.css`."""


class StaticFile(NamedTuple):
    """Something that pages load."""

    content: bytes
    media_type: str
    version: str


@cache
def static_files() -> dict[str, StaticFile]:
    """By name: all that may be loaded."""
    found = {
        path.name: _made(path.read_bytes(), path.suffix)
        for path in sorted(_FOLDER.iterdir())
        if path.suffix in _TYPES
    }
    shared = "\n".join(asset(name) for name in _REPORTS)
    return {**found, "report.css": _made(shared.encode(), ".css")}


def static_address(name: str) -> str:
    """Where a file is loaded from: another address once it holds something else.

    Raises:
        KeyError: there is none of that name.
    """
    return f"/static/{name}?v={static_files()[name].version}"


def _made(content: bytes, suffix: str) -> StaticFile:
    version = hashlib.sha256(content).hexdigest()[:12]
    return StaticFile(content, _TYPES[suffix], version)


async def _static(request: Request) -> Response:
    found = static_files().get(request.path_params["file"])
    if found is None:
        return Response(status_code=404)
    caching = {"Cache-Control": "public, max-age=31536000, immutable"}
    return Response(found.content, media_type=found.media_type, headers=caching)


ROUTES: Final = [Route("/static/{file}", _static)]
