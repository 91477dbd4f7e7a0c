"""Serving the desk: where it listens, TLS, and the link that signs in whoever started it."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import uvicorn

from grader.course.accounts import LINK_LASTS, Account
from grader.course.course_folder import system_user
from grader.model.errors import InputError, UsageError
from grader.web.app import desk_app
from grader.web.desk_settings import DeskSettings, settings_for
from grader.web.impatient_protocol import ImpatientProtocol

if TYPE_CHECKING:
    from starlette.applications import Starlette

    from grader.course.course_folder import CourseFolder

_HEADER_BYTES: Final = 32_768
_CONNECTIONS: Final = 500


class Serving(NamedTuple):
    """Where a desk is served, as a command says it."""

    host: str
    port: int
    certificate: Path | None = None
    key: Path | None = None
    public: str = ""

    def settings(self) -> DeskSettings:
        """What the desk must know of it.

        Raises:
            UsageError: others could listen, or an option lacks another.
        """
        if (self.certificate is None) != (self.key is None):
            raise UsageError("TLS needs both --certificate and --key.")
        tls = self.certificate is not None
        return settings_for(self.host, self.port, tls=tls, public=self.public)


def serve(course: CourseFolder, said: Serving, name: str, say: Callable[[str], Any]) -> None:
    """Serve the desk until it is interrupted; says where it is.

    Raises:
        UsageError: see `Serving.settings`; or there is no such account.
        InputError: the certificate cannot be used, or the port is taken.
    """
    settings = said.settings()
    server = uvicorn.Server(server_config(desk_app(course, settings), said))
    origin = min(settings.origins)
    account, token = first_link(course, name)
    say(f"The desk of {course.settings.title}: {origin}")
    say(f"Sign in as {account.name}, once within {LINK_LASTS.seconds // 60} minutes:")
    say(f"  {origin}/sign-in?link={token}")
    say("Press Ctrl-C to stop.")
    try:
        server.run()
    except SystemExit as end:  # uvicorn's, after it has said why
        if end.code:
            hint = "Choose another port with --port."
            raise InputError(
                f"{said.host}:{said.port}: cannot be listened on.", hint=hint
            ) from None


def first_link(course: CourseFolder, name: str) -> tuple[Account, str]:
    """An account, and the token of a link that signs in as it; the first is made an owner.

    Raises:
        UsageError: there is no account of that name.
    """
    with course.changing() as change:
        known = change.accounts()
        owners = [each for each in known.values() if each.role == "owner"]
        account = known.get(name or system_user()) or (owners[0] if owners and not name else None)
        if account is None and not known:
            account = Account(name=name or system_user(), role="owner")
            change.put_account(account)
        if account is None:
            hint = f"Known: {', '.join(known)}. Add one with: grader course account add NAME"
            raise UsageError(f"The course has no account {name[:80]!r}.", hint=hint)
        return account, change.new_link(account.name, LINK_LASTS)


def server_config(app: Starlette, said: Serving) -> uvicorn.Config:
    """How the desk is served.

    Raises:
        InputError: the certificate cannot be used.
    """
    config = uvicorn.Config(
        app,
        host=said.host,
        port=said.port,
        http=ImpatientProtocol,
        ws="none",
        lifespan="off",
        log_level="error",
        access_log=False,
        server_header=False,
        proxy_headers=bool(said.public),
        forwarded_allow_ips="127.0.0.1,::1",
        limit_concurrency=_CONNECTIONS,
        h11_max_incomplete_event_size=_HEADER_BYTES,
        timeout_keep_alive=15,
        timeout_graceful_shutdown=10,
        ssl_certfile=said.certificate,
        ssl_keyfile=said.key,
    )
    try:
        config.load()
    except (OSError, ssl.SSLError) as error:
        raise InputError(f"{said.certificate}: cannot be used for TLS: {error}.") from None
    return config
