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
}
