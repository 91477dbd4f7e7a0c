"""What a syntax error means to its author, where the parser's own words do not say it."""

from __future__ import annotations

import re
import sys
from typing import Final, NamedTuple

from grader.model.rubric import Text

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
    "inconsistent use of tabs": Text("indent with spaces only", "请只用空格缩进"),
    "unexpected indent": Text(
        "this line starts further to the right than its block: indent it like the lines before it",
        "这一行比所在的代码块更靠右：请与前面各行对齐",
    ),
    "unindent does not match": Text(
        "this line starts between two levels of indentation: indent it like the lines of its block",
        "这一行处于两级缩进之间：请与所在代码块的各行对齐",
    ),
    "expected an indented block": Text(
        "the body is missing or not indented: indent it, or write `pass`",
        "缺少函数体或没有缩进：请缩进，或写上 `pass`",
    ),
    "was never closed": Text("the closing bracket is missing: add it", "缺少右括号：请补上"),
    "unterminated": Text("the closing quotes are missing: add them", "缺少结束的引号：请补上"),
    "non-printable character U+00A0": Text(
        "a non-breaking space, as copied from a web page or a PDF: type an ordinary one",
        "从网页或 PDF 复制来的不换行空格：请改成普通空格",
    ),
    "invalid character": Text(
        "it looks like an ordinary one but is not: retype it",
        "它看起来像普通字符，其实不是：请重新输入",
    ),
}
_COMMAND: Final = Text(
    "an IPython command, not Python: delete it", "这是 IPython 命令，不是 Python：请删除"
)
_PASTED: Final = {
    "%": _COMMAND,
    "!": _COMMAND,
    ">>> ": Text(
        "a prompt, copied along with the code: delete it", "这是随代码一起复制来的提示符：请删除"
    ),
    "```": Text("Markdown, not Python: delete it", "这是 Markdown，不是 Python：请删除"),
}
_TYPOGRAPHIC: Final = Text("typographic quotes: type plain ones", "印刷体引号：请改用普通引号")
_CONFLICTING: Final = Text(
    "a merge conflict was left in (<<<<<<<, =======, >>>>>>>): "
    "keep one of the two versions and delete these lines",
    "留有合并冲突（<<<<<<<、=======、>>>>>>>）：请保留其中一个版本，并删除这些行",
)
_TEXTS: Final = (*_ADVICE.values(), *_PASTED.values(), _TYPOGRAPHIC, _CONFLICTING)
_PLACE: Final = re.compile(r"^(.+?), line (\d+): ", re.MULTILINE)
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
        return Explained(_CONFLICTING.en, text.count("\n", 0, conflict.start()) + 1)
    lines = text.split("\n")
    source = lines[line - 1] if 0 < line <= len(lines) else ""
    known = _newer(source, reason) or _pasted(source)
    if known:
        return Explained(f"{reason} ({known})", line)
    if _QUOTES.search(reason):
        return Explained(f"{reason} ({_TYPOGRAPHIC.en})", line)
    advice = next((advice.en for words, advice in _ADVICE.items() if words in reason), "")
    return Explained(f"{reason} ({advice})" if advice else reason, line)


def explanation_in(lang: str, text: str) -> str:
    """`layers.py, line 12: unexpected indent (..)` in another language.

    The parser's own words stay.
    """
    if lang == "en":
        return text
    for each in _TEXTS:
        text = text.replace(f" ({each.en})", f"（{each.in_language(lang)}）")
        text = text.replace(each.en, each.in_language(lang))
    return _PLACE.sub(r"\1 第 \2 行：", text)


def _pasted(source: str) -> str:
    """What stands in the line that belongs to another program than Python."""
    for start, what in _PASTED.items():
        if source.lstrip().startswith(start):
            return what.en
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
