"""What the pages of accounts and the log say, in English and Chinese, side by side."""

from __future__ import annotations

from typing import Final

ACCOUNT_TEXTS: Final[dict[str, tuple[str, str]]] = {
    "log.when": ("When", "时间"),
    "log.who": ("Who", "操作者"),
    "log.what": ("What", "操作"),
}
