"""What is said of a failed check, in another language: checks themselves speak English.

Only what checks of any assignment say is known here; what a bank words itself stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Final

from grader.checks.patterns import pattern_in
from grader.model.rubric import Text
from grader.model.verdicts import NOT_IMPLEMENTED
from grader.submission.syntax_help import explanation_in

_MESSAGES: Final = (
    # what was not judged
    Text("{name} cannot be judged because {forward} does not run: {message}",
         "无法评判 {name}，因为 {forward} 运行不了：{message}"),
    Text("{name} cannot be judged while {forward} is wrong, because it uses what {leaves} leaves "
         "in the cache. Observed: {message}",
         "{forward} 有错时无法评判 {name}，因为后者要用 {leaves} 留在 cache 里的内容。"
         "观察到：{message}"),
    Text("Not judged, because an earlier check failed: {title}.",
         "未评判，因为前面的检查没有通过：{title}。"),
    # comparisons
    Text("The gradient {name} is wrong ({share}): {pattern}.",
         "梯度 {name} 不对（{share}）：{pattern}。"),
    Text("The gradient {name} is wrong: {pattern}.", "梯度 {name} 不对：{pattern}。"),
    Text("The gradient {name} is wrong ({share}).", "梯度 {name} 不对（{share}）。"),
    Text("The gradient {name} is wrong.", "梯度 {name} 不对。"),
    Text("The value of {name} is wrong ({share}): {pattern}.",
         "{name} 的值不对（{share}）：{pattern}。"),
    Text("The value of {name} is wrong: {pattern}.", "{name} 的值不对：{pattern}。"),
    Text("The value of {name} is wrong ({share}).", "{name} 的值不对（{share}）。"),
    Text("The value of {name} is wrong.", "{name} 的值不对。"),
    Text("{name} has shape {shape}; it should be {right}.",
         "{name} 的形状是 {shape}，应当是 {right}。"),
    Text("{name} is NaN at {place} ({share}).", "{name} 在 {place} 处是 NaN（{share}）。"),
    Text("{name} is NaN ({share}).", "{name} 是 NaN（{share}）。"),
    Text("{name} is infinite at {place} ({share}).", "{name} 在 {place} 处是无穷大（{share}）。"),
    Text("{name} is infinite ({share}).", "{name} 是无穷大（{share}）。"),
    Text("{name} is None.", "{name} 是 None。"),
    Text("{name} is complex; it should be real.", "{name} 是复数，应当是实数。"),
    Text("{name} should be an array of numbers; it is a {kind}.",
         "{name} 应当是由数构成的数组，现在是 {kind}。"),
    Text("{function} returns {name} as a {kind}; it should be a NumPy array.",
         "{function} 返回的 {name} 是 {kind}，应当是 NumPy 数组。"),
    Text("{function} returns {name} as {kind} although the arguments are float64; digits are lost.",
         "参数是 float64，而 {function} 返回的 {name} 是 {kind}，损失了精度。"),
    Text("{name} has {n} entries; it should have {right}.",
         "{name} 有 {n} 项，应当有 {right} 项。"),
    Text("{name} has no key {key}.", "{name} 没有键 {key}。"),
    # what did not return
    Text("{name} raised {kind} in {function}, {file} line {line}: {text}",
         "{name} 抛出了 {kind}（{file} 第 {line} 行，{function}）：{text}"),
    Text("{name} raised {kind} in {function}, {file} line {line}.",
         "{name} 抛出了 {kind}（{file} 第 {line} 行，{function}）。"),
    Text("{name} raised {kind}: {text}", "{name} 抛出了 {kind}：{text}"),
    Text("{name} raised {kind}.", "{name} 抛出了 {kind}。"),
    NOT_IMPLEMENTED,
    Text("{name} is not defined in {file}.", "{file} 中没有定义 {name}。"),
    Text("{name} is not defined.", "没有定义 {name}。"),
    Text("{name} did not finish: it used more than {seconds} seconds of CPU time.",
         "{name} 没有运行完：CPU 时间超过了 {seconds} 秒。"),
    Text("{name} did not finish: it waited for more than {seconds} seconds.",
         "{name} 没有运行完：等待超过了 {seconds} 秒。"),
    Text("{name} ended the whole process instead of returning.",
         "{name} 没有返回，而是结束了整个进程。"),
    Text("{name} ended the whole process ({ending}) instead of returning.",
         "{name} 没有返回，而是结束了整个进程（{ending}）。"),
    Text("{name} cannot be read: {fault}.", "无法读取 {name}：{fault}。"),
    Text("{name} could not be loaded: {text}", "无法加载 {name}：{text}"),
)  # fmt: skip
"""The first that fits is meant."""

_EXTENTS: Final = (
    Text("its one value", "唯一的一个值"),
    Text("all {n} elements", "全部 {n} 个元素"),
    Text("{k} of {n} elements", "{n} 个元素中的 {k} 个"),
)

_LONG: Final = (
    "name", "share", "pattern", "shape", "right", "place", "text", "message", "title", "fault",
)  # fmt: skip
"""What may hold spaces."""

_SINGLE: Final = Text(" (a single number)", "（一个数）")


def message_in(lang: str, text: str) -> str:
    """The message of a check, in another language as far as it is known there."""
    if lang == "en":
        return text
    for message, form in _forms(_MESSAGES):
        if match := form.fullmatch(text):
            return message.in_language(lang).format(
                **{name: _part_in(lang, name, said) for name, said in match.groupdict().items()}
            )
    return text


def extent_in(lang: str, text: str) -> str:
    """How much is wrong, as a comparison says it, in another language."""
    if lang != "en":
        for extent, form in _forms(_EXTENTS):
            if match := form.fullmatch(text):
                return extent.in_language(lang).format(**match.groupdict())
    return text


def _part_in(lang: str, name: str, text: str) -> str:
    match name:
        case "share":
            return extent_in(lang, text)
        case "pattern":
            return pattern_in(lang, text)
        case "message":
            return message_in(lang, text)
        case "fault":
            return explanation_in(lang, text)
        case "shape" | "right":
            return text.replace(" (a single number)", _SINGLE.in_language(lang))
    return text


@cache
def _forms(texts: tuple[Text, ...]) -> list[tuple[Text, re.Pattern[str]]]:
    return [(text, re.compile("".join(_form(text.en)), re.DOTALL)) for text in texts]


def _form(text: str) -> Iterator[str]:
    """A text as a regular expression."""
    for fixed, name in re.findall(r"([^{}]*)(?:\{(\w+)\})?", text):
        yield re.escape(fixed)
        if name:
            yield rf"(?P<{name}>{'.+?' if name in _LONG else '[^ ]+'})"
