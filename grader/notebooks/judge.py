"""From an executed notebook to checks, which are scored like those of the bank."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from typing import Final

import numpy as np

from grader.notebooks.data import Images
from grader.notebooks.outputs import IMAGES
from grader.notebooks.pasted import mask_magics
from grader.notebooks.reading import Book
from grader.notebooks.records import CellOutcome, NotebookCell
from grader.notebooks.values import Raised, Unknown, Values
from grader.result import CheckResult, Finding, Outcome
from grader.rubric import NotebookRule, ValueRule

Verdict = tuple[Outcome, str]

_JUDGED: Final = frozenset({"check", "experiment"})
"""Roles of the cells that have to run; what was given runs by itself."""
_FIGURES: Final = (*IMAGES, "image/svg+xml")
_LEFT_AS_NONE: Final = "'NoneType' object has no attribute"
_TAIL: Final = 20
_WHICH: Final = {"heldout": "held-out", "val": "validation"}


def read_values(
    rule: NotebookRule, values: Values, images: Images, scale: str
) -> dict[str, Verdict]:
    """What became of the rule's values in a notebook that has run, by their names; no figures.

    The held-out images come last: what the student's code saw of them cannot be in any other value.
    """
    verdicts: dict[str, Verdict] = {}
    for name, value in sorted(rule.values.items(), key=lambda item: _is_secret(item[1])):
        if value.kind == "figure":
            continue
        try:
            verdicts[name] = _value(value, values, images, value.threshold(scale))
        except Unknown as error:
            verdicts[name] = (Outcome.FAILED, str(error))
    return verdicts


def _is_secret(rule: ValueRule) -> bool:
    return rule.kind == "accuracy" and rule.data == "heldout"


def _value(rule: ValueRule, values: Values, images: Images, wanted: float) -> Verdict:
    if rule.kind == "history":
        best = max(values.numbers(rule.path))
        return _at_least(best, wanted, f"The highest of `{rule.path}` is {best:.3f}")
    if rule.kind == "lower":
        mine, other = (_last(values.numbers(path)) for path in (rule.path, rule.than))
        text = f"`{rule.path}` ends at {mine:.3f}, `{rule.than}` at {other:.3f}."
        return (Outcome.PASSED if mine < other else Outcome.FAILED), text
    if rule.kind == "labels":
        return _labels(rule.path, values.get(rule.path), len(images.served["X_leaderboard"]))
    served = images.served
    X, y = images.heldout if rule.data == "heldout" else (served["X_val"], served["y_val"])
    try:
        share = values.accuracy(rule.path, images.prepared(X), y)
    except Raised:
        if not _is_secret(rule):
            raise
        # its message could quote the images
        raise Unknown(f"`{rule.path}.loss` raised an exception for held-out images.") from None
    said = f"`{rule.path}` is right on {100 * share:.1f} % of {_WHICH[rule.data]} images"
    return _at_least(share, wanted, said, f"{100 * wanted:g} %")


def _at_least(number: float, wanted: float, said: str, asked: str = "") -> Verdict:
    if number >= wanted:
        return Outcome.PASSED, f"{said}."
    return Outcome.FAILED, f"{said}; at least {asked or f'{wanted:g}'} is asked for."


def _last(numbers: list[float]) -> float:
    return float(np.mean(numbers[-_TAIL:]))


def _labels(path: str, value: object, count: int) -> Verdict:
    if not isinstance(value, np.ndarray) or value.dtype.kind not in "iu":
        return Outcome.FAILED, f"`{path}` is no array of integers."
    if value.shape != (count,):
        return Outcome.FAILED, f"`{path}` has shape {value.shape}; expected ({count},)."
    if value.min() < 0 or value.max() > 9:
        return Outcome.FAILED, f"`{path}` holds classes outside 0 to 9."
    if value.min() == value.max():
        return Outcome.FAILED, f"`{path}` holds the same class for every image."
    return Outcome.PASSED, ""


class Judge:
    """Makes the checks of one notebook."""

    def __init__(
        self,
        name: str,
        rule: NotebookRule,
        *,
        lang: str,
        release: Book,
        book: Book | None = None,
        cells: Iterable[NotebookCell] = (),
        ours: bool = True,
        other_releases: bool = False,
        absent: str = "",
    ) -> None:
        """`absent` says why the notebook cannot be read, where there is only a file of its name."""
        self._name = name
        self._rule = rule
        self._lang = lang
        self._release = release
        self._book = book
        self._cells = list(cells)
        self._ours = ours
        self._counts = ours or other_releases
        self._no_notebook = absent or f"There is no notebook {name}."
        self._functions = {cell.id: cell.functions for cell in release.cells}

    def checks(self, verdicts: dict[str, Verdict]) -> Iterator[CheckResult]:
        """A check for every cell that has to run and for every value."""
        if self._book is None:
            yield from self._absent()
            return
        if not self._counts:
            yield from self._not_run((Outcome.MISSING, "The notebook has no such cell."))
        for cell in self._cells if self._counts else []:
            if cell.role in _JUDGED or (not self._ours and cell.outcome is not CellOutcome.TEXT):
                yield self._check(cell.id, self._title(cell.id), 1.0, self._of_cell(cell))
        for name, value in self._rule.values.items():
            verdict = self._of_value(value, verdicts.get(name))
            title = value.title.in_language(self._lang)
            yield self._check(name, title, value.weight, verdict)

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
        failed = [cell for cell in self._cells if cell.undone]
        if verdict[0] is Outcome.FAILED and "is not defined" in verdict[1]:
            outcome = Outcome.MISSING if failed or not self._ours else Outcome.FAILED
            return outcome, verdict[1]
        if verdict[0] is Outcome.FAILED and _LEFT_AS_NONE in verdict[1]:
            return Outcome.MISSING, verdict[1]
        return verdict

    def _figure(self, cell_id: str) -> Verdict:
        if not self._counts:
            return Outcome.MISSING, f"There is no cell {cell_id}."
        cells = self._cells if not self._ours else [c for c in self._cells if c.id == cell_id]
        for cell in cells if self._ours else []:
            verdict = self._of_cell(cell)
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
            if failed and match[1] in _defined(other.source):
                return other.id
        return ""


def _stands_on(cell_id: str) -> str:
    return f"It stands on cell {cell_id}, which failed."


def _defined(source: str) -> set[str]:
    """Names that a cell would define."""
    try:
        tree = ast.parse(mask_magics(source)[0])
    except (SyntaxError, ValueError):
        return set()
    names = {node.id for node in ast.walk(tree)
             if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}  # fmt: skip
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            names.add(node.name)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            names |= {(alias.asname or alias.name).partition(".")[0] for alias in node.names}
    return names
