"""Trying candidate checks: on the reference, where they must pass, and on its mutants."""

from __future__ import annotations

import contextlib
import inspect
import pickle
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import islice, takewhile
from typing import Any, Final, Literal, NamedTuple

import msgspec
import numpy as np

from grader.assignment.stripping import strip_solutions
from grader.authoring.allowance import Allowance
from grader.authoring.folder_writer import SEED
from grader.authoring.native_reference import (
    NativeReference,
    TimeUp,
    fingerprint,
    quiet,
)
from grader.authoring.reference_source import ReferenceSource
from grader.authoring.side_effects import forbid_side_effects
from grader.authoring.uninitialized import fill_empty_arrays
from grader.checks.inputs import Inputs
from grader.model.contract import ContractEntry
from grader.model.errors import GraderError
from grader.model.verdicts import NotJudged
from grader.runner.answer_key import LocalChannel, RecordingChannel, ReplayChannel
from grader.sandbox.forked_tasks import Send, run_forked
from grader.student.proxy import Channel, Reply, Request, Student
from grader.verify.mutants import Mutant, make_mutants
from grader.verify.no_op import idle_packages
from grader.verify.observation import Observation, telling
from grader.worker import compat
from grader.worker.dispatcher import Dispatcher

_SEEDS: Final = (str(SEED), "11", "12")
"""The first is the one under which the answer key is recorded."""
_NUDGE: Final = 1e-12
_SLOW: Final = 0.5
"""Seconds that a check may take on the reference."""
_REFERENCE_SECONDS: Final = 120
"""Processor time for running all checks on the reference, where nobody says how much there is."""
_GRACE: Final = 10
_BATCH: Final = 60
"""Checks in one process: if it breaks, these are lost and no others."""
_NO_TIME: Final = "there was no time left for its checks"
_IMPORT_SECONDS: Final = 10
_LARGEST: Final = 1 << 20
"""Bytes that a check may ask of the reference."""
_ROUND: Final = 16
"""Mutants after which is settled what is tried first on the next ones."""
_ENOUGH: Final = 3
"""Checks that are known to catch a mutant, after which no more are tried."""
_CPU_SECONDS: Final = 20

_NO_IDS: Final[Mapping[str, str]] = {}

Function = Callable[..., None]


class Tried(NamedTuple):
    """What came of running the candidates on the reference."""

    passed: dict[str, float]
    """Those that pass, steadily, to their seconds."""
    answers: dict[str, list[tuple[str, Reply]]]
    observed: Observation
    refused: dict[str, str]
    """Why others do not."""


