"""What the pages for a roster say, in English and Chinese, side by side."""

from __future__ import annotations

from typing import Final

ROSTER_TEXTS: Final[dict[str, tuple[str, str]]] = {
    "roster.title": ("Take in a roster", "导入名单"),
    "roster.about": (
        "The CSV of your platform, or a plain one with headings such as name, email and section. "
        "Later files add to it, and nobody loses anything.",
        "平台导出的 CSV，或带有姓名、邮箱、班级等标题的普通 CSV。"
        "之后的文件只会补充，不会丢失任何内容。",
    ),
    "roster.drop": ("Drop the file here, or choose it", "将文件拖到此处，或选择文件"),
    "roster.upload": ("Upload", "上传"),
    "roster.read_as": ("Read as {form}", "识别为：{form}"),
    "roster.columns": ("Columns", "列"),
    "roster.unused": ("Columns that are not used: {names}", "未使用的列：{names}"),
    "roster.new": ("New", "新增"),
    "roster.changed": ("Changed", "有变化"),
    "roster.unchanged": ("As before", "与之前相同"),
    "roster.missing": ("Not in the file", "文件中没有"),
    "roster.skipped": ("Rows that are left out", "略过的行"),
    "roster.by_name": ("Found by the name alone", "仅按姓名匹配"),
    "roster.taken_for": ("taken for {key}", "视为 {key}"),
    "roster.withdraw": (
        "Whoever is not in the file has withdrawn",
        "文件中没有的人视为已退课",
    ),
    "roster.confirm": ("Take it in", "导入"),
    "roster.failed": ("It cannot be read like this", "无法这样读取"),
    "roster.otherwise": ("Read it otherwise", "以其他方式读取"),
    "roster.for": (
        "Numbers of participants are those of",
        "参与者编号属于",
    ),
    "roster.for.hint": (
        "Moodle numbers its participants anew for each assignment.",
        "Moodle 在每次作业中重新给参与者编号。",
    ),
    "roster.for.course": ("the course", "整个课程"),
    "roster.again": ("Read again", "重新读取"),
    "roster.done": (
        "{n} person was taken in or changed.|{n} people were taken in or changed.",
        "已导入或更新 {n} 人。",
    ),
}
