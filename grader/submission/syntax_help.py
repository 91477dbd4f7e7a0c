"""What a syntax error means to its author, where the parser's own words do not say it."""

from __future__ import annotations

import re
import sys
from typing import Final, NamedTuple

OURS: Final = sys.version_info[:2]
"""The Python that grades."""
_CONFLICT: Final = re.compile(r"^(?:<{7}|>{7}) \S", re.MULTILINE)
_OLD_FSTRING: Final = re.compile(r"f-string: expecting|f-string expression part cannot include")
_NEWER: Final = (
    (re.compile(r"^\s*type\s+\w+\s*(?:\[.*\])?\s*=", re.MULTILINE), (3, 12), "a `type` statement"),
    (re.compile(r"^\s*(?:def|class)\s+\w+\s*\[", re.MULTILINE), (3, 12), "type parameters"),
    (re.compile(r"(?<![\w'\"])[tT][rR]?['\"]"), (3, 14), "a t-string"),
)
_QUOTES: Final = re.compile(r"invalid character '[“”‘’„‟«»]'")
_ADVICE: Final = {
    "inconsistent use of tabs": "indent with spaces only",
    "unexpected indent": "this line starts further to the right than its block",
    "unindent does not match": "this line starts between two levels of indentation",
    "expected an indented block": "the body is missing or not indented",
    "was never closed": "the closing bracket is missing",
    "unterminated": "the closing quotes are missing",
    "non-printable character U+00A0": "a non-breaking space, as copied from a web page or a PDF: "
    "type an ordinary one",
    "invalid character": "it looks like an ordinary one but is not: retype it",
}
_PASTED: Final = {
    "%": "an IPython command, not Python: delete it",
    "!": "an IPython command, not Python: delete it",
    ">>> ": "a prompt, copied along with the code: delete it",
    "```": "Markdown, not Python: delete it",
}
_CUT: Final = ("unexpected EOF", "expected an indented block")


class Explained(NamedTuple):
    """A syntax error in words."""

    reason: str
    line: int


def explain(text: str, reason: str, line: int) -> Explained:
    """The reason of a syntax error, and its line, as a reader can use them.

    The parser's words come first where they are kept: others tell by them what kind it is.
    """
    conflict = _CONFLICT.search(text)
    if conflict is not None:
        what = "a merge conflict was left in (<<<<<<<, =======, >>>>>>>): "
        advice = "keep one of the two versions and delete these lines"
        return Explained(what + advice, text.count("\n", 0, conflict.start()) + 1)
    lines = text.split("\n")
    source = lines[line - 1] if 0 < line <= len(lines) else ""
    known = _newer(source, reason) or _pasted(source)
    if known:
        return Explained(f"{reason} ({known})", line)
    if _QUOTES.search(reason):
        return Explained(f"{reason} (typographic quotes: type plain ones)", line)
    advice = next((advice for words, advice in _ADVICE.items() if words in reason), "")
    return Explained(f"{reason} ({advice})" if advice else reason, line)


def _pasted(source: str) -> str:
    """What stands in the line that belongs to another program than Python."""
    for start, what in _PASTED.items():
        if source.lstrip().startswith(start):
            return what
    return ""


def _newer(source: str, reason: str) -> str:
    """That it is syntax of a later Python than ours, if it looks like it."""
    if _OLD_FSTRING.search(reason):
        return _needs((3, 12), "its own quotes or a backslash inside an f-string's braces")
    for pattern, version, what in _NEWER:
        if pattern.search(source):
            return _needs(version, what)
    return ""


def _needs(version: tuple[int, int], what: str) -> str:
    if version <= OURS:
        return ""
    needed, ours = (".".join(map(str, each)) for each in (version, OURS))
    return f"{what}: only Python {needed} and later read it; you are graded with {ours}"


def has_conflict(text: str) -> bool:
    """Whether the marks of a merge conflict are in a text."""
    return _CONFLICT.search(text) is not None


def looks_cut(reason: str) -> bool:
    """Whether an error is of the kind that a file has which ends too early."""
    return any(words in reason for words in _CUT)
