"""Grading the notebooks of one submission: found, restored, run, judged."""

from __future__ import annotations

import time
from collections.abc import Collection
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np

from grader.assignment.data_service import served_data
from grader.assignment.folder import Assignment
from grader.model.errors import InputError, InternalError
from grader.model.limits import KILLED, LOST, Limits
from grader.model.notebook_grade import Graded
from grader.model.notebook_records import Curve, NotebookCell, NotebookResult
from grader.model.result import CheckResult
from grader.model.rubric import NotebookRule, NotebookRules
from grader.model.served_data import ServedData
from grader.model.submission import Submission
from grader.notebooks.answers import written_answers
from grader.notebooks.attachments import lay_beside
from grader.notebooks.cell_limits import NotebookLimits
from grader.notebooks.cell_notes import note_old_uses
from grader.notebooks.curves import beside, read_curves, recorded_curves
from grader.notebooks.execute import Run
from grader.notebooks.find import choose, notebook_files
from grader.notebooks.kernel import SandboxedKernel
from grader.notebooks.kernel_queue import KernelPool, KernelQueue
from grader.notebooks.kernel_values import Values
from grader.notebooks.notebook_checks import Judge, Verdict, read_values
from grader.notebooks.saved_outputs import compare_saved, order_notes, out_of_order
from grader.notebooks.todo_cells import mark_undone, package_texts, places_of
from grader.protocol import wire
from grader.sandbox.sandboxes import Sandbox
from grader.submission.notebook_cells import Notebook, read_notebook
from grader.submission.restored_cells import is_ours, restore
from grader.worker.bridges import Use

_OTHER_RELEASE: Final = "It was not made from this assignment's notebook and was run as it is: "
_COUNTED: Final = {
    True: "each of its cells counts.",
    False: "a cell counts where it calls what a cell of that notebook calls.",
}


