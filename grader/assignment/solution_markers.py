"""Where a solution stands in a reference: the markers that authors use, ours and those of others.

| who | markers |
|---|---|
| ours, nbgrader, otter | `# BEGIN SOLUTION` to `# END SOLUTION`, with any number of `#` |
| otter | `y = x + 1  # SOLUTION`, `# SOLUTION NO PROMPT`, a string with `# BEGIN PROMPT` |
| nbgrader | `### BEGIN HIDDEN TESTS` to `### END HIDDEN TESTS` |
| many courses | `# *****START OF YOUR CODE`, `START CODE HERE`, `BEGIN YOUR SOLUTION`, to `END` |
| banners of `#` | one that begins with `TODO` to one that says `END OF YOUR CODE` |

A marker without its counterpart is an error, and so is a comment that was probably meant as one:
what is not understood must never reach students.
"""

from __future__ import annotations

import difflib
import io
import re
import textwrap
import tokenize
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from grader.model.errors import InputError

WIDTH: Final = 100

_HASHES = r"(?P<indent>[ \t]*)#[#*\-= \t]*"
_END_OF_LINE = r"[#*\-= \t]*"
_BEGIN: Final = re.compile(
    _HASHES + r"BEGIN SOLUTION(?: NO PROMPT)?(?::[ \t]*(?P<task>.*\S))?" + _END_OF_LINE
)
_END: Final = re.compile(_HASHES + r"END SOLUTION" + _END_OF_LINE)
_TASK_LINE: Final = re.compile(r"[ \t]*#   (?P<task>.+)")
_HIDDEN: Final = re.compile(_HASHES + r"BEGIN (?P<what>HIDDEN TESTS|MARK SCHEME)" + _END_OF_LINE)
_HIDDEN_END: Final = re.compile(_HASHES + r"END (?P<what>HIDDEN TESTS|MARK SCHEME)" + _END_OF_LINE)
_YOUR = r"(?:OF[ ]+)?(?:YOUR[ ]+)?(?:CODE|SOLUTION)(?:[ ]+HERE)?(?:[ ]*\([^)]*\))?"
_START: Final = re.compile(_HASHES + r"(?:START|BEGIN)[ ]+" + _YOUR + _END_OF_LINE)
_STOP: Final = re.compile(_HASHES + r"END[ ]+" + _YOUR + _END_OF_LINE)
_LINE: Final = re.compile(r"(?P<code>[ \t]*[^#\s].*?)[ \t]*#+ ?SOLUTION(?P<no> NO PROMPT)?[ \t]*")
_PROMPT: Final = re.compile(
    r"""(?P<indent>[ \t]*)(?P<quotes>\"{3}|'{3})[ \t]*#[ ]*BEGIN PROMPT[ \t]*"""
)
_PROMPT_END: Final = re.compile(
    r"""(?P<before>.*?)[ \t]*(?:\"{3}|'{3});?[ \t]*#[ ]*END PROMPT[ \t]*"""
)
_RULE: Final = re.compile(r"[ \t]*#{10,}[ \t]*")
_TODO: Final = re.compile(r"[ \t]*#[ \t]*TODO\b.*")
_COMMENT: Final = re.compile(r"[ \t]*#.*")

_MARKERS: Final = (_BEGIN, _HIDDEN, _START, _LINE, _RULE)
"""What a marked piece begins with, but for prompts, which are strings."""
_PHRASES: Final = (
    "BEGIN SOLUTION", "END SOLUTION", "BEGIN HIDDEN TESTS", "END HIDDEN TESTS", "BEGIN PROMPT",
    "END PROMPT", "START OF YOUR CODE", "END OF YOUR CODE", "BEGIN YOUR SOLUTION",
    "END YOUR SOLUTION", "START CODE HERE", "END CODE HERE",
)  # fmt: skip
_NEAR: Final = 0.8


