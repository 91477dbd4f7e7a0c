"""Every fixed text of the reports, in English and Chinese, side by side."""

from __future__ import annotations

from contextlib import suppress
from importlib import import_module
from typing import ClassVar, Final, Literal

from grader.model.result import Outcome
from grader.report.submit_strings import SUBMIT_TEXTS

Lang = Literal["en", "zh"]

HTML_LANG: Final[dict[Lang, str]] = {"en": "en", "zh": "zh-Hans"}

TEXTS: Final[dict[str, tuple[str, str]]] = {
    # outcomes: a label, and what it means
    "outcome.passed": ("Passed", "通过"),
    "outcome.failed": ("Wrong", "错误"),
    "outcome.error": ("Error", "出错"),
    "outcome.missing": ("Not done", "未完成"),
    "outcome.skipped": ("Not run", "未运行"),
    "outcome.internal": ("Grader fault", "评分系统故障"),
    "meaning.passed": ("the result is right", "结果正确"),
    "meaning.failed": ("the code ran, but its result is wrong", "代码能运行，但结果不对"),
    "meaning.error": ("the code stopped with an error or did not finish", "代码出错或未能运行完"),
    "meaning.missing": ("left as TODO or not defined", "仍是 TODO，或没有定义"),
    "meaning.skipped": (
        "an earlier check failed, or it is not asked for",
        "前置检查未通过，或不作要求",
    ),
    "meaning.internal": ("a fault of the grader; no points are lost", "评分系统的问题，不扣分"),
    # shared words
    "score": ("Score", "得分"),
    "points": ("Points", "分数"),
    "points_of": ("{points} of {max} points", "{points} / {max} 分"),
    "points_word": ("point|points", "分"),
    "of": ("of {max}", "/ {max}"),
    "late": (
        "{score} for the work, minus {penalty} for lateness",
        "作业得分 {score}，迟交扣 {penalty}",
    ),
    "late_short": ("late", "迟交"),
    "checks_passed": ("{passed} of {total} checks passed", "通过 {passed} / {total} 项检查"),
    "checks_short": ("{passed} of {total} checks", "{passed} / {total} 项"),
    "n_checks": ("{n} check|{n} checks", "{n} 项检查"),
    "check": ("Check", "检查"),
    "checks": ("Checks", "检查"),
    "part": ("Part", "部分"),
    "parts": ("Parts", "各部分"),
    "outcomes": ("Outcomes", "结果"),
    "notes": ("Notes", "备注"),
    "skip_link": ("Skip to content", "跳到正文"),
    "lines": ("line {first}|lines {first}–{last}", "第 {first} 行|第 {first}–{last} 行"),
    "seconds": ("{s} s", "{s} 秒"),
    "none": ("none", "无"),
    # student page
    "student.to_fix": ("What to fix", "需要修改"),
    "student.all_passed": ("Every check passed.", "所有检查均已通过。"),
    "student.nothing_to_fix": ("Nothing to fix.", "无需修改。"),
    "student.not_asked": ("not asked for", "不作要求"),
    "student.unasked": (
        "Not asked for, or given complete, by this template",
        "此模板不作要求，或已给出完整代码",
    ),
    "student.not_judged": ("Could not be judged", "未能判定"),
    "student.passed": ("Passed checks", "已通过的检查"),
    "student.expand": ("Expand all", "展开全部"),
    "student.collapse": ("Collapse all", "收起全部"),
    "student.instructor_copy": ("Instructor’s copy, not for students", "教师版，请勿发给学生"),
    "student.student_copy": ("Student’s copy", "学生版"),
    "student.hidden_why": (
        "This check is hidden: only its outcome is shown.",
        "这是隐藏检查，只显示结果。",
    ),
    "student.values_withheld": (
        "Hidden check: its call and values are only in the result file.",
        "隐藏检查：调用与数值只保存在结果文件中。",
    ),
    "student.internal": (
        "{n} check could not be judged because the grader itself failed. No points are lost."
        "|{n} checks could not be judged because the grader itself failed. No points are lost.",
        "有 {n} 项检查因评分系统故障未能判定，不扣分。",
    ),
    "student.internal_check": (
        "This is a fault of the grader, not of your code. It costs you no points; "
        "please tell your instructor.",
        "这是评分系统的故障，不是你的代码问题。不扣分，请告知教师。",
    ),
    "student.ungraded_input": ("This submission could not be graded", "无法评分"),
    "student.ungraded_internal": (
        "The grader failed on this submission",
        "评分系统在处理此提交时发生故障",
    ),
    "student.ungraded_absent": ("Nothing was submitted", "未提交"),
    "student.ungraded_absent_help": (
        "There is nothing to grade.",
        "没有可以评分的作业。",
    ),
    "student.ungraded_input_help": (
        "No code was run, so there is no score. Fix what is named above and submit again.",
        "没有运行任何代码，因此没有分数。请按上面的说明修正后重新提交。",
    ),
    "student.ungraded_internal_help": (
        "This is not the student’s fault, and no points are lost. "
        "Grade it again once the cause is fixed.",
        "这不是学生的问题，不扣分。找到原因后请重新评分。",
    ),
    # one check
    "check.call": ("Call", "调用"),
    "check.where": ("Where", "位置"),
    "check.how_much": ("Affected", "涉及范围"),
    "check.kind": ("Looks like", "错误类型"),
    "check.error": ("Largest error", "最大误差"),
    "check.received": ("Received", "得到"),
    "check.expected": ("Expected", "应为"),
    "check.value_at": ("Received and expected at {where}", "{where} 处的值"),
    "check.values": ("Received and expected", "得到的值与应有的值"),
    "check.hint": ("Hint", "提示"),
    "check.traceback": ("Where your code stopped", "你的代码在哪里出错"),
    "check.frame": ("{file}, line {line}, in {function}", "{file}，第 {line} 行，{function}"),
    "check.source": ("Your {name}", "你的 {name}"),
    "check.source_plain": ("Your code", "你的代码"),
    "check.marked": ("the error passed through this line", "错误经过此行"),
    "check.stdout": ("Printed output", "打印输出"),
    "check.warnings": ("{n} warning|{n} warnings", "{n} 条警告"),
    "check.alike": (
        "{n} more check fails the same way|{n} more checks fail the same way",
        "另有 {n} 项检查因同样的问题未通过",
    ),
    "card.first": ("Fix this first", "先修改这里"),
    "card.first_of": ("Fix first: {what}", "请先修改：{what}"),
    "card.waiting": (
        "{n} check of {parts} depends on this and cannot be judged until it is fixed."
        "|{n} checks of {parts} depend on this and cannot be judged until it is fixed.",
        "“{parts}”中有 {n} 项检查依赖于此，改正之后才能评判。",
    ),
    "card.depends": (
        "Fix {what} first: this check depends on it.",
        "请先修改 {what}：此检查依赖于它。",
    ),
    "card.more": ("Also wrong", "另外"),
    "card.rest": ("{n} more thing to fix|{n} more things to fix", "另有 {n} 处需要修改"),
    "card.todo": ("Not done yet", "尚未完成"),
    "error.of_largest": (
        "{error} times the largest value of {quantity}",
        "{quantity} 最大值的 {error} 倍",
    ),
    "error.of_scale": (
        "{error} times {scale}, the scale of this comparison",
        "{scale}（本次比较的尺度）的 {error} 倍",
    ),
    "error.of_one": ("{error}, as a plain difference", "{error}（绝对差）"),
    "error.of_nothing": ("{error}, where the right values are 0", "{error}（正确值为 0）"),
    "error.elementwise": (
        "the largest abs(x - y) / max(1e-8, abs(x) + abs(y)) is {error}",
        "abs(x - y) / max(1e-8, abs(x) + abs(y)) 的最大值为 {error}",
    ),
    "error.both": ("{one}; {other}", "{one}；{other}"),
    "cause.one_of": (
        "Possible causes, the most likely first:",
        "可能的原因，最可能的在前：",
    ),
    "cause.likely": (
        "Probable cause:|Several probable causes at once:",
        "很可能的原因：|很可能同时存在的原因：",
    ),
    "cause.minor": ("minor", "轻微"),
    "check.follow_through": (
        "Passes with a correct {names} in place of yours; no points are lost here.",
        "将你的 {names} 换成正确实现后结果正确；此处不扣分。",
    ),
    "followed": (
        "{n} check passes with a correct {names} in place of yours; it loses no points."
        "|{n} checks pass with a correct {names} in place of yours; they lose no points.",
        "将你的 {names} 换成正确实现后，有 {n} 项检查结果正确，不扣分。",
    ),
    "check.cut": ("{n} more line|{n} more lines", "还有 {n} 行"),
    # notebooks
    "nb.title": ("Notebooks", "笔记本"),
    "nb.absent": ("not submitted", "未提交"),
    "nb.ran": (
        "{ran} of {total} cells ran without an error",
        "{total} 个单元格中 {ran} 个运行无误",
    ),
    "nb.failed": ("Cells that failed", "运行失败的单元格"),
    "nb.undone": ("Cells waiting for unfinished work", "等待未完成部分的单元格"),
    "nb.answers": ("Written answers", "书面回答"),
    "nb.question": ("Question {n}", "问题 {n}"),
    "nb.answer": ("Answer", "回答"),
    "nb.words": ("{n} word|{n} words", "{n} 字"),
    "nb.by_hand": ("{n} point, marked by hand|{n} points, marked by hand", "{n} 分，人工评定"),
    "nb.unmarked": (
        "{n} point, not marked yet|{n} points, not marked yet",
        "{n} 分，尚未评定",
    ),
    "nb.marked": ("{passed} of {total} marked", "已评定 {passed} / {total}"),
    "nb.outdated": ("changed since it was marked", "评定后有改动"),
    "nb.all": ("All cells", "全部单元格"),
    "nb.train": ("training accuracy", "训练准确率"),
    "nb.val": ("validation accuracy", "验证准确率"),
    "nb.best": ("best {best}\u00a0%", "最高 {best}%"),
    "nb.reference": ("validation accuracy of the reference", "参考实现的验证准确率"),
    "nb.reference_best": ("reference {best}\u00a0%", "参考 {best}%"),
    "nb.curve": (
        "Accuracy of {name} over its training; on validation data at best {best} percent",
        "{name} 训练中的准确率；验证集最高 {best}%",
    ),
    "nb.x_axis": ("Measurement (usually one per epoch)", "测量次数（通常每轮一次）"),
    "nb.y_axis": ("Accuracy in percent", "准确率（%）"),
    "nb.axes": (
        "Vertical axis: {y}, from {low} to {high}. Horizontal axis: {x}.",
        "纵轴：{y}，{low} 至 {high}。横轴：{x}。",
    ),
    "nb.measurement": ("Measurement", "测量"),
    "nb.state.answered": ("answered", "已回答"),
    "nb.state.empty": ("empty", "空白"),
    "nb.state.placeholder": ("only the placeholder text", "只有占位文字"),
    "nb.state.unchanged": ("unchanged from the handout", "与下发内容相同"),
    "nb.state.missing": ("missing", "缺失"),
    "nb.state.unreadable": ("in a notebook that cannot be read", "笔记本无法读取"),
    "nb.comment": ("Comment", "评语"),
    "nb.role.given": ("given", "给定"),
    "nb.role.check": ("check", "检查"),
    "nb.role.experiment": ("experiment", "实验"),
    "nb.role.answer": ("answer", "作答"),
    "nb.role.written": ("written answer", "书面回答"),
    "nb.role.text": ("text", "文字"),
    "nb.role.own": ("own", "自己添加"),
    "nb.restored.changed": ("changed; restored", "曾被修改，已恢复"),
    "nb.restored.missing": ("missing; restored", "曾缺失，已恢复"),
    "nb.restored.moved": ("moved; restored", "曾被移动，已恢复"),
    "board.rank": ("Rank", "名次"),
    "board.name": ("Name", "名称"),
    "board.accuracy": ("Accuracy", "准确率"),
    "board.empty": ("Nothing has a score yet.", "尚无成绩。"),
    "board.others": ("Without a score", "尚无成绩的提交"),
    "board.others_note": (
        "These files could not be compared with the labels because of their format. That says "
        "nothing about the work in them: correct what is named and submit again.",
        "这些文件因格式原因未能与标签比较，这与作业本身无关：请按说明修改后重新提交。",
    ),
    # how it was graded
    "how.title": ("How this was graded", "评分方式"),
    "how.template": ("Template", "模板"),
    "how.python2": ("Python 2, converted", "Python 2，已转换"),
    "how.chosen.rubric": ("set by the rubric", "由评分标准指定"),
    "how.chosen.command": ("set on the command line", "由命令行指定"),
    "how.evidence": ("Recognised by", "依据"),
    "how.package": ("Folder", "代码目录"),
    "how.sandbox": ("Sandbox", "沙箱"),
    "how.sandbox_none": ("none: the code ran without isolation", "无：代码未隔离运行"),
    "how.sandbox_off": ("No sandbox", "无沙箱"),
    "how.environment": ("Environment", "环境"),
    "how.submitted_at": ("Submitted", "提交时间"),
    "how.graded_at": ("Graded", "评分时间"),
    "how.duration": ("Took", "用时"),
    "how.digest": ("Content hash", "内容哈希"),
    "chart.table": ("Numbers as a table", "以表格显示"),
    # terminal
    "terminal.waiting": (
        "Waiting for changes. Press Ctrl-C to stop.",
        "等待文件改动。按 Ctrl-C 结束。",
    ),
    "terminal.more": ("… and {n} more", "…… 另有 {n} 项"),
    **SUBMIT_TEXTS,
}
_FOR_INSTRUCTORS: Final = ("course", "oral", "similar", "statistics")
"""Tables that a student's kit does not have."""
for _name in _FOR_INSTRUCTORS:
    with suppress(ModuleNotFoundError):
        TEXTS.update(import_module(f"grader.report.{_name}_strings").TEXTS)


