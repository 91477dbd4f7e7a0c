"""The warm process that forks workers: it has NumPy loaded and never runs student code itself.

    python -c "..." CONTROL_FD CONFIG      (see `grader.sandbox.runtime`)

On the control socket it answers once, when warm. After that every message is a request for a
worker, a JSON object `{"main", "limits"}` with two descriptors: the worker's wire and a status
socket. The status socket brings `{"pidfd"}` (with the descriptor), then `{"ready"}` or `{"failed"}`
from the worker, and `{"ended": [code, seconds]}`, in which order the first two come is open.

It ends, and every worker with it, when the last holder of the other end of the control socket is
gone; a worker ends when the other end of its status socket is closed.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import select
import signal
import site
import socket
import sys
from collections.abc import Callable
from typing import Any

from grader.model.limits import KERNEL_MAIN
from grader.worker import landlock, privileges
from grader.worker.scratch import remove_tree

MAX_REQUEST = 4096
_WIRE, _STATUS = 3, 4
_WARM = ("numpy", "numpy.linalg", "numpy.random", "numpy.fft", "numpy.ma")
_ALSO_WARM = ("msgspec", "msgspec.msgpack", "random", "traceback", "warnings", "linecache")


class Child:
    """One worker as the zygote sees it."""

    def __init__(self, pid: int, pidfd: int, status: socket.socket, scratch: str) -> None:
        self.pid = pid
        self.pidfd = pidfd
        self.status = status
        self.scratch = scratch


class Zygote:
    """Serves spawn requests until the control socket is closed."""

    def __init__(self, control: socket.socket, config: dict[str, Any]) -> None:
        self.control = control
        self.config = config
        self.libc = privileges.open_libc()
        self.address_space = privileges.AddressSpace()
        self.own_memory = 0
        self.mains: dict[str, Callable[[socket.socket], None]] = {}
        self.children: dict[int, Child] = {}
        self.poll = select.poll()
        self.pid = os.getpid()
        self.cleaners: dict[int, int] = {}
        self.spawned = 0
        self.private = False
        self.reachable = False

    def prepare(self) -> dict[str, Any]:
        """Give up privileges, load everything, find out what works. Returns what to report."""
        if self.config["uid"]:
            privileges.become(self.libc, self.config["uid"])
            privileges.drop_capabilities(self.libc)
        privileges.set_dumpable(self.libc, dumpable=False)
        privileges.forbid_new_privileges(self.libc)
        if self.config["base_landlock"]:
            self._restrict(write=[self.config["scratch"]])
        os.environ["TMPDIR"] = self.config["scratch"]  # some libraries want one when imported
        self._warm_up()
        self.private = self.config["private"] and self._try(self._take_private_files)
        self.reachable = bool(self.config["child_uids"]) and self._try(self._reach_as_spare_user)
        self.own_memory = self.address_space.read()
        return {"private": self.private, "own_uid": self.reachable, "landlock": self.landlock}

    @property
    def landlock(self) -> bool:
        """Whether workers are confined by landlock."""
        return bool(self.config["landlock"]) and landlock.version(self.libc) > 0

    def _warm_up(self) -> None:
        for name in (*_WARM, *_ALSO_WARM):
            importlib.import_module(name)
        for main in self.config["mains"]:
            module, _, function = main.partition(":")
            self.mains[main] = getattr(importlib.import_module(module), function)
        site.setquit()  # `exit` and `quit`, which python -S leaves out
        gc.collect()
        gc.freeze()

    def _restrict(self, write: list[str]) -> None:
        privileges.restrict_files(
            self.libc, read=self.config["read"], write=write, highest=self.config["landlock"]
        )

    def _try(self, act: Callable[[], None]) -> bool:
        """Whether `act` works, done in a child of its own."""
        pid = os.fork()
        if pid == 0:
            with contextlib.suppress(BaseException):
                act()
                os._exit(0)
            os._exit(1)
        return os.waitpid(pid, 0)[1] == 0

    def _take_private_files(self) -> None:
        privileges.unshare_files(self.libc, self.config["scratch"], 1 << 20)

    def _reach_as_spare_user(self) -> None:
        privileges.become(self.libc, self.config["child_uids"][0])
        for path in self.config["read"]:
            if os.path.isdir(path):
                os.listdir(path)
            else:
                os.stat(path)
        for module in (os, json, importlib.import_module("numpy"), privileges):
            with open(str(module.__file__), "rb") as file:
                file.read(1)

    def serve(self) -> None:
        """Fork, watch and bury workers until nobody holds the control socket any more."""
        self.poll.register(self.control, select.POLLIN)
        while True:
            ready = [fd for fd, _ in self.poll.poll()]
            for fd in ready:
                if fd != self.control.fileno():
                    self._event(fd)
            # Last: a new worker gets the numbers of descriptors that were just closed.
            if self.control.fileno() in ready and not self._request():
                return

    def close(self) -> None:
        """End every worker and remove its files."""
        for child in set(self.children.values()):
            _kill(child)
            self._bury(child)
        for cleaner in list(self.cleaners):
            self._dismiss(cleaner, 0)

    def _request(self) -> bool:
        try:
            data, fds, _, _ = socket.recv_fds(self.control, MAX_REQUEST, 2)
        except InterruptedError:
            return True
        except ConnectionError:
            return False
        if not data:
            return False
        if len(fds) == 2:
            status = socket.socket(fileno=fds.pop())
            try:
                self._spawn(json.loads(data), fds[0], status)
            except (OSError, ValueError) as error:
                _tell(status, {"failed": f"no worker: {error}"})
                status.close()
        for fd in fds:
            os.close(fd)
        return True

    def _spawn(self, request: dict[str, Any], wire: int, status: socket.socket) -> None:
        self.spawned += 1
        scratch = self._make_scratch()
        try:
            pid = os.fork()
        except OSError:
            self._remove(scratch)
            raise
        if pid == 0:
            self._run_child(request, wire, status, scratch)
        pidfd = os.pidfd_open(pid)
        child = Child(pid, pidfd, status, scratch)
        for fd in (pidfd, status.fileno()):
            self.children[fd] = child
            self.poll.register(fd, select.POLLIN)
        with contextlib.suppress(OSError):
            socket.send_fds(status, [b'{"pidfd": true}'], [pidfd])

    def _make_scratch(self) -> str:
        """A folder for the next worker; the empty name when it brings its own, or gets none."""
        if self.private or not self.landlock:
            return ""
        path = os.path.join(self.config["scratch"], f"{self.pid}-{self.spawned}")
        os.mkdir(path, 0o700)
        if self.reachable:
            os.chown(path, self._spare_uid(), -1)
        return path

    def _spare_uid(self) -> int:
        first, count = self.config["child_uids"]
        return int(first + (self.pid + self.spawned) % count)

    def _run_child(
        self, request: dict[str, Any], wire: int, status: socket.socket, scratch: str
    ) -> None:
        """Never returns."""
        code = 1
        try:
            privileges.keep_descriptors(wire, status.detach())
            status = socket.socket(fileno=_STATUS)
            try:
                main = self.mains[request["main"]]
                serving = request["main"] == KERNEL_MAIN
                self._confine_child(request["limits"], scratch, serving=serving)
                _tell(status, {"ready": True})
            except BaseException as error:
                _tell(status, {"failed": f"{type(error).__name__}: {error}"})
                raise
            status.close()
            gc.enable()
            main(socket.socket(fileno=_WIRE))
            code = 0
        except SystemExit as error:
            code = error.code if isinstance(error.code, int) else 1
        except BaseException:
            code = 1
        finally:
            os._exit(code & 0xFF)

    def _confine_child(self, limits: privileges.Limits, scratch: str, *, serving: bool) -> None:
        signal.set_wakeup_fd(-1)
        if self.reachable:
            privileges.become(self.libc, self._spare_uid())
        if self.private:
            scratch = str(self.config["scratch"])
            privileges.unshare_files(self.libc, scratch, limits["file_bytes"])
        privileges.die_with_parent(self.libc, self.pid)
        home = scratch or "/"
        os.chdir(home)
        os.environ.update(HOME=home, TMPDIR=home)
        shared = not (self.private or self.reachable)
        privileges.set_limits(limits, own_memory=self.own_memory, shared_user=shared)
        write = [scratch] if scratch else []
        rules = (lambda: self._restrict(write)) if self.landlock else None
        privileges.lock(self.libc, restrict_files=rules, serving=serving)

    def _event(self, fd: int) -> None:
        child = self.children.get(fd)
        if fd in self.cleaners:
            self._dismiss(fd, os.WNOHANG)
        elif child is None:
            return  # its other descriptor was handled in the same round
        elif fd == child.pidfd:
            self._bury(child)
        elif not _still_held(child.status):
            self.poll.unregister(fd)
            _kill(child)

    def _bury(self, child: Child) -> None:
        _, status, usage = os.wait4(child.pid, 0)
        code = os.waitstatus_to_exitcode(status)
        _tell(child.status, {"ended": [code, usage.ru_utime + usage.ru_stime]})
        for fd in (child.pidfd, child.status.fileno()):
            del self.children[fd]
            with contextlib.suppress(KeyError):
                self.poll.unregister(fd)
        os.close(child.pidfd)
        child.status.close()
        self._remove(child.scratch)

    def _remove(self, scratch: str) -> None:
        try:
            if scratch:
                os.rmdir(scratch)
        except OSError:  # not empty, and perhaps very full: must not hold up the others
            pid = os.fork()
            if pid == 0:
                with contextlib.suppress(BaseException):
                    remove_tree(scratch)
                os._exit(0)
            pidfd = os.pidfd_open(pid)
            self.cleaners[pidfd] = pid
            self.poll.register(pidfd, select.POLLIN)

    def _dismiss(self, cleaner: int, flags: int) -> None:
        if os.waitpid(self.cleaners[cleaner], flags)[0]:
            del self.cleaners[cleaner]
            self.poll.unregister(cleaner)
            os.close(cleaner)


def _kill(child: Child) -> None:
    with contextlib.suppress(ProcessLookupError):
        signal.pidfd_send_signal(child.pidfd, signal.SIGKILL)


def _still_held(status: socket.socket) -> bool:
    try:
        return status.recv(1, socket.MSG_DONTWAIT) != b""
    except BlockingIOError:
        return True
    except OSError:
        return False


def _tell(status: socket.socket, message: dict[str, Any]) -> None:
    with contextlib.suppress(OSError):
        status.send(json.dumps(message).encode(), socket.MSG_DONTWAIT)


def _leave_a_janitor(control: int, folder: str) -> None:
    """Go on in a child; the parent, still unconfined, removes `folder` when that has ended."""
    pid = os.fork()
    if pid:
        os.close(control)
        os.waitpid(pid, 0)
        remove_tree(folder)
        os._exit(0)


def main() -> None:
    """Start from the command line made by `grader.sandbox.runtime`."""
    config = json.loads(sys.argv[2])
    if config["folder"]:
        _leave_a_janitor(int(sys.argv[1]), config["folder"])
    gc.disable()
    control = socket.socket(fileno=int(sys.argv[1]))
    zygote = Zygote(control, config)
    _tell(control, zygote.prepare())
    zygote.serve()
    zygote.close()
