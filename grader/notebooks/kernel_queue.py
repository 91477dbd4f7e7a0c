"""Kernels, each forked from one warm process for one notebook, and started ahead of it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Self

from grader.model.errors import GraderError
from grader.model.limits import Limits
from grader.model.result import SandboxInfo
from grader.notebooks.kernel import SandboxedKernel, kernel_sandbox
from grader.notebooks.sockets import SocketFolder


class KernelPool:
    """Starts kernels, each for one notebook; processes forked from its own may do so as well."""

    def __init__(self, kind: str = "auto", *, limits: Limits | None = None) -> None:
        """Open the sandbox.

        Raises:
            UsageError: no sandbox works here, or not this kind.
        """
        self._kind = kind
        self._limits = limits or Limits(memory_bytes=2 << 30, cpu_seconds=3_600)
        self.sandbox = kernel_sandbox(kind)
        self._sockets = SocketFolder()

    @property
    def info(self) -> SandboxInfo:
        """The sandbox that is in force."""
        return self.sandbox.info

    def start(self) -> SandboxedKernel:
        """A kernel for one notebook; whoever gets it closes it.

        Raises:
            InternalError: none could be started.
        """
        return SandboxedKernel(self.sandbox, self._limits, self._sockets.new_name())

    @contextlib.contextmanager
    def row(self, count: int) -> Iterator[KernelQueue]:
        """Kernels for `count` notebooks that are run one after another."""
        with ThreadPoolExecutor(1) as threads:
            kernels = KernelQueue(self, count, threads)
            try:
                yield kernels
            finally:
                kernels.close()

    def renew(self) -> None:
        """Open another sandbox.

        Raises:
            UsageError: none works any more.
        """
        self.sandbox.close()
        self.sandbox = kernel_sandbox(self._kind)

    def close(self) -> None:
        """End the warm process, and every kernel with it."""
        self.sandbox.close()
        self._sockets.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()


class KernelQueue:
    """Kernels for one notebook after another: while one is used, the next is started.

    Never more than one ahead, and none that nobody will need.
    """

    def __init__(self, pool: KernelPool, count: int, threads: ThreadPoolExecutor) -> None:
        self._pool = pool
        self._threads = threads
        self._left = count
        self._next: Future[SandboxedKernel] | None = None
        self._prepare()

    def take(self) -> SandboxedKernel:
        """The next kernel; whoever takes it closes it.

        Raises:
            InternalError: none could be started.
        """
        ahead, self._next = self._next, None
        kernel = ahead.result() if ahead else self._pool.start()
        self._prepare()
        return kernel

    def close(self) -> None:
        """End the one that nobody took."""
        ahead, self._next = self._next, None
        with contextlib.suppress(GraderError):
            if ahead:
                ahead.result().close()

    def _prepare(self) -> None:
        if self._left > 0:
            self._left -= 1
            self._next = self._threads.submit(self._pool.start)
