"""`grader submit`: pack one's work, and say what it lacks."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from grader.cli import arguments
from grader.model.errors import ExitCode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from grader.report.strings import Texts
    from grader.selfcheck.packing import Packed
    from grader.selfcheck.remark import SubmitRemark
    from grader.selfcheck.work_files import SkippedFile

HELP: Final = (
    "Pack your work to submit it, and see what it lacks. Exit code 1 if anything is missing."
)
_SHOWN: Final = 15


def add_arguments(parser: ArgumentParser) -> None:
    """What the command takes."""
    add = parser.add_argument
    add("path", nargs="?", type=Path, default=Path("."), help="Your folder.")
    add("--out", "-o", type=Path, default=None, metavar="FILE",
        help="The archive; by default NAME-submission.zip in your folder.")  # fmt: skip
    add("--no-run", action="store_true", help="Do not run the notebooks.")
    add("--assignment", "-a", default="", metavar="NAME",
        help="An assignment's id, its folder, or its rubric.")  # fmt: skip
    add("--lang", default="en", help="Language of the messages: en or zh.")


def command(given: Namespace) -> ExitCode:
    """Pack, look at what was packed, and run the notebooks."""
    from grader.report.strings import Texts
    from grader.selfcheck.packing import notebook_findings, pack

    texts = Texts(arguments.language(given.lang))
    packed = pack(
        arguments.existing(given.path), given.out, given.assignment, texts, lambda said: _say(said)
    )
    _tell_packed(packed, texts)
    found = [*packed.findings]
    found += notebook_findings(packed, texts, run=not given.no_run, tell=_say)
    _tell_findings(found, texts)
    print(texts("submit.not_sent", name=packed.archive))
    problems = any(each.problem for each in found)
    return ExitCode.CHECKS_FAILED if problems else ExitCode.OK


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _tell_packed(packed: Packed, texts: Texts) -> None:
    size = _size(packed.size)
    told = {"n": len(packed.files), "name": packed.archive, "size": size, "folder": packed.folder}
    print(texts("submit.packed", **told))
    for path in [*packed.files][:_SHOWN]:
        print(f"  {path}")
    _tell_more(len(packed.files), texts)
    if packed.left_out:
        print(texts("submit.left_out"))
        _tell_left_out(packed.left_out, texts)


def _tell_left_out(left_out: Sequence[SkippedFile], texts: Texts) -> None:
    for each in left_out[:_SHOWN]:
        size = f", {_size(each.size)}" if each.size > 1 << 20 else ""
        print(f"  {each.path}  ({texts(f'submit.why.{each.why}')}{size})")
    _tell_more(len(left_out), texts)


def _tell_more(count: int, texts: Texts) -> None:
    if count > _SHOWN:
        print(f"  {texts('terminal.more', n=count - _SHOWN)}")


def _tell_findings(found: Sequence[SubmitRemark], texts: Texts) -> None:
    print()
    if any(each.problem for each in found):
        print(texts("submit.look_at"))
    else:
        print(texts("submit.ready"))
    for each in sorted(found, key=lambda each: not each.problem):
        print(f"  {'!' if each.problem else '-'} {each.text}")
    print()


def _size(size: int) -> str:
    return f"{size / (1 << 20):.1f} MB" if size >= 1 << 20 else f"{-(-size // 1024)} kB"
