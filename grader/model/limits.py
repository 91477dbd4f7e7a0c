"""What one worker may use."""

from __future__ import annotations

from typing import Final

import msgspec

MIB: Final = 1 << 20
ENDED_BY_US: Final = "ended by the harness"
"""How a worker ended that did not end by itself."""
KILLED: Final = "killed by SIGKILL"
"""By whom is not known: by its own code, by the system for want of memory, by somebody."""
OUT_OF_MEMORY: Final = 12
"""Exit code of a worker whose modules got no memory while they were loaded (as ENOMEM)."""
LEFT_THREAD: Final = 13
"""Exit code of a worker in which a module has left a thread running."""
LOST: Final = "ended with its sandbox"
KERNEL_MAIN: Final = "grader.worker.notebook_kernel:serve"
"""What a notebook's kernel serves, on listening sockets that it is handed."""


class Limits(msgspec.Struct, frozen=True):
    """Resource limits of one worker. Those that the platform does not have are not enforced."""

    memory_bytes: int = 1536 * MIB
    """Address space beyond what a worker takes to start."""
    cpu_seconds: int = 600
    """Of the whole worker, all threads; the last resort behind the deadline of each call."""
    file_bytes: int = 64 * MIB
    """Largest file; where the scratch folder is a file system of its own, all files together."""
    open_files: int = 64
    processes: int = 64
    """Threads; new processes are refused where there is a system call filter."""