class Marked(NamedTuple):
    """A marked piece: `lines[begin:end]`, its markers included."""

    begin: int
    end: int
    indent: str
    before: tuple[str, ...] = ()
    """Lines that students get in its place."""
    after: tuple[str, ...] = ()
    """Lines that students get behind the stub."""
    is_solution: bool = True
    """Whether students have something to write here."""
    code: str = ""
    """Of a single marked line, what stands before its marker."""
    no_prompt: bool = False
    """Whether nothing is to stand in its place outside functions."""

    @property
    def solution(self) -> range:
        """Numbers of the lines, counted from 1, that students do not get."""
        return range(self.begin + 1, self.end + 1)


def has_marks(text: str) -> bool:
    """Whether a file marks any solution."""
    try:
        return any(marked.is_solution for marked in find_marked(text.splitlines(), ""))
    except InputError:
        return True


def marked_lines(text: str) -> set[int]:
    """Numbers of the lines, counted from 1, that are part of a solution."""
    found: set[int] = set()
    for marked in find_marked(text.splitlines(), ""):
        if marked.is_solution:
            found |= set(marked.solution)
    return found


def find_marked(lines: Sequence[str], name: str) -> Iterator[Marked]:
    """The marked pieces, in order.

    Args:
        lines: of a module, or of a notebook's cell.
        name: what to call it in errors.

    Raises:
        InputError: a marker is misspelt, or has no counterpart; names the line.
    """
    comments = _comment_lines(lines) if any(map(_may_mark, lines)) else set()
    at = 0
    while at < len(lines):
        found = _at(lines, at, name) if at in comments or _PROMPT.fullmatch(lines[at]) else None
        if found is not None:
            yield found
            at = found.end
            continue
        if at in comments:
            _refuse_strays(lines[at], f"{name}:{at + 1}")
        at += 1


def _may_mark(line: str) -> bool:
    """Whether a line marks something, or is refused for it, if its `#` begins a comment."""
    if "#" not in line:
        return False
    try:
        _refuse_strays(line, "")
    except InputError:
        return True
    return any(marker.fullmatch(line) for marker in _MARKERS)


def _at(lines: Sequence[str], at: int, name: str) -> Marked | None:
    """The piece that begins on a line."""
    line = lines[at]
    if begin := _BEGIN.fullmatch(line):
        end = _closed(lines, at, _END, name)
        before = _banner(begin["indent"], _task(lines, at, end, begin["task"] or ""))
        return Marked(at, end + 1, begin["indent"], before, no_prompt="NO PROMPT" in line)
    if hidden := _HIDDEN.fullmatch(line):
        end = _closed(lines, at, _HIDDEN_END, name)
        return Marked(at, end + 1, hidden["indent"], is_solution=False)
    if prompt := _PROMPT.fullmatch(line):
        end = _closed(lines, at, _PROMPT_END, name)
        last = _PROMPT_END.fullmatch(lines[end])
        rest = (last["before"],) if last and last["before"].strip() else ()
        kept = (*lines[at + 1 : end], *rest)
        return Marked(at, end + 1, prompt["indent"], kept, is_solution=False)
    if start := _START.fullmatch(line):
        end = _closed(lines, at, _STOP, name)
        return Marked(at, end + 1, start["indent"], (line,), (lines[end],))
    if one := _LINE.fullmatch(line):
        indent = line[: len(line) - len(line.lstrip())]
        return Marked(at, at + 1, indent, code=one["code"], no_prompt=bool(one["no"]))
    return _after_banner(lines, at, name)


def _closed(lines: Sequence[str], begin: int, end: re.Pattern[str], name: str) -> int:
    """The line that closes a piece."""
    for at in range(begin + 1, len(lines)):
        if end.fullmatch(lines[at]):
            return at
        if any(other.fullmatch(lines[at]) for other in (_BEGIN, _HIDDEN, _START)):
            break
        if any(other.fullmatch(lines[at]) for other in (_END, _HIDDEN_END)):
            break
        if end in (_END, _STOP):
            _refuse_strays(lines[at], f"{name}:{at + 1}", only_misspelt=True)
    raise InputError(f"{name}:{begin + 1}: what begins here, {lines[begin].strip()!r}, has no end.")


