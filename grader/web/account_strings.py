"""What the pages of accounts and the log say, in English and Chinese, side by side."""

from __future__ import annotations

from typing import Final

ACCOUNT_TEXTS: Final[dict[str, tuple[str, str]]] = {
    "account.about": (
        "Who may sign in to this desk. An assistant with sections sees and marks only the students "
        "in them.",
        "可以登录本系统的人员。设有分组的助教只能查看和批阅所在分组的学生。",
    ),
    "account.there": ("Accounts of the course", "课程账户"),
    "account.you": ("you", "您"),
    "account.no_password": ("no password yet", "尚未设置密码"),
    "account.change": ("Change", "更改"),
    "account.save": ("Save", "保存"),
    "account.role": ("Role", "角色"),
    "account.sections": ("Sections (of an assistant; none for all)", "分组（助教；不选为全部）"),
    "account.may.owner": ("may do everything, accounts too", "可执行所有操作，包括管理账户"),
    "account.may.instructor": ("grades, decides and publishes", "可评分、裁定和公布"),
    "account.may.assistant": ("marks written answers", "可批阅书面题"),
    "account.may.reader": ("sees everything, changes nothing", "可查看全部内容，不能更改"),
    "account.new": ("Another account", "新建账户"),
    "account.add": ("Add", "添加"),
    "account.invite": ("Make a link to sign in", "生成登录链接"),
    "account.invite.about": (
        "The link works once and replaces the password. Whoever is signed in with this account is "
        "signed out.",
        "链接只能使用一次，并取代原密码。正在使用该账户的人会被退出。",
    ),
    "account.invited": ("A link for {name}", "{name} 的登录链接"),
    "account.link": ("Link", "链接"),
    "account.link.about": (
        "It works once, within {hours} hours, and is not shown again. Send it by a way that only "
        "this person reads.",
        "链接只能使用一次，{hours} 小时内有效，且不会再次显示。请通过只有本人能看到的方式发送。",
    ),
    "account.remove": ("Remove", "删除"),
    "account.remove.sure": (
        "Remove {name}? What they did stays in the log.",
        "删除 {name}？其操作仍保留在日志中。",
    ),
    "account.own": ("Your account", "您的账户"),
    "account.password": ("Password", "密码"),
    "account.password.old": ("Present password", "当前密码"),
    "account.password.new": ("New password", "新密码"),
    "account.password.again": ("New password, again", "再次输入新密码"),
    "account.password.rule": (
        "10 characters or more. Your other sessions end.",
        "至少 10 个字符。您的其他会话会结束。",
    ),
    "log.about": (
        "Who did what to the course, on this desk and on the command line; the latest first.",
        "谁对课程做了什么，包括在本系统和命令行中的操作；最新的在前。",
    ),
    "log.when": ("When", "时间"),
    "log.who": ("Who", "操作者"),
    "log.what": ("What", "操作"),
    "log.for": ("Assignment", "作业"),
    "log.person": ("Student", "学生"),
    "log.text": ("What or whom", "操作或学生"),
    "log.all": ("All", "全部"),
    "log.show": ("Show", "显示"),
    "log.none": ("Nothing was done that fits.", "没有符合条件的记录。"),
    "log.older": ("Older", "更早"),
    "log.latest": ("Latest", "最新"),
}
