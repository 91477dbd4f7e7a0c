"""The trusted process that grades: it collects the bank once and forks a child per submission.

It is started by `grader.batches.grading_client.Engine` and speaks one of two protocols:

- forking (Linux): a SOCK_SEQPACKET socket; each message is a job with one end of a socket pair,
  into which a forked child writes the result. Any number of jobs run at once.
- in line (anywhere): one job a line on standard input, one result a line on standard output.
"""

from __future__ import annotations

import gc
import math
import os
import signal
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import BinaryIO, Final

import msgspec

from grader.batches.grading_messages import MANY, MAX_MESSAGE, Job, Ready, Refused
from grader.batches.opening import open_context
from grader.garbage import collect_seldom
from grader.grading import GradingContext, Settings, grade_submission
from grader.grading.environment import environment
from grader.model.errors import ExitCode, GraderError, InternalError
from grader.model.limits import Limits
from grader.model.result import Outcome, Result
from grader.model.rubric import Rubric
from grader.sandbox.sandboxes import Sandbox, open_sandbox
from grader.worker import privileges

MEMORY_BYTES: Final = 4 << 30
"""What the child of a submission may take beyond what the server has: no honest one comes near."""


def ready(context: GradingContext) -> bytes:
    """The message that the server can grade."""
    return msgspec.json.encode(
        Ready(context.sandbox.info, len(context.checks), context.assignment.digest)
    )


def serve_forking(control: socket.socket, context: GradingContext) -> None:
    """Fork a child for each job until the other side hangs up."""
    environment()  # looked up once, and not by every child
    gc.collect()
    gc.freeze()  # keeps the children from copying what they share
    control.send(ready(context))
    server = os.getpid()
    children: set[int] = set()
    jobs = 0
    complaints, complain = os.pipe()
    os.set_blocking(complaints, False)
    while True:
        data, descriptors, _, _ = socket.recv_fds(control, MAX_MESSAGE, 1)
        if not data:
            break
        children = {pid for pid in children if os.waitpid(pid, os.WNOHANG) == (0, 0)}
        if _has_complaint(complaints):
            _renew_sandboxes(context)
        jobs += 1
        if jobs == 2:  # a single submission would not win back the time
            context.prepare_for_many()
            gc.freeze()
        reply = socket.socket(fileno=descriptors[0])
        pid = os.fork()
        if not pid:
            control.close()
            _child(context, data, reply, complain, server)
        children.add(pid)
        reply.close()
    for pid in children:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def _has_complaint(complaints: int) -> bool:
    """Whether a child has found the sandbox gone since the last look."""
    try:
        return bool(os.read(complaints, 4096))
    except BlockingIOError:
        return False


def _renew_sandboxes(context: GradingContext) -> None:
    """Open another sandbox for one that is gone: killed, by the kernel or by somebody."""
    with suppress(GraderError):  # else every result says that there is none
        if not _works(context.sandbox):
            context.sandbox.close()
            context.sandbox = open_sandbox(context.settings.sandbox)
        if context.notebooks and not _works(context.notebooks.sandbox):
            context.notebooks.renew()


def _all_work(context: GradingContext) -> bool:
    """Whether every sandbox still starts workers."""
    kernels = [context.notebooks.sandbox] if context.notebooks else []
    return all(map(_works, [context.sandbox, *kernels]))


def _works(sandbox: Sandbox) -> bool:
    """Whether a sandbox still starts workers."""
    try:
        sandbox.spawn(Limits()).kill()
    except InternalError:
        return False
    return True


def _child(
    context: GradingContext, job: bytes, reply: socket.socket, complain: int, parent: int
) -> None:
    """Grade one submission in a process of its own, and end it.

    A result that the loss of the sandbox may have spoilt is not sent: it is asked for again.
    """
    status = 1
    try:
        signal.alarm(_most_seconds(context.assignment.rubric))
        _limit_memory()
        privileges.die_with_parent(privileges.open_libc(), parent)
        result = _graded(context, job)
        if _is_shaken(result) and not _all_work(context):
            os.write(complain, b"!")
        else:
            reply.sendall(msgspec.json.encode(result))
            reply.close()  # else who waits for its end waits until all memory is given back
            status = 0
    finally:
        os._exit(status)


def _most_seconds(rubric: Rubric) -> int:
    """When to end the child of a submission that does not keep its own limits.

    They bind the student's code; this is for faults of ours.
    """
    seconds = 2 * rubric.limits.submission_seconds + 60
    if rubric.notebooks is not None:
        scale = rubric.notebooks.scales[rubric.notebooks.scale]
        seconds += 2 * len(rubric.notebooks.files) * scale.notebook_wall_seconds
    return math.ceil(seconds)


def _limit_memory() -> None:
    """Let arrays that a student's code made us compute with end in a `MemoryError` of ours alone.

    The reference answers for functions that are wrong: `scale_forward` of two short arrays can be
    gigabytes long.
    """
    import resource  # not there on Windows, where nothing is forked

    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    wanted = pages * resource.getpagesize() + MEMORY_BYTES
    soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def _is_shaken(result: Result) -> bool:
    """Whether the end of the sandbox could be behind this result."""
    kinds = {check.finding.kind for check in result.checks if check.finding}
    broke = any(check.outcome is Outcome.INTERNAL for check in result.checks)
    return result.error_kind == "internal" or broke or "crash" in kinds


def _serve(serve: Callable[[GradingContext], None], context: GradingContext) -> None:
    if context.catalogue is not None and context.settings.diagnose:
        context.catalogue.load()  # before processes are forked that would each do so
    serve(context)


def _graded(context: GradingContext, job: bytes) -> Result:
    return grade_submission(context, msgspec.json.decode(job, type=Job).source())


def serve_inline(context: GradingContext, jobs: BinaryIO, results: BinaryIO) -> None:
    """Grade a submission for each line, until there are no more."""
    results.write(ready(context) + b"\n")
    results.flush()
    for line in jobs:
        results.write(msgspec.json.encode(_graded(context, line)) + b"\n")
        results.flush()


def _standard_streams() -> tuple[BinaryIO, BinaryIO]:
    """Standard input and output for us alone: pytest captures, and anything may print."""
    jobs, results = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return jobs, results


def main() -> None:
    """Serve until the other side hangs up.

    Arguments: settings as JSON, a descriptor or `-`, and `MANY` if a class is to be graded.
    """
    collect_seldom()
    settings = msgspec.json.decode(sys.argv[1], type=Settings)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.argv[2] == "-":
        jobs, results = _standard_streams()

        def say(message: bytes) -> None:
            results.write(message + b"\n")
            results.flush()

        def serve(context: GradingContext) -> None:
            serve_inline(context, jobs, results)
    else:
        control = socket.socket(fileno=int(sys.argv[2]))

        def say(message: bytes) -> None:
            control.send(message)

        def serve(context: GradingContext) -> None:
            serve_forking(control, context)

    try:
        open_context(settings, partial(_serve, serve), many=sys.argv[3:] == [MANY])
    except GraderError as error:
        say(msgspec.json.encode(Refused(error.message, error.hint, int(error.exit_code))))
    except BrokenPipeError:
        sys.exit(ExitCode.INTERNAL)
    except OSError as error:
        text = f"The grading server cannot start: {error}."
        hint = "It needs room for temporary files (TMPDIR) and for processes."
        say(msgspec.json.encode(Refused(text, hint, int(ExitCode.INPUT))))


if __name__ == "__main__":
    main()
