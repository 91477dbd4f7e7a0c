"""The student's self-check: the public checks, on the files in the folder they work in."""

from __future__ import annotations

from pathlib import Path

from grader.assignment.composed import open_assignment
from grader.assignment.layout import find_rubric
from grader.batches.grading_client import Engine
from grader.grading import Settings
from grader.model.errors import UsageError
from grader.model.result import CheckResult, Result
from grader.report.cell_output import fragment, plain
from grader.report.strings import Lang
from grader.selfcheck.kernel_work import kernel_work
from grader.selfcheck.student_folder import nothing_in, working_folder
from grader.submission import single


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
        return plain(self.checks, lang=self._lang)

    def _repr_html_(self) -> str:
        return fragment(self.checks, lang=self._lang)


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
    settings = Settings(assignment=assignment, parts=names, public_only=True, lang=lang)
    form = open_assignment(assignment).form
    with kernel_work(working_folder(Path(path), form), assignment) as folder:
        return SelfCheckAnswer(selfcheck(folder, settings), lang)


def selfcheck(path: Path, settings: Settings) -> Result:
    """Grade one's own work: the public checks, with a sandbox where there is one.

    Raises:
        UsageError: no check fits the settings' names.
        InputError: no package was found, or it cannot be read.
    """
    form = open_assignment(settings.assignment).form
    root = working_folder(path, form)
    with Engine(own_code(settings)) as engine:
        if not engine.greeting.checks:
            wanted = ", ".join(settings.parts) or settings.keyword
            raise UsageError(f"No public check matches {wanted!r}.")
        result = engine.grade(single(root))
    if result.error_kind == "input":
        raise nothing_in(path, result.error, form)
    return result


def own_code(settings: Settings) -> Settings:
    """The settings, with no sandbox if none works here: a student may run their own code."""
    import msgspec

    from grader.sandbox.sandboxes import open_sandbox

    if settings.sandbox != "auto":
        return settings
    try:
        open_sandbox("auto").close()
    except UsageError:
        return msgspec.structs.replace(settings, sandbox="none")
    return settings
