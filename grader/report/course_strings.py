"""What reports say of what work is worth, in English and Chinese, side by side."""

from __future__ import annotations

from typing import Final

COURSE_TEXTS: Final[dict[str, tuple[str, str]]] = {
    "worth.title": ("From the work to the points that count", "从作业得分到最终得分"),
    "worth.step": ("Step", "步骤"),
    "worth.kind.extension": ("Extension", "延期"),
    "worth.kind.slip": ("Slip days", "宽限天数"),
    "worth.kind.grace": ("Grace period", "宽限时间"),
    "worth.kind.late": ("Late", "迟交"),
    "worth.kind.cap": ("Cap", "上限"),
    "worth.kind.minimum": ("Minimum", "下限"),
    "worth.kind.cut-off": ("Too late", "逾期"),
    "worth.kind.override": ("Changed by the staff", "教师调整"),
    "worth.kind.unknown": ("Late", "迟交"),
    "worth.excused": (
        "This assignment does not count in the term’s total.",
        "本次作业不计入学期总分。",
    ),
    "worth.extension": ("Due {due}, by an extension.", "经批准延期，截止时间为 {due}。"),
    "worth.slip": (
        "{n} slip day was used, 24 hours.|{n} slip days were used, 24 hours each.",
        "使用了 {n} 个宽限日，每个 24 小时。",
    ),
    "worth.grace": (
        "{late} late, within the grace period of {grace}: nothing is taken.",
        "迟交 {late}，在 {grace} 的宽限时间内，不扣分。",
    ),
    "worth.late": (
        "{late} late: less {percent} % of the points earned.",
        "迟交 {late}：扣除所得分数的 {percent} %。",
    ),
    "worth.late.maximum": (
        "{late} late: less {percent} % of the points possible.",
        "迟交 {late}：扣除满分的 {percent} %。",
    ),
    "worth.late.free": ("{late} late: nothing is taken.", "迟交 {late}：不扣分。"),
    "worth.cap": (
        "Late work earns at most {percent} % of the points possible.",
        "迟交的作业最多得满分的 {percent} %。",
    ),
    "worth.minimum": (
        "Lateness takes no score below {percent} % of the points possible.",
        "迟交扣分后的得分不低于满分的 {percent} %。",
    ),
    "worth.cut-off": (
        "Submitted after {time}: from then on work earns nothing.",
        "在 {time} 之后提交：此后提交的作业不计分。",
    ),
    "worth.unknown": (
        "The platform says that it was late, but not by how much: nothing is taken.",
        "平台显示为迟交，但未说明迟交多久：不扣分。",
    ),
    "worth.check": ("Check “{title}”: {change}.", "检查“{title}”：{change}。"),
    "worth.part": ("Part “{title}”: {change}.", "部分“{title}”：{change}。"),
    "worth.total": ("The whole: {change}.", "总分：{change}。"),
    "worth.points": ("{before} → {after} of {max} points", "{before} → {after} / {max} 分"),
    "worth.excuse": ("excused, so that it does not count", "免交，不计入"),
    "worth.gone": (
        "A change of “{id}” is not applied: it is not in this assignment any more.",
        "对“{id}”的调整未生效：它已不在此作业中。",
    ),
    "worth.days": ("{n} day|{n} days", "{n} 天"),
    "worth.hours": ("{n} h", "{n} 小时"),
    "worth.minutes": ("{n} min", "{n} 分钟"),
    "worth.seconds": ("{n} s", "{n} 秒"),
    # what another grading changes
    "regrade.title": ("What grading again changes", "重新评分的变化"),
    "regrade.looked_at": ("Submissions", "提交"),
    "regrade.changed": ("Changed", "有变化"),
    "regrade.gained": ("More points", "得分提高"),
    "regrade.lost": ("Fewer points", "得分降低"),
    "regrade.nothing": ("Nothing changes.", "没有变化。"),
    "regrade.next": (
        "Nothing was changed so far. `--accept` in place of `--preview` puts this in force.",
        "目前尚未做任何更改。将 `--preview` 换成 `--accept` 即可生效。",
    ),
    "regrade.submission": ("Submission", "提交"),
    "regrade.before": ("Before", "之前"),
    "regrade.after": ("After", "之后"),
    "regrade.by": ("Change", "变化"),
    "regrade.why": ("Why", "原因"),
    "regrade.hardest": ("Checks that came out differently", "结果有变化的检查"),
    "regrade.checks": ("{n} check|{n} checks", "{n} 项检查"),
    "regrade.check_changed": ("the check is written differently", "检查本身已修改"),
    "regrade.not_there": ("not there", "不存在"),
    "regrade.cause.check": ("checks changed", "检查已修改"),
    "regrade.cause.release": ("judged by another release", "按另一版本模板评分"),
    "regrade.cause.submission": ("the submission changed", "提交内容已变化"),
    "regrade.cause.rubric": ("the rubric changed", "评分标准已修改"),
    "regrade.cause.bank": ("the test bank changed", "测试库已修改"),
    "regrade.cause.reference": ("the reference changed", "参考实现已修改"),
    "regrade.cause.key": ("the answer key changed", "答案已更新"),
    "regrade.cause.assignment": ("files of the assignment changed", "作业文件已修改"),
    "regrade.cause.settings": ("settings changed", "设置已修改"),
    "regrade.cause.harness": (
        "gradewall, Python or NumPy changed",
        "评分程序、Python 或 NumPy 已更新",
    ),
    "regrade.cause.override": ("an override, extension or slip days", "教师调整、延期或宽限天数"),
    "regrade.cause.late": ("the time or the late policy", "提交时间或迟交规则"),
    "regrade.cause.new": ("new", "新提交"),
    "regrade.cause.failed": ("gradewall itself had failed on it", "此前评分程序自身出错"),
    "regrade.cause.fresh": ("graded anew", "全部重新评分"),
    "regrade.cause.unknown": ("the cause is not known", "原因未知"),
    "regrade.cause.damaged": ("the stored result was damaged", "存储的结果已损坏"),
    # regrade requests
    "request.title": ("Regrade requests", "复核申请"),
    "request.open": ("open", "待处理"),
    "request.granted": ("granted", "已接受"),
    "request.declined": ("declined", "未接受"),
    "request.answer": ("Answer:", "答复："),
    "request.how": (
        "If you think that something was graded wrongly, say what and why: send it as an e-mail, "
        "or save it as a file and send that.",
        "如认为评分有误，请说明内容与理由：可发送电子邮件，或存为文件后发送。",
    ),
    "request.how_file": (
        "If you think that something was graded wrongly, say what and why, save it as a file and "
        "send that to your instructor.",
        "如认为评分有误，请说明内容与理由，存为文件后发送给教师。",
    ),
    "request.about": ("About", "关于"),
    "request.text": ("What is wrong, and why", "问题与理由"),
    "request.save": ("Save as a file", "存为文件"),
    "request.mail": ("Write an e-mail", "写电子邮件"),
}
