"""The texts of the desk in one language, with those of the reports."""

from __future__ import annotations

from typing import ClassVar, Final

from grader.report.strings import TEXTS, Texts
from grader.web.account_strings import ACCOUNT_TEXTS
from grader.web.class_strings import CLASS_TEXTS
from grader.web.desk_strings import DESK_TEXTS
from grader.web.grading_strings import GRADING_TEXTS
from grader.web.hand_back_strings import HAND_BACK_TEXTS
from grader.web.import_strings import IMPORT_TEXTS
from grader.web.marking_strings import MARKING_TEXTS
from grader.web.roster_strings import ROSTER_TEXTS
from grader.web.student_strings import STUDENT_TEXTS

EVERY: Final[dict[str, tuple[str, str]]] = {
    **DESK_TEXTS,
    **ACCOUNT_TEXTS,
    **CLASS_TEXTS,
    **STUDENT_TEXTS,
    **IMPORT_TEXTS,
    **GRADING_TEXTS,
    **HAND_BACK_TEXTS,
    **MARKING_TEXTS,
    **ROSTER_TEXTS,
}
"""Each area of the desk has a table of its own; keys begin with its name."""


class DeskTexts(Texts):
    """As `Texts`, and what the desk says besides."""

    table: ClassVar[dict[str, tuple[str, str]]] = {**TEXTS, **EVERY}
