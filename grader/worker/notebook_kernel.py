"""The untrusted side of a notebook: an IPython kernel that holds the student's package.

It makes no sockets: those that it listens on are made outside and handed over, so that the filter
of system calls can refuse all others. Over the wire come first the listening sockets, then what the
kernel is called, then the student's files; after that the wire is silent until the trusted side
has `answer_requests` run, and reads values as it does from any worker.
"""

# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

import ast
import asyncio
import hashlib
import importlib
import logging
import os
import signal
import socket
import sys
import tempfile
import threading
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

os.environ.setdefault("MPLCONFIGDIR", tempfile.gettempdir())
os.environ.update(MPLBACKEND="module://matplotlib_inline.backend_inline", PYDEVD_USE_CYTHON="NO")

import matplotlib.pyplot as plt
import traitlets.config
import zmq
from ipykernel.control import ControlThread
from ipykernel.iostream import IOPubThread
from ipykernel.ipkernel import IPythonKernel
from ipykernel.kernelapp import IPKernelApp

from grader.protocol import frames, wire
from grader.worker import bridges, compat, notebook_world
from grader.worker.dispatcher import Absent, Dispatcher
from grader.worker.modules import ModuleSource, StudentFiles, floor_division
from grader.worker.old_operators import may_need_old_operators, rewritten

CHANNELS: Final = ("shell", "iopub", "stdin", "control")
_WARM: Final = (
    "IPython.extensions.autoreload",
    "matplotlib.backends.backend_agg",
    "matplotlib_inline.backend_inline",
    "numpy.random",
)
MAX_TEXT: Final = 4 << 20
"""Characters that one cell can write to a stream."""
_MAX_PROBLEMS: Final = 50

for _name in _WARM:
    importlib.import_module(_name)
plt.close("all")


class _OneShell:
    """Stands for the thread of subshells: there are none, and cells run in the main thread.

    ipykernel asks it which thread that is before it runs a cell with `await` at its top.
    """

    parent_thread = threading.main_thread()

    def __bool__(self) -> bool:
        return False


class _Kernel(IPythonKernel):
    _supports_kernel_subshells = False

    @contextmanager
    def _cancel_on_sigint(self, future: asyncio.Future[Any]) -> Iterator[None]:
        """Let an interrupt end a cell with `await`, whether it waits or computes in between.

        ipykernel's own way leaves a loop that sleeps asleep.
        """
        loop = asyncio.get_running_loop()

        def stop(*_: object) -> None:
            if asyncio.current_task(loop) is future:
                raise KeyboardInterrupt
            loop.call_soon_threadsafe(future.cancel)

        before = signal.signal(signal.SIGINT, stop)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)


class App(IPKernelApp):
    """A kernel that listens on the sockets it was given."""

    kernel_class = _Kernel
    descriptors: Mapping[int, int] = {}
    """Port to listening socket; a port without one is bound here (without a sandbox)."""

    def _try_bind_socket(self, s: Any, port: int) -> int:
        if port in self.descriptors:
            s.setsockopt(zmq.USE_FD, self.descriptors[port])
        s.bind(f"ipc://{self.ip}-{port}")
        return port

    def init_control(self, context: Any) -> None:
        """As in the original, without a debugger, which would connect to the kernel itself."""
        self.control_socket = context.socket(zmq.ROUTER)
        self.control_socket.linger = 1000
        self.control_port = self._bind_socket(self.control_socket, self.control_port)
        self.debugpy_socket = context.socket(zmq.STREAM)
        self.debug_shell_socket = context.socket(zmq.DEALER)
        self.control_thread = ControlThread(daemon=True)
        self.shell_channel_thread = _OneShell()

    def init_iopub(self, context: Any) -> None:
        """As in the original, without a port for processes forked off: none can be."""
        self.iopub_socket = context.socket(zmq.XPUB)
        self.iopub_socket.linger = 1000
        self.iopub_port = self._bind_socket(self.iopub_socket, self.iopub_port)
        self.configure_tornado_logger()
        self.iopub_thread = IOPubThread(self.iopub_socket, pipe=False, session=self.session)
        self.iopub_thread.start()
        self.iopub_socket = self.iopub_thread.background_socket

    def init_heartbeat(self) -> None:
        """None: whether the kernel lives is asked of the system."""

    def init_connection_file(self) -> None:
        """None: how to connect is known to both sides."""

    def write_connection_file(self, **_kwargs: Any) -> None:
        """None."""

    def init_crash_handler(self) -> None:
        """None: nobody reads its standard error."""


class _World:
    """What the trusted side may ask about when the notebook has ended."""

    wire: socket.socket | None = None
    names: dict[str, Any] = {}  # noqa: RUF012
    cells: dict[str, str] = {}  # noqa: RUF012
    """File names of cells, as tracebacks have them, to digests of their texts."""


