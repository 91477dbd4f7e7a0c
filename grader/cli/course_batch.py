"""`grader batch --for`: grade an assignment of a course."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import typer

from grader.model.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from grader.batches.grading_job import GradingJob
    from grader.batches.grading_progress import JobKind, JobOptions
    from grader.batches.output import BatchOutput
    from grader.batches.run import Progress
    from grader.cli.grading_run import ClassToGrade, Entered, GradingOptions
    from grader.course.course_class import CourseClass, EveryAttempt
    from grader.course.course_folder import CourseFolder
    from grader.course.marks import Marks


class CourseAsked(NamedTuple):
    """What a command line says of a course."""

    id: str
    """Of the assignment in the course."""
    course: str = ""
    out: str = ""
    export: str = ""
    """What is imported first; empty for nothing."""
    chosen: str = ""
    submitted: Path | None = None
    by: str = ""


def grader_of(course: str, id: str, named: str) -> str:
    """What grades an assignment of a course; `named` by the user or not.

    Raises:
        UsageError: there is no such course or assignment, or the user names another one.
    """
    from grader.course.course_folder import CourseFolder

    grader = CourseFolder.open(course).grader(id)
    if named and named != grader:
        hint = "Leave out --assignment, or change `grader` in course.toml."
        raise UsageError(f"--assignment {named}: the course grades {id} with {grader}.", hint=hint)
    return grader


def grade(said: CourseAsked, asked: GradingOptions) -> int:
    """Import what there is to import, and grade what counts; the exit code.

    Raises:
        GraderError: nothing can be graded, or the course not be written.
    """
    from grader.batches.grading_job import grading_job, job_folder
    from grader.cli.course_import import take_in
    from grader.course.course_folder import CourseFolder, system_user
    from grader.course.import_request import ImportRequest

    course = CourseFolder.open(said.course)
    imported = ExitCode.OK
    if said.export:
        export = Path(said.export)
        taken = ImportRequest(export, said.chosen, said.submitted, by=said.by)
        imported = take_in(course, said.id, taken)
    folder = job_folder(course, said.id)
    with grading_job(folder, _kind(asked), said.by or system_user(), _options(asked)) as job:
        code = _CourseGrading(course, said, asked, job).run()
    return code or imported


def _kind(asked: GradingOptions) -> JobKind:
    if asked.preview:
        return "preview"
    return "accept" if asked.accept else "undo" if asked.undo else "grade"


def _options(asked: GradingOptions) -> JobOptions:
    from grader.batches.grading_progress import JobOptions

    settings = asked.settings
    return JobOptions(
        lang=asked.lang,
        release=settings.release,
        seed=settings.seed,
        sandbox=settings.sandbox,
        notebooks=settings.notebooks,
        executor=asked.executor,
        jobs=asked.jobs,
        requests_to=asked.requests_to or "",
    )


class _CourseGrading:
    """Grades one assignment of a course."""

    def __init__(
        self, course: CourseFolder, said: CourseAsked, asked: GradingOptions, job: GradingJob
    ) -> None:
        self._course = course
        self._said = said
        self._asked = asked
        self._job = job

    def run(self) -> int:
        """Grade what counts; once more where slip days moved with what was graded."""
        from grader.cli.grading_run import grade_class

        asked = self._asked._replace(into="replace")
        scores = self._scores_of_all()
        found = self._opened(scores)
        self._note(found)
        self._job.begin(len(found.sources))
        code = grade_class(self._class_to_grade(found), asked)
        changed = asked.preview or asked.accept or asked.undo
        again = self._opened(scores)
        if not changed and _stamps(again) != _stamps(found):
            self._job.begin(len(again.sources))
            typer.echo("Slip days are spent otherwise now; pages are brought up to date.")
            code = grade_class(self._class_to_grade(again), asked._replace(marks=(), fresh=False))
        return code

    def _opened(self, scores: Mapping[str, float] | None) -> CourseClass:
        from grader.course.course_class import open_course_class

        with self._course.reading() as view:
            return open_course_class(
                self._course,
                view,
                self._said.id,
                self._asked.loaded,
                scores=scores,
                lang=self._asked.lang,
            )

    def _note(self, found: CourseClass) -> None:
        """Write down which attempts count, where that changed since."""
        from grader.course.counted_attempts import marked

        fresh = [
            new
            for old, new in zip(found.stored, marked(found.stored, found.counted), strict=True)
            if new != old
        ]
        if fresh:
            with self._course.changing(self._said.by) as change:
                change.put_attempts(self._said.id, fresh, "chose which attempts count")

    def _class_to_grade(self, found: CourseClass) -> ClassToGrade:
        from grader.batches.course_history import CourseHistory
        from grader.cli.grading_run import ClassToGrade

        id, settings = self._said.id, self._course.settings
        named = settings.assignment(id).title or id
        attempts = {person: attempt.key for person, attempt in found.counted.items()}
        return ClassToGrade(
            title=f"{settings.title}: {named}",
            out=self._said.out or str(self._course.out(id)),
            sources=found.sources,
            worth=lambda source: found.worth.of(source.id),
            names=lambda: found.names,
            class_list=lambda: found.class_list,
            history=CourseHistory(self._course, id, attempts, self._said.by),
            enter=lambda entered, output: self._enter(found, entered, output),
            begin=lambda output: output.use_marks(self._marks()),
            job=self._job,
        )

    def _marks(self) -> Marks:
        from grader.course.marks import Marks

        with self._course.reading() as view:
            return Marks(view.marks(self._said.id).values())

    def _enter(self, found: CourseClass, entered: Entered, output: BatchOutput) -> None:
        from grader.course.team_marks import for_teams

        with self._course.changing(self._said.by) as change:
            change.enter_marks(self._said.id, for_teams(entered, found.teams()))
        output.use_marks(self._marks())

    def _scores_of_all(self) -> dict[str, float] | None:
        """The points of every attempt, where the best of several counts."""
        from grader.course.course_class import every_attempt

        settings, id = self._course.settings, self._said.id
        if (settings.assignment(id).counts or settings.counts) != "best":
            return None
        with self._course.reading() as view:
            several = every_attempt(self._course, view, id, self._asked.loaded)
        return self._scored(several) if len(several.sources) else {}

    def _scored(self, several: EveryAttempt) -> dict[str, float]:
        from grader.batches.output import BatchOutput
        from grader.cli.grading_run import ClassToGrade, run_batch

        typer.echo(f"The best attempt counts: {len(several.sources)} are graded to find it.")
        out = self._course.path / "out" / f"{self._said.id}.attempts"
        output = BatchOutput(out, lang=self._asked.lang, into="replace")
        those = ClassToGrade(
            title=f"{self._said.id}: every attempt",
            out=str(out),
            sources=several.sources,
            worth=lambda source: several.worth[source.id],
            names=lambda: several.names,
            class_list=lambda: several.class_list,
            job=self._job,
        )
        self._job.begin(len(several.sources), every_attempt=True)
        scores: dict[str, float] = {}

        def look_at(step: Progress) -> None:
            scores[step.summary.submission] = step.summary.final

        with contextlib.closing(output):
            output.take(those.sources.ids(), those.class_list)
            run_batch(those, self._asked, output, look_at)
        return scores


def _stamps(found: CourseClass) -> dict[str, str]:
    return {person: found.worth.of(person).stamp for person in found.sources.ids()}
