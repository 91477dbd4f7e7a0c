"""The Python files of an attempt, as they were submitted: for people to read, never run."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from grader.course.course_class import attempt_source
from grader.model.code_comment import CodeComment
from grader.model.course_records import StoredAttempt
from grader.model.errors import InputError, UsageError
from grader.model.submission_form import SubmissionForm
from grader.submission.reader import read_nested, read_tree

_LONGEST: Final = 4_000
_MOST_LINES: Final = 20_000

Code = dict[str, list[str]]
"""Path in the submission to its lines."""


def attempt_code(root: Path, stored: StoredAttempt, form: SubmissionForm) -> Code:
    """What was submitted, in the course at `root`; files in the order of their names.

    Raises:
        InputError: it cannot be read.
    """
    source = attempt_source(root, stored, form)
    if source.problem:
        raise InputError(source.problem)
    tree = read_tree(source.path)
    files = dict(tree.files)
    if not files and tree.archives:
        files = dict(read_nested(source.path, tree).files)
    return {
        name: content.decode("utf-8", "replace").splitlines()[:_MOST_LINES]
        for name, content in sorted(files.items())
    }


def comment_on(code: Code, file: str, line: int, text: str) -> CodeComment:
    """A remark on a line, checked.

    Raises:
        UsageError: there is no such line, or nothing is said.
    """
    lines = code.get(file)
    if lines is None:
        raise UsageError(f"The attempt has no file {file[:80]!r}.")
    if not 1 <= line <= len(lines):
        raise UsageError(f"{file} has no line {line}.")
    if not text.strip() or len(text) > _LONGEST:
        raise UsageError(f"A comment has 1 to {_LONGEST:,} characters.")
    return CodeComment(file=file, line=line, source=lines[line - 1][:200], text=text.strip())
