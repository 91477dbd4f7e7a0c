"""The student's self-check: the public checks, on the files in the folder they work in."""

from __future__ import annotations

from pathlib import Path

from grader.assignment.composed import open_assignment
from grader.assignment.layout import find_rubric
from grader.batches.grading_client import Engine
from grader.grading import Settings
from grader.model.result import CheckResult, Result
from grader.model.submission_form import SubmissionForm
from grader.report.strings import Lang
from grader.sandbox.sandboxes import OWN_CODE
from grader.selfcheck.kernel_work import kernel_work
from grader.selfcheck.own_grading import checked, no_check_matches, refuse_unknown
from grader.selfcheck.student_folder import working_folder


class SelfCheckAnswer:
    """What a self-check found: shown as HTML in a notebook, as text elsewhere."""

    def __init__(self, result: Result, lang: Lang = "en") -> None:
        self.result = result
        self._lang: Lang = lang

    @property
    def checks(self) -> list[CheckResult]:
        """The checks that ran."""
        return self.result.checks

    @property
    def ok(self) -> bool:
        """Whether every check passed."""
        return all(check.outcome.value == "passed" for check in self.checks)

    def __repr__(self) -> str:
        from grader.report.cell_output import plain

        return plain(self.result, lang=self._lang)

    def _repr_html_(self) -> str:
        from grader.report.cell_output import fragment

        return fragment(self.result, lang=self._lang)


def check(
    *names: str, path: str | Path = ".", assignment: str = "", lang: Lang = "en"
) -> SelfCheckAnswer:
    """Run the public checks of some functions on the files in the folder you work in.

    In a notebook whose cells define functions of the assignment, these are checked as the kernel
    knows them now, saved or not.

    Args:
        names: contract names (`"scale_forward"`) or parts (`"layers"`); all if none is given.
        path: your folder, or one below it.
        assignment: name of the assignment, or path of its rubric.
        lang: language of hints and explanations, `en` or `zh`.

    Raises:
        UsageError: nothing has such a name.
        InputError: no package was found.
    """
    assignment = assignment or str(find_rubric())
    settings = Settings(
        assignment=assignment, parts=names, public_only=True, sandbox=OWN_CODE, lang=lang
    )
    opened = open_assignment(assignment)
    refuse_unknown(names, opened)
    form = opened.form
    with kernel_work(working_folder(Path(path), form), assignment) as folder:
        return SelfCheckAnswer(selfcheck(folder, settings, form), lang)


def selfcheck(path: Path, settings: Settings, form: SubmissionForm) -> Result:
    """Grade one's own work in a process of its own, which no cell of a kernel has touched.

    Raises:
        UsageError: no check fits the settings' names.
        InputError: no package was found, or it cannot be read.
    """
    with Engine(settings) as engine:
        if not engine.greeting.checks:
            raise no_check_matches(settings)
        return checked(engine.grade, path, form)
