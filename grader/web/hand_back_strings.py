"""What the pages for handing back say, in English and Chinese, side by side."""

from __future__ import annotations

from typing import Final

HAND_BACK_TEXTS: Final[dict[str, tuple[str, str]]] = {
    "hand_back.title": ("Hand back", "发还"),
    "hand_back.not_ready": ("Nothing can be handed back yet", "暂时无法发还"),
    "hand_back.with_points": ("With points", "有分数"),
    "hand_back.students": ("Students", "学生"),
    "hand_back.pages": ("Pages", "页面"),
    "hand_back.unmarked": ("With answers to mark", "有待阅答案"),
    "hand_back.unmarked.more": (
        "Answers without a mark count nothing yet.",
        "未阅的答案暂不计分。",
    ),
    "hand_back.others": ("Results that are nobody’s in the class", "不属于班级中任何人的结果"),
    "hand_back.grades": ("Points for a platform", "上传到平台的成绩"),
    "hand_back.grades.about": (
        "Your platform’s own sheet is filled: download it there, add it here, look at what would "
        "change, and upload the result there.",
        "填写平台自己的成绩表：先在平台下载，再上传到这里查看变化，最后把结果传回平台。",
    ),
    "hand_back.to": ("Platform", "平台"),
    "hand_back.plain": ("A plain CSV", "通用 CSV"),
    "hand_back.sheet": ("The platform’s sheet", "平台的成绩表"),
    "hand_back.column": ("Column", "列"),
    "hand_back.column.hint": (
        "Its heading in the sheet, such as Homework 2 (1234); empty where it tells itself.",
        "成绩表中的列标题，例如 Homework 2 (1234)；能自动识别时留空。",
    ),
    "hand_back.sheet.kept": ("{name} is here", "已上传 {name}"),
    "hand_back.scale": (
        "Convert to the points of the platform’s assignment",
        "换算为平台作业的满分",
    ),
    "hand_back.missing_zero": (
        "Give 0 to whoever submitted nothing",
        "未提交者记 0 分",
    ),
    "hand_back.partial": (
        "Leave out who does not fit",
        "略过无法对应的人",
    ),
    "hand_back.look": ("Show what would be in it", "查看内容"),
    "hand_back.otherwise": ("Other options", "其他选项"),
    "hand_back.cannot": ("It cannot be made like this", "无法这样生成"),
    "hand_back.gives": ("Get points", "得到分数"),
    "hand_back.changes": ("Change", "有变化"),
    "hand_back.left_out": ("Left out", "未包含"),
    "hand_back.before": ("There now", "平台现有"),
    "hand_back.after": ("Will be", "将变为"),
    "hand_back.nothing_before": ("none", "无"),
    "hand_back.why": ("Why", "原因"),
    "hand_back.student": ("Student", "学生"),
    "hand_back.scaled": ("Converted: {how}.", "已换算：{how}。"),
    "hand_back.by_name": (
        "Found by their name alone, since no id is known of them; look at these",
        "仅按姓名匹配（没有编号），请核对",
    ),
    "hand_back.calculating": (
        "{n} cell would be calculated by a spreadsheet: upload the file as it is.|"
        "{n} cells would be calculated by a spreadsheet: upload the file as it is.",
        "有 {n} 个单元格会被电子表格重新计算：请直接上传此文件，不要另存。",
    ),
    "hand_back.download": ("Download", "下载"),
    "hand_back.feedback": ("Pages for a platform", "上传到平台的页面"),
    "hand_back.feedback.about": (
        "A zip of students’ pages, named so that Canvas or Moodle gives each to its student.",
        "学生页面的压缩包，按 Canvas 或 Moodle 的规则命名，平台会逐一发给学生。",
    ),
    "hand_back.misnamed": (
        "Canvas shows these under the name of the student’s own file, though they are HTML",
        "Canvas 会以学生自己的文件名显示这些页面（实际为 HTML）",
    ),
    "hand_back.publish": ("Pages for a web server", "发布到网站的页面"),
    "hand_back.publish.about": (
        "Each student gets a name that nobody can guess, the same each time. Any web server can "
        "serve the folder.",
        "每名学生对应一个无法猜到且始终不变的地址；任何网站服务器都可以提供该文件夹。",
    ),
    "hand_back.folder": ("Folder", "文件夹"),
    "hand_back.base_url": ("Address that the folder will have", "该文件夹的网址"),
    "hand_back.base_url.hint": (
        "Such as https://host/pages/, for the list of links; or empty.",
        "例如 https://host/pages/，用于生成链接列表；可留空。",
    ),
    "hand_back.publish.do": ("Publish {n} page|Publish {n} pages", "发布 {n} 个页面"),
    "hand_back.published": (
        "{n} page was published.|{n} pages were published.",
        "已发布 {n} 个页面。",
    ),
    "hand_back.where": ("Where each page is", "各页面的位置"),
    "hand_back.link": ("Page", "页面"),
    "hand_back.links": (
        "The list for a mail merge is links.csv in the course’s folder; it is not for students.",
        "用于邮件合并的列表是课程文件夹中的 links.csv，请勿发给学生。",
    ),
    "hand_back.mail": (
        "Mail is sent by the command",
        "邮件由此命令发送：",
    ),
    "hand_back.without_page": ("Without a page", "没有页面"),
}
