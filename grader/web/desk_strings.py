"""What every page of the desk says, in English and Chinese, side by side."""

from __future__ import annotations

from typing import Final

DESK_TEXTS: Final[dict[str, tuple[str, str]]] = {
    "nav.label": ("Course", "课程"),
    "nav.label.assignment": ("Assignment", "作业"),
    "nav.assignments": ("Assignments", "作业"),
    "nav.requests": ("Requests", "复核申请"),
    "nav.people": ("People", "学生"),
    "nav.accounts": ("Accounts", "账户"),
    "nav.log": ("Log", "日志"),
    "nav.class": ("Class", "全班"),
    "nav.attention": ("Needs attention", "需要处理"),
    "nav.checks": ("Checks", "检查"),
    "nav.similar": ("Similar work", "相似作业"),
    "nav.marking": ("Marking", "阅卷"),
    "nav.import": ("Import", "导入"),
    "nav.grading": ("Grading", "评分"),
    "nav.hand_back": ("Hand back", "发还"),
    "role.owner": ("owner", "所有者"),
    "role.instructor": ("instructor", "教师"),
    "role.assistant": ("assistant", "助教"),
    "role.reader": ("read-only", "只读"),
    "desk.account": ("Account", "账户"),
    "desk.close": ("Close", "关闭"),
    "desk.working": ("Working…", "处理中……"),
    "desk.offline": (
        "The desk does not answer. What you do next may not be saved.",
        "服务器没有响应，接下来的操作可能无法保存。",
    ),
    "sign_in.title": ("Sign in", "登录"),
    "sign_in.name": ("Name", "用户名"),
    "sign_in.password": ("Password", "密码"),
    "sign_in.do": ("Sign in", "登录"),
    "sign_in.out": ("Sign out", "退出"),
    "sign_in.with_link": (
        "You have a link that signs you in once.",
        "您的链接可登录一次。",
    ),
    "sign_in.failed.name": ("Name or password is wrong.", "用户名或密码错误。"),
    "sign_in.failed.link": (
        "The link was used already, or its time is over. Ask for another one.",
        "该链接已使用或已过期，请重新获取。",
    ),
    "sign_in.done_out": ("You are signed out.", "您已退出。"),
    "sign_in.expired": ("You are not signed in", "您尚未登录"),
    "sign_in.expired.more": (
        "Your session is over, so nothing was changed. Sign in in another tab, then send it again.",
        "会话已结束，未作任何更改。请在另一个标签页中登录，然后重新提交。",
    ),
    "error.title.400": ("That did not work", "操作未成功"),
    "error.title.403": ("Not allowed", "无权操作"),
    "error.title.404": ("Not found", "未找到"),
    "error.title.405": ("That did not work", "操作未成功"),
    "error.title.408": ("Too slow", "超时"),
    "error.title.409": ("That did not work", "操作未成功"),
    "error.title.413": ("Too large", "过大"),
    "error.title.429": ("Too many attempts", "尝试次数过多"),
    "error.title.500": ("A fault of the desk", "系统故障"),
    "error.back": ("To the assignments", "返回作业列表"),
}
