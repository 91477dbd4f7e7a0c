"""A worker of the `none` kind: connects back to the process that started it, then serves."""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import site
import socket
import sys
import threading

from grader.worker import privileges
from grader.worker.scratch import remove_tree


def main() -> None:
    """Read one line of JSON from stdin: `port`, `token`, `main`, `limits`, `remove`.

    When stdin ends, so does this process; then nobody else is left to remove the folder `remove`.
    """
    order = json.loads(sys.stdin.buffer.readline())
    module, _, function = order["main"].partition(":")
    serve = getattr(importlib.import_module(module), function)
    site.setquit()
    _end_with(os.dup(0), order["remove"])
    _silence()
    sock = socket.create_connection(("127.0.0.1", order["port"]))
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.sendall(order["token"].encode())
    if sys.platform != "win32":
        own = privileges.AddressSpace().read()
        for name, value in order["limits"].items():
            with contextlib.suppress(OSError, ValueError):  # macOS refuses some
                privileges.set_limits({name: value}, own_memory=own, shared_user=True)
    serve(sock)


def _end_with(parent: int, folder: str) -> None:
    """End this process, and remove `folder`, when the other end of the pipe `parent` is closed."""

    def wait() -> None:
        os.read(parent, 1)
        remove_tree(folder)
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


def _silence() -> None:
    null = os.open(os.devnull, os.O_RDWR)
    for fd in (0, 1, 2):
        os.dup2(null, fd)
    os.close(null)
