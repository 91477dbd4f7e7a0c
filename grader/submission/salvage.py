"""Keeping the healthy functions of a file that does not parse.

The text is cut into blocks at every `def` and `class` of the first column, and a class into its
methods. A block that parses alone stays as it is. In place of a broken one stands a function of
the same name that raises the parser's complaint, and blank lines, so that every line keeps its
number.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from grader.submission.parse import Unparsable, parse

ToPython3 = Callable[[str], str]
"""Gives the runnable text of a block, line for line, or raises `Unparsable`."""

_KEYWORDS: Final = "|".join(word for word in keyword.kwlist if word not in ("def", "class"))
_MISSPELT: Final = rf"(?!(?:{_KEYWORDS})\b)\w+[ \t]+(?=\w+[ \t]*\(.*:[ \t]*(?:#.*)?$)"
"""`deff name(...):` and the like: a word that is none of Python's where `def` should be."""
_DEFINITION: Final = re.compile(
    rf"([ \t]*)(?:(?:async[ \t]+def|def|class)\b[ \t]*|{_MISSPELT})(\w*)"
)
_START: Final = re.compile(rf"(?:async[ \t]+def|def|class)\b|@|{_MISSPELT}")
_CODE: Final = re.compile(r"[^\s#)\]}]")
_CONTINUES: Final = re.compile(r"(?:elif|else|except|finally)\b|[\"']{3}")
_MAX_CUTS: Final = 30
_MAX_EFFORT: Final = 4_000_000
"""Characters given to the parser in all: a hundred times an ordinary module."""
_EFFORT_OF_CALL: Final = 200
_MAX_JOINED: Final = 4
"""Blocks tried together: text at the start of a line inside a docstring can look like code."""


class Broken(NamedTuple):
    """A function, method or class that cannot be parsed; lines count from 1."""

    name: str
    """`scale_forward`, `Net`, or a method as `Net.loss`."""
    reason: str
    """`layers.py, line 12: unexpected indent`."""
    first_line: int
    last_line: int


class Salvaged(NamedTuple):
    """What is left of a file."""

    text: str
    broken: list[Broken]
    lost_lines: list[str]
    """Why lines outside any function were left out."""


def salvage(text: str, file: str, to_python3: ToPython3) -> Salvaged:
    """The healthy part of `text`, with as many lines.

    Raises:
        Unparsable: there is no telling the blocks apart.
    """
    lines = text.split("\n")
    salvager = _Salvager(file, _bounded(to_python3))
    kept: list[str] = []
    try:
        for first, last in _blocks(lines, _starts(lines), salvager.to_python3):
            kept += salvager.block(lines[first:last], first)
    except _TooMuch:
        raise Unparsable("too much of it is broken", hostile=True) from None
    return Salvaged("\n".join(kept), salvager.broken, salvager.lost_lines)


class _TooMuch(Exception):
    """The text would take too long to be taken apart."""


def _bounded(to_python3: ToPython3) -> ToPython3:
    effort = 0

    def bounded(text: str) -> str:
        nonlocal effort
        effort += len(text) + _EFFORT_OF_CALL
        if effort > _MAX_EFFORT:
            raise _TooMuch
        return to_python3(text)

    return bounded


def _starts(lines: list[str]) -> list[int]:
    """Where top-level blocks begin; decorators belong to what they decorate."""
    starts = [0]
    decorated = False
    for number, line in enumerate(lines):
        if _START.match(line):
            if number and not decorated:
                starts.append(number)
            decorated = line.startswith("@")
        elif line.strip():
            decorated = decorated and line[0] in " \t)"
    return starts


def _blocks(
    lines: list[str], starts: list[int], to_python3: ToPython3
) -> Iterator[tuple[int, int]]:
    ends = [*starts[1:], len(lines)]
    at = 0
    while at < len(starts):
        upto = at
        alone = _works(lines[starts[at] : ends[at]], to_python3)
        for to in range(at + 1, 0 if alone else min(len(starts), at + _MAX_JOINED)):
            joined = lines[starts[at] : ends[to]]
            if _sound_length(joined, starts[to] - starts[at] + 1, to_python3):
                upto = to
                break
        yield starts[at], ends[upto]
        at = upto + 1


def _sound_length(lines: list[str], least: int, to_python3: ToPython3) -> int:
    """How many of the lines parse, up to one that starts in the first column; 0 if too few do."""
    cuts = [number for number in range(least, len(lines)) if _CODE.match(lines[number])]
    for cut in [len(lines), *reversed(cuts)][:_MAX_CUTS]:
        if _works(lines[:cut], to_python3):
            return cut
    return 0


def _works(lines: list[str], to_python3: ToPython3) -> bool:
    try:
        to_python3("\n".join(lines))
    except Unparsable:
        return False
    return True