class Texts:
    """The texts of one language: `texts("score")`, `texts("n_checks", n=3)`.

    Where a text has two forms (`one|many`), the number `n` chooses.
    """

    table: ClassVar[dict[str, tuple[str, str]]] = TEXTS

    def __init__(self, lang: Lang = "en") -> None:
        self.lang: Lang = lang
        self.html_lang = HTML_LANG[lang]
        self.colon = ": " if lang == "en" else "："
        self.comma = ", " if lang == "en" else "，"
        self._column = 0 if lang == "en" else 1

    def __call__(self, key: str, /, **values: object) -> str:
        """The text of `key` with `values` filled in.

        Raises:
            KeyError: there is no such text, or a value for it is missing.
        """
        text = self.table[key][self._column]
        one, _, many = text.partition("|")
        if many:
            text = one if values.get("n") in (1, "1") else many
        return text.format_map(values) if values else text

    def outcome(self, outcome: Outcome) -> str:
        """The label of an outcome."""
        return self(f"outcome.{outcome}")

    def meaning(self, outcome: Outcome) -> str:
        """What an outcome means, in a few words."""
        return self(f"meaning.{outcome}")

    def failure(self, how: str) -> str:
        """How a cell failed, in a few words; the name of an exception is its own."""
        key = f"class.cell.{how}"
        return self(key) if key in self.table else how
