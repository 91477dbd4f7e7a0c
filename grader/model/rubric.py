"""The rubric: what an assignment is made of, read from TOML and validated."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, Literal

import msgspec

from grader.model.contract import Contract, EntryTable, contract_faults
from grader.model.errors import RubricError
from grader.model.result import WRITTEN, Visibility
from grader.model.rubric_fault import Fault, did_you_mean, fault_in, place, rubric_error
from grader.model.submit_rule import SubmitRule, submit_faults
from grader.model.toml_library import tomllib
from grader.model.worth import LatePolicy, policy_faults


class Text(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A text for students, in English and Chinese."""

    en: str
    zh: str = ""

    def in_language(self, lang: str) -> str:
        """The text in `lang` (`en` or `zh`), English where there is none."""
        return self.zh if lang == "zh" and self.zh else self.en


class Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A part of the assignment; its points are shared among its checks by their weights."""

    title: Text
    points: float
    visibility: Visibility | None = None
    """Overrides that of the part's checks."""
    follow_through: bool = False
    """Whether a check that failed on a wrong function of another part is repeated with that
    function replaced by the reference's. Not for parts that the replacement would make trivial."""
    follow_through_share: float = 1.0
    """Of a check's points, what it earns if it passes only so."""


class CheckOverride(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a rubric changes of one check."""

    points: float | None = None
    visibility: Visibility | None = None
    enabled: bool = True
    note: Text | None = None
    """Said where the check is worth nothing and fails alone: what was seen, at no cost."""


class CheckTitles(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Titles of checks in other languages than that of the bank, which is English."""

    zh: dict[str, str] = {}
    """By id of a check, without the case in brackets."""


class PackageRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the students' package is called, and where it lies in what they submit."""

    names: list[str] = []
    """Names that it has had, all of which import it; by default that of the reference package."""
    prefer: str | list[str] = []
    """Of several packages, the one in such a folder: `assignment2`, also as `assignment 2` or
    `assignment_2`. One in a folder of another number is not."""


class LimitSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a student's code may use."""

    call_seconds: float = 5.0
    """CPU time of one call."""
    call_wait_seconds: float = 5.0
    """Time that a call may spend waiting: asleep, or for a lock or a thread."""
    load_seconds: float = 5.0
    """CPU time of importing the modules: the statement that uses it up is left out."""
    load_wait_seconds: float = 5.0
    """Time that they may spend waiting meanwhile: asleep, or for input, a lock, a thread."""
    submission_seconds: float = 300.0
    """Time by the clock for all checks of a submission; those that are left are not run then."""
    memory_mb: int = 1536


class Grading(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the checks are run and judged."""

    numerical_backward: Literal["note", "fail"] = "note"
    """What a backward pass that calls the forward very often earns: a remark, or no points."""
    unjudged: Literal["spread", "lost"] = "spread"
    """Where the points of a check go that another function's fault kept from being judged: to the
    other checks of its part, as far as that fault costs points there itself, or to nobody."""
    shuffle: bool = False
    """Whether the checks run in an order that the seed decides, each after those that it needs."""
    release: str = "auto"
    """Id of the release that everybody was given: submissions are called and judged by it, whatever
    they look like. `auto`: read off each submission, where the assignment knows of several."""


class ScaleRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How much data notebooks get, and how long they may take with it."""

    sizes: dict[str, int] = {}
    """How much of what, in the words of the assignment's `data.py`."""
    cell_seconds: float = 240.0
    """CPU time of a cell."""
    notebook_seconds: float = 900.0
    """CPU time of all cells of a notebook."""
    notebook_wall_seconds: float = 1800.0
    """Time by the clock for all cells of a notebook."""


class ValueRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Something that a notebook must have brought about."""

    title: Text
    kind: Literal["accuracy", "history", "lower", "labels", "figure"]
    """`accuracy`: the share of `data` that the function or model at `path` gets right, by the
    classes or the highest scores that it returns. `history`: the highest of the numbers at `path`.
    `lower`: the mean of the last 20 numbers at `path` lies below that at `than`. `labels`: classes,
    one for each of `data`, not all the same. `figure`: the cell `path` shows one."""
    path: str
    at_least: float | dict[str, float] = 0.0
    """For all scales, or by name of the scale."""
    call: str = ""
    """The method of what is at `path` that takes inputs; empty where that is called itself."""
    data: str = "heldout"
    """A split that the assignment's `data.py` names."""
    than: str = ""
    weight: float = 1.0
    needs: str = ""
    """Id of the answer cell that it comes from: left as it was, it is not done."""

    def threshold(self, scale: str) -> float:
        """What is asked for at this scale."""
        return self.at_least.get(scale, 0.0) if isinstance(self.at_least, dict) else self.at_least


class CurveRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Numbers of a training that a report draws."""

    val: str
    """Path of those on validation data, beside which the reference's are drawn."""
    train: str = ""
    """Path of those on training data."""


class NotebookRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A notebook of the assignment; the release's file has the same name."""

    part: str
    title: Text
    values: dict[str, ValueRule] = {}
    answers: dict[str, float] = {}
    """Question to points, given by a person."""
    curves: dict[str, CurveRule] = {}
    """By the names that reports give them."""


class NotebookRules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Notebooks: which, on how much data, and what they must bring about."""

    files: dict[str, NotebookRule]
    scale: str = "full"
    scales: dict[str, ScaleRule] = msgspec.field(default_factory=lambda: {"full": ScaleRule()})
    release: str = ""
    """Folder of the notebooks as given out, relative to the rubric; empty for ours."""
    data: str = ""
    """Folder of a data set, relative to the rubric, for the assignment's `data.py`."""
    memory_mb: int = 2048
    other_releases: bool = False
    """Whether a notebook that was not made from the release counts, cell by cell. Only for courses
    that gave out other notebooks: whoever writes such a notebook chooses what is in it."""


class Rubric(msgspec.Struct, frozen=True, forbid_unknown_fields=True, dict=True):
    """An assignment, as its TOML file says."""

    id: str
    title: Text
    parts: dict[str, Part]
    declared: dict[str, str | EntryTable] = msgspec.field(name="contract")
    """The contract as written: name to `module: returned names`, or to a table."""
    points: float = 100.0
    seed: int = 231
    bank: str = ""
    """Folder of the test bank, relative to the rubric; empty for ours."""
    reference: str = ""
    """Folder of the reference package, relative to the rubric; empty for ours."""
    package: PackageRule = PackageRule()
    given: list[str] = []
    """Modules of the reference that students get complete: ours stand in where one is missing."""
    gradient_checkers: list[str] = []
    """How functions of given modules begin that differentiate numerically."""
    carry_mistakes: bool = True
    """Whether a backward pass whose forward has a known mistake is judged on that mistake's terms:
    as the backward of the reference with the same mistake in its forward."""
    due: dt.datetime | None = None
    late: LatePolicy = LatePolicy()
    trust_timestamps: bool = False
    """Whether a `timestamp.txt` in a submission's folder says when it was submitted, where neither
    a platform nor a list does. A student may have written it."""
    limits: LimitSettings = LimitSettings()
    grading: Grading = Grading()
    hints: dict[str, Text] = {}
    """Contract name, or id of a check, to a hint; the check's wins."""
    checks: dict[str, CheckOverride] = {}
    """Id of a check to what is changed of it."""
    titles: CheckTitles = CheckTitles()
    notebooks: NotebookRules | None = None
    submit: SubmitRule = SubmitRule()
    """What `grader submit` packs, besides modules and notebooks."""
    extends: str = ""
    """Another rubric, beside this one, that this one is laid over."""

    @cached_property
    def contract(self) -> Contract:
        """What the assignment asks for, and what is known of it."""
        return Contract.parse(self.declared, self.given)

    def visibility(self, check: str, part: str, declared: Visibility) -> Visibility:
        """Who sees a check's values: the rubric's word on the check, on its part, or the bank's."""
        override = self.checks.get(check)
        own = override.visibility if override else None
        return own or self.parts[part].visibility or declared


def load_rubric(path: Path) -> Rubric:
    """Read and validate a rubric.

    Raises:
        RubricError: names the file, the line or key, and what was expected.
    """
    sources = rubric_sources(path)
    _must_not_have_old_keys(sources)
    content: dict[str, Any] = {}
    for file, text in reversed(sources):
        content = _laid_over(content, _parsed(file, text))
    try:
        rubric = msgspec.convert(content, Rubric)
    except msgspec.ValidationError as error:
        fault = fault_in(content, Rubric) or Fault((), f"is not valid: {error}")
        if fault.keys:
            raise rubric_error(sources, fault) from None
        raise RubricError(f"{path}: it {fault.what}.", hint=fault.hint) from None
    for fault in _faults(rubric):
        raise rubric_error(sources, fault)
    return rubric


def _must_not_have_old_keys(sources: list[tuple[Path, str]]) -> None:
    for file, text in sources:
        if "api" in _parsed(file, text):
            hint = "Rename the table [api] to [contract]; its entries stay as they are."
            raise rubric_error([(file, text)], Fault(("api",), "is called `contract` now", hint))


def rubric_sources(path: Path) -> list[tuple[Path, str]]:
    """A rubric's text, and that of the one it extends.

    Raises:
        RubricError: one of them cannot be read.
    """
    own = _read(path, "cannot read the rubric")
    base = _parsed(path, own).get("extends")
    if base is None:
        return [(path, own)]
    below = path.parent / str(base)
    where = f"{place([(path, own)], ['extends'])}: cannot extend {below}"
    try:
        return [(path, own), (below, below.read_text(encoding="utf-8"))]
    except (OSError, UnicodeDecodeError) as error:
        raise RubricError(f"{where}: {_reason(error)}.") from None


def _read(path: Path, what: str) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RubricError(f"{path}: {what}: {_reason(error)}.") from None


def _reason(error: OSError | UnicodeDecodeError) -> str:
    return getattr(error, "strerror", None) or "it is not UTF-8 text"


def _parsed(path: Path, text: str) -> dict[str, Any]:
    try:
        return _content(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise RubricError(f"{path}: not valid TOML: {error}.") from None


@lru_cache(maxsize=64)
def _content(text: str) -> dict[str, Any]:
    """A TOML document, not to be changed: whoever opens an assignment asks for it several times."""
    return tomllib.loads(text)


def _laid_over(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for key, value in above.items():
        old = merged.get(key)
        both = isinstance(old, dict) and isinstance(value, dict)
        merged[key] = _laid_over(old, value) if both else value  # type: ignore[arg-type]
    return merged


def _faults(rubric: Rubric) -> Iterator[Fault]:
    """What is wrong though every value has the right type."""
    total = sum(part.points for part in rubric.parts.values())
    if abs(total - rubric.points) > 1e-9:
        hint = "Change the parts' points or the total so that they agree."
        what = f"is {rubric.points:g}, but the parts' points add up to {total:g}"
        yield Fault(("points",), what, hint)
    for name, part in rubric.parts.items():
        if part.points < 0:
            yield Fault(("parts", name, "points"), f"is negative ({part.points:g})")
        share = part.follow_through_share
        if not 0 <= share <= 1:
            what = f"is {share:g}; expected a share, 0 to 1"
            yield Fault(("parts", name, "follow_through_share"), what)
    for key, what in policy_faults(rubric.late):
        yield Fault(("late", key), what)
    if rubric.notebooks is not None:
        yield from _notebook_faults(rubric, rubric.notebooks)
    yield from submit_faults(rubric.submit)
    yield from contract_faults(rubric.declared)


def _notebook_faults(rubric: Rubric, rules: NotebookRules) -> Iterator[Fault]:
    if rules.scale not in rules.scales:
        what = f"is {rules.scale!r}; expected {' or '.join(rules.scales)}"
        yield Fault(("notebooks", "scale"), what)
    if WRITTEN in rubric.parts:
        yield Fault(("parts", WRITTEN), "may not be called so: marks are added up there")
    for name, rule in rules.files.items():
        for question, points in rule.answers.items():
            if not 0 <= points < math.inf:
                yield Fault(("notebooks", "files", name, "answers", question), f"is {points:g}")
        if rule.part not in rubric.parts:
            hint = did_you_mean(rule.part, rubric.parts)
            what = f"is {rule.part!r}, which is not a part"
            yield Fault(("notebooks", "files", name, "part"), what, hint)