class Trials:
    """Candidate checks, compiled, and the reference."""

    def __init__(
        self,
        source: ReferenceSource,
        contract: Mapping[str, ContractEntry],
        checks: Mapping[str, str],
        ids: Mapping[str, str] = _NO_IDS,
    ) -> None:
        """Take the checks as source by their names, the best first.

        Args:
            source: the reference.
            contract: what it offers.
            checks: name to source.
            ids: name to the id by which the runner draws inputs; for checks that draw some.
        """
        self._source = source
        self._contract = contract
        self._checks = {name: _compiled(text) for name, text in checks.items()}
        self._ids = ids

    def on_reference(self, allowance: Allowance | None = None, jobs: int = 1) -> Tried:
        """Run every check on the reference, a few at a time in a process of their own.

        Args:
            allowance: the processor time for it; checks that it does not suffice for are refused.
            jobs: processes at once.

        Raises:
            GraderError: none of these processes came to its end.
        """
        allowance = allowance or Allowance(_REFERENCE_SECONDS)
        names = list(self._checks)
        batches = [names[at : at + _BATCH] for at in range(0, len(names), _BATCH)]
        seconds = [0]

        def limit() -> int:
            seconds[0] = allowance.task(_REFERENCE_SECONDS)  # the child that starts now sees it
            return seconds[0] + _GRACE

        def work(batch: list[str], send: Send) -> None:
            send(pickle.dumps(self._tried(batch, seconds[0])))

        whole = Tried({}, {}, Observation(self._contract), {})
        whole.refused.update(dict.fromkeys(names, _NO_TIME))
        waiting = takewhile(lambda _: allowance.left > 0, batches)
        endings = []
        for done in run_forked(waiting, work, jobs=jobs, cpu_seconds=limit):
            if done.said:
                _take(whole, pickle.loads(done.said))
            else:
                endings.append(done.ending)
                whole.refused.update(dict.fromkeys(done.task, f"trying it ends: {done.ending}"))
        if endings and not whole.answers:
            raise GraderError(f"The reference cannot be tried: {endings[0]}.")
        return whole._replace(passed={n: whole.passed[n] for n in names if n in whole.passed})

    def _tried(self, names: Sequence[str], seconds: float) -> Tried:
        compat.install()
        forbid_side_effects()
        fill_empty_arrays()
        reference = NativeReference(telling(self._source.files), self._source.package)
        observation = Observation(self._contract)
        observation.watch()
        tried = Tried({}, {}, observation, {})
        for name in self._contract:
            with contextlib.suppress(Exception, TimeUp, SystemExit), quiet(_IMPORT_SECONDS):
                self._resolve(reference)(name)  # what cannot be had is noted check by check
        end = time.process_time() + seconds
        for name in names:
            if time.process_time() > end:
                tried.refused[name] = _NO_TIME
            else:
                observation.begin(name)
                self._try(name, reference, tried)
        return tried

    def _try(self, name: str, reference: NativeReference, tried: Tried) -> None:
        """Run one check, and note what came of it."""
        start = time.process_time()
        try:
            with quiet(3 * _SLOW * len(_SEEDS)):
                answers = self._steady(name, self._checks[name], reference)
        except (Exception, TimeUp, SystemExit) as error:
            tried.refused[name] = f"{type(error).__name__}: {error}"[:300]
            return
        taken = (time.process_time() - start) / (2 * len(_SEEDS))
        if taken > _SLOW:
            tried.refused[name] = f"it takes {taken:.1f} seconds"
        elif len(pickle.dumps(answers)) > _LARGEST:
            tried.refused[name] = "what it returns is very large"
        elif _gives_away(answers):
            tried.refused[name] = "a function that it hands over returns the answer"
        else:
            tried.answers[name], tried.passed[name] = answers, taken

    def _steady(
        self, name: str, check: Function, reference: NativeReference
    ) -> list[tuple[str, Reply]]:
        """The answers to a check that passes, whatever the seed, and with numbers a hair off."""
        first: list[tuple[str, Reply]] = []
        for seed in _SEEDS:
            recording = RecordingChannel(self._channel(reference))
            self._run(name, check, _Nudging(self._channel(reference)), recording, seed)
            first = first or recording.answers
        return first

    def _run(
        self, name: str, check: Function, student: Channel, reference: Channel, seed: str
    ) -> None:
        inputs = Inputs(seed, self._ids.get(name, name))
        judged = Student(student, self._contract)
        judged.seed(inputs.number)
        given = {"student": judged, "inputs": inputs}
        given["reference"] = Student(reference, self._contract)
        wanted = inspect.signature(check).parameters
        check(**{fixture: value for fixture, value in given.items() if fixture in wanted})

    def _channel(self, reference: NativeReference) -> LocalChannel:
        return LocalChannel(Dispatcher(self._resolve(reference), lambda _file: False))

    def _resolve(self, reference: NativeReference) -> Callable[[str], Any]:
        return lambda name: reference.resolve(self._contract[name].module, name)

    def on_mutants(
        self,
        tried: Tried,
        mutants: Sequence[Mutant],
        order: Sequence[str],
        jobs: int,
        allowance: Allowance,
        progress: Callable[[int, int], None] = lambda _done, _all: None,
    ) -> Iterator[tuple[Mutant, list[str]]]:
        """Each mutant, and some of the checks that it fails; none, if it fails none.

        What has caught a mutant is tried first on the next ones, so that few checks catch most.
        That is settled after each round of them: the order in which processes end is never the
        same, and the checks that are chosen would not be either.

        Args:
            tried: what came of the reference.
            mutants: of the reference.
            order: ids of the checks, the best first.
            jobs: processes at once.
            allowance: the processor time for it; no further mutant is tried when it is spent.
            progress: told how many are done, of how many.
        """
        proven: dict[str, None] = {}

        def work(task: tuple[int, Mutant], send: Send) -> None:
            _, mutant = task
            compat.install()
            forbid_side_effects()
            files = {**self._source.files, mutant.subject.file: mutant.text}
            reference = NativeReference(files, self._source.package)
            reached = tried.observed.reaching({mutant.place})
            first = [name for name in proven if reached is None or name in reached]
            others = [name for name in order if name not in proven]
            others = [name for name in others if reached is None or name in reached]
            for enough, names in ((_ENOUGH, first), (1, others)):
                killers = list(islice(self._killers(reference, tried, names), enough))
                send(b"".join(msgspec.json.encode(name) + b"\n" for name in killers))
                if killers:
                    return

        number = 0
        for at in range(0, len(mutants), _ROUND):
            waiting = takewhile(lambda _: allowance.left > 0, mutants[at : at + _ROUND])
            limit = partial(allowance.task, _CPU_SECONDS)
            found: dict[int, list[str]] = {}
            for done in run_forked(enumerate(waiting), work, jobs=jobs, cpu_seconds=limit):
                number += 1
                progress(number, len(mutants))
                killers = [msgspec.json.decode(line, type=str) for line in done.said.splitlines()]
                found[done.task[0]] = killers or list(order[: bool(done.ending)])
            for place in sorted(found):
                proven |= dict.fromkeys(found[place])
                yield mutants[at + place], found[place]

    def _killers(
        self, reference: NativeReference, tried: Tried, names: Iterable[str]
    ) -> Iterator[str]:
        for name in names:
            outcome = self._outcome(reference, tried, name)
            if outcome in ("failed", "hung"):
                yield name
            if outcome == "hung":
                return

    def _outcome(
        self, package: NativeReference, tried: Tried, name: str
    ) -> Literal["passed", "failed", "hung", "not judged"]:
        """How a check ends on a package, with the reference's recorded answers."""
        replayed = ReplayChannel(name, tried.answers[name])
        try:
            with quiet(0.3 + 20 * tried.passed[name]):
                self._run(name, self._checks[name], self._channel(package), replayed, _SEEDS[0])
        except NotJudged:
            return "not judged"
        except TimeUp:
            return "hung"
        except (Exception, SystemExit):
            return "failed"
        return "passed"

    def paying_idlers(self, tried: Tried, targets: Mapping[str, str], jobs: int = 1) -> set[str]:
        """The checks that the template passes, or a function which does nothing, or may pass.

        Args:
            tried: what came of the reference.
            targets: check to the contract's function that it judges.
            jobs: processes at once.
        """
        files = self._source.files
        stripped = {path: strip_solutions(text, path) for path, text in files.items()}
        packages = [
            *idle_packages(files, self._contract),
            ("template", tuple(self._contract), stripped),
        ]

        def asked(number: int) -> list[str]:
            return [name for name in tried.passed if targets[name] in packages[number][1]]

        def work(number: int, send: Send) -> None:
            compat.install()
            forbid_side_effects()
            changed = packages[number][2]
            package = NativeReference({**files, **changed}, self._source.package)
            for name in asked(number):
                if self._outcome(package, tried, name) != "passed":
                    send(msgspec.json.encode(name) + b"\n")

        paying: set[str] = set()
        for done in run_forked(range(len(packages)), work, jobs=jobs, cpu_seconds=_CPU_SECONDS):
            refusing = {msgspec.json.decode(line, type=str) for line in done.said.splitlines()}
            paying |= set(asked(done.task)) - refusing
        return paying

    def mutants(self, tried: Tried) -> list[Mutant]:
        """All mutants of what the checks reach."""
        return make_mutants(self._source.files, tried.observed)


