"""Why a cell does not parse, in words that help: most often it was pasted from a web page."""

from __future__ import annotations

import ast
import re
from typing import Final

_NAMES: Final = {
    "\u201c": "a curly quote (“)", "\u201d": "a curly quote (”)", "\u2018": "a curly quote (‘)",
    "\u2019": "a curly quote (’)", "\u2013": "a dash (–)", "\u2014": "a dash (—)",
    "\u2212": "a typographic minus sign (−)", "\u00d7": "a multiplication sign (×)",
    "\u00a0": "a non-breaking space", "\u3000": "a wide space", "\u200b": "an invisible space",
    "\ufeff": "an invisible mark (BOM)", "\uff08": "a wide bracket (（)",
    "\uff09": "a wide bracket (）)", "\uff0c": "a wide comma (，)", "\uff1a": "a wide colon (：)",
    "\uff1b": "a wide semicolon (；)", "\u2026": "an ellipsis (…)",
}  # fmt: skip
_INSTEAD: Final = {
    "quote": "a straight one", "dash": "-", "minus": "-", "multiplication": "*",
    "space": "an ordinary space", "mark": "nothing", "bracket": "a plain one", "comma": ",",
    "colon": ":", "semicolon": ";", "ellipsis": "...",
}  # fmt: skip
_LITERAL: Final = re.compile(r"#.*|'[^'\n]*'|\"[^\"\n]*\"")
_MAGIC: Final = re.compile(
    r"^(?P<indent>\s*)(?:%{1,2}[A-Za-z].*|[!?](?!=).*|[\w.]+\?{1,2}\s*|"
    r"(?:cd|ls|mkdir|rm|cp|mv|cat)(?:[ \t]+[^=\s].*)?)$"
)
"""Lines that only IPython knows; the last are commands that it takes without a sign."""

_CAPTURED: Final = re.compile(r"^(?P<target>[ \t]*[\w., ]+=[ \t]*)(?:!|%[A-Za-z]).*$", re.MULTILINE)
"""Lines that keep what a program or a magic gave: `files = !ls`."""


def mask_magics(source: str) -> tuple[str, list[str]]:
    """The source with lines that only IPython knows replaced by names, and those lines."""
    if _parses(source):
        return source, []
    lines = source.split("\n")
    magics: list[str] = []
    for number, line in enumerate(lines):
        if match := _MAGIC.match(line):
            lines[number] = f"{match['indent']}__magic_{len(magics)}__"
            magics.append(line.strip())
    return "\n".join(lines), magics


def without_magics(source: str) -> str:
    """The source with `pass` in the place of lines that only IPython knows, line for line."""
    if _parses(source):
        return source
    captured = _CAPTURED.sub(r"\g<target>None", source)
    masked, magics = mask_magics(captured)
    for number in range(len(magics)):
        masked = masked.replace(f"__magic_{number}__", "pass")
    return masked


def _parses(source: str) -> bool:
    try:
        ast.parse(source)
    except (SyntaxError, ValueError):
        return False
    return True


def unmask_magics(source: str, magics: list[str]) -> str:
    """Put the lines back."""
    for number, magic in enumerate(magics):
        source = source.replace(f"__magic_{number}__", magic)
    return source


def why_unparsable(source: str) -> str:
    """What is wrong with a cell that does not parse, naming the line; empty if it does."""
    if source.lstrip().startswith("%%"):
        return ""
    masked, _ = mask_magics(source)
    try:
        ast.parse(masked)
    except (SyntaxError, ValueError) as error:
        return _explain(masked, error)
    return ""


def _explain(source: str, error: SyntaxError | ValueError) -> str:
    line = getattr(error, "lineno", None) or 1
    odd = _odd_character(source, line)
    if odd:
        return odd
    reason = getattr(error, "msg", str(error))
    if isinstance(error, IndentationError):
        return f"line {line}: {reason}. Was the indentation lost when it was pasted?"
    return f"line {line}: {reason}"


def _odd_character(source: str, line: int) -> str:
    """The first odd character outside comments and texts, looked for in the line at fault first."""
    lines = source.split("\n")
    order = sorted(range(len(lines)), key=lambda number: (number + 1 != line, number))
    for number in order:
        code = _LITERAL.sub("", lines[number])
        for character in code:
            if name := _NAMES.get(character):
                instead = next(text for key, text in _INSTEAD.items() if key in name)
                return (
                    f"line {number + 1} holds {name}, which Python does not understand: "
                    f"type {instead} instead. It was probably pasted from a web page."
                )
    return ""
