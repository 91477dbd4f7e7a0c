"""The diagnosis of one graded submission: what is behind each failed check."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import numpy as np
from msgspec.structs import replace

from grader.assignment.plugin import CallForm
from grader.diagnosis.causes import cause_of, found_again
from grader.diagnosis.evidence import Evidence, chosen
from grader.diagnosis.found_mistake import FoundMistake, settled, versions_of, weight
from grader.diagnosis.mutated_package import Catalogue, Versions
from grader.diagnosis.replay import ReplayedCheck, draws, draws_alike, random_functions
from grader.diagnosis.search import WHOLE, Search
from grader.diagnosis.structure import ErrorKind, kind_of
from grader.diagnosis.visible import at_fault, exception_cause, with_structure
from grader.diagnosis.work_budget import BudgetShare, OutOfTime, WorkBudget
from grader.model.result import CheckResult, SourceSpan
from grader.student.trace import Trace, Traces

WORK: Final = 12_000
"""Requests to packages for one submission: some two seconds."""
_SECONDS: Final = 10.0
"""Processor time that ends it in any case."""
_FAILED_TRIED: Final = 8
_PASSED_TRIED: Final = 4


def diagnose(
    checks: Sequence[CheckResult],
    traces: Traces,
    followed: Traces,
    catalogue: Catalogue,
    form: CallForm,
    *,
    lang: str = "en",
    spans: Mapping[str, SourceSpan] | None = None,
    work: int = WORK,
) -> list[CheckResult]:
    """The checks, each failed one with its causes as far as they can be told.

    Args:
        checks: all checks of a submission.
        traces: what passed during them.
        followed: what passed when some were repeated with functions replaced by the reference's.
        catalogue: the known mistakes.
        form: in which the submission was called.
        lang: language of the texts, `en` or `zh`.
        spans: where the student's functions stand.
        work: how much of it may be done, in requests; what was found till then stands.
    """
    state = np.random.get_state()
    try:
        budget = WorkBudget(work, _SECONDS)
        found = _Diagnosis(checks, traces, followed, catalogue, form, budget)
        found.work()
        return found.told(lang, spans or {})
    finally:
        np.random.set_state(state)
        catalogue.forget_combinations()


def diagnose_carried(
    checks: Sequence[CheckResult],
    traces: Traces,
    catalogue: Catalogue,
    form: CallForm,
    *,
    lang: str = "en",
    spans: Mapping[str, SourceSpan] | None = None,
) -> list[CheckResult]:
    """The checks, with the causes of those that were judged behind a forward known to be wrong.

    Args:
        checks: all checks of a submission, the others with their causes.
        traces: what passed while those were judged.
        catalogue: as in `diagnose`; so are the others.
    """
    state = np.random.get_state()
    try:
        carried = [check for check in checks if traces.get(check.id) and at_fault(check)]
        budget = WorkBudget(WORK, _SECONDS)
        found = _Diagnosis(carried, traces, Traces(), catalogue, form, budget)
        found.allow_for(checks)
        found.work()
        told = {check.id: check for check in found.told(lang, spans or {})}
        return [told.get(check.id, check) for check in checks]
    finally:
        np.random.set_state(state)
        catalogue.forget_combinations()


class _Diagnosis:
    def __init__(
        self,
        checks: Sequence[CheckResult],
        traces: Traces,
        followed: Traces,
        catalogue: Catalogue,
        form: CallForm,
        budget: WorkBudget,
    ) -> None:
        self._checks = checks
        self._traces = traces
        self._followed = followed
        self._catalogue = catalogue
        self._form = form
        self._budget = budget
        self._whole = BudgetShare(budget)
        self._named: dict[str, list[FoundMistake]] = {}
        self._allowed: set[str] = set()
        """Functions whose mistakes are known, and allowed for in the checks."""
        self._evidence: dict[tuple[str, str, bool], Evidence] = {}
        self._causes: dict[str, list[FoundMistake]] = {}
        self._raised: set[str] = set()
        """Checks that an exception ended which no mistake raises."""
        self._kinds: dict[str, ErrorKind] = {}
        self._style: Versions = ()
        self._foretold: dict[bool, bool] = {}

    def allow_for(self, checks: Iterable[CheckResult]) -> None:
        """Take the mistakes named for checks for made, and look for none of them again."""
        for check in checks:
            for cause in check.causes:
                named = self._named.setdefault(cause.function, [])
                if cause.kind == "mistake" and cause.id not in {each.id for each in named}:
                    named.append(found_again(cause))
        self._allowed = {*self._named}

    def work(self) -> None:
        """Find what there is to find, until the time is spent."""
        failing = {name for c in self._checks if at_fault(c) for name in c.targets}
        left = len(failing)
        if not failing:
            return
        try:
            self._find_style()
            for function in self._catalogue.functions:
                self._judge(function, BudgetShare(self._budget, max(left, 1)))
                left -= function in failing
        except OutOfTime:
            pass

    def told(self, lang: str, spans: Mapping[str, SourceSpan]) -> list[CheckResult]:
        """The checks with what was found."""
        return [self._told(check, lang, spans) for check in self._checks]

    def _told(self, check: CheckResult, lang: str, spans: Mapping[str, SourceSpan]) -> CheckResult:
        found = self._causes.get(check.id, [])
        causes = [
            cause_of(each, self._catalogue.mistakes[each.id], self._catalogue, lang, spans)
            for each in found
        ]
        raised = exception_cause(check, lang) if at_fault(check) else None
        if raised and (check.id in self._raised or not causes):
            causes = [raised, *causes]
        kind = self._kinds.get(check.id)
        if not causes and kind is not None:
            causes = [kind.cause(check.targets[0], lang)]
        return replace(check, causes=causes) if causes else with_structure(check, lang)

    def _case(self, trace: Trace) -> ReplayedCheck:
        return ReplayedCheck(trace, self._form, self._catalogue.contract)

    def _find_style(self) -> None:
        """How the student's functions draw masks, so that networks can draw the same."""
        every = (*self._traces, *self._followed)
        if not any(draws(trace, self._catalogue.contract) for trace in every):
            return
        for function in random_functions(self._catalogue.contract):
            cases = [
                self._case(trace)
                for trace in self._traces
                if trace.targets[0] == function and not trace.failed
            ]
            if cases:
                self._find_style_of(function, cases)

    def _find_style_of(self, function: str, cases: list[ReplayedCheck]) -> None:
        def foretold(style: Versions, *, seeded: bool) -> bool:
            resolve = self._catalogue.resolver(style)
            return resolve is not None and all(
                draws_alike(case, resolve, function, seeded=seeded) for case in cases
            )

        styles: list[Versions] = [(), *((each,) for each in self._catalogue.styles_of(function))]
        known = [style for style in styles if foretold(style, seeded=True)]
        style = known[0] if known else ()
        self._style += style
        self._foretold = {
            True: bool(known) and self._foretold.get(True, True),
            False: foretold(style, seeded=False) and self._foretold.get(False, True),
        }

    def _judge(self, function: str, budget: BudgetShare) -> None:
        mine = [check for check in self._checks if function in check.targets]
        failed = [check for check in mine if at_fault(check)]
        for check in mine:
            if check.follow_through or (at_fault(check) and not self._followed.get(check.id)):
                self._blame_others(check, function)
        if not failed:
            return
        evidence = self._chosen(function, failed)
        if any(each.wrong for each in evidence):
            self._named[function] = self._search(function, failed, budget)
            self._search_on(function, failed, budget)
        for check in failed:
            self._blame(check, function, evidence)

    def _search(
        self, function: str, failed: list[CheckResult], budget: BudgetShare
    ) -> list[FoundMistake]:
        """Single mistakes first, then those of functions that nobody asked, then two at once."""
        own = self._catalogue.of(function)
        search = self._looking(function, failed, budget)
        named = search.find(own)
        if any(each.certain or each.fit >= WHOLE for each in named):
            return named
        # The check of a net may be the only one that asked a layer.
        judged = {name for check in self._checks for name in check.targets}
        unasked = [n for n in self._catalogue.built_on(function) if n not in judged]
        others = [version for other in unasked for version in self._catalogue.of(other)]
        candidates = [named, search.find(others, screen=1), search.find(own, pairs=True)]
        return max(candidates, key=weight)

    def _search_on(self, function: str, failed: list[CheckResult], budget: BudgetShare) -> None:
        """Look for more in the checks that are not explained in full yet."""
        named = self._named[function]
        known = versions_of(settled(named))
        left = [check for check in failed if self._unexplained(check, function, known)]
        if not known or not left:
            return
        search = self._looking(function, left, budget)
        more = search.find(self._catalogue.of(function), known=known)
        if more and all(each.certain for each in more):
            # What was found first is sure only now that the rest is explained as well.
            named = [each._replace(certain=not each.choice) for each in named]
        self._named[function] = [*named, *more]

    def _unexplained(self, check: CheckResult, function: str, known: Versions) -> bool:
        trace = self._trace(check)
        each = self._evidence_of(trace, function) if trace else None
        return each is not None and bool(each.wrong) and each.score(known).missed > 0

    def _looking(self, function: str, failed: list[CheckResult], budget: BudgetShare) -> Search:
        def more(passed: bool) -> list[Evidence]:
            return self._chosen(function, failed, all_of_them=True, with_passed=passed)

        return Search(self._catalogue, self._chosen(function, failed), more, budget)

    def _chosen(
        self,
        function: str,
        failed: list[CheckResult],
        *,
        all_of_them: bool = False,
        with_passed: bool = True,
    ) -> list[Evidence]:
        """The cases from which a mistake is told: failed ones first, of different checks."""
        traces = [trace for check in failed if (trace := self._trace(check))]
        passed = [
            trace
            for trace in (*self._traces, *self._followed)
            if with_passed and function in trace.targets and not trace.failed
        ]
        if not all_of_them:
            traces, passed = chosen(traces, _FAILED_TRIED), chosen(passed, _PASSED_TRIED)
        return [self._evidence_of(trace, function) for trace in [*traces, *passed]]

    def _trace(self, check: CheckResult) -> Trace | None:
        return self._followed.get(check.id) or self._traces.get(check.id)

    def _evidence_of(self, trace: Trace, function: str) -> Evidence:
        replaced = self._followed.get(trace.check) is trace
        key = (trace.check, function, replaced)
        if key not in self._evidence:
            self._whole.check()
            base = () if replaced else self._base(function)
            seeds = draws(trace, self._catalogue.contract)
            self._evidence[key] = Evidence(
                self._catalogue,
                self._case(trace),
                function,
                (*self._style, *base) if seeds else base,
                self._budget,
                unknown_masks=not all(self._foretold.get(seeded, False) for seeded in seeds),
            )
        return self._evidence[key]

    def _base(self, function: str) -> Versions:
        """The mistakes in other functions, on which this one stands."""
        return tuple(
            each.version
            for other, named in self._named.items()
            if other != function
            for each in settled(named)
        )

    def _blame(self, check: CheckResult, function: str, evidence: list[Evidence]) -> None:
        """Write down which of the named mistakes a failed check is due to, or its kind."""
        trace = self._trace(check)
        if trace is None:
            return
        mine = self._evidence_of(trace, function)
        named = self._named.get(function, [])
        due = _due(mine, named) if mine.wrong else self._due_elsewhere(check, mine, named)
        known = self._causes.get(check.id, [])
        if mine.raised_otherwise(versions_of(settled(due))):
            self._raised.add(check.id)
        if due and (mine.wrong or not known):
            self._causes[check.id] = [*due, *known]
        elif mine.wrong and not known:
            resolve = self._catalogue.resolver(mine.base)
            others = [other for other in evidence if other is not mine]
            kind = kind_of(mine, others, resolve) if resolve else None
            if kind is not None:
                self._kinds[check.id] = kind

    def _due_elsewhere(
        self, check: CheckResult, mine: Evidence, named: list[FoundMistake]
    ) -> list[FoundMistake]:
        """The named mistakes of a check in whose answers nothing is wrong.

        What it missed is explained by them in another check, or they change what it was answered.
        """
        quantity = _plain(check.finding.quantity) if check.finding else ""
        cases = [each for each in self._evidence.values() if each.function == mine.function]
        return [
            mistake
            for mistake in named
            if mine.moved((mistake.version,))
            or (quantity and any(_explains(each, mistake, quantity) for each in cases))
        ]

    def _blame_others(self, check: CheckResult, function: str) -> None:
        """Write down the mistakes in other functions that show in a check of this one."""
        trace = self._traces.get(check.id)
        below = [
            each
            for other, named in self._named.items()
            if other != function and other not in self._allowed
            for each in named
        ]
        if trace is None or not below:
            return
        case = self._case(trace)
        evidence = Evidence(self._catalogue, case, function, budget=self._budget)
        made = settled(below)
        due = [each for each in below if evidence.affected((each.version,))]
        if not due and evidence.affected(versions_of(made)):
            due = [each for each in made if evidence.moved((each.version,))]
        if due:
            self._causes[check.id] = due


def _explains(evidence: Evidence, mistake: FoundMistake, quantity: str) -> bool:
    """Whether a mistake gives the wrong value that the student has for a quantity."""
    versions = (mistake.version,)
    wrong = {key for key in evidence.wrong if _plain(key.label) == quantity}
    if not wrong & evidence.changed(versions):
        return False
    explained = evidence.explained(versions)
    return any(explained[key] > 0 for key in wrong & evidence.changed(versions))


def _plain(quantity: str) -> str:
    """A quantity as checks and traces call it alike, whatever the layer."""
    return re.sub(r"[\"'\d]", "", quantity)


def _due(evidence: Evidence, named: list[FoundMistake]) -> list[FoundMistake]:
    """The named mistakes that show in a case."""
    alone = [each for each in named if evidence.affected((each.version,))]
    together = versions_of(settled(named))
    if len(together) > len(alone) and evidence.affected(together):
        return [each for each in named if each in alone or evidence.moved((each.version,))]
    return alone