class NotebookBench:
    """All that grading the notebooks of an assignment needs, made once."""

    def __init__(
        self,
        assignment: Assignment,
        *,
        sandbox: str = "auto",
        lang: str = "en",
        seed: str = "",
        reference_curves: bool = True,
    ) -> None:
        """Open the sandbox for kernels; with the reference's curves, where they are recorded.

        The seed, by default the rubric's, decides what is held out.

        Raises:
            UsageError: there is none.
            InputError: the rubric asks for no notebooks, or the release or the data are not there.
        """
        rules = assignment.rubric.notebooks
        if rules is None:
            hint = "Name an assignment with notebooks: -a NAME."
            raise InputError(f"{assignment.path}: asks for no notebooks.", hint=hint)
        self.rules: NotebookRules = rules
        self.lang = lang
        self._assignment = assignment
        scale = rules.scales[rules.scale]
        self.limits = NotebookLimits(
            cell_seconds=scale.cell_seconds,
            notebook_seconds=scale.notebook_seconds,
            wall_seconds=scale.notebook_wall_seconds,
        )
        self.releases = self._read_releases()
        self._packages = [p.parent.name for p in assignment.layout.template.glob("*/__init__.py")]
        self._given = {
            f"{module.replace('.', '/')}.py": (text, False)
            for module, text in assignment.given_files.items()
        }
        self._places = places_of(package_texts(assignment.layout.template))
        recorded = recorded_curves(assignment, rules.scale) if reference_curves else {}
        self._reference_curves = recorded
        self.data: ServedData = served_data(assignment, secret=seed)
        self.pool = KernelPool(
            sandbox,
            limits=Limits(
                memory_bytes=rules.memory_mb << 20,
                cpu_seconds=int(scale.notebook_seconds + scale.cell_seconds + 60),
                file_bytes=128 << 20,
            ),
        )

    def _read_releases(self) -> dict[str, Notebook]:
        releases = {}
        for name in self.rules.files:
            path = self._assignment.layout.template / f"{name}.ipynb"
            if not path.is_file():
                raise InputError(f"{path}: is not there, but the rubric names it.")
            releases[name] = read_notebook(path.read_bytes(), path.name)
        return releases

    @property
    def sandbox(self) -> Sandbox:
        """Where kernels come from."""
        return self.pool.sandbox

    def renew(self) -> None:
        """Open another sandbox for kernels.

        Raises:
            UsageError: none works any more.
        """
        self.pool.renew()

    def close(self) -> None:
        """End every kernel."""
        self.pool.close()

    def grade(self, submission: Submission, path: Path) -> Graded:
        """Run and judge the notebooks of the submission at `path`.

        Raises:
            InputError: the submission cannot be read.
            InternalError: no kernel could be started.
        """
        questions = {name: rule.answers for name, rule in self.rules.files.items()}
        choice = choose(notebook_files(path), self.releases, submission.package, questions)
        lay_beside(choice.books.values(), path, submission)
        graded = Graded(notes=choice.notes)
        with self.pool.row(len(choice.books)) as kernels:
            for name, rule in self.rules.files.items():
                book = choice.books.get(name)
                if book is None:
                    result, checks = self._absent(name, rule, choice.unreadable.get(name, ""))
                else:
                    result, checks = self._one(name, rule, book, submission, kernels)
                graded.notebooks.append(result)
                graded.checks += checks
        return graded

    def _absent(
        self, name: str, rule: NotebookRule, why: str
    ) -> tuple[NotebookResult, list[CheckResult]]:
        """What is said of a notebook that is not there, or cannot be read (`why`)."""
        release = self.releases[name]
        judge = Judge(name, rule, lang=self.lang, release=release, absent=why)
        empty = Notebook(path="", cells=[])
        result = NotebookResult(
            id=name,
            title=rule.title.in_language(self.lang),
            answers=written_answers(empty, release, rule.answers, unreadable=bool(why)),
            notes=[why] if why else [],
        )
        return result, list(judge.checks({}))

    def _one(
        self,
        name: str,
        rule: NotebookRule,
        book: Notebook,
        submission: Submission,
        kernels: KernelQueue,
    ) -> tuple[NotebookResult, list[CheckResult]]:
        """Run and judge one notebook."""
        release = self.releases[name]
        start = time.monotonic()
        ours = is_ours(book, release)
        order = order_notes(book)
        settled = restore(book, release) if ours else book
        run = self._run(settled, rule, submission, kernels)
        given = places_of(cell.source for cell in settled.cells if cell.released)
        marked = mark_undone(run.cells, self._places | given, submission.todo)
        noted = note_old_uses(marked, settled, run.uses)
        cells = compare_saved(settled, out_of_order(noted))
        judge = Judge(
            name,
            rule,
            lang=self.lang,
            release=release,
            book=settled,
            cells=cells,
            ours=ours,
            other_releases=self.rules.other_releases,
            packages=self._packages,
            template=submission.release,
            contract=self._assignment.contract,
            left=submission.todo,
            stand_in=self.data.is_stand_in,
        )
        strange = [] if ours else [_OTHER_RELEASE + _COUNTED[self.rules.other_releases]]
        result = NotebookResult(
            id=name,
            title=rule.title.in_language(self.lang),
            path=book.path,
            other_release=not ours,
            cells=cells,
            answers=written_answers(
                book, release, rule.answers, left_out=() if ours else _left_out(name, submission)
            ),
            curves=beside(run.curves, self._reference_curves.get(name, {})),
            notes=[*settled.notes, *order, *strange, *run.problems],
            seconds=round(time.monotonic() - start, 2),
        )
        return result, list(judge.checks(run.verdicts))

    def _run(
        self, book: Notebook, rule: NotebookRule, submission: Submission, kernels: KernelQueue
    ) -> _Ran:
        """Run a notebook, once more if its kernel was killed: perhaps memory ran short.

        Raises:
            InternalError: no kernel could be started, or the sandbox ended.
        """
        ran = self._run_in(kernels.take(), book, rule, submission)
        if ran.ending == KILLED:
            ran = self._run_in(self.pool.start(), book, rule, submission)
        if ran.ending == LOST:
            raise InternalError(f"{book.path}: its kernel {ran.ending}.")
        if ran.trouble:
            raise InternalError(f"{book.path}: could not be run: {ran.trouble}.")
        return ran

    def _run_in(
        self, kernel: SandboxedKernel, book: Notebook, rule: NotebookRule, submission: Submission
    ) -> _Ran:
        ran = _Ran()

        def inspect(values: Values) -> None:
            ran.uses = values.uses()
            ran.curves = read_curves(rule.curves, values)
            ran.verdicts = read_values(rule, values, self.data, self.rules.scale)

        try:
            ran.problems = kernel.settle(self._request(book, submission))
            ran.cells = Run(book, kernel, self.limits)(inspect)
        except (wire.WireError, OSError, InternalError) as error:
            ran.trouble = str(error).rstrip(".")
        finally:
            kernel.close()
        ran.ending = kernel.worker.ending()
        return ran

    def _request(self, book: Notebook, submission: Submission) -> dict[str, Any]:
        own = {path: (file.text, file.floor_division) for path, file in submission.files.items()}
        return {
            "files": {**self._given, **own},
            "package": submission.package_name,
            "import_names": submission.import_names,
            "modules": submission.modules,
            "data": self.data.arrays,
            "served": self.data.modules,
            "extra": {n: np.frombuffer(data, np.uint8) for n, data in book.beside.items()},
            "old": book.old,
            "floor_division": [cell.run for cell in book.cells if cell.floors],
        }


def _left_out(name: str, submission: Submission) -> Collection[str]:
    """The questions that the student's own notebook was given out without."""
    return submission.release.questions_left_out(name) if submission.release else ()


class _Ran(msgspec.Struct):
    ending: str = ""
    """How its kernel ended."""
    trouble: str = ""
    """Why it could not be run; empty if it could."""
    cells: list[NotebookCell] = []
    verdicts: dict[str, Verdict] = {}
    curves: list[Curve] = []
    problems: list[str] = []
    uses: list[Use] = []
