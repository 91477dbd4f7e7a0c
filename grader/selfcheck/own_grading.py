"""Grading one's own work in this very process: nothing has to be started but the worker.

The wall stands between this process and the worker, here as everywhere. What a server is there for,
grading many at once and outliving each of them, nobody needs who checks what they write.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from contextlib import closing, redirect_stdout
from functools import partial
from pathlib import Path
from typing import Final

from grader.assignment.composed import ComposedAssignment
from grader.assignment.folder import Assignment
from grader.batches.opening import open_context
from grader.grading import GradingContext, Settings, grade_submission
from grader.grading.memory import memory_at_most
from grader.grading.merging import merged, settings_of_member
from grader.model.errors import UsageError
from grader.model.result import Result
from grader.model.rubric_fault import did_you_mean
from grader.model.submission_form import SubmissionForm
from grader.sandbox.background import OpeningSandbox
from grader.selfcheck.repeated_grading import RepeatedGrading
from grader.selfcheck.student_folder import nothing_in
from grader.submission import Source, single

MEMORY_BYTES: Final = 4 << 30
"""What arrays may take that a student's code makes us compute with."""

Grade = Callable[[Source], Result]


class OwnWork:
    """What somebody has written, and how it is to be checked."""

    def __init__(
        self,
        folder: Path,
        opened: Assignment | ComposedAssignment,
        settings: Settings,
        sandbox: OpeningSandbox,
    ) -> None:
        """`settings` name the assignment that is `opened`; `sandbox` is where the code runs."""
        self.folder = folder
        self.settings = settings
        self._opened = opened
        self._sandbox = sandbox

    def result(self) -> Result:
        """The result of the public checks.

        Raises:
            UsageError: no check fits the settings' names, or no sandbox works.
            InputError: there is nothing to check, or it cannot be read.
            GraderError: nothing can be graded so; says why.
        """
        results: list[Result] = []
        self.with_grader(lambda grade: results.append(self.result_by(grade)))
        return results[0]

    def with_grader(self, use: Callable[[Grade], None]) -> None:
        """Open the assignment's bank, and call `use` with what grades as often as it is called.

        Raises:
            UsageError: no check fits the settings' names, or no sandbox works.
            GraderError: nothing can be graded so; says why.
        """
        opened = self._opened
        if isinstance(opened, ComposedAssignment):
            use(lambda source: self._of_all_members(opened, source))
        else:
            open_context(
                self.settings, lambda context: use(_grade_of(context)), opened, self._sandbox
            )

    def with_repeated_grader(self, use: Callable[[Grade, Callable[[], None]], None]) -> None:
        """As `with_grader`, to grade after each change: only what can have changed is run again.

        The second function that `use` is given makes ready for the next time.

        Raises:
            UsageError: no check fits the settings' names, or no sandbox works.
            GraderError: nothing can be graded so; says why.
        """
        opened = self._opened

        def repeat(context: GradingContext) -> None:
            _must_have_checks(context)
            with closing(RepeatedGrading(context, self.folder, _graded)) as grading:
                use(grading.grade, grading.order)

        if isinstance(opened, ComposedAssignment):
            use(lambda source: self._of_all_members(opened, source), lambda: None)
        else:
            open_context(self.settings, repeat, opened, self._sandbox)

    def result_by(self, grade: Grade) -> Result:
        """The result as it is now.

        Raises:
            InputError: there is nothing to check, or it cannot be read.
        """
        return checked(grade, self.folder, self._opened.form)

    def _of_all_members(self, composed: ComposedAssignment, source: Source) -> Result:
        """What the members find, each with a bank that has met no other."""
        results: list[Result] = []
        for member in composed.members:
            open_context(
                settings_of_member(member, self.settings),
                lambda context: results.append(_graded(context, source)),
                member,
                self._sandbox,
            )
        if not any(result.checks or result.error for result in results):
            raise no_check_matches(self.settings, names_in(composed))
        return merged(composed, results, self.settings.lang)


def checked(grade: Grade, path: Path, form: SubmissionForm) -> Result:
    """The result of the work at `path`.

    Raises:
        InputError: there is nothing to check, or it cannot be read.
    """
    result = grade(single(path))
    if result.error_kind == "input":
        raise nothing_in(path, result.error, form)
    return result


def refuse_unknown(names: Iterable[str], opened: Assignment | ComposedAssignment) -> None:
    """Refuse what is neither a part nor a function of the assignment.

    Raises:
        UsageError: one is neither; with what was probably meant.
    """
    known = names_in(opened)
    for name in names:
        if name not in known:
            text = f"No part or function is called {name!r}."
            raise UsageError(text, hint=did_you_mean(name, known))


def names_in(opened: Assignment | ComposedAssignment) -> list[str]:
    """The parts and functions of an assignment, by which checks may be chosen."""
    members = opened.members if isinstance(opened, ComposedAssignment) else (opened,)
    parts = [part for each in (opened, *members) for part in each.rubric.parts]
    functions = [name for member in members for name in member.contract.targets]
    return list(dict.fromkeys((*parts, *functions)))


def no_check_matches(settings: Settings, known: Iterable[str] = ()) -> UsageError:
    """That the settings' names leave nothing to run; `known` ones may have been meant."""
    wanted = ", ".join(settings.parts) or settings.keyword
    hint = "" if settings.parts else near_keyword(wanted, known)
    return UsageError(f"No public check matches {wanted!r}.", hint=hint)


def near_keyword(keyword: str, known: Iterable[str]) -> str:
    """What a piece of a name was probably meant to be; empty if there is nothing like it."""
    names = list(known)
    words = {word for name in names for word in name.split("_") if len(word) > 2}
    return did_you_mean(keyword, [*names, *sorted(words)], shown=0)


def _grade_of(context: GradingContext) -> Grade:
    _must_have_checks(context)
    return partial(_graded, context)


def _graded(context: GradingContext, source: Source) -> Result:
    """The result; what a bank prints goes where it does not spoil what is shown."""
    with memory_at_most(MEMORY_BYTES), redirect_stdout(sys.stderr):
        return grade_submission(context, source)


def _must_have_checks(context: GradingContext) -> None:
    if not context.checks:
        raise no_check_matches(context.settings, names_in(context.assignment))
