"""The student's self-check: on the files in the folder they work in, public checks only."""

from __future__ import annotations

from grader.selfcheck.answer import check, own_code, selfcheck, working_folder

__all__ = ["check", "own_code", "selfcheck", "working_folder"]
