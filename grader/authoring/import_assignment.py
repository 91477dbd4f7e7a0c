"""An assignment's folder out of what another grader had: reference, parts and checks."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from grader.assignment.layout import MAIN
from grader.authoring.bank_writer import quoted, tidy
from grader.authoring.check_writer import slug, string_of
from grader.authoring.folder_writer import (
    SEED,
    package_name,
    require_empty,
    shared_points,
    spoken,
)
from grader.authoring.from_gradescope import gradescope_units
from grader.authoring.from_notebooks import nbgrader_units, otter_units
from grader.authoring.imported_course import CourseUnit, LeftOut, Translated, translate
from grader.authoring.mutant_trials import PRELUDE, Trials
from grader.authoring.reference_source import ReferenceSource
from grader.model.contract import ContractEntry
from grader.model.errors import InputError

READERS: Final[Mapping[str, Callable[[Path], list[CourseUnit]]]] = {
    "nbgrader": nbgrader_units,
    "otter": otter_units,
    "gradescope": gradescope_units,
}


class Carried(NamedTuple):
    """What came over."""

    folder: Path
    functions: int
    checks: int
    hidden: int
    tests: int
    """There were, those that did not come over included."""
    left_out: list[LeftOut]


class _Check(NamedTuple):
    unit: CourseUnit
    translated: Translated
    name: str
    text: str


def import_assignment(out: Path, kind: str, path: Path, record: Callable[[Path], None]) -> Carried:
    """Write the folder of an assignment that was made for another grader.

    Args:
        out: the new folder.
        kind: `nbgrader`, `otter` or `gradescope`.
        path: a notebook, or a folder.
        record: records the answer key, and writes the template.

    Raises:
        InputError: nothing can be carried over; says why.
    """
    require_empty(out)
    if not path.exists():
        raise InputError(f"{path}: there is no such file or folder.")
    left: list[LeftOut] = []
    checks: list[_Check] = []
    units: list[CourseUnit] = []
    for read in READERS[kind](path):
        unit, done, refused = translate(read)
        units.append(unit)
        left += refused
        checks += _checks(unit, done)
    tests = sum(len(unit.tests) for unit in units)
    package = package_name("", out.name)
    files = {f"{unit.name}.py": unit.module for unit in units if unit.cells}
    source = ReferenceSource(package, files)
    contract = _contract(source, checks)
    kept = list(_that_pass(source, contract, checks, left))
    if not kept:
        reasons = "; ".join(f"{each.place}: {each.why}" for each in left[:5])
        raise InputError(f"{path}: none of its {tests} tests can be carried over: {reasons}.")
    contract = _contract(source, kept)
    _write(out, package, files, contract, kept)
    record(out / MAIN)
    hidden = sum(each.translated.test.hidden for each in kept)
    return Carried(out, len(contract), len(kept), hidden, tests, left)


def _checks(unit: CourseUnit, done: Sequence[Translated]) -> Iterator[_Check]:
    names: set[str] = set()
    for each in done:
        name, number = f"test_{slug(each.test.name)}", 2
        while name in names:
            name, number = f"test_{slug(each.test.name)}_{number}", number + 1
        names.add(name)
        yield _Check(unit, each, name, _text(unit, each, name))


def _text(unit: CourseUnit, each: Translated, name: str) -> str:
    test = each.test
    targets = each.targets
    listed = quoted(targets[0]) if len(targets) == 1 else f"({', '.join(map(quoted, targets))})"
    lines = [
        "@check(",
        f"    {string_of(test.name)},",
        f'    part="{unit.name}",',
        f"    targets={listed},",
        *([f"    points={test.points:g},"] if test.points != 1 else []),
        *(["    visibility=Visibility.HIDDEN,"] if test.hidden else []),
        ")",
        f"def {name}(student: Student) -> None:",
        textwrap.indent(each.body, "    "),
    ]
    return "\n".join(lines) + "\n"


def _contract(source: ReferenceSource, checks: Sequence[_Check]) -> dict[str, ContractEntry]:
    contract: dict[str, ContractEntry] = {}
    modules = {each.name: each.module for each in source.functions}
    values = {value.name: value.returns for each in checks for value in each.unit.values}
    asked = {name for each in checks for name in each.translated.targets}
    called = " ".join(each.text for each in checks)
    for name, module in modules.items():
        if name in asked or f"student.{name}" in called:
            contract[name] = ContractEntry(
                module, values.get(name, ("value",)), given=name not in asked
            )
    for name, known in source.classes.items():
        if name in asked or f"student.{name}" in called:
            returns = (f"{name.lower()}*",)
            contract[name] = ContractEntry(known.module, returns, given=name not in asked)
    return contract


def _that_pass(
    source: ReferenceSource,
    contract: Mapping[str, ContractEntry],
    checks: Sequence[_Check],
    left: list[LeftOut],
) -> Iterator[_Check]:
    """The checks that the solution passes behind the wall; the others are left out."""
    if not checks:
        return
    ids = {f"{each.unit.name}::{each.name}": each for each in checks}
    compiled: dict[str, str] = {}
    for name, each in ids.items():
        try:
            compile(PRELUDE + each.text, "<check>", "exec")
            compiled[name] = each.text
        except SyntaxError as error:
            left.append(LeftOut(each.translated.test.place, f"it cannot be rewritten: {error.msg}"))
    tried = Trials(source, contract, compiled).on_reference()
    for name in compiled:
        each = ids[name]
        if name in tried.passed:
            yield each
        else:
            why = tried.refused.get(name, "it takes too long")
            left.append(
                LeftOut(each.translated.test.place, f"the solution does not pass it: {why}")
            )


def _write(
    out: Path,
    package: str,
    files: Mapping[str, str],
    contract: Mapping[str, ContractEntry],
    checks: Sequence[_Check],
) -> None:
    folder, bank = out / "reference" / package, out / "bank"
    folder.mkdir(parents=True)
    bank.mkdir()
    for name, text in {"__init__.py": "", **files}.items():
        (folder / name).write_text(text, encoding="utf-8")
    (bank / "__init__.py").write_text("", encoding="utf-8")
    for unit in dict.fromkeys(each.unit.name for each in checks):
        own = [each for each in checks if each.unit.name == unit]
        (bank / f"{unit}.py").write_text(_module(own), encoding="utf-8")
    (out / MAIN).write_text("\n".join(_toml(out.name, contract, checks)) + "\n", encoding="utf-8")


def _module(checks: Sequence[_Check]) -> str:
    body = "\n\n".join(each.text for each in checks)
    helpers = ["Student", "check", "holds"]
    helpers += ["Visibility"] * ("Visibility." in body) + ["raising"] * ("raising(" in body)
    head = f'"""Checks of {checks[0].unit.title}, carried over by `grader new`."""'
    numpy = "import numpy as np\n\n" if "np." in body else ""
    imports = f"from grader.checks import {', '.join(sorted(helpers))}"
    return tidy(f"{head}\n\nfrom __future__ import annotations\n\n{numpy}{imports}\n\n\n{body}")


def _toml(
    name: str, contract: Mapping[str, ContractEntry], checks: Sequence[_Check]
) -> Iterator[str]:
    weights: dict[str, float] = {}
    for each in checks:
        own = each.translated.test.points
        weights[each.unit.name] = weights.get(each.unit.name, 0.0) + own
    if not any(weights.values()):
        shares = shared_points(dict.fromkeys(weights, 1))
        weights = {unit: float(share) for unit, share in shares.items()}
    yield f"id = {quoted(package_name('', name).replace('_', '-').lower())}"
    yield f"points = {sum(weights.values()):g}"
    yield f"seed = {SEED}"
    yield ""
    yield "[title]"
    yield f"en = {quoted(spoken(name))}"
    yield ""
    yield "[contract]"
    for entry, known in contract.items():
        returns = ", ".join(known.returns)
        given = f"{{ module = {quoted(known.module)}, returns = {quoted(returns)}, given = true }}"
        yield f"{entry} = {given if known.given else quoted(f'{known.module}: {returns}')}"
    for unit, value in weights.items():
        yield ""
        yield f"[parts.{unit}]"
        yield f"title = {{ en = {quoted(spoken(unit))} }}"
        yield f"points = {value:g}"
