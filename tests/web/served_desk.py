"""A desk that is served to real clients."""

from __future__ import annotations

import contextlib
import datetime as dt
import socket
import threading
from collections.abc import Iterator

import uvicorn

from grader.course.course_folder import CourseFolder
from grader.web.app import desk_app
from grader.web.server import Serving, server_config
from grader.web.sessions import now
from tests.support import SECONDS


class Served(uvicorn.Server):
    """A desk on a port of its own, in a thread."""

    def __init__(self, course: CourseFolder) -> None:
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        said = Serving("127.0.0.1", self.port)
        super().__init__(server_config(desk_app(course, said.settings()), said))

    @property
    def origin(self) -> str:
        """Where browsers find it."""
        return f"http://127.0.0.1:{self.port}"

    def speak(self, *pieces: bytes) -> bytes:
        """What comes until the desk hangs up, after each of the pieces was sent."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=SECONDS) as client:
            for piece in pieces:
                client.sendall(piece)
            answer = b""
            with contextlib.suppress(ConnectionResetError):
                while got := client.recv(65_536):
                    answer += got
            return answer

    def head(self, line: str, *headers: str) -> bytes:
        """The head of a request."""
        lines = [f"{line} HTTP/1.1", f"Host: 127.0.0.1:{self.port}", *headers, "", ""]
        return "\r\n".join(lines).encode()


@contextlib.contextmanager
def served_desk(course: CourseFolder) -> Iterator[Served]:
    """It answers until the end of the block."""
    server = Served(course)
    thread = threading.Thread(target=server.run, args=([server.socket],), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.should_exit = True
        thread.join(SECONDS)


def session_token(course: CourseFolder, name: str) -> str:
    """That of a new session of an account."""
    with course.changing("setup") as change:
        return change.new_session(name, now() + dt.timedelta(days=1))
