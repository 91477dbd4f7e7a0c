"""Code, Markdown, HTML and terminal colours of students as HTML in which nothing acts.

nbconvert turns Markdown into HTML, nh3 takes out of that all that is not on a short list, and only
then formulas are put in, in place of marks that nobody can guess. Importing this takes a while: it
is for pages that show a notebook.
"""

# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

import re
import secrets
from re import Match
from typing import ClassVar, Final

import nh3
from markupsafe import Markup, escape
from mistune import BlockParser, InlineParser
from nbconvert.filters import ansi2html
from nbconvert.filters.markdown_mistune import (
    IPythonRenderer,
    MarkdownWithMath,
    MathBlockParser,
)
from pygments import highlight  # type: ignore[import-untyped]
from pygments.formatters import HtmlFormatter  # type: ignore[import-untyped]
from pygments.lexers import PythonLexer  # type: ignore[import-untyped]

from grader.report.formulas import MAX_TEX, formula
from grader.report.text import visible

TAGS: Final = {
    "b", "blockquote", "br", "caption", "code", "dd", "del", "div", "dl", "dt", "em", "h1", "h2",
    "h3", "h4", "h5", "h6", "hr", "i", "li", "ol", "p", "pre", "s", "small", "span", "strong",
    "sub", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "u", "ul",
}  # fmt: skip
_ATTRIBUTES: Final[dict[str, set[str]]] = {
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
}
_FORMATTING: Final = re.compile(
    r"<(/?(?:a|b|big|code|em|font|i|nobr|s|small|strike|strong|tt|u))(?=[\s/>])[^>]*>",
    re.IGNORECASE,
)
"""Elements that HTML begins anew in every paragraph until they are ended: of equal ones three, of
those with different attributes all, so that twenty kilobytes could become as many megabytes."""
_MAX_GROWTH: Final = 20
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_GAP: Final = re.compile(r"\s{500}")
"""Long gaps cost the lexer time by the square of their length."""
_LEXER: Final = PythonLexer(stripnl=False)
_FORMATTER: Final = HtmlFormatter(nowrap=True)

_BODY: Final = rf".{{1,{MAX_TEX}}}?"
_FENCED: Final = r"^ {0,3}(?P<fence>```+|~~~+).*?(?:^ {0,3}(?P=fence)|\Z)"
_CODE: Final = rf"(?P<code>{_FENCED}|(?P<ticks>`+).+?(?P=ticks)|`+)"
_DOLLARS: Final = rf"(?<!\\)\$\$(?P<dollars>{_BODY})(?<!\\)\$\$"
_INLINE: Final = r"(?:(?!\n[ \t]*\n|[$`]).|(?<=\\)\$)"
_MONEY: Final = r"\$\d[^$]*\$\d"
_DOLLAR: Final = rf"(?<![$\\])(?!{_MONEY})\$(?P<dollar>{_INLINE}{{1,{MAX_TEX}}})(?<![$\\])\$(?!\$)"
"""Not across an empty line."""
_ENVIRONMENT: Final = rf"\\begin\{{(?P<name>[a-z]{{1,20}}\*?)\}}{_BODY}\\end\{{(?P=name)\}}"


def _pattern(slash: str, *others: str) -> re.Pattern[str]:
    r"""What finds formulas, and `others` before them: `slash` begins `\[ .. \]` and `\( .. \)`."""
    brackets = rf"{slash}\[(?P<brackets>{_BODY}){slash}\]"
    parentheses = rf"{slash}\((?P<parentheses>{_BODY}){slash}\)"
    every = (*others, _DOLLARS, brackets, _ENVIRONMENT, _DOLLAR, parentheses)
    return re.compile("|".join(every), re.DOTALL | re.MULTILINE)


_IN_MARKDOWN: Final = _pattern(r"\\\\", _CODE)
"""As Jupyter: with two backslashes, before Markdown is read, and not in code."""
_IN_LATEX: Final = _pattern(r"\\")


