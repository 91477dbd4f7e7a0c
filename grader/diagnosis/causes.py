"""What is said of a cause: a mistake that was found, or an exception that speaks for itself."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from msgspec.structs import replace

from grader.assignment.catalogue import Mistake
from grader.diagnosis.found_mistake import FoundMistake
from grader.diagnosis.mutated_package import Catalogue, Version
from grader.model.result import Cause, CheckResult, Frame, SourceSpan
from grader.model.rubric import Text

_NUMBER: Final = Text("Your answers fit {name} = {value}.", "你的结果符合 {name} = {value}。")


def cause_of(
    found: FoundMistake,
    mistake: Mistake,
    catalogue: Catalogue,
    lang: str,
    spans: Mapping[str, SourceSpan],
) -> Cause:
    """A mistake as the cause of a failed check."""
    span = spans.get(mistake.function)
    way = found.version.form
    explanation = mistake.explanation_of(way).in_language(lang)
    parameters = catalogue.parameters(found.version) if found.exact else []
    fitted = []
    for parameter, value in zip(parameters, found.version.numbers, strict=False):
        scale = f" {mistake.ways[way].scale}" if mistake.ways[way].scales == parameter.name else ""
        told = f"{value:.6g}{scale}"
        fitted.append(_NUMBER.in_language(lang).format(name=parameter.name, value=told))
    return Cause(
        id=mistake.id,
        kind="mistake",
        function=mistake.function,
        title=mistake.title_of(way).in_language(lang),
        explanation=explanation,
        fitted=("" if lang == "zh" else " ").join(fitted),
        hint=mistake.hint.in_language(lang),
        severity=mistake.severity.value,
        fit=found.fit,
        certain=found.certain,
        choice=found.choice,
        form=found.version.form,
        numbers=list(found.version.numbers),
        source=replace(span, text="") if span else None,
    )


def version_of(cause: Cause) -> Version:
    """The mistake in the form, and with the numbers, in which it was found."""
    return Version(cause.id, cause.form, tuple(cause.numbers))


def found_again(cause: Cause) -> FoundMistake:
    """What a cause was made of."""
    return FoundMistake(version_of(cause), cause.fit, cause.certain, cause.choice)


_RAISED: Final = re.compile(
    r"^\S+ raised (?P<kind>\w+)(?: in [^\n]*? line \d+)?(?:\.$|: (?P<text>.*))", re.DOTALL
)
_SHAPE: Final = re.compile(r"\(\d*(?:, ?\d+)*,?\)")
_WHERE: Final = Text(
    "In {function}, line {line} of {file}: {text}", "{file} 第 {line} 行（{function}）：{text}"
)

_SAID: Final[list[tuple[str, str, Text, Text]]] = [
    (
        "NameError", r"name '(?P<what>[^']+)' is not defined",
        Text("The name {what} is not defined", "名称 {what} 没有定义"),
        Text(
            "Is it spelt as where it was assigned? Was it ever assigned or imported?",
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
    """The exception that ended a check as its cause: what happened, and in which line."""
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
        explanation=_where(finding.traceback, text, lang),
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


def _where(traceback: list[Frame], text: str, lang: str) -> str:
    if not traceback:
        return text
    last = traceback[-1]
    where = _WHERE.in_language(lang)
    return where.format(function=last.function, line=last.line, file=last.file, text=text)
