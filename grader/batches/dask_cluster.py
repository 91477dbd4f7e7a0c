"""Grading on a Dask cluster: no shared folder, everything travels as content.

The assignment goes to each worker process once, as a plugin named by its hash, and is unpacked
there; the engine that grades is started with the first submission and ends with the worker. A
submission goes as an argument of its task, whose key is the hash of all that its result depends on.

A task whose worker died is given to another by the scheduler, a few times
(`distributed.scheduler.allowed-failures`). The scheduler blames all that a dead worker had,
so what is given up is submitted once more alone; then it is a row of its own with the reason.
"""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import threading
import time
from collections.abc import Mapping
from concurrent.futures import CancelledError, Future
from pathlib import Path
from typing import Any, Final

import msgspec
from distributed import Client, KilledWorker, Worker, WorkerPlugin, get_worker
from msgspec.structs import replace

from grader.assignment.composed import members_of, open_assignment
from grader.assignment.layout import is_shipped
from grader.batches.bundle import Bundle, folder_bundle, submission_bundle
from grader.batches.executors import TryAgain
from grader.batches.fingerprint import Fingerprint, harness_hash
from grader.batches.grading_client import Engine, ungraded
from grader.grading import Settings
from grader.model.errors import GraderError, InputError, reason_of
from grader.model.result import Result
from grader.submission import Source

CONNECT_SECONDS: Final = 15
LOOK_SECONDS: Final = 10
"""How often workers are counted while there is work for them: some may have come."""
LONELY_SECONDS: Final = 60
"""How long a batch waits for a worker when there is none."""


class Bench(WorkerPlugin):
    """An assignment on a worker, and the engine that grades it there."""

    idempotent = True  # a second batch finds the engine warm, and does not end it for the first

    def __init__(self, settings: Settings, digest: str, bundle: bytes, rubric: str) -> None:
        """What a worker needs.

        Args:
            settings: how to grade; where the assignment lies is the worker's own affair.
            digest: the assignment's.
            bundle: its files; empty if it is one that every installation has.
            rubric: the rubric's place among them.
        """
        self._digest = digest
        self._settings = msgspec.json.encode(settings)
        self._bundle = bundle
        self._rubric = rubric
        self._harness = harness_hash()
        parts = (self._settings, bundle, rubric.encode(), digest.encode(), self._harness.encode())
        self.name = f"gradewall-{hashlib.sha256(b'%'.join(parts)).hexdigest()[:32]}"

    def setup(self, worker: Worker) -> None:
        """Take place on a worker; nothing is started yet."""
        self._folder = Path(worker.local_directory).absolute() / self.name
        self._starting = threading.Lock()
        self._engine: Engine | None = None

    def teardown(self, worker: Worker) -> None:
        """End the engine."""
        with self._starting:
            if self._engine is not None:
                self._engine.close()
                self._engine = None
        shutil.rmtree(self._folder, ignore_errors=True)

    def grade(self, key: str, source: Source, bundle: bytes) -> bytes:
        """Unpack and grade a submission.

        Raises:
            GraderError: this worker cannot grade; says why.
        """
        place = self._folder / "submissions" / f"{key}-{threading.get_ident()}"
        try:
            path = Bundle.unpack(bundle).write(place)
            result = self._started().grade(replace(source, path=path))
        finally:
            shutil.rmtree(place, ignore_errors=True)
        return msgspec.json.encode(result)

    def _started(self) -> Engine:
        with self._starting:
            if self._engine is None:
                self._engine = Engine(self._own_settings(), many=True)
            return self._engine

    def _own_settings(self) -> Settings:
        settings = msgspec.json.decode(self._settings, type=Settings)
        if self._bundle:
            root = Bundle.unpack(self._bundle).write(self._folder / "assignment")
            settings = replace(settings, assignment=str(root / self._rubric))
        here = (harness_hash(), open_assignment(settings.assignment).digest)
        if here != (self._harness, self._digest):
            raise InputError(
                f"The worker on {platform.node()} has another gradewall, Python or NumPy.",
                hint="Install the same versions there.",
            )
        return settings


def grade(bench: str, key: str, submission: tuple[str, str, str, str, bytes]) -> bytes:
    """The task: a submission graded by the bench of that name, as JSON."""
    id, name, problem, note, bundle = submission
    source = Source(id=id, name=name, path=Path(id), problem=problem, note=note)
    plugin: Any = get_worker().plugins[bench]
    result: bytes = plugin.grade(key, source, bundle)
    return result


