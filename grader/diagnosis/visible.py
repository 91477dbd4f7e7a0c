"""What can be said of a failed check without the reference: its exception, or its pattern."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from msgspec.structs import replace

from grader.checks.patterns import pattern_in
from grader.model.result import Cause, CheckResult, Outcome
from grader.model.rubric import Text

_AT_FAULT: Final = frozenset({Outcome.FAILED, Outcome.ERROR})
_SAY_NOTHING: Final = ("wrong only", "nearly right", "off by the constant factor", "right up to")
"""Patterns that tell where or by how much values are off, but not what was done to them."""


def structural(checks: Iterable[CheckResult], lang: str) -> list[CheckResult]:
    """The checks with the kind of their error, as far as it shows without the reference."""
    return [with_structure(check, lang) for check in checks]


def at_fault(check: CheckResult) -> bool:
    """Whether there is something to explain: of a name that is misspelt all has been said."""
    told = check.finding is not None and check.finding.kind == "spelling"
    return check.outcome in _AT_FAULT and not told


def with_structure(check: CheckResult, lang: str) -> CheckResult:
    """A check with the kind of its error, if it failed and shows one."""
    if not at_fault(check):
        return check
    cause = exception_cause(check, lang) or from_pattern(check, lang)
    return replace(check, causes=[cause]) if cause else check


def from_pattern(check: CheckResult, lang: str) -> Cause | None:
    """The kind of error that the comparison itself has seen."""
    if check.finding is None or not check.finding.pattern:
        return None
    if check.finding.pattern.startswith(_SAY_NOTHING):
        return None
    return Cause(
        id="structure:pattern",
        kind="structure",
        function=check.targets[0],
        title=pattern_in(lang, check.finding.pattern),
    )


_RAISED: Final = re.compile(
    r"^\S+ raised (?P<kind>\w+)(?: in [^\n]*? line \d+)?(?:\.$|: (?P<text>.*))", re.DOTALL
)
_SHAPE: Final = re.compile(r"\(\d*(?:, ?\d+)*,?\)")
_SAID: Final[list[tuple[str, str, Text, Text]]] = [
    (
        "NameError", r"name '(?P<what>[^']+)' is not defined",
        Text("The name {what} is not defined", "名称 {what} 没有定义"),
        Text(
            "Is it spelt the same where it is assigned? Was it ever assigned or imported?",
            "拼写和赋值处一致吗？它被赋值或导入过吗？",
        ),
    ),
    (
        "UnboundLocalError", r"local variable '(?P<what>[^']+)'",
        Text("{what} is used before it has a value", "{what} 在赋值之前就被使用"),
        Text(
            "Walk through the function with these arguments: which branch assigns it?",
            "用这些参数走一遍函数：哪个分支给它赋值？",
        ),
    ),
    (
        "KeyError", r"(?P<what>.+)",
        Text("There is no entry {what}", "没有 {what} 这一项"),
        Text(
            "Which keys does the dictionary hold at that point, and how are they spelt?",
            "此时字典里有哪些键？它们是怎么拼写的？",
        ),
    ),
    (
        "AttributeError", r".*has no attribute '(?P<what>[^']+)'.*",
        Text("There is no attribute {what}", "没有属性 {what}"),
        Text("What kind of object is it at that point?", "此时它是什么类型的对象？"),
    ),
    (
        "ImportError|ModuleNotFoundError", r".*?'(?P<what>[^']+)'.*",
        Text("{what} cannot be imported", "无法导入 {what}"),
        Text("Where is it defined, and was that file submitted?", "它在哪里定义？那个文件交了吗？"),
    ),
    (
        "ValueError", r".*(?:shapes|broadcast|matmul|dimension).*",
        Text("The shapes {what} do not go together", "形状 {what} 不匹配"),
        Text(
            "Write the shape beside each array of that line.",
            "在那一行的每个数组旁写下它的形状。",
        ),
    ),
    (
        "IndexError", r".*",
        Text("An index is out of range", "下标越界"),
        Text("How long is what is indexed at that point?", "被索引的对象此时有多长？"),
    ),
    (
        "RecursionError", r".*",
        Text("A function calls itself without end", "函数无休止地调用自身"),
        Text("Which call leads back to the same function?", "哪个调用又回到了同一个函数？"),
    ),
]  # fmt: skip
_OTHER: Final = Text("{kind}: {text}", "{kind}：{text}")
_LONGEST: Final = 200


def exception_cause(check: CheckResult, lang: str) -> Cause | None:
    """The exception that ended a check as its cause; the check's message has its text and line."""
    finding = check.finding
    if finding is None or finding.kind != "exception":
        return None
    match = _RAISED.match(check.message)
    if match is None:
        return None
    kind, text = match["kind"], " ".join((match["text"] or "").split())[:_LONGEST]
    title, hint = _words(kind, text, lang)
    return Cause(
        id=f"structure:{kind}",
        kind="structure",
        function=check.targets[0],
        title=title,
        hint=hint,
    )


def _words(kind: str, text: str, lang: str) -> tuple[str, str]:
    for kinds, pattern, title, hint in _SAID:
        match = re.search(pattern, text) if kind in kinds.split("|") else None
        if match is None:
            continue
        what = match.groupdict().get("what") or " ".join(_SHAPE.findall(text))
        said = " ".join(title.in_language(lang).format(what=what).split())
        return said, hint.in_language(lang)
    return _OTHER.in_language(lang).format(kind=kind, text=text).rstrip(": ："), ""
