"""Drawing questions about a submission: of several kinds and functions, each with its answer."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple

from grader.grading.context import GradingContext
from grader.model.oral_records import OralQuestion
from grader.model.submission import Submission
from grader.oral.question_kinds import FunctionTrials, PossibleQuestion, candidates
from grader.oral.variant_bench import Calls, VariantBench
from grader.oral.written_code import WrittenFunction, usual_passages, written_functions
from grader.report.strings import Lang, Texts
from grader.runner.check import Check
from grader.sandbox.prestart import Ordered
from grader.similarity.given_code import given_code

_TRIED_FOR_EACH: Final = 12
"""Candidates that are tried for a question, before fewer questions are asked."""

_SHAPES: Final = ("axis", "keepdims", "transpose", "function")
_DRY: Final = ("arithmetic", "operand", "number", "order", "sign", "comparison")
"""Changes that say less of how arrays are used."""

Told = Callable[[int, int], None]
"""Called with how many questions there are, of how many."""


class DrawnQuestions(NamedTuple):
    """What was found."""

    questions: list[OralQuestion]
    runs: int
    """Versions of the code that were run."""
    functions: int
    """That the student wrote."""


class _Place(NamedTuple):
    written: WrittenFunction
    candidate: PossibleQuestion
    luck: float

    @property
    def rank(self) -> tuple[float, float]:
        return -self.written.weight(self.candidate.line), self.luck


def draw_questions(
    context: GradingContext,
    submission: Submission,
    number: int,
    *,
    seed: str = "",
    similar: Collection[str] = (),
    templates: Sequence[Path] = (),
    lang: Lang = "en",
    told: Told = lambda done, total: None,
) -> DrawnQuestions:
    """Questions about a submission, with the answers; the same again with the same seed.

    Args:
        context: of its assignment, with public checks alone.
        submission: loaded, not run.
        number: how many are wanted.
        seed: another one draws others.
        similar: names of functions that somebody else wrote alike.
        templates: others that were given out.
        lang: of questions and answers.
        told: called as questions are found.

    Raises:
        InputError: a template cannot be read.
        InternalError: the sandbox fails.
    """
    assignment = context.assignment
    given, usual = given_code([assignment], templates), usual_passages(assignment)
    written = written_functions(assignment, submission, given, usual, similar, templates)
    draw = random.Random(f"{seed} {submission.digest}")
    places = [_Place(each, found, draw.random()) for each in written for found in candidates(each)]
    with Ordered(context.sandbox, context.limits) as sandbox:
        bench = VariantBench(context, submission, sandbox)
        drawing = _Drawing(bench, places, Texts(lang))
        while len(drawing.questions) < number and drawing.tried < _TRIED_FOR_EACH * number:
            if not drawing.step():
                break
            told(len(drawing.questions), number)
    return DrawnQuestions(drawing.questions, bench.runs, len(written))


def _family(kind: str) -> str:
    """Kinds of which one at a time is enough."""
    return "array" if kind in _SHAPES else "dry" if kind in _DRY else kind


class _Drawing:
    """Tries one candidate after the other, of the kind and function that was asked about least."""

    def __init__(self, bench: VariantBench, places: list[_Place], texts: Texts) -> None:
        self.questions: list[OralQuestion] = []
        self.tried = 0
        self._bench = bench
        self._left = sorted(places, key=lambda place: place.rank)
        self._texts = texts
        self._ready: dict[str, FunctionTrials | None] = {}
        self._asked: Counter[str] = Counter()
        self._lines: set[tuple[str, int]] = set()

    def step(self) -> bool:
        """Try one; False if none is left."""
        if not self._left:
            return False
        place = min(self._left, key=self._turn)
        self._left.remove(place)
        written, candidate = place.written, place.candidate
        tried = self._tried(written)
        if tried is None:
            self._left = [each for each in self._left if each.written.name != written.name]
            return True
        self.tried += 1
        question = candidate.ask(written, tried)
        self._asked.update([f"tried {_family(candidate.kind)}"])
        if question is not None:
            self.questions.append(question)
            kind = candidate.kind
            self._asked.update({kind, _family(kind), written.name})
            self._lines.add((written.name, candidate.line))
        return True

    def _turn(self, place: _Place) -> tuple[float, ...]:
        """Little asked about first; then what is to be preferred."""
        name, kind = place.written.name, place.candidate.kind
        asked = (name, place.candidate.line) in self._lines
        often = 2 * self._asked[_family(kind)] + self._asked[kind] + 1.5 * self._asked[name]
        often += self._asked[f"tried {_family(kind)}"] / 3 + (kind in _DRY) / 2
        return float(asked), often, *place.rank

    def _tried(self, written: WrittenFunction) -> FunctionTrials | None:
        """The calls of a function; None if too few are made of it for an answer to be definite."""
        if written.name not in self._ready:
            checks, before = self._bench.checks_of(written.name)
            after = partial(self._after, written, checks)
            enough = len(before) > 1
            self._ready[written.name] = (
                FunctionTrials(before, after, self._texts) if enough else None
            )
        return self._ready[written.name]

    def _after(self, written: WrittenFunction, checks: Sequence[Check], text: str) -> Calls:
        return self._bench.calls({written.path: text}, checks, written.name)
