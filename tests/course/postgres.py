"""A real Postgres server for a test: made afresh, on loopback, and stopped at the end."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.support import SECONDS


def binaries() -> Path | None:
    """The folder of Postgres's programs; None where it is not installed."""
    for folder in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True):
        if (folder / "initdb").is_file():
            return folder
    found = shutil.which("initdb")
    return Path(found).parent if found else None


def server_user() -> str | None:
    """Whom the server can run as, since it refuses to run as root; None where there is nobody."""
    if os.geteuid():
        return pwd.getpwuid(os.geteuid()).pw_name
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name).pw_name
    return None


@contextlib.contextmanager
def server() -> Iterator[str]:
    """A server with an empty database; its URL."""
    programs, user = binaries(), server_user()
    assert programs is not None
    assert user is not None
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    more: dict[str, Any] = (
        {} if os.geteuid() else {"user": user, "group": pwd.getpwnam(user).pw_gid}
    )
    if not os.geteuid():
        os.chown(folder, pwd.getpwnam(user).pw_uid, -1)

    def run(program: str, *words: str) -> None:
        command = [str(programs / program), "-D", str(folder / "data"), *words]
        log = (folder.parent / f"{folder.name}.log").open("ab")
        with log:
            subprocess.run(
                command, check=True, cwd="/", stdout=log, stderr=log, timeout=SECONDS, **more
            )

    port = _free_port()
    options = (
        f"-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories= -c fsync=off"
    )
    try:
        run("initdb", "-U", "grader", "-A", "trust", "-E", "UTF8", "--no-sync")
        run("pg_ctl", "-w", "-o", options, "start")
        try:
            yield f"postgresql://grader@127.0.0.1:{port}/postgres"
        finally:
            run("pg_ctl", "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder)
        (folder.parent / f"{folder.name}.log").unlink()


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
