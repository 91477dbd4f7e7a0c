"""Causes of failed checks, found by making the known mistakes in the reference."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from grader.assignment.plugin import CallForm
from grader.diagnosis.causes import version_of
from grader.diagnosis.diagnose import diagnose, diagnose_carried
from grader.diagnosis.mutated_package import Catalogue, Resolve
from grader.model.result import Cause, CheckResult, SourceSpan
from grader.student.trace import Traces


class ReferenceExplainer:
    """Explains failed checks where the reference is at hand."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def load(self) -> None:
        """Read the known mistakes now, not when the first check has failed."""
        self._catalogue.load()

    def explain(
        self,
        checks: Sequence[CheckResult],
        traces: Traces,
        followed: Traces,
        form: CallForm,
        *,
        lang: str,
        spans: Mapping[str, SourceSpan],
    ) -> list[CheckResult]:
        """The checks with their causes; see `diagnose`."""
        return diagnose(checks, traces, followed, self._catalogue, form, lang=lang, spans=spans)

    def explain_carried(
        self,
        checks: Sequence[CheckResult],
        traces: Traces,
        form: CallForm,
        *,
        lang: str,
        spans: Mapping[str, SourceSpan],
    ) -> list[CheckResult]:
        """The same behind a forward known to be wrong; see `diagnose_carried`."""
        return diagnose_carried(checks, traces, self._catalogue, form, lang=lang, spans=spans)

    def with_mistake(self, cause: Cause) -> Resolve | None:
        """The reference's functions with the mistake that a cause names; None if it has none."""
        return self._catalogue.resolver([version_of(cause)])
