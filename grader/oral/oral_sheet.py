"""The sheet of questions about one submission: read, asked about, and never run in the open."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from functools import partial
from pathlib import Path

from msgspec.structs import replace

from grader.assignment.composed import members_of, open_assignment
from grader.batches.opening import open_context
from grader.grading.context import GradingContext
from grader.grading.pipeline import read_submission
from grader.grading.settings import Settings
from grader.model.errors import InputError
from grader.model.oral_records import OralSheet
from grader.model.similar_pairs import SimilarityReport
from grader.oral.oral_draw import DrawnQuestions, Told, draw_questions
from grader.report.strings import Lang
from grader.submission import Source


def oral_sheet(
    settings: Settings,
    source: Source,
    number: int,
    *,
    seed: str = "",
    similar: Collection[str] = (),
    templates: Sequence[Path] = (),
    lang: Lang = "en",
    told: Told = lambda done, total: None,
) -> OralSheet:
    """Questions about a submission to an assignment, or to the members of a composed one in turn.

    Args:
        settings: the assignment, and how its code is run.
        source: the submission.
        number: how many questions are wanted.
        seed: another one draws others.
        similar: names of functions that somebody else wrote alike.
        templates: others that were given out.
        lang: of questions and answers.
        told: called as questions are found.

    Raises:
        InputError: the submission cannot be read, or nothing in it can be asked about.
        GraderError: code cannot be run here.
    """
    loaded = open_assignment(settings.assignment)
    opened = replace(settings, public_only=True, notebooks=False)
    draw = partial(
        draw_questions, seed=seed, similar=similar, templates=templates, lang=lang, told=told
    )
    found: list[DrawnQuestions] = []
    problems: list[InputError] = []

    def use(context: GradingContext) -> None:
        try:
            submission = read_submission(context, source)
        except InputError as error:
            problems.append(error)
        else:
            found.append(draw(context, submission, number - _count(found)))

    for member in members_of(loaded):
        if _count(found) < number:
            open_context(opened, use, member)
    if not found:
        raise problems[0]
    if not _count(found):
        raise _nothing_to_ask(source, found)
    return OralSheet(
        submission=source.id,
        name=source.name,
        assignment=loaded.rubric.title.in_language(lang),
        seed=seed,
        questions=[question for each in found for question in each.questions],
        tried=sum(each.runs for each in found),
    )


def _count(found: Iterable[DrawnQuestions]) -> int:
    return sum(len(each.questions) for each in found)


def _nothing_to_ask(source: Source, found: Iterable[DrawnQuestions]) -> InputError:
    written = sum(each.functions for each in found)
    return InputError(
        f"{source.path}: nothing can be asked about it: {written} functions of the contract "
        "are the student's own, and no public check calls one of them on several inputs."
    )


def similar_functions(report: SimilarityReport, submission: str, name: str = "") -> set[str]:
    """The functions of a submission that somebody wrote alike, in pairs that stand out.

    Args:
        report: what `grader similar` found.
        submission: its identity.
        name: what people call it, where the identity is not known there.
    """
    known = [at for at, each in enumerate(report.submissions) if each.id == submission]
    known = known or [
        at for at, each in enumerate(report.submissions) if name and each.name == name
    ]
    found: set[str] = set()
    for pair in report.pairs:
        if pair.stands_out and pair.first in known:
            found |= {each.first for each in pair.functions}
        if pair.stands_out and pair.second in known:
            found |= {each.second for each in pair.functions}
    return found
