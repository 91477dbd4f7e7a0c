"""Moodle: the grading worksheet as downloaded, with grades filled in, for "Upload grading
worksheet".

Moodle looks for the headings of the site's language, and for the number at the end of the
identifier. It reads commas between cells and UTF-8 only, and numbers as the site's language writes
them: with a decimal comma where the sheet has some.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from grader.course.grade_files.row_matching import IdColumn
from grader.course.grade_files.sheet_layout import SheetLayout, cell, column_of
from grader.course.grade_files.student_grade import points_of
from grader.model.errors import InputError

_IDENTIFIER: Final = (
    "Identifier",
    "ID",
    "Identifikation",
    "Identifiant",
    "Identificador",
    "识别号",
)
_GRADE: Final = ("Grade", "Bewertung", "Note", "Calificación", "Nota", "Beoordeling", "成绩")
_MAXIMUM: Final = (
    "Maximum Grade", "Bestwertung", "Note maximale", "Calificación máxima", "Maximum cijfer",
    "最高成绩", "最高分",
)  # fmt: skip
_NAME: Final = ("Full name", "Vollständiger Name", "Nom complet", "Nombre completo", "全名")
_EMAIL: Final = (
    "Email address", "E-Mail-Adresse", "Adresse de courriel", "Dirección de correo", "Email地址",
)  # fmt: skip
_OPEN: Final = (
    "Grade can be changed",
    "Bewertung kann geändert werden",
    "La note peut être modifiée",
)
_CLOSED: Final = frozenset({"no", "nein", "non", "否"})
_PARTICIPANT: Final = re.compile(r"\D+\d+")
_COMMA: Final = re.compile(r"\d+,\d{1,5}")


def moodle_layout(rows: Sequence[list[str]], sheet: str, column: str) -> SheetLayout:
    """Where things stand in a grading worksheet.

    Raises:
        InputError: it is not one, or `column` is not in it.
    """
    headings = rows[0] if rows else []
    identifier = _identifiers(rows)
    grade = column_of(headings, *([column] if column else _GRADE))
    if identifier is None or (grade is None and not column):
        raise InputError(
            f"{sheet}: is not a grading worksheet of Moodle.",
            hint="In Moodle: the assignment, Submissions, Download grading worksheet; it needs "
            '"Offline grading worksheet" among the feedback types. In another language than '
            'English, name the column of grades: --column "HEADING".',
        )
    if grade is None:
        raise InputError(f"{sheet}: has no column {column!r}.")
    maximum, changeable = column_of(headings, *_MAXIMUM), column_of(headings, *_OPEN)
    name, email = column_of(headings, *_NAME), column_of(headings, *_EMAIL)
    numbers = [cell(row, at) for row in rows[1:] for at in (grade, maximum)]
    by_address = [] if email is None else [IdColumn(email, headings[email].strip(), ("email",))]
    participant = IdColumn(identifier, headings[identifier].strip(), ("moodle",), digits=True)
    return SheetLayout(
        platform="Moodle",
        students=1,
        ids=(participant, *by_address),
        name=lambda cells: cell(cells, name),
        grade=grade,
        possible=lambda cells: points_of(cell(cells, maximum)),
        locked=lambda cells: _locked(cell(cells, changeable)),
        comma=any(_COMMA.fullmatch(number) for number in numbers),
    )


def _identifiers(rows: Sequence[list[str]]) -> int | None:
    """The column of participants: by heading, or where each cell is a word and a number."""
    headings = rows[0] if rows else []
    named = column_of(headings, *_IDENTIFIER)
    if named is not None:
        return named
    every = [row for row in rows[1:] if any(row)]
    return next(
        (
            at
            for at in range(len(headings))
            if every and all(_PARTICIPANT.fullmatch(cell(row, at)) for row in every)
        ),
        None,
    )


def _locked(text: str) -> str:
    return "Moodle does not let this grade be changed" if text.casefold() in _CLOSED else ""
