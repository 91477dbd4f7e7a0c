"""Questions for an oral with their answers, and the page of them, in English and Chinese."""

from __future__ import annotations

from typing import Final

TEXTS: Final[dict[str, tuple[str, str]]] = {
    "oral.title": ("Questions for an oral", "口试问题"),
    "oral.private": ("For instructors, not for students", "仅供教师，请勿发给学生"),
    "oral.what": (
        "About code that the student wrote, to be answered without running it. Each answer was "
        "computed by running the code with this one change; there may be more to say than it does.",
        "针对学生自己写的代码，无需运行即可回答。每个答案都是对代码作一处改动后运行得出的，"
        "口试时的正确回答可以比它更详细。",
    ),
    "oral.n": ("{n} question|{n} questions", "{n} 个问题"),
    "oral.answer": ("Answer", "答案"),
    "oral.how": ("How it was computed", "计算方式"),
    "oral.similar": ("Somebody else wrote this alike", "他人有相似写法"),
    # the questions and their answers
    "oral.comma": (", ", "、"),
    "oral.and": ("{before} and {last}", "{before}、{last}"),
    "oral.change": (
        "In line {line}, suppose `{old}` were `{new}`. What would {function} do differently?",
        "假设第 {line} 行的 `{old}` 改为 `{new}`，{function} 的结果会有什么不同？",
    ),
    "oral.left_out": (
        "Suppose line {line}, `{old}`, were left out. What would {function} do differently?",
        "假设去掉第 {line} 行 `{old}`，{function} 的结果会有什么不同？",
    ),
    "oral.shape": (
        "In the call {call}, what is the shape of `{name}` after line {line} has been executed "
        "for the first time?",
        "调用 {call} 时，第 {line} 行第一次执行之后 `{name}` 的形状是什么？",
    ),
    "oral.branch": (
        "In the call {call}, which of the branches that begin in lines {lines} is executed?",
        "调用 {call} 时，执行的是从第 {lines} 行开始的哪一个分支？",
    ),
    "oral.used_again": (
        "Where is the value that line {line} gives to `{name}` used again?",
        "第 {line} 行赋给 `{name}` 的值之后在哪里用到？",
    ),
    "oral.raises": (
        "It raises {type} in line {line}: {message}",
        "第 {line} 行抛出 {type}：{message}",
    ),
    "oral.raises_somewhere": ("It raises {type}: {message}", "抛出 {type}：{message}"),
    "oral.nothing": (
        "Nothing: what it returns stays the same on all {n} inputs that were tried.",
        "没有变化：在试过的全部 {n} 组输入上返回值都不变。",
    ),
    "oral.effect.next": ("; ", "；"),
    "oral.effect.end": (".", "。"),
    "oral.effect.same": ("{names} unchanged", "{names} 不变"),
    "oral.effect.differs": (
        "{name}: other values, in the same shape",
        "{name}：形状不变，数值不同",
    ),
    "oral.effect.shapes": (
        "{name}: the shape is {after} in place of {before}",
        "{name}：形状由 {before} 变为 {after}",
    ),
    "oral.effect.kind": (
        "{name}: something of another kind ({what})",
        "{name}：变为另一种类型（{what}）",
    ),
    "oral.effect.not finite": (
        "{name}: NaN or infinity among the values",
        "{name}：出现 NaN 或无穷",
    ),
    "oral.effect.zero": ("{name}: all zeros", "{name}：全部为零"),
    "oral.effect.some": (
        "{name}: other values in {changed} of {size} entries",
        "{name}：{size} 个元素中有 {changed} 个变化",
    ),
    "oral.effect.number": ("{name}: another number", "{name}：变为另一个数"),
    "oral.rest": ("everything else unchanged", "其余不变"),
    "oral.effect.factor": ("{name}: multiplied by {factor}", "{name}：变为原来的 {factor} 倍"),
    "oral.turned": ("{name}: the opposite sign", "{name}：符号相反"),
    "oral.in_call": (" (in the call {call})", "（调用 {call} 时）"),
    "oral.branch.answer": ("The one that begins in line {line}.", "从第 {line} 行开始的分支。"),
    "oral.used_again.answer": ("In line {lines}.|In lines {lines}.", "第 {lines} 行。"),
    "oral.change.how": (
        "The code was run with this change on {n} calls that public checks make, and every time "
        "the same kind of thing happened.",
        "将代码作此改动，在公开检查的 {n} 次调用上运行，每次结果都属同一类。",
    ),
    "oral.shape.how": (
        "The shape was read while the code ran, right after this line.",
        "在运行代码时于该行之后读出。",
    ),
    "oral.branch.how": (
        "The code was run with a stop at the beginning of each branch. Other calls take another "
        "branch.",
        "在每个分支开头设断点运行代码；其他调用会进入另一分支。",
    ),
    "oral.used_again.how": (
        "Read from the syntax tree. When the value is deleted after line {line}, the code fails "
        "first in line {first}.",
        "由语法树读出；若在第 {line} 行之后删除该值，代码首先在第 {first} 行出错。",
    ),
}
