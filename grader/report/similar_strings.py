"""The texts of the pages about similar submissions, in English and Chinese."""

from __future__ import annotations

from typing import Final

TEXTS: Final[dict[str, tuple[str, str]]] = {
    "similar.title": ("Similar submissions", "相似的提交"),
    "similar.private": ("For instructors, not for students", "仅供教师，请勿发给学生"),
    "similar.what": (
        "Similar is not copied: read the code before you conclude anything. Both may have used the "
        "same source, or the task may leave little choice.",
        "相似不等于抄袭：下结论之前请先读代码。两人可能参考了同一来源，或题目本身选择余地很小。",
    ),
    "similar.n_submissions": ("{n} submission|{n} submissions", "{n} 份提交"),
    "similar.compared": ("Compared", "参与比较"),
    "similar.pairs": ("Pairs", "对数"),
    "similar.median": ("Median pair", "中位相似度"),
    "similar.ninety_nine": ("99 of 100 pairs below", "99% 的对低于"),
    "similar.threshold": ("Stands out from", "突出阈值"),
    "similar.n_out": ("Pairs that stand out", "突出的对"),
    "similar.spread": ("All pairs", "所有对的分布"),
    "similar.histogram": (
        "Histogram of the similarity of {n} pairs in percent; the height is logarithmic. A pair "
        "stands out from {threshold} %. {bins}",
        "{n} 对提交相似度百分比的直方图，高度取对数。从 {threshold} % 起视为突出。{bins}",
    ),
    "similar.x_axis": ("Similarity in percent", "相似度（%）"),
    "similar.y_axis": ("Pairs of submissions (logarithmic scale)", "提交对数（对数刻度）"),
    "similar.axis": (
        "Similarity: of what the smaller one of two "
        "submissions holds, without what was given: the share that both hold, where a passage "
        "weighs more the fewer others have it.",
        "相似度：在两份提交中较小的一份里（不计已给出的代码）双方共有部分"
        "所占的比重，越少人写过的片段权重越大。",
    ),
    "similar.table_of_bins": ("As a table", "以表格显示"),
    "similar.percent": ("Similarity", "相似度"),
    "similar.most": ("The most similar pairs", "最相似的对"),
    "similar.none_out": (
        "No pair stands out from the others. The highest are listed all the same.",
        "没有哪一对明显突出，以下仍列出最高的几对。",
    ),
    "similar.out": ("stands out", "突出"),
    "similar.first": ("Submission", "提交"),
    "similar.second": ("and", "与"),
    "similar.where": ("Where", "位置"),
    "similar.functions_more": ("and {n} more", "另有 {n} 处"),
    "similar.identical": (
        "{n} file the same byte for byte: {names}|{n} files the same byte for byte: {names}",
        "{n} 个文件逐字节相同：{names}",
    ),
    "similar.mistake": (
        "Both made a mistake that {n} of the class made: {title}",
        "双方犯了同一错误（全班 {n} 人）：{title}",
    ),
    "similar.groups": ("Groups", "群组"),
    "similar.groups_what": (
        "Submissions that hang together by pairs that stand out, directly or through others.",
        "由突出的对直接或间接相连的提交。",
    ),
    "similar.range": ("{low} to {high} %", "{low} 至 {high} %"),
    "similar.problems": ("Not compared, or not wholly", "未比较或未完全比较"),
    "similar.how": ("How it was compared", "比较方法"),
    "similar.given": ("Subtracted", "已扣除"),
    "similar.given_none": (
        "nothing: name the template with --template",
        "无：请用 --template 指定模板",
    ),
    "similar.others_in": ("Other classes", "其他班级"),
    "similar.attempt": ("attempt {n}", "第 {n} 次提交"),
    "similar.attempt_idle": ("attempt {n}, which does not count", "第 {n} 次提交，不计分"),
    "similar.same_name": (
        "Both have the same name: it may be one person, who takes the course again.",
        "两人同名：可能是同一人重修本课程。",
    ),
    "similar.again": ("Submitted again", "再次提交"),
    "similar.again_what": (
        "People who submitted their own work of an earlier year. They are not among the pairs.",
        "提交了自己往年作业的学生，不计入上面的对。",
    ),
    "similar.counts": (
        "Names, comments, texts and layout do not count. Structure, the order of operations and "
        "numbers do.",
        "名称、注释、文本和排版不计；结构、运算顺序和数值计入。",
    ),
    "similar.back": ("All pairs", "返回列表"),
    "similar.of_median": (
        "{score} % similar; the median of {n} pairs is {median} %, and one stands out from "
        "{threshold} %.",
        "相似度 {score} %；{n} 对的中位数为 {median} %，从 {threshold} % 起视为突出。",
    ),
    "similar.legend_shared": ("in both; the number says which passage", "双方共有，数字为片段编号"),
    "similar.legend_given": ("given to everybody", "已给出的代码"),
    "similar.nobody_else": ("nobody else has this", "其他人都没有"),
    "similar.others": ("{n} other has this|{n} others have this", "另有 {n} 人有"),
    "similar.shares": ("{n} token shared|{n} tokens shared", "共有 {n} 个记号"),
    "similar.nothing": (
        "No passage is long enough to be shown.",
        "没有足够长的共有片段可以显示。",
    ),
    "similar.alone": ("Functions with nothing in common", "没有共同之处的函数"),
    "similar.as_given": ("As given in both", "双方均与模板相同"),
    "similar.outside": ("outside of functions", "函数之外"),
    "similar.left_out": ("{n} line not shown|{n} lines not shown", "未显示 {n} 行"),
    "similar.passage": ("passage {n}", "片段 {n}"),
    "class.similar": ("Similar submissions", "相似的提交"),
    "class.similar_out": (
        "{n} pair stands out from all others.|{n} pairs stand out from all others.",
        "有 {n} 对明显突出。",
    ),
    "class.similar_none": ("No pair stands out.", "没有哪一对明显突出。"),
    "class.similar_link": ("All pairs, side by side", "全部对照页面"),
}
