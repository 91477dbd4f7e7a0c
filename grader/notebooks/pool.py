"""Kernels that are ready before they are needed: forked from one warm process, sandboxed, idle."""

from __future__ import annotations

import contextlib
import os
import threading
from collections import deque
from typing import Self

from grader.errors import GraderError
from grader.notebooks.kernel import SandboxedKernel, kernel_sandbox
from grader.result import SandboxInfo
from grader.wall.limits import Limits


class KernelPool:
    """Hands out kernels, each for one notebook; keeps `spare` of them ready."""

    def __init__(self, kind: str = "auto", *, limits: Limits | None = None, spare: int = 1) -> None:
        """Open the sandbox; the first kernels start in the background.

        Raises:
            UsageError: no sandbox works here, or not this kind.
        """
        self._sandbox = kernel_sandbox(kind)
        self._limits = limits or Limits(memory_bytes=2 << 30, cpu_seconds=3_600)
        self._spare = spare
        self._ready: deque[SandboxedKernel] = deque()
        self._lock = threading.Lock()
        self._filler: threading.Thread | None = None
        self._closed = False
        self._owner = os.getpid()
        self._refill()

    @property
    def info(self) -> SandboxInfo:
        """The sandbox that is in force."""
        return self._sandbox.info

    def take(self) -> SandboxedKernel:
        """A kernel for one notebook; whoever takes it closes it.

        Raises:
            InternalError: none could be started.
        """
        if os.getpid() != self._owner:  # a fork must not take what its parent may take as well
            return SandboxedKernel(self._sandbox, self._limits)
        with self._lock:
            kernel = self._ready.popleft() if self._ready else None
        self._refill()
        return kernel or SandboxedKernel(self._sandbox, self._limits)

    def wait(self) -> None:
        """Return when as many kernels are ready as are to be spare."""
        filler = self._filler
        if filler is not None:
            filler.join()

    def close(self) -> None:
        """End every kernel that nobody took, and the warm process."""
        with self._lock:
            self._closed = True
        self.wait()
        while self._ready:
            self._ready.popleft().close()
        self._sandbox.close()

    def _refill(self) -> None:
        with self._lock:
            if self._closed or (self._filler and self._filler.is_alive()) or not self._spare:
                return
            self._filler = threading.Thread(target=self._fill, daemon=True)
            self._filler.start()

    def _fill(self) -> None:
        with contextlib.suppress(GraderError):  # whoever takes one will meet the error
            while len(self._ready) < self._spare and not self._closed:
                self._ready.append(SandboxedKernel(self._sandbox, self._limits))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()
