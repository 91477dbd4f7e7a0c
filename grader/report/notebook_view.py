"""What the student page shows of a notebook: nothing in it acts, and nothing loads.

nbconvert turns code, Markdown and terminal colours into HTML, nh3 takes out of that all that is not
on a short list, and images (also SVG, in which a script does not run then) are embedded as data.
Formulas stay as they were typed. nbconvert is only imported where there is a notebook to show.
"""

# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, Final

from markupsafe import Markup
from msgspec import Struct

from grader.notebooks.records import CellOutcome, CellOutput, Curve, NotebookCell, NotebookResult
from grader.report.text import clip, visible
from grader.result import Outcome

_IMAGES: Final = ("image/png", "image/jpeg", "image/gif")
_MAX_TEXT: Final = 60_000
_TAGS: Final = frozenset(
    {"b", "blockquote", "br", "caption", "code", "dd", "del", "div", "dl", "dt", "em", "h1", "h2",
     "h3", "h4", "h5", "h6", "hr", "i", "li", "ol", "p", "pre", "s", "small", "span", "strong",
     "sub", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "u", "ul"}
)  # fmt: skip
_ATTRIBUTES: Final[dict[str, set[str]]] = {
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
}
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_WIDTH, _HEIGHT = 320.0, 120.0
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


class CurveView(Struct, frozen=True):
    """The lines of a small chart: points for SVG, in a box of 320 by 120."""

    name: str
    train: str
    val: str
    reference: str
    """Of the reference, on validation data; empty where it is not known."""
    best: float
    reference_best: float


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
    answers: list[tuple[Any, Markup]]
    curves: list[CurveView]


def notebook_views(notebooks: Sequence[NotebookResult]) -> list[NotebookView]:
    """Arrange notebooks for the page."""
    return [_view(notebook, number) for number, notebook in enumerate(notebooks, start=1)]


def _view(notebook: NotebookResult, number: int) -> NotebookView:
    anchor = f"notebook-{number}"
    cells = [
        CellView(
            cell=cell,
            anchor=f"{anchor}-cell-{place}",
            badge=_badge(cell),
            code=_code(cell),
            outputs=[_output(output) for output in cell.outputs],
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
        answers=[(answer, _markdown(answer.text)) for answer in notebook.answers],
        curves=[_curve(curve) for curve in notebook.curves],
    )


def _badge(cell: NotebookCell) -> Outcome:
    if cell.undone:
        return Outcome.MISSING
    return _SHOWN_AS.get(cell.outcome, Outcome.ERROR)


def _code(cell: NotebookCell) -> Markup:
    source = clip(_safe(cell.source), _MAX_TEXT)
    if cell.role in ("text", "written"):
        return _markdown(source)
    if cell.outcome is CellOutcome.TEXT:
        return Markup('<pre tabindex="0">{}</pre>').format(source)
    return Markup('<pre tabindex="0">{}</pre>').format(Markup(_filters()["code"](source)))


def _output(output: CellOutput) -> Markup:
    if output.mime in _IMAGES:
        return _image(output.mime, output.data)
    if output.mime == "image/svg+xml":
        return _image(output.mime, base64.b64encode(output.data.encode()).decode())
    data = clip(output.data, _MAX_TEXT)
    if output.mime == "text/html":
        return Markup('<div class="html">{}</div>').format(_clean(data))
    if output.mime == "text/markdown":
        return _markdown(data)
    kind = "stderr" if output.mime in ("stream/stderr", "error") else "stdout"
    coloured = Markup(_safe(_filters()["ansi"](data)))
    return Markup('<pre tabindex="0" class="{}">{}</pre>').format(kind, coloured)


def _image(mime: str, data: str) -> Markup:
    packed = "".join(data.split())
    try:
        base64.b64decode(packed, validate=True)
    except (binascii.Error, ValueError):
        return Markup("<p>(an image that cannot be read)</p>")
    return Markup('<img alt="figure" src="data:{};base64,{}">').format(mime, packed)


def _markdown(text: str) -> Markup:
    return Markup('<div class="prose">{}</div>').format(
        _clean(_filters()["markdown"](clip(_safe(text), _MAX_TEXT)))
    )


def _clean(html: str) -> Markup:
    """Only tags of the list, without links, images, styles, classes and ids."""
    import nh3

    cleaned = nh3.clean(
        html, tags=set(_TAGS), attributes=_ATTRIBUTES, link_rel=None,
        clean_content_tags={"script", "style", "iframe", "object", "svg", "math", "template"},
    )  # fmt: skip
    return Markup(_safe(cleaned))


def _safe(text: str) -> str:
    """Without control characters; direction marks are spelt out."""
    return visible(_CONTROL.sub("", text))


@cache
def _filters() -> dict[str, Callable[[str], str]]:
    from nbconvert.filters import ansi2html
    from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
    from pygments import highlight  # type: ignore[import-untyped]
    from pygments.formatters import HtmlFormatter  # type: ignore[import-untyped]
    from pygments.lexers import PythonLexer  # type: ignore[import-untyped]

    lexer, formatter = PythonLexer(stripnl=False), HtmlFormatter(nowrap=True)

    def code(source: str) -> str:
        return str(highlight(source, lexer, formatter))

    def markdown(text: str) -> str:
        renderer = IPythonRenderer(escape=False, exclude_anchor_links=True)
        return str(MarkdownWithMath(renderer=renderer).render(text))

    def ansi(text: str) -> str:
        return re.sub(r' style="[^"]*"', "", str(ansi2html(str(text))))

    return {"ansi": ansi, "code": code, "markdown": markdown}


def _curve(curve: Curve) -> CurveView:
    epochs = max(len(curve.train), len(curve.val), len(curve.reference))
    return CurveView(
        name=curve.name,
        train=_points(curve.train, epochs),
        val=_points(curve.val, epochs),
        reference=_points(curve.reference, epochs),
        best=max(curve.val, default=0.0),
        reference_best=max(curve.reference, default=0.0),
    )


def _points(values: Sequence[float], epochs: int) -> str:
    step = _WIDTH / max(1, epochs - 1)
    shown = [min(1.0, max(0.0, value)) if value == value else 0.0 for value in values]
    return " ".join(f"{i * step:.1f},{_HEIGHT * (1 - v):.1f}" for i, v in enumerate(shown))
