"""Places in a notebook by its cells: nobody can count the lines of a notebook from its top."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping

from msgspec.structs import replace

from grader.model.result import Cause, CheckResult, Finding, Frame, Result, SourceSpan
from grader.model.submission import SourceFile


def told_by_cell(result: Result, files: Mapping[str, SourceFile]) -> Result:
    """A result in which lines of notebooks among the submission's files are lines of a cell."""
    notebooks = {path: file.cells for path, file in files.items() if file.cells}
    if not notebooks:
        return result
    places = _CellPlaces(notebooks)
    return replace(
        result,
        checks=[places.check(check) for check in result.checks],
        notes=[places.text(note) for note in result.notes],
    )


class _CellPlaces:
    """Turns lines of joined cells into lines of one."""

    def __init__(self, notebooks: Mapping[str, list[tuple[int, str]]]) -> None:
        self._notebooks = notebooks
        names = "|".join(re.escape(path) for path in notebooks)
        self._line = re.compile(rf"({names}),? line (\d+)")

    def check(self, check: CheckResult) -> CheckResult:
        return replace(
            check,
            message=self.text(check.message),
            finding=check.finding and self._finding(check.finding),
            source=check.source and self._span(check.source),
            warnings=[self.text(warning) for warning in check.warnings],
            notes=[self.text(note) for note in check.notes],
            causes=[self._cause(cause) for cause in check.causes],
            follows_from=self.text(check.follows_from),
        )

    def text(self, text: str) -> str:
        """A message in which places are `Regression.ipynb, cell 4, line 2`."""

        def told(match: re.Match[str]) -> str:
            file, line = self._place(match[1], int(match[2]))
            return f"{file}, line {line}"

        return self._line.sub(told, text)

    def _place(self, file: str, line: int) -> tuple[str, int]:
        cells = self._notebooks.get(file, [])
        number = bisect_right([first for first, _ in cells], line) - 1
        if number < 0:
            return file, line
        first, label = cells[number]
        return f"{file}, {label}", line - first + 1

    def _finding(self, finding: Finding) -> Finding:
        return replace(finding, traceback=[self._frame(frame) for frame in finding.traceback])

    def _frame(self, frame: Frame) -> Frame:
        file, line = self._place(frame.file, frame.line)
        return replace(frame, file=file, line=line)

    def _cause(self, cause: Cause) -> Cause:
        return replace(cause, source=cause.source and self._span(cause.source))

    def _span(self, span: SourceSpan) -> SourceSpan:
        file, first = self._place(span.file, span.first_line)
        last = span.last_line - span.first_line + first
        return replace(span, file=file, first_line=first, last_line=last)