class _Formulas:
    """The formulas of one text: marks while it is made harmless, MathML in the end."""

    def __init__(self) -> None:
        self._token = secrets.token_hex(8)
        self._made: list[Markup] = []

    def taken(self, pattern: re.Pattern[str], text: str) -> str:
        """The text with a mark in place of each formula."""
        return pattern.sub(self._mark, text)

    def _mark(self, match: Match[str]) -> str:
        found = match.groupdict()
        if found.get("code"):
            return match[0]
        block = not (found["dollar"] or found["parentheses"])
        inner = [found[name] for name in ("dollars", "brackets", "dollar", "parentheses")]
        made = formula(next(filter(None, inner), match[0]), block=block)
        self._made.append(escape(match[0]) if made is None else made)
        return f"formula:{self._token}:{len(self._made) - 1};"

    def put(self, html: str) -> Markup:
        """Clean HTML with the formulas in place of their marks, which stand in text alone."""
        mark = rf"formula:{self._token}:(\d+);"
        return Markup(re.sub(mark, lambda match: str(self._made[int(match[1])]), html))


class _Blocks(MathBlockParser):
    """As nbconvert reads Markdown; formulas are taken out before."""

    DEFAULT_RULES: ClassVar = BlockParser.DEFAULT_RULES


class _Renderer(IPythonRenderer):
    """Leaves images out: they would load, or are attached to a cell and not at hand.

    Colours no blocks of code: any lexer could be asked for, and some take their time.
    """

    def block_code(self, code: str, info: str | None = None) -> str:
        """As it is."""
        return f"<pre><code>{escape(code)}</code></pre>\n"

    def image(self, text: str, url: str, title: str | None = None) -> str:
        """Say that there is one."""
        return f"<em>(image: {escape(text)})</em>"


def code(source: str) -> Markup:
    """Python, coloured."""
    text = safe(source)
    return escape(text) if _GAP.search(text) else Markup(highlight(text, _LEXER, _FORMATTER))


def ansi(text: str) -> Markup:
    """What was printed, with the colours of a terminal; without, where they are not understood."""
    try:
        coloured = ansi2html(str(text))
    except (IndexError, ValueError):  # a colour that is cut short
        return escape(safe(text))
    return Markup(safe(re.sub(r' style="[^"]*"', "", str(coloured))))


def markdown(text: str) -> Markup:
    """Markdown with formulas."""
    formulas = _Formulas()
    source = formulas.taken(_IN_MARKDOWN, safe(text))
    renderer = _Renderer(escape=False, exclude_anchor_links=True)
    parser = MarkdownWithMath(renderer, _Blocks(), InlineParser())
    cleaned = _cleaned(parser.render(source))
    return formulas.put(escape(source) if cleaned is None else cleaned)


def latex(text: str) -> Markup:
    """LaTeX as an output: its formulas set, the rest as it is."""
    formulas = _Formulas()
    return formulas.put(escape(formulas.taken(_IN_LATEX, safe(text))))


def clean(html: str) -> Markup:
    """Only tags of the list, without links, images, styles, classes and ids.

    Escaped as a whole where it would grow beyond measure.
    """
    cleaned = _cleaned(html)
    return escape(safe(html)) if cleaned is None else cleaned


def _cleaned(html: str) -> Markup | None:
    html = html.encode("utf-8", "replace").decode()
    begun, end, rest = html.rpartition(">")  # behind the last no tag has to be looked for
    cleaned = nh3.clean(
        _FORMATTING.sub(r"<\1>", begun + end) + rest,
        tags=TAGS, attributes=_ATTRIBUTES, link_rel=None,
        attribute_filter=lambda _tag, _name, value: value if value.isalnum() else None,
        clean_content_tags={"script", "style", "iframe", "object", "svg", "math", "template"},
    )  # fmt: skip
    return Markup(safe(cleaned)) if len(cleaned) <= _MAX_GROWTH * len(html) + 1000 else None


def safe(text: str) -> str:
    """Without control characters; direction marks are spelt out."""
    return visible(_CONTROL.sub("", text))
