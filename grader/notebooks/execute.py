"""Running a notebook's cells in a sandboxed kernel, with limits; nothing that happens stops us.

nbclient speaks with the kernel. Limits are ours, since it has none on output and its time limit is
one of the clock on the wall: a cell is stopped when it has used its CPU time or sleeps. It is
interrupted first; a kernel that does not listen is ended, and the cells behind it are not run.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import queue
import re
import time
from collections.abc import Callable
from typing import Any, Final

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellTimeoutError, DeadKernelError

from grader.model.errors import InternalError
from grader.model.notebook_records import NO_SHELL, CellOutcome, NotebookCell
from grader.notebooks.cell_limits import NotebookLimits
from grader.notebooks.kernel import SandboxedKernel, manager_of
from grader.notebooks.kernel_values import Values
from grader.notebooks.outputs import Budget, plain_outputs, whole
from grader.submission.notebook_cells import Cell, Notebook

_GRACE_SECONDS: Final = 3.0
"""CPU or idle seconds that an interrupted cell has to end."""
_START_SECONDS: Final = 60.0
_LARGEST_MESSAGE: Final = 256 << 20
_LOOK_SECONDS: Final = 0.05
_WALL_FACTOR: Final = 20
_SHELL: Final = re.compile(r"^\s*(?:!|%%(?:bash|sh|script)\b|%(?:sx|system)\b)", re.MULTILINE)
_FLOOD: Final = "It put out more than a cell may."
_ESCAPES: Final = re.compile(r"\x1b\[[0-9;]*m")

Inspect = Callable[[Values], None]


class _Client(NotebookClient):
    """Keeps what the budget admits, and tells when a cell floods."""

    def __init__(self, *args: Any, budget: Budget, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._budget = budget
        self.log.setLevel(logging.CRITICAL + 1)

    def output(self, outs: Any, msg: Any, display_id: Any, cell_index: int) -> Any:
        if not self._budget.admits(msg):
            return None
        return super().output(outs, msg, display_id, cell_index)

    def _update_display_id(self, display_id: str, msg: Any) -> None:
        """What replaces an earlier output counts like a new one."""
        if display_id in self._display_id_map and self._budget.admits(msg):
            super()._update_display_id(display_id, msg)

    def handle_comm_msg(self, outs: Any, msg: Any, cell_index: int) -> None:
        """Controls are not kept: nobody will move them."""


class Run:
    """One notebook in one kernel."""

    def __init__(self, book: Notebook, kernel: SandboxedKernel, limits: NotebookLimits) -> None:
        self._book = book
        self._kernel = kernel
        self._limits = limits
        self._budget = Budget(limits)
        self._stopped = ""
        """Why the cells that remain are not run."""
        self._until = time.monotonic() + limits.wall_seconds
        self.done: list[NotebookCell] = []

    def __call__(self, inspect: Inspect | None = None) -> list[NotebookCell]:
        """Run every cell, then let `inspect` look at what they left behind, if the kernel lives.

        Ends the kernel.

        Raises:
            InternalError: the kernel did not get as far as the first cell.
        """
        try:
            asyncio.run(self._everything(inspect))
        finally:
            self._kernel.close()
        return self.done

    async def _everything(self, inspect: Inspect | None) -> None:
        manager = manager_of(self._kernel)
        await manager.start_kernel()
        notebook = nbformat.v4.new_notebook(
            cells=[nbformat.v4.new_code_cell(cell.run) for cell in self._book.cells]
        )
        client = _Client(notebook, km=manager, budget=self._budget, allow_errors=True, timeout=None)
        client.kc = manager.client()
        client.kc.start_channels(hb=False)
        client.kc.allow_stdin = False
        client.kc.iopub_channel.socket.maxmsgsize = _LARGEST_MESSAGE
        try:
            await self._ready(client)
            self._until = time.monotonic() + self._limits.wall_seconds
            for number, cell in enumerate(self._book.cells):
                self.done.append(await self._cell(client, number, cell))
            if inspect is not None and not self._kernel.worker.ending():
                await self._inspect(client, inspect)
        finally:
            client.kc.stop_channels()
            await manager.shutdown_kernel(now=True)
            await manager.cleanup_resources()

    async def _ready(self, client: _Client) -> None:
        """Wait until the kernel has seen that we listen: it says so.

        Raises:
            InternalError: it does not; nothing of the student has run yet.
        """
        assert client.kc is not None
        deadline = time.monotonic() + _START_SECONDS
        while not self._kernel.worker.ending() and time.monotonic() < deadline:
            with contextlib.suppress(queue.Empty):
                message = await client.kc.iopub_channel.get_msg(timeout=_LOOK_SECONDS)
                if message["msg_type"] == "iopub_welcome":
                    return
        ending = self._kernel.worker.ending()
        raise InternalError(f"the kernel {ending or 'did not answer'}")

    async def _cell(self, client: _Client, number: int, cell: Cell) -> NotebookCell:
        if not cell.code or not cell.source.strip() or cell.skip:
            notes = [*cell.notes, *([cell.skip] if cell.skip else [])]
            return _record(cell, CellOutcome.TEXT, notes=notes)
        if self._stopped:
            return _record(cell, CellOutcome.NOT_RUN, error=self._stopped)
        if cell.broken:
            broken = _record(cell, CellOutcome.ERROR, error=f"SyntaxError: {cell.broken}")
            return self._ended(cell, broken)
        start = time.monotonic()
        self._budget.begin()
        node = client.nb.cells[number]
        outcome, error = await self._watched(client, node, number)
        outputs = plain_outputs(node.get("outputs", []))
        if outcome is CellOutcome.OK:
            error = _error_of(node, cell)
            outcome = CellOutcome.ERROR if error else outcome
        made = _record(
            cell, outcome, error=whole(error), outputs=outputs,
            notes=[*cell.notes, *map(whole, self._budget.notes)],
            seconds=round(time.monotonic() - start, 3),
        )  # fmt: skip
        return self._ended(cell, made)

    def _ended(self, cell: Cell, made: NotebookCell) -> NotebookCell:
        used = self._kernel.worker.cpu_seconds() or 0.0
        if not self._stopped and self._kernel.worker.ending():
            self._stopped = f"The kernel ended in cell {made.id}."
        elif not self._stopped and made.outcome is not CellOutcome.OK and cell.stop:
            self._stopped = f"Cell {made.id} failed, and asks that nothing be run after it."
        elif not self._stopped and used > self._limits.notebook_seconds:
            self._stopped = (
                f"The notebook used its {self._limits.notebook_seconds:g} seconds of CPU time."
            )
        elif not self._stopped and time.monotonic() >= self._until:
            self._stopped = self._too_long
        return made

    @property
    def _too_long(self) -> str:
        return f"The notebook took longer than {self._limits.wall_seconds:g} seconds."

    async def _watched(self, client: _Client, node: Any, number: int) -> tuple[CellOutcome, str]:
        task = asyncio.ensure_future(client.async_execute_cell(node, number))
        reason, outcome = await self._look(
            task, self._limits.cell_seconds, self._limits.idle_seconds
        )
        if reason:
            self._kernel.worker.interrupt()
            still, _ = await self._look(task, _GRACE_SECONDS, _GRACE_SECONDS, limited=False)
            if still:
                reason += " It did not react to an interrupt, so the kernel was ended."
                await asyncio.to_thread(self._kernel.worker.kill)
        try:
            await task
        except DeadKernelError:
            if self._budget.flooded:
                outcome = CellOutcome.FLOODED
            return (outcome, reason) if reason else (CellOutcome.DIED, self._why_dead())
        except CellTimeoutError:
            return CellOutcome.FLOODED, "Its output was too large to be read."
        except Exception as error:
            return (
                CellOutcome.ERROR,
                f"The kernel's messages made no sense ({type(error).__name__}).",
            )
        if self._budget.flooded:
            return CellOutcome.FLOODED, _FLOOD
        return (outcome, reason) if reason else (CellOutcome.OK, "")

    async def _look(
        self, task: asyncio.Future[Any], cpu: float, idle: float, *, limited: bool = True
    ) -> tuple[str, CellOutcome]:
        """Wait for a cell; why it has to be stopped, or nothing once it has ended."""
        worker = self._kernel.worker
        start = last = worker.cpu_seconds()
        began = progress = time.monotonic()
        while not (await asyncio.wait({task}, timeout=_LOOK_SECONDS))[0]:
            used, now = worker.cpu_seconds(), time.monotonic()
            if limited and self._budget.flooded:
                return _FLOOD, CellOutcome.FLOODED
            if limited and now >= self._until:
                return self._too_long, CellOutcome.TIMEOUT
            if used is None or start is None or last is None:
                if now - began > cpu:
                    return f"It did not end within {cpu:g} seconds.", CellOutcome.TIMEOUT
            elif used - start > cpu or now - began > cpu * _WALL_FACTOR:
                return f"It used more than {cpu:g} seconds of CPU time.", CellOutcome.TIMEOUT
            elif used - last > 0.005:  # what our own looking makes it use does not count
                last, progress = used, now
            elif now - progress > idle:
                return f"It did nothing for {idle:g} seconds.", CellOutcome.TIMEOUT
        return "", CellOutcome.OK

    def _why_dead(self) -> str:
        ending = self._kernel.worker.ending()
        if "SIGKILL" in ending or "ended by" in ending:
            ending = ""
        return f"It ended the kernel ({ending})." if ending else "It ended the kernel."

    async def _inspect(self, client: _Client, inspect: Inspect) -> None:
        assert client.kc is not None
        code = (
            "__import__('grader.worker.notebook_kernel').worker.notebook_kernel.answer_requests()"
        )
        client.kc.execute(code, silent=True, store_history=False)
        with Values(self._kernel.worker) as values:
            await asyncio.to_thread(inspect, values)


def _record(cell: Cell, outcome: CellOutcome, **more: Any) -> NotebookCell:
    more.setdefault("notes", cell.notes)
    return NotebookCell(
        id=cell.id, role=cell.role, source=cell.source, outcome=outcome,
        restored=cell.restored, **more,
    )  # fmt: skip


def _error_of(node: Any, cell: Cell) -> str:
    """The exception that a cell ended with, in one line; empty if it did not."""
    for output in node.get("outputs", []):
        if output.get("output_type") == "error":
            text = _ESCAPES.sub("", f"{output.get('ename', '')}: {output.get('evalue', '')}")
            if _SHELL.search(cell.source):
                return NO_SHELL
            return " ".join(text.split())[:500].removesuffix(":")
    return ""
