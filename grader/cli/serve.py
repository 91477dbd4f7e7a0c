"""`grader serve`: the course's desk in a browser."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from grader.model.errors import UsageError


def command(
    course: Annotated[str, typer.Argument(help="A course's folder; else the nearest above.")] = "",
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 8080,
    as_: Annotated[
        str, typer.Option("--as", help="Account that the link shown here signs in.")
    ] = "",
    certificate: Annotated[
        Path | None, typer.Option(help="Certificate chain (PEM), to serve others by TLS.")
    ] = None,
    key: Annotated[Path | None, typer.Option(help="The certificate's private key (PEM).")] = None,
    public: Annotated[
        str,
        typer.Option(
            "--behind-proxy",
            metavar="URL",
            help="The desk stands behind a proxy, by which browsers reach it at this address.",
        ),
    ] = "",
) -> None:
    """Open the course's desk in a browser: classes, marking, decisions, publishing.

    Shows a link that signs you in once. Other people get accounts on the desk, or with
    `grader course account add`. Press Ctrl-C to stop.
    """
    from grader.course.course_folder import CourseFolder

    opened = CourseFolder.open(course)
    with opened.reading():
        pass  # says what to install, or what is wrong with the course
    try:
        from grader.web.server import Serving, serve
    except ModuleNotFoundError as error:
        hint = "Install it with: pip install 'gradewall[desk]'"
        raise UsageError(f"The desk needs {error.name}.", hint=hint) from None
    said = Serving(host, port, certificate=certificate, key=key, public=public)
    serve(opened, said, as_, typer.echo)
