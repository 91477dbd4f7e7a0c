"""How often the diagnosis names the right mistake, by function.

    python benchmarks/diagnosis.py [--seeds 3] [--jobs 4] [--only adam] [--wrong]

Every mistake of the catalogue is made in the reference and graded in this process, on inputs of
fresh seeds:

    alone     by the checks of its function, in each of its forms
    in a net  by the checks of both networks, which build on it, without follow-through; once with
              the checks of the function, and once (`net only`) without any
    variant   alone, in a valid variant of the reference in which the patch still fits

and every valid variant by the whole bank, where no mistake may be named.
"""

from __future__ import annotations

import argparse
import sys
import time
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np

from grader.assignment.catalogue import Mistake, Variant, load_variants, patched, read_package
from grader.assignment.folder import Assignment
from grader.assignment.plugin import CallForm
from grader.diagnosis.diagnose import diagnose
from grader.diagnosis.mutated_package import Catalogue
from grader.model.errors import InputError
from grader.model.result import CheckResult, Outcome
from grader.runner.answer_key import Key, LocalChannel
from grader.runner.check import Check
from grader.runner.check_run import CheckRun, KeyReplayer, Recorder
from grader.runner.memory_package import MemoryPackage
from grader.runner.reference import LocalCode
from grader.runner.session import run_session
from grader.sandbox.forked_tasks import run_forked
from grader.student.proxy import Student
from grader.student.trace import Traces
from grader.worker import compat
from grader.worker.dispatcher import Dispatcher

NETS: Final = ("TwoLayerNet", "FullyConnectedNet")
AT_FAULT: Final = (Outcome.FAILED, Outcome.ERROR)
SECONDS: Final = 120
SETTINGS: Final = ("alone", "in a net", "net only", "variant", "valid")


class Trial(NamedTuple):
    """A wrong package, and who looks at it."""

    seed: str
    setting: str
    mistake: str
    """Empty for a variant alone."""
    variant: str
    form: int = 0


class Answer(msgspec.Struct):
    """What came of a trial."""

    failed: int
    named: list[str]
    """First-named causes of the failed checks that are judged, the most frequent first."""
    ties: list[str]
    seconds: float


def meet(files: Mapping[str, str], mistake: Mistake, variant: Variant) -> bool:
    """Whether the variant is of the mistake's function, and leaves room for the patch."""
    functions = {patch.function for patch in mistake.patch}
    if not functions & {patch.function for patch in variant.patch}:
        return False
    try:
        patched(files, [*variant.patch, *mistake.patches()])
    except InputError:
        return False
    return True


class Lab:
    """Makes packages and has them graded and diagnosed."""

    def __init__(self, assignment: Assignment, checks: list[Check]):
        self._assignment = assignment
        self._checks = checks
        self.catalogue = Catalogue(assignment.layout, assignment.contract)
        self.variants = {v.id: v for v in load_variants(assignment.layout.variants)}
        self._files = read_package(assignment.reference)
        self._keys: dict[str, Key] = {}

    def record(self, seed: str) -> None:
        """Record the reference's answers for a seed."""
        code = LocalCode(self._assignment.reference, self._assignment)
        recorder = Recorder(code.channel)
        self._run(code.channel, recorder, seed).run_all(self._checks)
        self._keys[seed] = Key(seed, "", recorder.answers())

    def trials(self, seeds: Iterable[str], only: str) -> Iterator[Trial]:
        """All there is to try."""
        for seed in seeds:
            for mistake in self.catalogue.mistakes.values():
                if only not in (mistake.function, mistake.id, ""):
                    continue
                for form in range(len(mistake.forms)):
                    yield Trial(seed, "alone", mistake.id, "", form)
                if mistake.function not in NETS and mistake.patch[0].file != "optim.py":
                    yield Trial(seed, "in a net", mistake.id, "")
                    yield Trial(seed, "net only", mistake.id, "")
                for variant in self.variants.values():
                    if meet(self._files, mistake, variant):
                        yield Trial(seed, "variant", mistake.id, variant.id)
            if not only:
                yield from (Trial(seed, "valid", "", variant) for variant in self.variants)

    def answer(self, trial: Trial) -> Answer:
        """Grade and diagnose one package; only ever in a process of its own."""
        compat.install()
        patches = [*self.variants[trial.variant].patch] if trial.variant else []
        function = ""
        if trial.mistake:
            mistake = self.catalogue.mistakes[trial.mistake]
            patches += mistake.patches(trial.form)
            function = mistake.function
        package = MemoryPackage(patched(self._files, patches), self._assignment.contract)
        traces = Traces()
        chosen = [check for check in self._checks if _asks(trial.setting, function, check)]
        run = self._run(
            lambda: LocalChannel(Dispatcher(package.resolve, lambda _file: False)),
            KeyReplayer(self._keys[trial.seed]), trial.seed, traces,
        )  # fmt: skip
        checks = run.run_all(chosen)
        catalogue, start = self.catalogue, time.process_time()
        told = diagnose(
            checks, traces, Traces(), catalogue, CallForm(None, self._assignment.plugin)
        )
        return _answer(trial, told, time.process_time() - start)

    def _run(
        self, channel: Callable[[], Any], reference: Any, seed: str, traces: Traces | None = None
    ) -> CheckRun:
        contract = self._assignment.contract
        return CheckRun(
            contract=contract,
            seed=seed,
            student=lambda _check: Student(channel(), contract),
            reference=reference,
            traces=traces,
        )


