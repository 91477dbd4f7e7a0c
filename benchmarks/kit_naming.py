"""Whether a kit names the mistakes that the instructor's report names.

    python -m benchmarks.kit_naming [--jobs 2] [--only adam] [--settings restyled] [--list]

Every mistake is made in the reference, in each of its forms (`alone`) and in each valid variant
that leaves room for it (`variant`), and those of `tests/diagnosis/restyled_mistakes.py` as they are
written there. Each such package is judged twice: by the public checks of its function on a kit's
inputs, explained by the kit's compiled catalogue; and by all checks of its function on grading's
inputs, explained by the reference. What is compared are the causes of each public check that fails
in both.
"""

from __future__ import annotations

import argparse
import sys
import warnings
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import Final, NamedTuple

import msgspec

from benchmarks.diagnosis import meet
from grader.assignment.catalogue import load_variants, patched, read_package
from grader.assignment.folder import Assignment
from grader.assignment.plugin import CallForm
from grader.diagnosis.catalogue_compiler import CatalogueCompiler
from grader.diagnosis.compiled_catalogue import PrintExplainer
from grader.diagnosis.diagnose import diagnose
from grader.diagnosis.mutated_package import Catalogue
from grader.diagnosis.visible import at_fault
from grader.model.result import CheckResult, Visibility
from grader.runner.answer_key import Key, LocalChannel
from grader.runner.check import Check
from grader.runner.check_run import CheckRun, KeyReplayer
from grader.runner.memory_package import MemoryPackage
from grader.runner.recording import record_key
from grader.runner.session import run_session
from grader.sandbox.forked_tasks import run_forked
from grader.selfcheck.kit_rubric import kit_seed
from grader.student.proxy import Student
from grader.student.trace import Traces
from grader.worker import compat
from grader.worker.dispatcher import Dispatcher
from tests.diagnosis.restyled_mistakes import RESTYLED

SECONDS: Final = 120
SETTINGS: Final = ("alone", "variant", "restyled")
VERDICTS: Final = (
    "same",
    "named by the kit only",
    "among several",
    "kind of error only",
    "not named",
    "named differently",
)
"""From the best to the worst."""


class Trial(NamedTuple):
    """A wrong package."""

    setting: str
    mistake: str
    """Its id; of what is restyled, the name of the case."""
    form: int = 0
    variant: str = ""


class Named(msgspec.Struct):
    """Of each public check that fails in both: what the kit names, the report's first cause."""

    pairs: list[tuple[list[str], str]]

    @property
    def verdict(self) -> str:
        """The worst that holds of any of the checks."""
        return max((_verdict(*pair) for pair in self.pairs), key=VERDICTS.index)


def _verdict(kit: Sequence[str], report: str) -> str:
    first = kit[0] if kit else ""
    if first == report:
        return "same"
    if report in kit:
        return "among several"
    if not report or report.startswith("structure:"):
        return "named by the kit only"
    if not first:
        return "not named"
    return "kind of error only" if first.startswith("structure:") else "named differently"