class _Salvager:
    def __init__(self, file: str, to_python3: ToPython3) -> None:
        self.file = file
        self.to_python3 = to_python3
        self.broken: list[Broken] = []
        self.lost_lines: list[str] = []

    def block(self, lines: list[str], offset: int) -> list[str]:
        """The runnable lines of a top-level block that starts after `offset` lines."""
        try:
            return self._run(lines)
        except Unparsable as error:
            problem = error.moved(offset)
        header = next((n for n, line in enumerate(lines) if _is_definition(line)), None)
        if header is None:
            return self._loose(lines, offset)
        end = _sound_length(lines, header + 1, self.to_python3)
        if end and self._is_sound_tail(lines[end:]):
            return self._run(lines[:end]) + self._loose(lines[end:], offset + end)
        if lines[header].startswith("class"):
            methods = self._class(lines, header, offset)
            if methods is not None:
                return methods
        return self._stub(lines, header, offset, problem)

    def _run(self, lines: list[str]) -> list[str]:
        return self.to_python3("\n".join(lines)).split("\n")

    def _is_sound_tail(self, lines: list[str]) -> bool:
        """Whether what follows a function is code of its own, no part of the function that slid
        to the first column."""
        try:
            self._run(lines)
        except Unparsable as error:
            return "unexpected indent" not in error.reason and not any(
                line.startswith((" ", "\t", "return")) for line in lines
            )
        return not any(line.startswith("return") for line in lines)

    def _loose(self, lines: list[str], offset: int) -> list[str]:
        """Module-level code: statement by statement, without those that do not parse."""
        starts = [
            number
            for number, line in enumerate(lines)
            if not number or (_CODE.match(line) and not _CONTINUES.match(line))
        ]
        kept: list[str] = []
        for first, last in _blocks(lines, starts, self.to_python3):
            statement = lines[first:last]
            try:
                kept += self._run(statement)
            except Unparsable as error:
                self.lost_lines.append(self._where(error.moved(offset + first)))
                kept += [""] * len(statement)
        return kept

    def _class(self, lines: list[str], header: int, offset: int) -> list[str] | None:
        """A class without its broken methods, or None where its own lines are broken."""
        starts = _method_starts(lines, header)
        if not starts:
            return None
        indent = _indent(lines[starts[0]])
        try:
            kept = self._run([*lines[: starts[0]], f"{indent}pass"])[:-1]
        except Unparsable:
            return None
        class_name = _name(lines[header])
        broken: list[Broken] = []
        for first, last in zip(starts, [*starts[1:], len(lines)], strict=True):
            kept += self._method(lines[first:last], offset + first, class_name, indent, broken)
        if not _works(kept, self.to_python3):
            return None
        self.broken += broken
        return kept

    def _method(
        self, lines: list[str], offset: int, class_name: str, indent: str, broken: list[Broken]
    ) -> list[str]:
        try:
            return self._run_method(lines, indent)
        except Unparsable as error:
            reason = self._where(error.moved(offset))
        definition = next((line for line in lines if _is_definition(line.lstrip())), lines[0])
        name = _name(definition)
        broken.append(Broken(f"{class_name}.{name}", reason, offset + 1, offset + _length(lines)))
        stub = f"{indent}def {name}(self, *args, **kwargs): raise SyntaxError({reason!r})"
        return [stub] + [""] * (len(lines) - 1)

    def _run_method(self, lines: list[str], indent: str) -> list[str]:
        if _indent(lines[0]) != indent:
            raise Unparsable("unindent does not match any outer indentation level", 1)
        try:
            text = self.to_python3("\n".join(["class _:", *lines]))
        except Unparsable as error:
            raise error.moved(-1) from None
        _, *others = parse(text).body
        if others:
            raise Unparsable("unexpected unindent", others[0].lineno - 1)
        return text.split("\n")[1:]

    def _stub(self, lines: list[str], header: int, offset: int, problem: Unparsable) -> list[str]:
        name, reason = _name(lines[header]), self._where(problem)
        self.broken.append(Broken(name, reason, offset + 1, offset + _length(lines)))
        stub = f"def {name}(*args, **kwargs): raise SyntaxError({reason!r})" if name else ""
        return [""] * header + [stub] + [""] * (len(lines) - header - 1)

    def _where(self, error: Unparsable) -> str:
        line = f", line {error.line}" if error.line else ""
        return f"{self.file}{line}: {error.reason}"


def _is_definition(line: str) -> bool:
    return _START.match(line) is not None and not line.startswith("@")


def _name(line: str) -> str:
    match = _DEFINITION.match(line)
    return match[2] if match else ""


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip(" \t"))]


def _length(lines: list[str]) -> int:
    """Lines up to the last that is code."""
    code = [n for n, line in enumerate(lines) if line.strip() and not line.lstrip().startswith("#")]
    return code[-1] + 1 if code else len(lines)


def _method_starts(lines: list[str], header: int) -> list[int]:
    """Where methods begin: at the first one's depth, or a little less by mistake."""
    starts: list[int] = []
    depth = 0
    decorated = False
    for number in range(header + 1, len(lines)):
        line = lines[number]
        body = line.lstrip(" \t")
        width = len(_indent(line).expandtabs(8))
        if not _START.match(body) or not width or (starts and width > depth):
            decorated = decorated and not body
            continue
        if not starts:
            depth = width
        if not decorated:
            starts.append(number)
        decorated = body.startswith("@")
    return starts
