"""What students get: the template, and a wheel of the self-check that holds no reference.

The wheel is a small distribution of its own; `grader.selfcheck.kit_content` has what is in it.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

from grader.assignment.folder import Assignment
from grader.model.errors import InputError
from grader.selfcheck.kit_content import kit_content
from grader.selfcheck.wheel_file import pack_wheel

_TESTS: Final = "test_selfcheck.py"
_SUITE: Final = '''\
"""The self-check as tests: run `pytest` in this folder, or the tests in your editor.

    pytest                    everything
    pytest -k NAME            what has NAME in its name
    pytest --lf               what failed the last time
    pytest -x                 stop at the first thing that is wrong
"""

from grader.checks.suite import suite_of

globals().update(suite_of("{id}"))
'''


def build_kit(assignment: Assignment, out: Path, *, mistakes: bool = True) -> Path:
    """Put template, test file and wheel into `out`; see `kit_content` for `mistakes`.

    Returns:
        The wheel.

    Raises:
        InputError: `out` holds something already, or cannot be written.
        InternalError: the answer key cannot be recorded.
    """
    if out.exists() and any(out.iterdir()):
        raise InputError(f"{out}: is not empty.", hint="Name a new folder.")
    content = kit_content(assignment, mistakes=mistakes)
    try:
        shutil.copytree(
            assignment.layout.template,
            out,
            dirs_exist_ok=True,
            ignore=shutil.ignore_patterns("__pycache__"),
        )
        if not (out / _TESTS).exists():
            text = _SUITE.replace("{id}", assignment.rubric.id)
            (out / _TESTS).write_text(text, encoding="utf-8")
        return pack_wheel(out, content.version, content.files, content.about)
    except OSError as error:
        raise InputError(f"{out}: cannot write the kit: {error.strerror or error}.") from None
