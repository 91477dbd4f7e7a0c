"""What the pages for importing say, in English and Chinese, side by side."""

from __future__ import annotations

from typing import Final

IMPORT_TEXTS: Final[dict[str, tuple[str, str]]] = {
    "import.title": ("Import submissions", "导入作业"),
    "import.about": (
        "Drop the zip here as the platform gives it, or any archive with a folder per student. "
        "You see what was recognised before anything is taken in; the same export may come again.",
        "将平台导出的压缩包直接拖到此处，或上传每名学生一个文件夹的任意压缩包。"
        "确认之前会先显示识别结果；同一份导出可以重复导入。",
    ),
    "import.drop": ("Drop a file here, or choose one", "将文件拖到此处，或选择文件"),
    "import.file": ("File", "文件"),
    "import.upload": ("Upload", "上传"),
    "import.sheet": (
        "A zip, tar or single file, up to 4 GB.",
        "zip、tar 或单个文件，最大 4 GB。",
    ),
    "import.read_as": ("Read as {title}", "识别为：{title}"),
    "import.because": ("recognised by {why}", "依据：{why}"),
    "import.new": ("New attempts", "新提交"),
    "import.students": ("Students", "学生"),
    "import.changed": ("Changed", "有变化"),
    "import.known": ("As before", "与之前相同"),
    "import.unreadable": ("Cannot be graded", "无法评分"),
    "import.left_out": ("Left out", "未导入"),
    "import.doubts": ("Left out: it is not clear whose these are", "未导入：无法确定提交者"),
    "import.doubts.hint": (
        "Add them to the roster with their ids; or",
        "请在名单中补充其编号；或者",
    ),
    "import.near": ("Near: {names}", "相近：{names}"),
    "import.by_name": ("Found by the name alone", "仅按姓名匹配"),
    "import.taken_for": ("taken for {key}", "视为 {key}"),
    "import.new_people": (
        "{n} student is taken from the export|{n} students are taken from the export",
        "从导出中新增 {n} 名学生",
    ),
    "import.others": (
        "{n} entry that the platform did not make is left out|"
        "{n} entries that the platform did not make are left out",
        "忽略 {n} 个不是平台生成的条目",
    ),
    "import.attempts": ("What comes in", "将导入的提交"),
    "import.entry": ("Entry", "条目"),
    "import.student": ("Student", "学生"),
    "import.submitted": ("Submitted", "提交时间"),
    "import.state": ("State", "状态"),
    "import.state.new": ("new", "新"),
    "import.state.changed": ("changed", "有变化"),
    "import.more": ("{n} more", "另有 {n} 项"),
    "import.confirm": ("Take in {n} attempt|Take in {n} attempts", "导入 {n} 份提交"),
    "import.confirm.rest": ("Take this in", "导入"),
    "import.drop.it": ("Discard", "放弃"),
    "import.nothing": ("Everything in it is here already.", "其中的内容均已导入。"),
    "import.otherwise": ("Read it otherwise", "以其他方式读取"),
    "import.source": ("Whose export it is", "导出来源"),
    "import.source.auto": ("Recognise it", "自动识别"),
    "import.source.plain": ("A plain folder", "普通文件夹"),
    "import.one": ("One student’s work: whose", "单个学生的作业：提交者"),
    "import.one.hint": (
        "Name, number or e-mail address; empty for a whole class.",
        "姓名、学号或邮箱；整班导入时留空。",
    ),
    "import.add": (
        "Add whoever the course does not know",
        "将课程中没有的人加入名单",
    ),
    "import.doubts.add": (
        "add whoever the course does not know",
        "将课程中没有的人加入名单",
    ),
    "import.again": ("Read again", "重新读取"),
    "import.failed": ("It cannot be read like this", "无法这样读取"),
    "import.done": ("{n} attempt was taken in.|{n} attempts were taken in.", "已导入 {n} 份提交。"),
}
