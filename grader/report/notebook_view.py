"""What the student page shows of a notebook: nothing in it acts, and nothing loads.

Text is made harmless by `grader.report.markup`, which is only imported where there is a notebook to
show; images (also SVG, in which a script does not run then) are embedded as data.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from typing import Final

from markupsafe import Markup
from msgspec import Struct

from grader.model.notebook_records import (
    CellOutcome,
    CellOutput,
    NotebookCell,
    NotebookResult,
    WrittenAnswer,
)
from grader.model.result import Outcome
from grader.report.curve_chart import CurveChart, curve_chart
from grader.report.summary import answer_anchor
from grader.report.text import clip

_IMAGES: Final = ("image/png", "image/jpeg", "image/gif")
_MAX_TEXT: Final = 60_000
_MAX_MARKDOWN: Final = 20_000
"""Characters of one text: emphasis may take time by the square of that."""
_MAX_READ: Final = 500_000
"""Characters of Markdown, code and HTML in a notebook; what is more is shown as it was typed."""
_SHOWN_AS: Final = {
    CellOutcome.OK: Outcome.PASSED,
    CellOutcome.NOT_RUN: Outcome.SKIPPED,
    CellOutcome.TEXT: Outcome.SKIPPED,
}


class CellView(Struct, frozen=True):
    """A cell as the page shows it."""

    cell: NotebookCell
    anchor: str
    badge: Outcome
    code: Markup
    outputs: list[Markup]

    @property
    def is_text(self) -> bool:
        """Whether it is no code that was run."""
        return self.cell.outcome is CellOutcome.TEXT


class AnswerView(Struct, frozen=True):
    """A written answer as the page shows it."""

    answer: WrittenAnswer
    anchor: str
    asked: Markup
    """What the question says."""
    text: Markup
    pictures: list[Markup]


class NotebookView(Struct, frozen=True):
    """A notebook as the page shows it."""

    notebook: NotebookResult
    anchor: str
    cells: list[CellView]
    failed: list[CellView]
    undone: list[CellView]
    """Those that ended at something the student has not done yet."""
    ran: int
    total: int
    answers: list[AnswerView]
    curves: list[CurveChart]


def notebook_views(notebooks: Sequence[NotebookResult]) -> list[NotebookView]:
    """Arrange notebooks for the page."""
    return [_view(notebook, number) for number, notebook in enumerate(notebooks, start=1)]


def _view(notebook: NotebookResult, number: int) -> NotebookView:
    anchor, show = f"notebook-{number}", _Show()
    cells = [
        CellView(
            cell=cell,
            anchor=f"{anchor}-cell-{place}",
            badge=_badge(cell),
            code=show.source(cell),
            outputs=[show.output(output) for output in cell.outputs],
        )
        for place, cell in enumerate(notebook.cells, start=1)
    ]
    run = [view for view in cells if not view.is_text]
    return NotebookView(
        notebook=notebook,
        anchor=anchor,
        cells=cells,
        failed=[view for view in run if view.badge not in (Outcome.PASSED, Outcome.MISSING)],
        undone=[view for view in run if view.badge is Outcome.MISSING],
        ran=sum(view.cell.outcome is CellOutcome.OK for view in run),
        total=len(run),
        answers=[
            AnswerView(
                answer=answer,
                anchor=answer_anchor(number, place),
                asked=show.prose(answer.asked),
                text=show.prose(answer.text),
                pictures=[show.output(picture) for picture in answer.pictures],
            )
            for place, answer in enumerate(notebook.answers, start=1)
        ],
        curves=[curve_chart(curve) for curve in notebook.curves],
    )


def _badge(cell: NotebookCell) -> Outcome:
    if cell.undone:
        return Outcome.MISSING
    return _SHOWN_AS.get(cell.outcome, Outcome.ERROR)


class _Show:
    """Makes HTML of what is in one notebook."""

    def __init__(self) -> None:
        self._left = _MAX_READ

    def source(self, cell: NotebookCell) -> Markup:
        """What the cell holds."""
        from grader.report import markup

        source = clip(markup.safe(cell.source), _MAX_TEXT)
        if cell.role in ("text", "written"):
            return self.prose(source)
        if cell.outcome is CellOutcome.TEXT:
            return Markup('<pre tabindex="0">{}</pre>').format(source)
        shown = markup.code(source) if self._has_room(source) else source
        return Markup('<pre tabindex="0">{}</pre>').format(shown)

    def output(self, output: CellOutput) -> Markup:
        """One output."""
        from grader.report import markup

        if output.mime in _IMAGES:
            return _image(output.mime, output.data)
        if output.mime == "image/svg+xml":
            return _image(output.mime, base64.b64encode(output.data.encode()).decode())
        data = clip(output.data, _MAX_TEXT)
        if output.mime == "text/html" and self._has_room(data):
            return Markup('<div class="html">{}</div>').format(markup.clean(data))
        if output.mime in ("text/markdown", "text/latex"):
            return self.prose(data, latex=output.mime == "text/latex")
        kind = "stderr" if output.mime in ("stream/stderr", "error") else "stdout"
        return Markup('<pre tabindex="0" class="{}">{}</pre>').format(kind, markup.ansi(data))

    def prose(self, text: str, *, latex: bool = False) -> Markup:
        """Markdown, or LaTeX."""
        from grader.report import markup

        text = clip(text, _MAX_TEXT)
        if len(text) > _MAX_MARKDOWN or not self._has_room(text):
            return Markup('<pre tabindex="0">{}</pre>').format(markup.safe(text))
        shown = markup.latex(text) if latex else markup.markdown(text)
        reach = Markup(' tabindex="0"') if "<math" in shown else ""  # long formulas are scrolled
        return Markup('<div class="prose"{}>{}</div>').format(reach, shown)

    def _has_room(self, text: str) -> bool:
        self._left -= len(text)
        return self._left >= 0


def _image(mime: str, data: str) -> Markup:
    packed = "".join(data.split())
    try:
        base64.b64decode(packed, validate=True)
    except (binascii.Error, ValueError):
        return Markup("<p>(an image that cannot be read)</p>")
    return Markup('<img alt="figure" src="data:{};base64,{}">').format(mime, packed)