def _after_banner(lines: Sequence[str], at: int, name: str) -> Marked | None:
    """What stands below a banner of `#` that begins with TODO, down to the next one."""
    top = _banner_end(lines, at)
    if top is None or not _TODO.fullmatch(lines[at + 1]):
        return None
    following = next((i for i in range(top, len(lines)) if lines[i].strip()), top)
    if following < len(lines) and (
        _START.fullmatch(lines[following]) or _BEGIN.fullmatch(lines[following])
    ):
        return None
    for stop in range(top, len(lines)):
        end = _banner_end(lines, stop)
        if end is not None and (
            _TODO.fullmatch(lines[stop + 1]) or _STOP.fullmatch(lines[stop + 1])
        ):
            code = [i for i in range(top, stop) if lines[i].strip()]
            if not code:
                return None
            indent = lines[at][: len(lines[at]) - len(lines[at].lstrip())]
            return Marked(at, stop, indent, tuple(lines[at:top]))
    raise InputError(
        f"{name}:{at + 2}: no banner with END OF YOUR CODE follows the one that begins here.",
    )


def _banner_end(lines: Sequence[str], at: int) -> int | None:
    """The line after a banner that begins here."""
    if not _RULE.fullmatch(lines[at]):
        return None
    for end in range(at + 1, len(lines)):
        if _RULE.fullmatch(lines[end]):
            return end + 1 if end > at + 1 else None
        if not _COMMENT.fullmatch(lines[end]):
            return None
    return None


def _refuse_strays(line: str, place: str, *, only_misspelt: bool = False) -> None:
    """Refuse a comment that is a marker out of place, or was probably meant as one."""
    comment = line.partition("#")[2] if "#" in line else ""
    said = comment.strip("#*-= \t")
    alone = line.lstrip().startswith("#")
    if not only_misspelt and alone and any(each.fullmatch(line) for each in (_END, _HIDDEN_END)):
        raise InputError(f"{place}: {line.strip()!r} ends what nothing has begun.")
    if alone and re.match(r"(BEGIN|END) (SOLUTION|HIDDEN TESTS)\b", said) and said not in _PHRASES:
        raise InputError(
            f"{place}: {line.strip()!r} looks like a marker, but is not one that is known.",
            hint="What is to be done follows a colon: `# BEGIN SOLUTION: ...`.",
        )
    words = re.split(r"[:(]", said)[0].strip()
    if not said or words.upper() in _PHRASES[6:] or (alone and said in _PHRASES):
        return
    loud = words.isupper() or words.upper() in _PHRASES
    near = []
    if alone and loud:
        near = difflib.get_close_matches(words.upper(), _PHRASES, n=1, cutoff=_NEAR)
    if near and words != near[0]:
        raise InputError(
            f"{place}: {line.strip()!r} looks like a marker, but is not one that is known.",
            hint=f"Did you mean `# {near[0]}`?",
        )
    if alone or not words.isupper():
        return
    if _NEAR < difflib.SequenceMatcher(None, words, "SOLUTION").ratio() < 1:
        raise InputError(
            f"{place}: the comment {words!r} looks like a marker, but is not one that is known.",
            hint="Did you mean `# SOLUTION`?",
        )


def _comment_lines(lines: Sequence[str]) -> set[int]:
    """Lines with a comment on them; all, where they are not Python alone."""
    try:
        tokens = tokenize.generate_tokens(io.StringIO("\n".join(lines) + "\n").readline)
        return {token.start[0] - 1 for token in tokens if token.type == tokenize.COMMENT}
    except (tokenize.TokenError, SyntaxError, IndentationError):
        return set(range(len(lines)))


def _task(lines: Sequence[str], begin: int, end: int, first: str) -> str:
    """What is to be done, in the words that follow the marker."""
    task = [first.rstrip("#").strip()]
    for line in lines[begin + 1 : end] if first else ():
        if not (more := _TASK_LINE.fullmatch(line)):
            break
        task.append(more["task"])
    return " ".join(task).strip()


def _banner(indent: str, task: str) -> tuple[str, ...]:
    if not task:
        return ()
    width = WIDTH - len(indent.expandtabs(4))
    rule = "# " + "-" * (width - 2)
    words = textwrap.wrap(f"TODO: {task}", width, initial_indent="# ", subsequent_indent="# ")
    return tuple(indent + line for line in (rule, *words, rule))
