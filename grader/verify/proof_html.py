"""A proof as a self-contained HTML page.

The matrix is shown at two depths: functions against modules of the bank, and within a function
mutants against checks, the cases of a check taken together. The JSON has every single case.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from functools import cache
from importlib import resources
from typing import NamedTuple

from jinja2 import ChoiceLoader, Environment, PackageLoader
from markupsafe import Markup

from grader.report import html as report
from grader.report.strings import Texts
from grader.verify.proof import ProgramKind, ProgramVerdict, Proof


class Heat(NamedTuple):
    """How many of some subjects are killed by some checks."""

    killed: int
    of: int

    @property
    def step(self) -> int:
        """From 0 (none) to 4 (all); the shade."""
        return -(-4 * self.killed // self.of) if self.of else 0


class MatrixRow(NamedTuple):
    """A mistake or mutant against the checks that were asked about it."""

    verdict: ProgramVerdict
    cells: list[Heat]


class Sheet(NamedTuple):
    """The matrix of one function."""

    function: str
    columns: list[str]
    """Checks, the cases of one put together."""
    rows: list[MatrixRow]
    killed: int


class Overview(NamedTuple):
    """Functions against modules of the bank."""

    modules: list[str]
    rows: list[tuple[str, list[Heat]]]


def page(proof: Proof) -> str:
    """The page, complete."""
    style = report.asset("page.css") + _own_style()
    sheets = _sheets(proof)
    return (
        _environment()
        .get_template("verify.html")
        .render(
            t=Texts("en"),
            style=Markup(style),
            script=Markup(""),
            policy=Markup(_policy(style)),
            proof=proof,
            ProgramKind=ProgramKind,
            verdicts={(v.subject.kind, v.subject.id): v for v in proof.verdicts},
            overview=_overview(proof, sheets),
            sheets=sheets,
        )
    )


@cache
def _environment() -> Environment:
    base = report.environment()
    assert base.loader is not None
    return base.overlay(loader=ChoiceLoader([PackageLoader("grader.verify"), base.loader]))


def _own_style() -> str:
    return resources.files("grader.verify").joinpath("templates/verify.css").read_text("utf-8")


def _policy(style: str) -> str:
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


def _sheets(proof: Proof) -> list[Sheet]:
    groups: dict[str, list[ProgramVerdict]] = {}
    for verdict in [*proof.of_kind(ProgramKind.MUTANT), *proof.of_kind(ProgramKind.MISTAKE)]:
        for function in verdict.subject.functions:
            groups.setdefault(function, []).append(verdict)
    return [_sheet(function, verdicts) for function, verdicts in groups.items()]


def _sheet(function: str, verdicts: list[ProgramVerdict]) -> Sheet:
    columns = list(dict.fromkeys(name for v in verdicts for name in _count(v.asked)))
    rows = [MatrixRow(verdict, _cells(verdict, columns)) for verdict in verdicts]
    return Sheet(function, columns, rows, sum(verdict.killed for verdict in verdicts))


def _cells(verdict: ProgramVerdict, columns: list[str]) -> list[Heat]:
    asked, failed = _count(verdict.asked), _count([*verdict.killed_by, *verdict.noted_by])
    return [Heat(failed.get(name, 0), asked.get(name, 0)) for name in columns]


def _count(checks: Iterable[str]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for check in checks:
        name = check.partition("[")[0]
        counts[name] = counts.get(name, 0) + 1
    return counts


def _overview(proof: Proof, sheets: list[Sheet]) -> Overview:
    modules = list(dict.fromkeys(check.id.partition("::")[0] for check in proof.checks))
    rows = []
    for sheet in sheets:
        heats = [_module_heat(sheet, module) for module in modules]
        rows.append((sheet.function, heats))
    return Overview(modules, rows)


def _module_heat(sheet: Sheet, module: str) -> Heat:
    """Of the subjects that a module is asked about, those that it kills."""
    prefix = f"{module}::"
    asked = [row.verdict for row in sheet.rows if _starts(row.verdict.asked, prefix)]
    return Heat(sum(_starts(verdict.killed_by, prefix) for verdict in asked), len(asked))


def _starts(checks: Iterable[str], prefix: str) -> bool:
    return any(check.startswith(prefix) for check in checks)
