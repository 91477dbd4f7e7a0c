"""A worker of the `none` kind: connects back to the process that started it, then serves."""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import site
import socket
import sys

from grader.wall import confine


def main() -> None:
    """Read one line of JSON from stdin: `port`, `token`, `main`, `limits`."""
    order = json.loads(sys.stdin.buffer.readline())
    module, _, function = order["main"].partition(":")
    serve = getattr(importlib.import_module(module), function)
    site.setquit()
    _silence()
    sock = socket.create_connection(("127.0.0.1", order["port"]))
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.sendall(order["token"].encode())
    if sys.platform != "win32":
        own = confine.AddressSpace().read()
        for name, value in order["limits"].items():
            with contextlib.suppress(OSError, ValueError):  # macOS refuses some
                confine.set_limits({name: value}, own_memory=own, shared_user=True)
    serve(sock)


def _silence() -> None:
    null = os.open(os.devnull, os.O_RDWR)
    for fd in (0, 1, 2):
        os.dup2(null, fd)
    os.close(null)
