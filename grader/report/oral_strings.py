"""The texts of the page with questions for an oral, in English and Chinese."""

from __future__ import annotations

from typing import Final

ORAL_TEXTS: Final[dict[str, tuple[str, str]]] = {
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
    "oral.line_asked": ("asked about", "问题所在行"),
}