class DaskExecutor:
    """Grades on the workers of a Dask scheduler."""

    def __init__(self, address: str, settings: Settings) -> None:
        """Connect, and send the assignment to the workers.

        Args:
            address: `dask://HOST:PORT`.
            settings: how to grade.

        Raises:
            GraderError: there is no scheduler, or a worker cannot take the assignment.
        """
        self.settings = settings
        self._address = address
        bench = bench_of(settings)
        self._bench = bench.name
        try:
            self._client = Client(
                address.replace("dask://", "tcp://", 1),
                timeout=CONNECT_SECONDS,
                set_as_default=False,
            )
        except (OSError, TimeoutError, ValueError) as error:
            raise InputError(
                f"{address}: no Dask scheduler answers there: {reason_of(error)}.",
                hint="Start one with `dask scheduler`, and workers with `dask worker`.",
            ) from None
        try:
            self._client.register_plugin(bench)
        except Exception as error:  # whatever a worker could not do
            self._client.close()
            raise InputError(
                f"{address}: a worker cannot take the assignment: {reason_of(error)}.",
                hint="Install the same version of gradewall on every worker.",
            ) from None
        self._executor = self._client.get_executor(pure=False)
        self._last_seen = time.monotonic()
        self._width = 0
        self._sent: dict[str, float] = {}
        self._blamed: set[str] = set()
        """Submissions whose workers died."""
        self._look()

    @property
    def width(self) -> int:
        """Twice as many as the workers grade at once."""
        return self._width

    def submit(self, source: Source, inputs: Fingerprint) -> Future[Any]:
        """Send a submission.

        Raises:
            InputError: it cannot be read.
        """
        if time.monotonic() - self._looked > LOOK_SECONDS:
            self._look()
        key = inputs.digest
        packed = submission_bundle(source).pack()
        again = "-again" if source.id in self._blamed else ""
        submission = (source.id, source.name, source.problem, source.note, packed)
        future: Future[Any] = self._executor.submit(
            grade, self._bench, key, submission, key=f"grade-{key}{again}"
        )
        self._sent[source.id] = time.monotonic()
        return future

    def result(self, source: Source, future: Future[Any]) -> Result:
        """What a worker answered."""
        self._sent.pop(source.id, None)
        try:
            return Result.from_json(future.result())
        except KilledWorker:
            if source.id not in self._blamed:
                self._blamed.add(source.id)
                raise TryAgain from None
            what = "Each worker that was given it died. Run the same command again to try once more"
            return ungraded(self.settings, source, f"{what}.")
        except CancelledError:
            raise self._gone() from None
        except (GraderError, msgspec.DecodeError):
            raise
        except Exception as error:  # a worker's own trouble: its disk, its memory
            return ungraded(self.settings, source, f"Its worker failed: {reason_of(error)}.")

    def running(self) -> Mapping[str, float]:
        """Those that were sent and have not come back: some may wait for a worker."""
        now = time.monotonic()
        return {name: now - sent for name, sent in self._sent.items()}

    def check(self) -> None:
        """See that there are scheduler and workers."""
        if self._look():
            self._last_seen = time.monotonic()
        elif time.monotonic() - self._last_seen > LONELY_SECONDS:
            raise InputError(
                f"{self._address}: the scheduler has had no workers for {LONELY_SECONDS} seconds.",
                hint="Start some, and run the same command again to go on.",
            )

    def close(self) -> None:
        """Cancel what is under way, and leave. The workers keep the assignment for the next."""
        self._executor.shutdown(wait=False)
        self._client.close(timeout=5)

    def _look(self) -> int:
        """How many threads the workers have."""
        self._looked = time.monotonic()
        if self._client.status != "running":
            raise self._gone()
        try:
            threads = sum(int(n) for n in self._client.nthreads().values())
        except (OSError, TimeoutError):
            raise self._gone() from None
        self._width = max(4, 2 * threads)
        return threads

    def _gone(self) -> InputError:
        return InputError(
            f"{self._address}: the connection to the scheduler is lost; what is graded is kept.",
            hint="Run the same command again to go on.",
        )


def bench_of(settings: Settings) -> Bench:
    """The plugin of an assignment.

    Raises:
        GraderError: it cannot be loaded.
    """
    assignment = open_assignment(settings.assignment)
    members = members_of(assignment)
    if is_shipped(assignment.path):
        named = replace(settings, assignment=assignment.path.stem)
        return Bench(named, assignment.digest, b"", "")
    own = {path.resolve() for each in members for path in each.layout.own_files()}
    wanted = sorted(own | {assignment.path.resolve()})
    root = Path(os.path.commonpath([path.parent for path in wanted]))
    bundle = folder_bundle(root, wanted).pack()
    rubric_place = assignment.path.resolve().relative_to(root).as_posix()
    return Bench(replace(settings, assignment=""), assignment.digest, bundle, rubric_place)
