"""The diagnosis of one graded submission: what is behind each failed check."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import numpy as np
from msgspec.structs import replace

from grader.catalogue import Mistake
from grader.diagnosis.packages import Catalogue
from grader.diagnosis.rerun import Case, draws_alike, drops
from grader.diagnosis.search import Budget, Ids, Named, OutOfTime, Purse, Search, Witness, chosen
from grader.diagnosis.structure import Kind, from_pattern, kind_of
from grader.diagnosis.tape import Tape, Tapes
from grader.result import Cause, CheckResult, Dialect, Outcome, SourceSpan

WORK: Final = 12_000
"""Requests to packages for one submission: some two seconds."""
_SECONDS: Final = 10.0
"""Processor time that ends it in any case."""
_FAILED_TRIED: Final = 8
_PASSED_TRIED: Final = 4
_DROPOUT: Final = "dropout_forward"
_AT_FAULT: Final = frozenset({Outcome.FAILED, Outcome.ERROR})


def structural(checks: Iterable[CheckResult], lang: str) -> list[CheckResult]:
    """The checks with the kind of their error, as far as it shows without the reference."""
    return [_with_pattern(check, lang) for check in checks]


def diagnose(
    checks: Sequence[CheckResult],
    tapes: Tapes,
    followed: Tapes,
    catalogue: Catalogue,
    dialect: Dialect,
    *,
    lang: str = "en",
    spans: Mapping[str, SourceSpan] | None = None,
    work: int = WORK,
) -> list[CheckResult]:
    """The checks, each failed one with its causes as far as they can be told.

    Args:
        checks: all checks of a submission.
        tapes: what passed during them.
        followed: what passed when some were repeated with functions replaced by the reference's.
        catalogue: the known mistakes.
        dialect: of the submission.
        lang: language of the texts, `en` or `zh`.
        spans: where the student's functions stand.
        work: how much of it may be done, in requests; what was found till then stands.
    """
    state = np.random.get_state()
    try:
        found = _Diagnosis(checks, tapes, followed, catalogue, dialect, Purse(work, _SECONDS))
        found.work()
        return found.told(lang, spans or {})
    finally:
        np.random.set_state(state)
        catalogue.forget_combinations()


class _Diagnosis:
    def __init__(
        self,
        checks: Sequence[CheckResult],
        tapes: Tapes,
        followed: Tapes,
        catalogue: Catalogue,
        dialect: Dialect,
        purse: Purse,
    ) -> None:
        self._checks = checks
        self._tapes = tapes
        self._followed = followed
        self._catalogue = catalogue
        self._dialect = dialect
        self._purse = purse
        self._whole = Budget(purse)
        self._named: dict[str, list[Named]] = {}
        self._witnesses: dict[tuple[str, str, bool], Witness] = {}
        self._causes: dict[str, list[Named]] = {}
        self._kinds: dict[str, Kind] = {}
        self._style: Ids = ()
        self._foretold: dict[bool, bool] = {}

    def work(self) -> None:
        """Find what there is to find, until the time is spent."""
        failing = {name for c in self._checks if _at_fault(c) for name in c.targets}
        left = len(failing)
        if not failing:
            return
        try:
            self._find_style()
            for function in self._catalogue.functions:
                self._judge(function, Budget(self._purse, max(left, 1)))
                left -= function in failing
        except OutOfTime:
            pass

    def told(self, lang: str, spans: Mapping[str, SourceSpan]) -> list[CheckResult]:
        """The checks with what was found."""
        return [self._told(check, lang, spans) for check in self._checks]

    def _told(self, check: CheckResult, lang: str, spans: Mapping[str, SourceSpan]) -> CheckResult:
        named = self._causes.get(check.id)
        if named:
            mistakes = self._catalogue.mistakes
            causes = [_cause(mistakes[name.id], name, lang, spans) for name in named]
            return replace(check, causes=causes)
        kind = self._kinds.get(check.id)
        if kind is not None:
            return replace(check, causes=[kind.cause(check.targets[0], lang)])
        return _with_pattern(check, lang)

    def _find_style(self) -> None:
        """How the student's dropout draws its masks, so that networks can draw the same."""
        cases = [
            Case(tape, self._dialect)
            for tape in self._tapes
            if tape.targets[0] == _DROPOUT and not tape.failed
        ]
        if not cases or not any(drops(tape) for tape in (*self._tapes, *self._followed)):
            return

        def foretold(style: Ids, *, seeded: bool) -> bool:
            resolve = self._catalogue.resolver(style)
            return resolve is not None and all(
                draws_alike(case, resolve, seeded=seeded) for case in cases
            )

        styles: list[Ids] = [(), *((name,) for name in self._catalogue.styles_of(_DROPOUT))]
        known = [style for style in styles if foretold(style, seeded=True)]
        self._style = known[0] if known else ()
        self._foretold = {True: bool(known), False: foretold(self._style, seeded=False)}

    def _judge(self, function: str, budget: Budget) -> None:
        mine = [check for check in self._checks if function in check.targets]
        failed = [check for check in mine if _at_fault(check)]
        for check in mine:
            if check.follow_through or (_at_fault(check) and not self._followed.get(check.id)):
                self._blame_others(check, function)
        if not failed:
            return
        witnesses = self._chosen(function, failed)
        if any(witness.wrong for witness in witnesses):
            self._named[function] = self._search(function, failed, budget)
            self._search_on(function, failed, budget)
        for check in failed:
            self._blame(check, function, witnesses)

    def _search(self, function: str, failed: list[CheckResult], budget: Budget) -> list[Named]:
        """Single mistakes first, then those of functions that nobody asked, then two at once."""
        own = self._catalogue.of(function)
        search = self._looking(function, failed, budget)
        named = search.find(own)
        if named:
            return named
        # The check of a net may be the only one that asked a layer.
        judged = {name for check in self._checks for name in check.targets}
        unasked = [n for n in self._catalogue.mentioned_by(function) if n not in judged]
        others = [name for other in unasked for name in self._catalogue.of(other)]
        return search.find(others, screen=1) or search.find(own, pairs=True)

    def _search_on(self, function: str, failed: list[CheckResult], budget: Budget) -> None:
        """Look for more in the checks of which nothing is explained yet."""
        named = self._named[function]
        known = tuple(name.id for name in _settled(named))
        left = [check for check in failed if self._unexplained(check, function, known)]
        if known and left:
            search = self._looking(function, left, budget)
            named += search.find(self._catalogue.of(function), known=known)

    def _unexplained(self, check: CheckResult, function: str, ids: Ids) -> bool:
        tape = self._tape(check)
        witness = self._witness(tape, function) if tape else None
        return witness is not None and bool(witness.wrong) and not witness.score(ids).hits

    def _looking(self, function: str, failed: list[CheckResult], budget: Budget) -> Search:
        def more() -> list[Witness]:
            return self._chosen(function, failed, all_of_them=True)

        return Search(self._chosen(function, failed), more, budget)

    def _chosen(
        self, function: str, failed: list[CheckResult], *, all_of_them: bool = False
    ) -> list[Witness]:
        """The cases from which a mistake is told: failed ones first, of different checks."""
        tapes = [tape for check in failed if (tape := self._tape(check))]
        passed = [
            tape
            for tape in (*self._tapes, *self._followed)
            if function in tape.targets and not tape.failed
        ]
        tapes, passed = ([t for t in every if self._can_tell(t)] for every in (tapes, passed))
        if not all_of_them:
            tapes, passed = chosen(tapes, _FAILED_TRIED), chosen(passed, _PASSED_TRIED)
        return [self._witness(tape, function) for tape in [*tapes, *passed]]

    def _can_tell(self, tape: Tape) -> bool:
        """Whether the masks in it, if there are any, can be foretold."""
        return all(self._foretold.get(seeded, True) for seeded in drops(tape))

    def _tape(self, check: CheckResult) -> Tape | None:
        return self._followed.get(check.id) or self._tapes.get(check.id)

    def _witness(self, tape: Tape, function: str) -> Witness:
        replaced = self._followed.get(tape.check) is tape
        key = (tape.check, function, replaced)
        if key not in self._witnesses:
            self._whole.check()
            base = () if replaced else self._base(function)
            if drops(tape):
                base = (*self._style, *base)
            case = Case(tape, self._dialect)
            self._witnesses[key] = Witness(self._catalogue, case, function, base, self._purse)
        return self._witnesses[key]

    def _base(self, function: str) -> Ids:
        """The mistakes in other functions, on which this one stands."""
        return tuple(
            name.id
            for other, named in self._named.items()
            if other != function
            for name in _settled(named)
        )

    def _blame(self, check: CheckResult, function: str, witnesses: list[Witness]) -> None:
        """Write down which of the named mistakes a failed check is due to, or its kind."""
        tape = self._tape(check)
        if tape is None:
            return
        witness = self._witness(tape, function)
        due = _due(witness, self._named.get(function, []))
        known = self._causes.get(check.id, [])
        if due and (witness.wrong or not known):
            self._causes[check.id] = [*due, *known]
        elif witness.wrong and not known:
            resolve = self._catalogue.resolver(witness.base)
            others = [other for other in witnesses if other is not witness]
            kind = kind_of(witness, others, resolve) if resolve else None
            if kind is not None:
                self._kinds[check.id] = kind

    def _blame_others(self, check: CheckResult, function: str) -> None:
        """Write down the mistakes in other functions that show in a check of this one."""
        tape = self._tapes.get(check.id)
        below = [
            name for other, named in self._named.items() if other != function for name in named
        ]
        if tape is None or not below:
            return
        case = Case(tape, self._dialect)
        witness = Witness(self._catalogue, case, function, purse=self._purse)
        settled = _settled(below)
        due = [name for name in below if witness.affected((name.id,))]
        if not due and witness.affected(tuple(name.id for name in settled)):
            due = [name for name in settled if witness.moved((name.id,))]
        if due:
            self._causes[check.id] = due