def _take(whole: Tried, part: Tried) -> None:
    """Add what came of some checks."""
    whole.passed.update(part.passed)
    whole.answers.update(part.answers)
    whole.observed.add(part.observed)
    for name in part.passed:
        whole.refused.pop(name, None)
    whole.refused.update(part.refused)


def _gives_away(answers: Iterable[tuple[str, Reply]]) -> bool:
    """Whether a function of the check returned what the code that called it had to answer."""
    for _, reply in answers:
        told = {_numbers(call[-1]) for call in reply.get("called", ())} - {None}
        value = reply.get("value")
        values = value if isinstance(value, list | tuple) else [value]
        if told and any(_numbers(each) in told for each in values):
            return True
    return False


def _numbers(value: Any) -> Any:
    is_told = isinstance(value, float | np.ndarray)
    return fingerprint(value) if is_told else None


class _Nudging:
    """Moves all real numbers of a request by a hair, as other right code would."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._random = np.random.RandomState(5)

    def ask(self, request: Request, *, about: str, cpu_seconds: float | None = None) -> Reply:
        """Pass a request on, its numbers moved."""
        return self._channel.ask(self._moved(request), about=about, cpu_seconds=cpu_seconds)

    def _moved(self, value: Any) -> Any:
        if isinstance(value, np.ndarray) and value.dtype == np.float64:
            return value * (1 + _NUDGE * self._random.standard_normal(value.shape))
        if type(value) is dict:
            return {key: self._moved(item) for key, item in value.items()}
        if type(value) in (list, tuple):
            return type(value)(self._moved(item) for item in value)
        return value


def _compiled(text: str) -> Function:
    scope: dict[str, Any] = {}
    exec(compile(PRELUDE + text, "<candidate>", "exec", dont_inherit=True), scope)
    function: Function = next(value for key, value in scope.items() if key.startswith("test_"))
    return function


PRELUDE: Final = """\
from __future__ import annotations

from typing import Any

import numpy as np

from grader.checks import Inputs, Student, Visibility, assert_backward, assert_same, check, holds
from grader.checks import raising

"""
