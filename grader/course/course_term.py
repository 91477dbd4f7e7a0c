"""The term of a course, from what its database has: nothing that a batch wrote is read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import TYPE_CHECKING

from grader.course.course_folder import CourseFolder
from grader.course.course_worth import CourseWorth, Rubrics
from grader.course.deadlines import deadline_of, deadlines
from grader.course.marks import Marks
from grader.course.submission_worth import Worth
from grader.course.term import GradedAssignment, absent_result, term_of
from grader.model.result import Result
from grader.model.rubric import Rubric
from grader.model.term_records import Term
from grader.report.strings import Lang

if TYPE_CHECKING:
    from grader.course.database.course_view import CourseView


def course_term(
    course: CourseFolder, view: CourseView, rubrics: Rubrics, now: dt.datetime, lang: Lang = "en"
) -> Term:
    """What everybody has, by the runs in force and by what was decided since.

    Args:
        course: the course.
        view: what it holds.
        rubrics: what grades each assignment.
        now: what was due before this and was not submitted counts 0.
        lang: of titles.
    """
    settings = course.settings
    graded = [_graded(course, view, each.id, rubrics, now, lang) for each in settings.assignments]
    return term_of(settings.title, view.people(), graded, settings.drop_lowest)


def _graded(
    course: CourseFolder,
    view: CourseView,
    id: str,
    rubrics: Rubrics,
    now: dt.datetime,
    lang: Lang,
) -> GradedAssignment:
    settings, rubric = course.settings, rubrics(id)
    asked = settings.assignment(id)
    worth = CourseWorth(settings, view, id, rubrics, now=now)
    by_person = {person.key: worth.of(person.key) for person in view.people()}
    return GradedAssignment(
        id=id,
        title=asked.title or rubric.title.in_language(lang),
        weight=rubric.points if asked.points is None else asked.points,
        max_points=rubric.points,
        due=deadline_of(settings, id, rubric).due,
        may_drop=asked.may_drop,
        results=_results(view, id, rubric, by_person, lang),
        over=_over(course, view, id, rubric, now),
        slip_days={key: each.deadline.slip_days for key, each in by_person.items()},
    )


def _results(
    view: CourseView, id: str, rubric: Rubric, worth: Mapping[str, Worth], lang: Lang
) -> dict[str, Result]:
    """What counts, by `Person.key`; also what was decided about somebody who submitted nothing."""
    run, marks = view.run_in_force(id), Marks(view.marks(id).values())
    raw = {e.submission: view.result(e.content) for e in view.run_results(run.id)} if run else {}
    nothing = {key: absent_result(id, key, rubric) for key, each in worth.items() if each.overrides}
    return {
        key: worth.get(key, Worth()).applied(marks.applied(result, lang), lang)
        for key, result in {**nothing, **raw}.items()
    }


def _over(
    course: CourseFolder, view: CourseView, id: str, rubric: Rubric, now: dt.datetime
) -> frozenset[str]:
    """For whom it was due; without a due time for everybody, once it is graded."""
    is_graded = view.run_in_force(id) is not None
    return frozenset(
        person
        for person, each in deadlines(course.settings, view, id, rubric).items()
        if (is_graded if each.due is None else each.due < now)
    )