def _at_fault(check: CheckResult) -> bool:
    """Whether there is something to explain: of a name that is misspelt all has been said."""
    told = check.finding is not None and check.finding.kind == "spelling"
    return check.outcome in _AT_FAULT and not told


def _settled(named: list[Named]) -> list[Named]:
    """Those that are certain, and the first of several that may be."""
    certain = [name for name in named if name.certain]
    offered = [name for name in named if not name.certain]
    return [*certain, *offered[:1]]


def _due(witness: Witness, named: list[Named]) -> list[Named]:
    """The named mistakes that show in a case: all where that cannot be told."""
    if not witness.wrong:
        return named
    alone = [name for name in named if witness.affected((name.id,))]
    together = tuple(name.id for name in _settled(named))
    if len(together) > len(alone) and witness.affected(together):
        return [name for name in named if name in alone or witness.moved((name.id,))]
    return alone


def _cause(mistake: Mistake, named: Named, lang: str, spans: Mapping[str, SourceSpan]) -> Cause:
    span = spans.get(mistake.function)
    return Cause(
        id=mistake.id,
        kind="mistake",
        function=mistake.function,
        title=mistake.title.in_language(lang),
        explanation=mistake.explanation.in_language(lang),
        hint=mistake.hint.in_language(lang),
        severity=mistake.severity.value,
        fit=named.fit,
        certain=named.certain,
        source=replace(span, text="") if span else None,
    )


def _with_pattern(check: CheckResult, lang: str) -> CheckResult:
    cause = from_pattern(check, lang) if _at_fault(check) else None
    return replace(check, causes=[cause]) if cause else check
