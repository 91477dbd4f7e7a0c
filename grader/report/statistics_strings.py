"""What the page of a class says, in English and Chinese, side by side."""

from __future__ import annotations

from typing import Final

TEXTS: Final[dict[str, tuple[str, str]]] = {
    "class.title": ("Class report", "班级报告"),
    "class.gradebook": ("Gradebook (CSV)", "成绩册（CSV）"),
    "class.full_left_out": (
        "Under each name: the parts that lost points, and checks that did not pass.",
        "姓名下只列出失分的部分和未通过的检查数。",
    ),
    "class.students": ("Students", "学生"),
    "class.n_students": ("{n} student|{n} students", "{n} 名学生"),
    "class.graded": ("Graded", "已评分"),
    "class.not_graded": ("Not graded", "未评分"),
    "class.mean": ("Mean", "平均分"),
    "class.median": ("Median", "中位数"),
    "class.range": ("Lowest to highest", "最低至最高"),
    "class.distribution": ("Distribution", "分数分布"),
    "class.histogram": (
        "Histogram of the scores of {n} students in percent. Mean {mean}, median {median}. {bins}",
        "{n} 名学生得分百分比的直方图。平均 {mean}，中位数 {median}。{bins}",
    ),
    "class.bin": ("{low} to {high} percent: {n}", "{low} 至 {high}%：{n}"),
    "class.percent": ("Percent", "百分比"),
    "class.axis": ("Score in percent of {max} points", "得分占满分（{max} 分）的百分比"),
    "class.mistakes": ("Most common mistakes", "最常见的错误"),
    "class.mistakes_note": (
        "Mistakes behind failed checks, by how many students made them.",
        "未通过的检查背后的错误，按犯错的学生人数排列。",
    ),
    "class.mistake": ("Mistake", "错误"),
    "class.in_function": ("In", "所在函数"),
    "class.hardest": ("Hardest checks", "最难的检查"),
    "class.hardest_note": (
        "Share of the students whose check ran or was not done; “not run” is left out.",
        "占该检查已运行或未完成的学生的比例；“未运行”不计入。",
    ),
    "class.notebooks": ("Cells failed / run", "单元格：出错 / 已运行"),
    "class.waiting": (
        "{n} written answer is not marked yet.|{n} written answers are not marked yet.",
        "有 {n} 个书面回答尚未评定。",
    ),
    "class.cells": ("Most frequent failing cells", "最常出错的单元格"),
    "class.cells_note": (
        "Cells of the notebooks as given out, by how many students they failed for.",
        "下发的笔记本中的单元格，按出错的学生人数排列。",
    ),
    "class.cell": ("Cell", "单元格"),
    "class.mostly": ("Mostly", "多为"),
    "class.no_cells": ("No cell failed for any student.", "没有单元格出错。"),
    "class.cell.error": ("error", "出错"),
    "class.cell.timeout": ("out of time", "超时"),
    "class.cell.died": ("the kernel ended", "内核终止"),
    "class.cell.flooded": ("too much output", "输出过多"),
    "class.no_failures": ("No student failed any check.", "没有人在任何检查中失分。"),
    "class.failing": ("Not passing", "未通过"),
    "class.all_outcomes": ("All checks of all students", "全部学生的全部检查"),
    "class.ungraded": ("Not graded", "未评分"),
    "class.kind_input": ("Unreadable", "无法读取"),
    "class.kind_absent": ("Nothing submitted", "未提交"),
    "class.kind_internal": ("Grader fault", "评分系统故障"),
    "class.templates": ("Templates seen", "出现的模板"),
    "class.template": ("Template", "模板"),
    "class.note": ("Note", "备注"),
    "class.of_python2": ("{n} in Python 2", "其中 Python 2：{n}"),
    "class.sandbox": ("Sandbox", "沙箱"),
    "class.unsandboxed": (
        "{n} submission ran without isolation.|{n} submissions ran without isolation.",
        "有 {n} 份提交在未隔离的情况下运行。",
    ),
    "class.internal": (
        "The grader failed in {n} place. No points are lost; look into it before you publish."
        "|The grader failed in {n} places. No points are lost; look into it before you publish.",
        "评分系统出现 {n} 处故障。不扣分，但公布成绩前请先检查。",
    ),
    "class.name": ("Submission", "提交"),
    "class.search": ("Find a submission", "查找提交"),
    "class.shown": ("{n} of {total} shown", "显示 {n} / {total}"),
    "class.pages": ("Pages of the table", "表格翻页"),
    "class.previous": ("Previous", "上一页"),
    "class.next": ("Next", "下一页"),
    "class.range_shown": ("{first}–{last} of {total}", "第 {first}–{last} 行，共 {total} 行"),
    "class.first_rows": (
        "The first {n} of {total}; the others are shown with JavaScript, and are in the gradebook.",
        "前 {n} 行，共 {total} 行；其余各行需启用 JavaScript 查看，成绩册中也有。",
    ),
    "class.more_ungraded": (
        "and {n} more: see the table, sorted by score.",
        "另有 {n} 份，见按得分排序的表格。",
    ),
    "class.table": ("Scores of all submissions", "全部提交的得分"),
    "class.empty": ("There are no submissions.", "没有提交。"),
    "class.copies": (
        "Names lead to the instructor’s copies, in `instructor/`. The copies to hand out are in "
        "`reports/`: they show nothing of what hidden checks gave to the code.",
        "姓名链接到教师版报告（`instructor/`）。发给学生的版本在 `reports/` 中，"
        "其中不含隐藏检查传给代码的任何内容。",
    ),
    "class.made": ("Made {when}", "生成于 {when}"),
}