def serve(sock: socket.socket) -> None:
    """Be a kernel until the trusted side ends it."""
    compat.install()
    _, descriptors, _, _ = socket.recv_fds(sock, 1, len(CHANNELS))
    try:
        app = _start(frames.receive(sock), descriptors)
    except BaseException:
        frames.send(sock, {"status": "raised", "message": traceback.format_exc()})
        raise
    frames.send(sock, {"status": "ok", "value": None})
    try:
        request = frames.receive(sock)
    except wire.WireError:
        return
    frames.send(sock, {"status": "ok", "value": _settle(app, request)})
    _World.wire, _World.names = sock, app.kernel.shell.user_ns
    app.start()


def _start(order: dict[str, Any], descriptors: list[int]) -> App:
    home = os.environ["HOME"]
    own = f"{home}/.ipython"
    os.environ.update(IPYTHONDIR=own, JUPYTER_RUNTIME_DIR=own, MPLCONFIGDIR=own)
    startup = Path(own, "profile_default", "startup")
    startup.mkdir(parents=True)
    (startup / "README").touch()  # else IPython copies one, with its mode, which is refused
    config = traitlets.config.Config()
    config.HistoryManager.enabled = False
    config.InlineBackend.figure_formats = {"png"}
    app = App.instance(
        config=config, transport="ipc", ip=order["ip"], capture_fd_output=False, log_level=50
    )
    ports = {name: number for number, name in enumerate(CHANNELS, start=1)}
    app.shell_port, app.iopub_port = ports["shell"], ports["iopub"]
    app.stdin_port, app.control_port = ports["stdin"], ports["control"]
    app.descriptors = dict(zip(ports.values(), descriptors, strict=False))
    app.session.key = order["key"].encode()
    app.initialize([])
    logging.getLogger().handlers.clear()
    app.kernel.shell.colors = "nocolor"
    app.kernel.shell.enable_matplotlib("inline")
    for stream in (sys.stdout, sys.stderr):
        _drop_floods(app, stream)
    return app


def _drop_floods(app: App, stream: Any) -> None:
    """Let a cell write no more than MAX_TEXT, so that no queue has to be sent when it is stopped.

    The limit that counts is on the other side; this one only saves time.
    """
    write, room = stream.write, [MAX_TEXT]

    def limited(text: str) -> int:
        if room[0] > 0:
            write(text[: room[0]])
        room[0] -= len(text)
        return len(text)

    def begin(*_: Any) -> None:
        room[0] = MAX_TEXT

    stream.write = limited
    app.kernel.shell.events.register("pre_run_cell", begin)


def _settle(app: App, request: dict[str, Any]) -> list[str]:
    """Make the student's package importable and serve the data. Returns what went wrong."""
    sources = {path: ModuleSource(*content) for path, content in request["files"].items()}
    world = notebook_world.World(request)
    support = world.with_support(sources)
    files = StudentFiles(
        support,
        request["package"],
        import_names=request["import_names"],
        names=request["modules"],
    )
    files.install()
    problems = [*files.problems, *world.install()]
    _rewrite_cells(app.kernel.shell, floored=set(request["floor_division"]))
    return problems[:_MAX_PROBLEMS]


class _OldOperators(ast.NodeTransformer):
    """Rewrites cells as the student's modules are."""

    def visit_Module(self, node: ast.Module) -> ast.AST:
        return rewritten(node)


def _rewrite_cells(shell: Any, floored: set[str]) -> None:
    """Let cells understand old operators, and `/` floor in those whose texts are given."""
    names, floors = floor_division()
    if floored:
        shell.user_ns.update(names)

    def begin(info: Any) -> None:
        text = info.raw_cell
        digest = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
        _World.cells[shell.compile.get_code_name(text, text, 0)] = digest
        old = [_OldOperators()] if may_need_old_operators(text) else []
        shell.ast_transformers = old + ([floors] if text in floored else [])

    shell.events.register("pre_run_cell", begin)


def answer_requests() -> None:
    """Answer the trusted side's requests about the notebook's names until it says `done`."""
    sock, names = _World.wire, _World.names
    if sock is None:
        return

    def resolve(name: str) -> Any:
        if name not in names:
            raise Absent(name)
        return names[name]

    dispatcher = Dispatcher(resolve, lambda _file: False)
    while True:
        request = frames.receive(sock)
        if request["op"] == "done":
            return
        if request["op"] == "uses":
            frames.send(sock, {"status": "ok", "value": _uses()})
            continue
        try:
            frames.send(sock, dispatcher.answer(request))
        except wire.NotPlain as error:
            frames.send(sock, {"status": "bad_return", "what": str(error)})


def _uses() -> list[tuple[str, str, str, int]]:
    """What cells used that is gone: what, since when, digest of the cell, line."""
    return [
        (use.what, use.since, _World.cells[use.file], use.line)
        for use in bridges.taken()
        if use.file in _World.cells
    ]
