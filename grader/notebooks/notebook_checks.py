"""From an executed notebook to checks, which are scored like those of the bank."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from typing import Final

import numpy as np

from grader.model.notebook_records import CellOutcome, NotebookCell
from grader.model.release import Release
from grader.model.result import CheckResult, Finding, Outcome
from grader.model.rubric import NotebookRule, ValueRule
from grader.model.served_data import ServedData
from grader.model.verdicts import NOT_IMPLEMENTED
from grader.notebooks.asked_checks import FALLS_SHORT, REPLACED, as_asked
from grader.notebooks.counterparts import calls_of_release, counterparts
from grader.notebooks.kernel_values import KernelRaised, Unknown, Values, parse_path
from grader.notebooks.outputs import IMAGES
from grader.notebooks.unfinished_calls import UnfinishedCalls, defined_names
from grader.submission.notebook_cells import Cell, Notebook

Verdict = tuple[Outcome, str]

_JUDGED: Final = frozenset({"check", "experiment"})
"""Roles of the cells that have to run; what was given runs by itself."""
_FIGURES: Final = (*IMAGES, "image/svg+xml")
_LEFT_AS_NONE: Final = "'NoneType' object has no attribute"
_NO_ITEM: Final = "raised KeyError:"
_TAIL: Final = 20


def read_values(
    rule: NotebookRule, values: Values, data: ServedData, scale: str
) -> dict[str, Verdict]:
    """What became of the rule's values in a notebook that has run, by their names; no figures.

    Held-out inputs come last: what the student's code saw of them cannot be in any other value.
    """
    verdicts: dict[str, Verdict] = {}
    for name, value in sorted(rule.values.items(), key=lambda item: _is_secret(item[1], data)):
        if value.kind == "figure":
            continue
        try:
            verdicts[name] = _value(value, values, data, value.threshold(scale))
        except Unknown as error:
            verdicts[name] = (Outcome.FAILED, str(error))
    return verdicts


def _is_secret(rule: ValueRule, data: ServedData) -> bool:
    return rule.kind == "accuracy" and data.splits[rule.data].held_out


def _value(rule: ValueRule, values: Values, data: ServedData, wanted: float) -> Verdict:
    if rule.kind == "history":
        return _highest(rule.path, values.numbers(rule.path), wanted)
    if rule.kind == "lower":
        return _lower(rule, values)
    if rule.kind == "labels":
        return _labels(rule.path, values.get(rule.path), data, rule.data)
    split = data.splits[rule.data]
    title = split.title or rule.data
    called = f"{rule.path}.{rule.call}" if rule.call else rule.path
    try:
        share = values.accuracy(called, split.inputs, split.labels)
    except KernelRaised:
        if not split.held_out:
            raise
        # its message could quote the inputs
        what = f"`{called}` raised an exception for {title}"
        reason = f": {_LEFT_AS_NONE} {rule.call!r}" if _is_none(values, rule.path) else ""
        raise Unknown(f"{what}{reason}.") from None
    said = f"`{rule.path}` is right on {100 * share:.1f} % of {title}"
    return _at_least(share, wanted, said, f"{100 * wanted:g} %")


def _is_none(values: Values, path: str) -> bool:
    try:
        return values.get(path) is None
    except Unknown:
        return False


def _highest(path: str, numbers: list[float], wanted: float) -> Verdict:
    finite = [number for number in numbers if np.isfinite(number)]
    if not finite:
        return Outcome.FAILED, f"`{path}` holds no finite number."
    return _at_least(max(finite), wanted, f"The highest of `{path}` is {max(finite):.3f}")


def _lower(rule: ValueRule, values: Values) -> Verdict:
    """A training that diverges is above any that does not."""
    mine, other = (_last(values.numbers(path)) for path in (rule.path, rule.than))
    text = f"`{rule.path}` ends at {_shown(mine)}, `{rule.than}` at {_shown(other)}."
    if not np.isfinite(mine):
        return Outcome.FAILED, f"{text} It must be finite."
    passed = mine < other or not np.isfinite(other)
    return (Outcome.PASSED if passed else Outcome.FAILED), text


def _shown(number: float) -> str:
    return f"{number:.3f}" if np.isfinite(number) else f"{number} (it diverges)"


def _at_least(number: float, wanted: float, said: str, asked: str = "") -> Verdict:
    if number >= wanted:
        return Outcome.PASSED, f"{said}."
    return Outcome.FAILED, f"{said}; at least {asked or f'{wanted:g}'} {FALLS_SHORT}"


def _last(numbers: list[float]) -> float:
    with np.errstate(all="ignore"):
        return float(np.mean(numbers[-_TAIL:]))


def _labels(path: str, value: object, data: ServedData, split: str) -> Verdict:
    count = len(data.splits[split].inputs)
    if not isinstance(value, np.ndarray) or value.dtype.kind not in "iu":
        return Outcome.FAILED, f"`{path}` is not an array of integers."
    if value.shape != (count,):
        return Outcome.FAILED, f"`{path}` has shape {value.shape}; expected ({count},)."
    if data.classes and (value.min() < 0 or value.max() >= data.classes):
        return Outcome.FAILED, f"`{path}` holds classes outside 0 to {data.classes - 1}."
    if value.min() == value.max():
        return Outcome.FAILED, f"`{path}` holds the same class everywhere."
    return Outcome.PASSED, ""


class Judge:
    """Makes the checks of one notebook."""

    def __init__(
        self,
        name: str,
        rule: NotebookRule,
        *,
        lang: str,
        release: Notebook,
        book: Notebook | None = None,
        cells: Iterable[NotebookCell] = (),
        ours: bool = True,
        other_releases: bool = False,
        packages: Collection[str] = (),
        absent: str = "",
        template: Release | None = None,
        contract: Collection[str] = (),
        left: Collection[str] = (),
        stand_in: bool = False,
    ) -> None:
        """What there is to judge by.

        Args:
            name, rule, release: of the assignment's notebook.
            lang: of titles.
            book, cells: the student's, and what became of it.
            ours: whether it was made from the release.
            other_releases: whether each cell of one that was not counts for itself.
            packages: what the release imports the students' work from.
            absent: why there is no book, if there is a file that should be one.
            template: what the student's own notebooks were given out with, if that is known.
            contract: the names of which it says what it asks for.
            left: what of it the student left as it was given.
            stand_in: whether the data stand in for those of notebooks not made from the release.
        """
        self._name = name
        self._rule = rule
        self._lang = lang
        self._release = release
        self._book = book
        self._cells = list(cells)
        self._ours = ours
        self._cell_by_cell = ours or other_releases
        self._calls = {} if self._cell_by_cell else calls_of_release(release, packages)
        self._template = template
        self._contract = frozenset(contract)
        self._stand_in = stand_in
        asked = [name for name in left if template is None or template.counts(name)]
        self._unfinished = UnfinishedCalls(book or Notebook(path="", cells=[]), asked)
        self._no_notebook = absent or f"There is no notebook {name}."
        self._functions = {cell.id: cell.functions for cell in release.cells}

    def checks(self, verdicts: dict[str, Verdict]) -> Iterator[CheckResult]:
        """A check for every cell that has to run and for every value."""
        if self._book is None:
            yield from self._absent()
            return
        if self._cell_by_cell:
            yield from self._own_cells()
        else:
            yield from self._counterparts()
        for name, value in self._rule.values.items():
            verdict = self._of_value(value, verdicts.get(name))
            title = value.title.in_language(self._lang)
            check = self._check(name, title, value.weight, verdict)
            yield self._as_asked(check, value.path if value.kind == "figure" else value.needs)

    def _own_cells(self) -> Iterator[CheckResult]:
        for cell in self._cells:
            if cell.role in _JUDGED or (not self._ours and cell.outcome is not CellOutcome.TEXT):
                yield self._check(cell.id, self._title(cell.id), 1.0, self._of_cell(cell))

    def _counterparts(self) -> Iterator[CheckResult]:
        """For each cell of the release, what became of those that call the same functions."""
        for cell in self._release.cells:
            if cell.role in _JUDGED:
                verdict = self._of_counterparts(cell)
                check = self._check(cell.id, self._title(cell.id), 1.0, verdict)
                yield self._as_asked(check, cell.id)

    def _as_asked(self, check: CheckResult, cell_id: str) -> CheckResult:
        calls = self._stands_for(cell_id) & self._contract
        if self._template is None or self._cell_by_cell:
            return check
        return as_asked(check, calls, self._template, stand_in=self._stand_in)

    def _of_counterparts(self, released: Cell) -> Verdict:
        """The best of them, or of several that call a part each."""
        calls = self._stands_for(released.id)
        what = f"calls {', '.join(sorted(calls))}" if calls else "does what this one of ours does"
        absent = (Outcome.MISSING, f"No cell of this notebook {what}.")
        return self._best(calls) or self._spread(calls) or absent

    def _stands_for(self, cell_id: str) -> frozenset[str]:
        """What a cell calls; one that calls nothing stands for the one that it needs."""
        needs = {cell.id: cell.needs for cell in self._release.cells}
        for _ in needs:
            if calls := self._calls.get(cell_id):
                return calls
            cell_id = needs.get(cell_id, "")
        return frozenset()

    def _best(self, calls: frozenset[str]) -> Verdict | None:
        """Of the cells that call all of these."""
        assert self._book is not None
        ids = counterparts(self._book, calls)
        verdicts = [self._of_cell(cell) for cell in self._cells if cell.id in ids]
        passed = [verdict for verdict in verdicts if verdict[0] is Outcome.PASSED]
        return next(iter([*passed, *verdicts]), None)

    def _spread(self, calls: frozenset[str]) -> Verdict | None:
        """Of several cells that call one each; None if one is called nowhere."""
        verdicts = [self._best(frozenset({name})) for name in sorted(calls)]
        found = [verdict for verdict in verdicts if verdict is not None]
        if not found or len(found) < len(verdicts):
            return None
        return next((each for each in found if each[0] is not Outcome.PASSED), found[0])

    def _absent(self) -> Iterator[CheckResult]:
        verdict = (Outcome.MISSING, self._no_notebook)
        yield from self._not_run(verdict)
        for name, value in self._rule.values.items():
            title = value.title.in_language(self._lang)
            yield self._check(name, title, value.weight, verdict)

    def _not_run(self, verdict: Verdict) -> Iterator[CheckResult]:
        for cell in self._release.cells:
            if cell.role in _JUDGED:
                yield self._check(cell.id, self._title(cell.id), 1.0, verdict)

    def _title(self, cell: str) -> str:
        word = "单元格" if self._lang == "zh" else "Cell"
        return f"{word}: {cell.removesuffix('-check').replace('-', ' ')}"

    def _check(self, name: str, title: str, weight: float, verdict: Verdict) -> CheckResult:
        outcome, message = verdict
        passed = outcome is Outcome.PASSED
        kind = {Outcome.MISSING: "missing", Outcome.FAILED: "behaviour"}.get(outcome, "exception")
        return CheckResult(
            id=f"notebooks::{self._name}[{name}]",
            title=title,
            part=self._rule.part,
            targets=self._functions.get(name) or [self._name],
            outcome=outcome,
            points=0.0,
            max_points=weight,
            message="" if passed else message,
            notes=[message] if passed and message else [],
            finding=None if passed else Finding(kind=kind),
        )

    def _of_cell(self, cell: NotebookCell) -> Verdict:
        below = self._below(cell.id)
        if below is not None:
            return below
        if left := self._unfinished.in_cell(cell.id):
            return Outcome.MISSING, self._not_implemented(left)
        if cell.outcome is CellOutcome.OK:
            return Outcome.PASSED, ""
        if cell.outcome is CellOutcome.NOT_RUN:
            return Outcome.SKIPPED, f"Not run. {cell.error}"
        if cell.undone:
            what = cell.error.partition(":")[2].strip()
            return Outcome.MISSING, f"Not done yet: {what}." if what else "Not done yet."
        if _LEFT_AS_NONE in cell.error:
            return Outcome.MISSING, f"Something that it needs was left as None: {cell.error}."
        if blamed := self._to_blame(cell):
            return Outcome.SKIPPED, _stands_on(blamed)
        return Outcome.ERROR, f"{cell.error.rstrip('.')}."

    def _of_value(self, rule: ValueRule, verdict: Verdict | None) -> Verdict:
        if undone := self._unanswered(rule.needs):
            return Outcome.MISSING, undone
        if rule.kind == "figure":
            return self._figure(rule.path)
        if verdict is None:
            return Outcome.SKIPPED, "The kernel had ended, so it could not be read."
        if verdict[0] is Outcome.FAILED and (left := self._unfinished.behind(rule.path)):
            return Outcome.MISSING, self._not_implemented(left)
        failed = [cell for cell in self._cells if cell.undone]
        if verdict[0] is Outcome.FAILED and "is not defined" in verdict[1]:
            outcome = Outcome.MISSING if failed or not self._ours else Outcome.FAILED
            return outcome, verdict[1]
        if verdict[0] is Outcome.FAILED and _LEFT_AS_NONE in verdict[1]:
            return Outcome.MISSING, verdict[1]
        if _NO_ITEM in verdict[1] and (cell := self._binds_again(rule.path)):
            return Outcome.FAILED, f"{verdict[1]} Cell {cell} {REPLACED}"
        return verdict

    def _binds_again(self, path: str) -> str:
        """The last of several cells that give a value to the name at the start of a path."""
        assert self._book is not None
        name, _ = parse_path(path)
        cells = [cell for cell in self._book.cells if cell.code]
        found = [c.id for c in cells if name in defined_names(c.run or c.source)]
        return found[-1] if len(found) > 1 else ""

    def _not_implemented(self, names: Iterable[str]) -> str:
        text = NOT_IMPLEMENTED.in_language(self._lang)
        return " ".join(text.format(name=name) for name in names)

    def _figure(self, cell_id: str) -> Verdict:
        cells = self._cells if not self._ours else [c for c in self._cells if c.id == cell_id]
        if not self._cell_by_cell:
            released = [cell for cell in self._release.cells if cell.id == cell_id]
            verdicts = [self._of_counterparts(cell) for cell in released]
        else:
            verdicts = [self._of_cell(cell) for cell in cells if self._ours]
        for verdict in verdicts:
            if verdict[0] is not Outcome.PASSED:
                return verdict
        if any(output.mime in _FIGURES for cell in cells for output in cell.outputs):
            return Outcome.PASSED, ""
        return Outcome.FAILED, f"No figure is shown by cell {cell_id}."

    def _below(self, cell_id: str) -> Verdict | None:
        """What is wrong with the cell that this one stands on; None if nothing is."""
        needs = next((cell.needs for cell in self._release.cells if cell.id == cell_id), "")
        if undone := self._unanswered(needs):
            return Outcome.MISSING, undone
        for cell in self._cells if self._ours else []:
            if cell.id == needs and cell.role in _JUDGED and cell.outcome is not CellOutcome.OK:
                outcome, message = self._of_cell(cell)
                missing = outcome is Outcome.MISSING
                return (outcome, message) if missing else (Outcome.SKIPPED, _stands_on(needs))
        return None

    def _unanswered(self, cell_id: str) -> str:
        """That an answer cell is as it was given out, in words; empty if something was done."""
        if not cell_id or not self._ours or self._book is None:
            return ""
        released = [cell for cell in self._release.cells if cell.id == cell_id]
        if not released or released[0].role != "answer":
            return ""
        given = released[0].source
        mine = [cell.source for cell in self._book.cells if cell.id == cell_id]
        own = any(cell.role == "own" and cell.code for cell in self._book.cells)
        if (mine and mine[0].split() == given.split()) or (not mine and not own):
            return f"Cell {cell_id} is as it was given out."
        return ""

    def _to_blame(self, cell: NotebookCell) -> str:
        """The earlier cell that failed and should have defined the name that is missing."""
        match = re.match(r"NameError: name '(\w+)' is not defined", cell.error)
        if not match:
            return ""
        for other in self._cells:
            if other is cell:
                break
            failed = other.outcome not in (CellOutcome.OK, CellOutcome.TEXT)
            if failed and match[1] in defined_names(other.source):
                return other.id
        return ""


def _stands_on(cell_id: str) -> str:
    return f"It depends on cell {cell_id}, which failed."
