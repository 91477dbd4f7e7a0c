"""TeX as MathML, which browsers set without a script.

latex2mathml reads the TeX. Of what it makes a tree is built anew, of elements, attributes and
values on short lists, so that a formula cannot bring markup, style or links of its own. Whatever
it cannot read, or what goes beyond the limits here, is for the caller to show as it was typed.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import Final
from xml.etree.ElementTree import Element

from markupsafe import Markup, escape

from grader.report.text import visible

MAX_TEX: Final = 6_000
"""Characters: the time that the library takes grows with the square of the length."""
_MAX_MARKUP: Final = 60_000
_MAX_DEPTH: Final = 60
"""Elements in elements; browsers cut trees off at some hundreds."""

_ELEMENTS: Final = frozenset(
    {"math", "mfrac", "mi", "mmultiscripts", "mn", "mo", "mover", "mpadded", "mphantom",
     "mprescripts", "mroot", "mrow", "mspace", "msqrt", "mstyle", "msub", "msubsup", "msup",
     "mtable", "mtd", "mtext", "mtr", "munder", "munderover"}
)  # fmt: skip
_LENGTH: Final = r"\d{0,2}(?:\.\d{1,4})?(?:em|ex|pt|px|pc|mm|cm|in)|0"
_TRUTH: Final = "true|false"
_VALUES: Final = {
    "accent": _TRUTH, "accentunder": _TRUTH, "displaystyle": _TRUTH, "fence": _TRUTH,
    "largeop": _TRUTH, "movablelimits": _TRUTH, "separator": _TRUTH, "stretchy": _TRUTH,
    "symmetric": _TRUTH, "display": "block|inline", "form": "prefix|infix|postfix",
    "scriptlevel": r"[+-]?\d", "mathvariant": "normal", "linethickness": _LENGTH,
    "lspace": _LENGTH, "maxsize": _LENGTH, "minsize": _LENGTH, "rspace": _LENGTH, "width": _LENGTH,
}  # fmt: skip
_CLASSES: Final = {
    ("columnalign", "left"): "left",
    ("columnalign", "right"): "right",
    ("mathvariant", "bold"): "bold",
    ("mathvariant", "bold-italic"): "bold",
    ("notation", "box"): "box",
}
"""What browsers leave out of MathML is done by our style sheet."""
_MACRO: Final = re.compile(
    r"\\(?:(?:re|provide)?newcommand|new(?:environment|count)|[egx]?def|let|DeclareMathOperator)"
    r"(?![A-Za-z])"
)
_SUBSTITUTES: Final = (
    (re.compile(r"\\(?:nonumber|notag)(?![A-Za-z])|\\label\s*\{[^{}]*\}"), ""),
    (re.compile(r"\\arg(?![A-Za-z])"), r"\\operatorname{arg}"),
    (re.compile(r"\\not\s*="), r"\\ne "),
    (re.compile(r"\\(begin|end)\{(?:aligned|align|flalign|split)\*?\}"), r"\\\1{align*}"),
    (re.compile(r"\\begin\{alignat(?:\*|ed)?\}\s*\{\d+\}"), r"\\begin{align*}"),
    (re.compile(r"\\end\{alignat(?:\*|ed)?\}"), r"\\end{align*}"),
    (re.compile(r"\\(?:begin|end)\{(?:equation|math|displaymath)\*?\}"), ""),
    (re.compile(r"\\begin\{eqnarray\*?\}"), r"\\begin{array}{rcl}"),
    (re.compile(r"\\begin\{(?:gather|multline)(?:\*|ed)?\}"), r"\\begin{array}{c}"),
    (re.compile(r"\\end\{(?:eqnarray|gather|multline)(?:\*|ed)?\}"), r"\\end{array}"),
)
"""What the library does not know, or would number: a formula here has nothing to be cited from."""


class _Unreadable(Exception):
    """The library did not understand it, or made what is not on our lists."""


def formula(tex: str, *, block: bool) -> Markup | None:
    """The MathML of a formula without its delimiters; None if it is to be shown as typed.

    Never raises, and takes less than half a second. A `block` stands on lines of its own.
    """
    if len(tex) > MAX_TEX or not tex.strip() or _MACRO.search(tex):
        return None
    for pattern, substitute in _SUBSTITUTES:
        tex = pattern.sub(substitute, tex)
    try:
        made = "".join(_written(_read(tex, "block" if block else "inline"), 0))
    except Exception:  # the library answers bad TeX with whatever comes up, RecursionError too
        return None
    return Markup(made) if len(made) <= _MAX_MARKUP else None


def _read(tex: str, display: str) -> Element:
    from latex2mathml.converter import convert_to_element

    return convert_to_element(tex, display=display)


def _written(element: Element, depth: int) -> Iterator[str]:
    if depth > _MAX_DEPTH:
        raise _Unreadable
    tag = "mrow" if element.tag == "menclose" else element.tag
    if tag not in _ELEMENTS:
        raise _Unreadable
    yield f"<{tag}{_attributes(element)}>"
    yield _content(element)
    for child in element:
        yield from _written(child, depth + 1)
    yield f"</{tag}>"


def _attributes(element: Element) -> str:
    kept = [
        f' {name}="{value}"'
        for name, value in element.items()
        if name in _VALUES and re.fullmatch(_VALUES[name], value)
    ]
    names = sorted({_CLASSES[pair] for pair in element.items() if pair in _CLASSES})
    if element.tag == "mtable" and element.get("columnspacing", "").startswith("0em"):
        names.append("aligned")
    return "".join(kept) + (f' class="{" ".join(names)}"' if names else "")


def _content(element: Element) -> str:
    text = html.unescape(element.text or "")
    if element.tag != "mtext" and (text.startswith("\\") or text in ("&", "$")):
        raise _Unreadable  # a command that the library does not know
    if element.get("mathvariant") == "double-struck":
        text = "".join(chr(0x1D7D8 + int(c)) if c in "0123456789" else c for c in text)
    return str(escape(visible(text)))
