"""What `grader submit` says, in English and Chinese."""

from __future__ import annotations

from typing import Final

SUBMIT_TEXTS: Final[dict[str, tuple[str, str]]] = {
    "submit.packed": (
        "Packed {n} file into {name} ({size}), from {folder}"
        "|Packed {n} files into {name} ({size}), from {folder}",
        "已将 {folder} 中的 {n} 个文件打包为 {name}（{size}）",
    ),
    "submit.left_out": ("Left out:", "未打包："),
    "submit.ready": (
        "Nothing seems to be missing.",
        "看起来没有缺少任何内容。",
    ),
    "submit.look_at": ("Before you submit it:", "提交前请注意："),
    "submit.not_sent": (
        "Nothing was sent anywhere: upload {name} yourself.",
        "文件没有上传到任何地方：请自行提交 {name}。",
    ),
    "submit.why.hidden": ("hidden, such as a tool’s settings", "隐藏文件，如工具设置"),
    "submit.why.tools": ("made by tools", "由工具生成"),
    "submit.why.environment": ("a Python environment", "Python 环境"),
    "submit.why.link": ("a link: copy the file itself here", "链接：请复制文件本身"),
    "submit.why.unreadable": ("cannot be read", "无法读取"),
    "submit.why.special": ("not an ordinary file", "不是普通文件"),
    "submit.why.unsafe_name": (
        "cannot be unpacked everywhere under this name: rename it",
        "此名称在某些系统上无法解压：请改名",
    ),
    "submit.why.leftover": ("an editor’s backup", "编辑器备份"),
    "submit.why.compiled": ("compiled", "编译产物"),
    "submit.why.archive": ("an archive", "压缩包"),
    "submit.why.data": ("data or a trained model", "数据或训练好的模型"),
    "submit.why.huge": ("too large", "文件过大"),
    "submit.why.too_many": ("too many files", "文件过多"),
    "submit.why.manifest": ("rewritten by this command", "由本命令重新生成"),
    "submit.missing": (
        "{name} does not define {names}.",
        "{name} 中没有定义 {names}。",
    ),
    "submit.broken": ("{reason}. Nothing in it can be graded.", "{reason}。其中的内容无法评分。"),
    "submit.untouched": (
        "Not begun yet: {names}.|{n} not begun yet: {names}.",
        "尚未开始：{names}。",
    ),
    "submit.no_notebook": (
        "The notebook {name} is not there.",
        "缺少笔记本 {name}。",
    ),
    "submit.no_file": (
        "{name} is not there; the assignment asks for it.",
        "缺少作业要求的 {name}。",
    ),
    "submit.conflict": (
        "{name}, line {line}: a merge left conflict markers (<<<<<<<). Choose one side and delete "
        "the markers.",
        "{name} 第 {line} 行：合并留下了冲突标记（<<<<<<<）。请保留一方并删除标记。",
    ),
    "submit.syntax": (
        "{name}, line {line}: Python cannot read it ({error}).",
        "{name} 第 {line} 行：Python 无法解析（{error}）。",
    ),
    "submit.unsaved": (
        "{name} may not be saved: {copy} is newer. Save it in your editor, then pack again.",
        "{name} 可能尚未保存：{copy} 更新。请在编辑器中保存后重新打包。",
    ),
    "submit.notebook_damaged": (
        "{name} is not a notebook that can be read ({reason}). Open it in Jupyter and save it "
        "again.",
        "{name} 不是可读的笔记本（{reason}）。请在 Jupyter 中打开并重新保存。",
    ),
    "submit.never_run": (
        "{name} has no results: run all of its cells and save it.",
        "{name} 中没有运行结果：请运行全部单元格并保存。",
    ),
    "submit.not_all_run": (
        "{name}: {n} cell was not run, cell {cell}."
        "|{name}: {n} cells were not run, the first of them cell {cell}.",
        "{name}：有 {n} 个单元格未运行，第一个是第 {cell} 个单元格。",
    ),
    "submit.out_of_order": (
        "{name}: cell {cell} was run before the one above it. Use “Restart and run all”.",
        "{name}：第 {cell} 个单元格先于上面的单元格运行。请使用“重启并运行全部”。",
    ),
    "submit.saved_error": (
        "{name}: cell {cell} shows an error: {error}",
        "{name}：第 {cell} 个单元格显示错误：{error}",
    ),
    "submit.running": (
        "Running {name} from top to bottom, at most {minutes} min (--no-run skips this) …",
        "正在从头到尾运行 {name}，最多 {minutes} 分钟（--no-run 可跳过）……",
    ),
    "submit.run_well": ("{name} runs from top to bottom.", "{name} 可从头到尾运行。"),
    "submit.run_failed": (
        "{name} does not run from top to bottom: cell {cell} stops with {error}",
        "{name} 无法从头到尾运行：第 {cell} 个单元格出错：{error}",
    ),
    "submit.run_not_started": (
        "{name} could not be run here: {error}",
        "{name} 无法在此运行：{error}",
    ),
    "submit.run_too_long": (
        "{name} was still at cell {cell} after {minutes} min; whether it runs to its end is not "
        "known.",
        "{name} 运行 {minutes} 分钟后仍停在第 {cell} 个单元格，无法得知能否运行完。",
    ),
    "submit.run_stopped": (
        "{name}: stopped by you; whether it runs to its end is not known.",
        "{name}：已被你中断，无法得知能否运行完。",
    ),
    "submit.no_jupyter": (
        "Notebooks were not run: there is no Jupyter where grader is installed. In yours, use "
        "“Restart and run all”, and save.",
        "未运行笔记本：grader 所在环境中没有 Jupyter。请在你的环境中“重启并运行全部”并保存。",
    ),
    "submit.not_run": ("Notebooks were not run, as you asked.", "按你的要求未运行笔记本。"),
    "submit.pdf": ("Making {name} …", "正在生成 {name}……"),
    "submit.no_pdf": (
        "No PDF of {name}: nothing here can make one. Open the notebook in your browser, print it, "
        "choose “Save as PDF”, put the file beside the notebook as {pdf}, and pack again. Or "
        "install nbconvert and Chrome or Chromium.",
        "未能生成 {name} 的 PDF：本机没有可用的工具。请在浏览器中打开笔记本，打印并选择"
        "“另存为 PDF”，将文件命名为 {pdf} 放在笔记本旁，然后重新打包；或安装 nbconvert 和 "
        "Chrome/Chromium。",
    ),
}
