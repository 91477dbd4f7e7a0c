"""The sentences of questions for an oral, in English and Chinese."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, Literal

Lang = Literal["en", "zh"]

_TEXTS: Final[Mapping[str, tuple[str, str]]] = {
    "change": (
        "In line {line}, suppose `{old}` were `{new}`. What would {function} do differently?",
        "假设第 {line} 行的 `{old}` 改为 `{new}`，{function} 的结果会有什么不同？",
    ),
    "left out": (
        "Suppose line {line}, `{old}`, were left out. What would {function} do differently?",
        "假设去掉第 {line} 行 `{old}`，{function} 的结果会有什么不同？",
    ),
    "shape": (
        "In the call {call}, what is the shape of `{name}` after line {line} has been executed "
        "for the first time?",
        "调用 {call} 时，第 {line} 行第一次执行之后 `{name}` 的形状是什么？",
    ),
    "branch": (
        "In the call {call}, which of the branches that begin in lines {lines} is executed?",
        "调用 {call} 时，执行的是从第 {lines} 行开始的哪一个分支？",
    ),
    "used again": (
        "Where is the value that line {line} gives to `{name}` used again?",
        "第 {line} 行赋给 `{name}` 的值之后在哪里用到？",
    ),
    "raises": (
        "It raises {type} in line {line}: {message}",
        "第 {line} 行抛出 {type}：{message}",
    ),
    "raises somewhere": ("It raises {type}: {message}", "抛出 {type}：{message}"),
    "nothing": (
        "Nothing: what it returns stays the same on all {n} inputs that were tried.",
        "没有变化：在试过的全部 {n} 组输入上返回值都不变。",
    ),
    "same": ("{names} unchanged", "{names} 不变"),
    "differs": ("{name}: other values, in the same shape", "{name}：形状不变，数值不同"),
    "shapes": (
        "{name}: the shape is {after} in place of {before}",
        "{name}：形状由 {before} 变为 {after}",
    ),
    "kind": (
        "{name}: something of another kind ({what})",
        "{name}：变为另一种类型（{what}）",
    ),
    "not finite": ("{name}: NaN or infinity among the values", "{name}：出现 NaN 或无穷"),
    "zero": ("{name}: all zeros", "{name}：全部为零"),
    "some": (
        "{name}: other values in {changed} of {size} entries",
        "{name}：{size} 个元素中有 {changed} 个变化",
    ),
    "number": ("{name}: another number", "{name}：变为另一个数"),
    "rest": ("everything else unchanged", "其余不变"),
    "factor": ("{name}: multiplied by {factor}", "{name}：变为原来的 {factor} 倍"),
    "turned": ("{name}: the opposite sign", "{name}：符号相反"),
    "in call": (" (in the call {call})", "（调用 {call} 时）"),
    "is shape": ("{shape}", "{shape}"),
    "is branch": ("The one that begins in line {line}.", "从第 {line} 行开始的分支。"),
    "is used": ("In line {lines}.", "第 {lines} 行。"),
    "are used": ("In lines {lines}.", "第 {lines} 行。"),
    "how change": (
        "The code was run with this change on {n} calls that public checks make, and every time "
        "the same kind of thing happened.",
        "将代码作此改动，在公开检查的 {n} 次调用上运行，每次结果都属同一类。",
    ),
    "how shape": (
        "The shape was read while the code ran, right after this line.",
        "在运行代码时于该行之后读出。",
    ),
    "how branch": (
        "The code was run with a stop at the beginning of each branch. Other calls take another "
        "branch.",
        "在每个分支开头设断点运行代码；其他调用会进入另一分支。",
    ),
    "how used": (
        "Read from the syntax tree. When the value is deleted after line {line}, the code fails "
        "first in line {first}.",
        "由语法树读出；若在第 {line} 行之后删除该值，代码首先在第 {first} 行出错。",
    ),
}


def said(key: str, lang: Lang, **values: object) -> str:
    """A sentence."""
    return _TEXTS[key][lang == "zh"].format(**values)


def joined(numbers: Iterable[object], lang: Lang) -> str:
    """`3, 5 and 8`."""
    texts = list(map(str, numbers))
    if lang == "zh":
        return "、".join(texts)
    return " and ".join(filter(None, [", ".join(texts[:-1]), texts[-1]]))