def _asks(setting: str, function: str, check: Check) -> bool:
    of_net = bool(set(check.targets) & set(NETS))
    return {
        "alone": function in check.targets,
        "variant": function in check.targets,
        "in a net": function in check.targets or of_net,
        "net only": of_net,
        "valid": True,
    }[setting]


def _answer(trial: Trial, checks: list[CheckResult], seconds: float) -> Answer:
    failed = [check for check in checks if check.outcome in AT_FAULT]
    if trial.setting in ("in a net", "net only"):
        failed = [check for check in failed if set(check.targets) & set(NETS)]
    counts: dict[str, int] = defaultdict(int)
    ties = set()
    for check in failed:
        causes = [cause for cause in check.causes if cause.kind == "mistake"]
        counts[causes[0].id if causes else ""] += 1
        ties |= {cause.id for cause in causes if not cause.certain}
    named = sorted(counts, key=lambda name: -counts[name])
    return Answer(len(failed), named, sorted(ties), round(seconds, 3))


def main() -> None:
    """Try all, and print a table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--first", type=int, default=9001)
    parser.add_argument("--jobs", type=int, default=4)
    parser.add_argument("--only", default="")
    parser.add_argument("--settings", default="", help="only these, separated by commas")
    parser.add_argument("--wrong", action="store_true", help="list what was not named right")
    options = parser.parse_args()
    assignment = Assignment.load("numpynn")
    answers: list[tuple[Trial, Answer]] = []
    broken: list[str] = []

    def loop(checks: list[Check]) -> None:
        lab = Lab(assignment, checks)
        seeds = [str(options.first + i) for i in range(options.seeds)]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for seed in seeds:
                lab.record(seed)
            lab.catalogue.mistakes  # noqa: B018  # loaded before the forks
            wanted = options.settings.split(",") if options.settings else SETTINGS
            tasks = [t for t in lab.trials(seeds, options.only) if t.setting in wanted]
            for done in run_forked(
                tasks,
                lambda trial, send: send(msgspec.json.encode(lab.answer(trial))),
                jobs=options.jobs,
                cpu_seconds=SECONDS,
            ):
                if done.ending:
                    broken.append(f"{done.task}: {done.ending}")
                    continue
                answers.append((done.task, msgspec.json.decode(done.said, type=Answer)))

    run_session(assignment, loop)
    mistakes = Catalogue(assignment.layout, assignment.contract).mistakes.values()
    print("\n".join(broken), file=sys.stderr)
    _report(answers, {m.id: m.function for m in mistakes}, wrong=options.wrong)


def _report(answers: list[tuple[Trial, Answer]], functions: dict[str, str], *, wrong: bool) -> None:
    settings = SETTINGS[:-1]
    table: dict[str, dict[str, list[bool]]] = defaultdict(lambda: defaultdict(list))
    for trial, answer in answers:
        if not answer.failed or not trial.mistake:
            continue
        right = answer.named[0] == trial.mistake
        for row in (functions[trial.mistake], "all"):
            table[row][trial.setting].append(right)
        if wrong and not right:
            print(*trial, answer.failed, answer.named, answer.ties, answer.seconds)
    print(f"{'':24}" + "".join(f"{setting:>16}" for setting in settings))
    for row in sorted(table, key=lambda name: (name == "all", name)):
        cells = (table[row][setting] for setting in settings)
        print(f"{row:24}" + "".join(f"{_share(cell):>16}" for cell in cells))
    valid = [(trial, answer) for trial, answer in answers if not trial.mistake]
    blamed = [(trial.variant, answer.named) for trial, answer in valid if any(answer.named)]
    print(f"valid variants: {len(valid)}, named a mistake for: {blamed or 'none'}")
    times = np.array([answer.seconds for _, answer in answers])
    if times.size:
        print(f"seconds: mean {times.mean():.3f}, largest {times.max():.3f}")


def _share(cell: list[bool]) -> str:
    return f"{sum(cell)}/{len(cell)} {sum(cell) / len(cell):4.0%}" if cell else "-"


if __name__ == "__main__":
    main()
