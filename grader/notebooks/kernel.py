"""The trusted side of a sandboxed kernel: its listening sockets, its manager, its values.

A kernel makes no sockets. They are made here, in a folder that only we can enter, and handed to a
worker of the sandbox; jupyter_client then connects to them by their paths as to any kernel.
"""

from __future__ import annotations

import asyncio
import secrets
import signal
import socket
import time
from pathlib import Path
from typing import Any, Final

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning.provisioner_base import KernelProvisionerBase

from grader.model.errors import InternalError
from grader.model.limits import KERNEL_MAIN, Limits
from grader.protocol import frames, wire
from grader.sandbox.sandboxes import Sandbox, open_sandbox

CHANNELS: Final = ("shell", "iopub", "stdin", "control")
"""In the order of their ports, 1 to 4. There is no heartbeat: the system knows who lives."""
_START_SECONDS: Final = 60.0
_SPEC: Final = KernelSpec(argv=["-"], display_name="Python 3", language="python")


class SandboxedKernel:
    """A kernel that is ready, with nothing of a student in it yet."""

    def __init__(self, sandbox: Sandbox, limits: Limits, ip: str) -> None:
        """Start it; the paths of its sockets begin with `ip`.

        Raises:
            InternalError: it did not start.
        """
        self.key = secrets.token_hex(32)
        self.ip = ip
        self.worker: Any = sandbox.spawn(limits)
        try:
            self._hand_over(isolated=sandbox.info.isolated)
        except BaseException as error:
            self.close()
            if isinstance(error, (OSError, wire.WireError)):
                raise InternalError(f"A kernel did not start: {error}.") from error
            raise

    @property
    def connection_info(self) -> KernelConnectionInfo:
        """As jupyter_client wants it."""
        return {
            "shell_port": 1,
            "iopub_port": 2,
            "stdin_port": 3,
            "control_port": 4,
            "hb_port": 5,
            "transport": "ipc",
            "ip": self.ip,
            "key": self.key.encode(),  # type: ignore[typeddict-item]  # it must be bytes
            "signature_scheme": "hmac-sha256",
        }

    def settle(self, request: dict[str, Any]) -> list[str]:
        """Give it a student's package, data and files. Returns what went wrong in the package.

        Raises:
            wire.WireError: it ended, or took too long.
        """
        deadline = _deadline(_START_SECONDS)
        frames.send(self.worker.socket, request, deadline=deadline)
        reply = frames.receive(self.worker.socket, deadline=deadline)
        problems = reply.get("value") if isinstance(reply, dict) else None
        return [str(text)[:500] for text in problems] if isinstance(problems, list) else []

    def close(self) -> None:
        """End it. Does nothing the second time."""
        self.worker.kill()
        self._unlink()

    def _paths(self) -> list[str]:
        return [f"{self.ip}-{port}" for port in range(1, len(CHANNELS) + 1)]

    def _unlink(self) -> None:
        for path in self._paths():
            Path(path).unlink(missing_ok=True)

    def _hand_over(self, *, isolated: bool) -> None:
        listening = [_listen(path) for path in self._paths()]
        wire_socket: socket.socket = self.worker.socket
        try:
            if isolated:
                socket.send_fds(wire_socket, [b"s"], [each.fileno() for each in listening])
            else:  # over TCP no descriptors can be sent: it binds the same paths itself
                self._unlink()
                wire_socket.send(b"s")
            deadline = _deadline(_START_SECONDS)
            frames.send(wire_socket, {"ip": self.ip, "key": self.key}, deadline=deadline)
            reply = frames.receive(wire_socket, deadline=deadline)
            if not isinstance(reply, dict) or reply.get("status") != "ok":
                raise InternalError(f"A kernel did not start: {reply}")
        finally:
            for each in listening:
                each.close()


def _listen(path: str) -> socket.socket:
    made = socket.socket(socket.AF_UNIX)
    made.bind(path)
    made.listen(16)
    made.setblocking(False)
    return made


def _deadline(seconds: float) -> float:
    return time.monotonic() + seconds


class SandboxProvisioner(KernelProvisionerBase):
    """Lets jupyter_client manage a kernel that runs in a sandbox already."""

    def __init__(self, kernel: SandboxedKernel, **kwargs: Any) -> None:
        super().__init__(kernel_id=secrets.token_hex(8), kernel_spec=_SPEC, **kwargs)
        self._kernel: SandboxedKernel | None = kernel

    @property
    def has_process(self) -> bool:
        """Whether there is a kernel, alive or dead."""
        return self._kernel is not None

    async def poll(self) -> int | None:
        """None while it runs."""
        return None if self._kernel and not self._kernel.worker.ending() else 1

    async def wait(self) -> int | None:
        """Wait until it has ended."""
        while await self.poll() is None:
            await asyncio.sleep(0.02)
        return 1

    async def send_signal(self, signum: int) -> None:
        """Interrupt it, or end it."""
        if self._kernel is None:
            return
        if signum == signal.SIGINT:
            self._kernel.worker.interrupt()
        else:
            await self.kill()

    async def kill(self, restart: bool = False) -> None:
        """End it."""
        if self._kernel is not None:
            await asyncio.to_thread(self._kernel.worker.kill)

    async def terminate(self, restart: bool = False) -> None:
        """End it; there is nothing that it would have to tidy up."""
        await self.kill(restart)

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Nothing to launch: say how to connect."""
        assert self._kernel is not None
        self.connection_info = self._kernel.connection_info
        return self.connection_info

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        """No command."""
        return {**kwargs, "cmd": []}

    async def cleanup(self, restart: bool = False) -> None:
        """End it, and remove its sockets."""
        if self._kernel is not None:
            await asyncio.to_thread(self._kernel.close)
            self._kernel = None


def manager_of(kernel: SandboxedKernel) -> AsyncKernelManager:
    """A kernel manager of jupyter_client for `kernel`."""
    manager = AsyncKernelManager(
        transport="ipc",
        ip=kernel.ip,
        connection_file=f"{kernel.ip}.json",  # beside the sockets, not among the temporary files
        transport_encryption="disabled",
    )
    manager._kernel_spec = _SPEC
    manager.provisioner = SandboxProvisioner(kernel, parent=manager)
    return manager


def kernel_sandbox(kind: str = "auto") -> Sandbox:
    """A sandbox whose workers are kernels.

    Raises:
        UsageError: none works here.
    """
    return open_sandbox(kind, main=KERNEL_MAIN)