class Lab:
    """Makes packages, and has them explained in both ways."""

    def __init__(self, assignment: Assignment, checks: Sequence[Check]) -> None:
        self._assignment = assignment
        self._checks = checks
        rubric = assignment.rubric
        self._public = [
            check
            for check in checks
            if rubric.visibility(check.id, check.part, check.visibility) is Visibility.PUBLIC
        ]
        self.catalogue = Catalogue(assignment.layout, assignment.contract)
        self.variants = {v.id: v for v in load_variants(assignment.layout.variants)}
        self._files = read_package(assignment.reference)
        self._key = Key.load(assignment.layout.key)
        self._form = CallForm(None, assignment.plugin)

    def prepare(self, key: Key) -> None:
        """Compile the kit's catalogue, with the key of its inputs."""
        self._kit_key = key
        compiler = CatalogueCompiler(self.catalogue, key, self._form, self._public)
        made = compiler.compiled(b"salt")
        print(f"compiled catalogue: {len(made.encode())} bytes")
        self._kit = PrintExplainer(made, self._assignment.contract)

    def trials(self, only: str) -> Iterator[Trial]:
        """All there is to try."""
        for mistake in self.catalogue.mistakes.values():
            if only not in (mistake.function, mistake.id, ""):
                continue
            for form in range(len(mistake.forms)):
                yield Trial("alone", mistake.id, form)
            for variant in self.variants.values():
                if meet(self._files, mistake, variant):
                    yield Trial("variant", mistake.id, 0, variant.id)
        for name, case in RESTYLED.items():
            if only in (case.function, name, ""):
                yield Trial("restyled", name)

    def _package(self, trial: Trial) -> tuple[str, dict[str, str]]:
        """The function at fault, and the files."""
        if trial.setting == "restyled":
            case = RESTYLED[trial.mistake]
            return case.function, {**self._files, case.file: self._files[case.file] + case.code}
        mistake = self.catalogue.mistakes[trial.mistake]
        before = self.variants[trial.variant].patch if trial.variant else []
        return mistake.function, patched(self._files, [*before, *mistake.patches(trial.form)])

    def named(self, trial: Trial) -> Named:
        """What is named; only ever in a process of its own."""
        compat.install()
        function, files = self._package(trial)
        kit = self._told(self._public, self._kit_key, function, files, self._by_kit)
        report = self._told(self._checks, self._key, function, files, self._by_reference)
        pairs = [(kit[name], report[name]) for name in kit if name in report]
        return Named([(named, first[0] if first else "") for named, first in pairs])

    def _told(
        self,
        checks: Sequence[Check],
        key: Key,
        function: str,
        files: dict[str, str],
        explain: Callable[[list[CheckResult], Traces], list[CheckResult]],
    ) -> dict[str, list[str]]:
        package = MemoryPackage(files, self._assignment.contract)
        traces = Traces()
        channel = LocalChannel(Dispatcher(package.resolve, lambda _file: False))
        run = CheckRun(
            contract=self._assignment.contract,
            seed=key.seed,
            student=lambda _check: Student(channel, self._assignment.contract),
            reference=KeyReplayer(key),
            traces=traces,
        )
        results = run.run_all([check for check in checks if function in check.targets])
        return {
            c.id: [cause.id for cause in c.causes] for c in explain(results, traces) if at_fault(c)
        }

    def _by_kit(self, results: list[CheckResult], traces: Traces) -> list[CheckResult]:
        return self._kit.explain(results, traces, Traces(), self._form, lang="en", spans={})

    def _by_reference(self, results: list[CheckResult], traces: Traces) -> list[CheckResult]:
        return diagnose(results, traces, Traces(), self.catalogue, self._form)


def main() -> None:
    """Try all, and print a table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--only", default="")
    parser.add_argument("--settings", default=",".join(SETTINGS))
    parser.add_argument("--list", action="store_true", help="list what is not named the same")
    options = parser.parse_args()
    assignment = Assignment.load("numpynn")
    key = record_key(assignment, str(kit_seed(assignment)), public_only=True)
    found: list[tuple[Trial, Named]] = []

    def loop(checks: list[Check]) -> None:
        lab = Lab(assignment, checks)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            lab.prepare(key)
            wanted = options.settings.split(",")
            for done in run_forked(
                [trial for trial in lab.trials(options.only) if trial.setting in wanted],
                lambda trial, send: send(msgspec.json.encode(lab.named(trial))),
                jobs=options.jobs,
                cpu_seconds=SECONDS,
            ):
                if done.ending:
                    print(f"{done.task}: {done.ending}", file=sys.stderr)
                else:
                    found.append((done.task, msgspec.json.decode(done.said, type=Named)))

    run_session(assignment, loop)
    _report(found, every=options.list)


def _report(found: list[tuple[Trial, Named]], *, every: bool) -> None:
    table: dict[str, Counter[str]] = defaultdict(Counter)
    for trial, named in sorted(found, key=lambda each: each[0]):
        if not named.pairs:
            table[trial.setting]["in hidden checks only"] += 1
            continue
        table[trial.setting][named.verdict] += 1
        if every and named.verdict != "same":
            pairs = Counter((" ".join(kit), report) for kit, report in named.pairs)
            print(*trial, named.verdict, dict(pairs))
    columns = (*VERDICTS, "in hidden checks only")
    print(f"{'':10}" + "".join(f"{name:>23}" for name in columns))
    for setting, row in table.items():
        print(f"{setting:10}" + "".join(f"{row[name]:>23}" for name in columns))


if __name__ == "__main__":
    main()
