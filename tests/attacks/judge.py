"""Whether an attack did what its record says, and nothing else."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from functools import cached_property
from html.parser import HTMLParser
from pathlib import Path
from typing import Final

import msgspec
from rich.console import Console

from grader.model.result import Result
from grader.report.cell_output import fragment, plain
from grader.report.html import student_page
from grader.report.terminal import result_line, summary
from grader.submission.discover import short_name
from grader.submission.identity import file_stem
from tests.attacks.ground import BASES, NEIGHBOURS
from tests.attacks.records import Attack, attacks
from tests.attacks.run import Seen
from tests.support import verdicts

MAX_RESULT: Final = 1 << 20
"""Bytes of a result file: seven checks, each with its source and output."""
_UNSHOWN: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_FORMULA: Final = re.compile(r"[=+\-@\t\r]")


class Run:
    """What one kind of sandbox made of the attacks."""

    def __init__(self, out: Path) -> None:
        self.out = out
        self.seen = msgspec.json.decode((out / "seen.json").read_bytes(), type=Seen)

    @property
    def kind(self) -> str:
        """The sandbox that was in force."""
        return self.seen.kind

    @cached_property
    def results(self) -> dict[str, Result]:
        """By the name of the submission as it was handed in."""
        loaded = (Result.load(path) for path in (self.out / "results").iterdir())
        return {result.name: result for result in loaded}

    @property
    def layers(self) -> list[str]:
        """Of the sandbox, as they were confirmed."""
        sandbox = self.results[NEIGHBOURS[0]].sandbox
        return sandbox.layers if sandbox else []

    def result_of(self, attack: Attack) -> Result | None:
        """The result of an attack; None where it was too dangerous to run."""
        if self.expected(attack) == "skipped":
            return None
        return self.results.get(short_name(attack.submission, is_folder=True))

    def expected(self, attack: Attack) -> str:
        """What the record says that this kind does not stop; empty if it stops the attack."""
        return attack.on.get(self.kind, "")  # type: ignore[call-overload, no-any-return]

    def complaints(self, attack: Attack) -> Iterator[str]:
        """All that is not as the record says."""
        expected = self.expected(attack)
        if expected == "skipped":
            return
        result = self.result_of(attack)
        if result is None:
            yield "it has no result"
            return
        yield from self._about_points(attack, result, expected)
        said = texts(result)
        if not re.search(attack.says, said, re.DOTALL):
            yield f"nothing says {attack.says!r}: {said[-1500:]}"
        read = self.secrets_in(result)
        if read and expected != "read":
            yield f"secrets were read: {', '.join(read)}"
        if expected == "read" and not read:
            yield "the record says that a secret is read, and none was"
        if expected in ("left", "reached", "altered"):
            succeeded = "attack got" in said or attack.id in self.seen.outside
            if not succeeded:
                yield f"the record says that it is not stopped ({expected}), and it was"
        size = self._path("results", result, "json").stat().st_size
        if size > MAX_RESULT:
            yield f"its result has {size} bytes"
        yield from injected(result)

    def secrets_in(self, result: Result) -> list[str]:
        """Names of the secrets that a result or its page holds."""
        told = self.told(result)
        return sorted(name for name, token in self.seen.secrets.items() if token in told)

    def gained(self, attack: Attack, result: Result) -> bool:
        """Whether it has more points than the same submission without the attack."""
        return result.score > self._base(attack).score

    def _base(self, attack: Attack) -> Result:
        return self.results[next(name for name, of in BASES.items() if of == attack.forward)]

    def _about_points(self, attack: Attack, result: Result, expected: str) -> Iterator[str]:
        base = self._base(attack)
        if result.error_kind == "internal":
            yield f"it is taken for a fault of ours: {result.error}"
        broken = [check.id for check in result.checks if check.outcome == "internal"]
        if broken:
            yield f"it broke the checks {', '.join(broken)}"
        if expected == "gained":
            if not self.gained(attack, result):
                yield "the record says that it gains points, and it did not"
        elif attack.score is not None and expected != "read":
            if result.score != attack.score:
                yield f"it has {result.score:g} points, and is to have {attack.score:g}"
        elif self.gained(attack, result) and expected != "read":
            yield f"it has {result.score:g} points, without the attack {base.score:g}"

    def _path(self, kind: str, result: Result, ending: str) -> Path:
        return self.out / kind / f"{file_stem(result.submission)}.{ending}"

    def told(self, result: Result) -> str:
        """All that is written of one submission: its result and its pages."""
        pages = [self._path(kind, result, "html") for kind in ("reports", "instructor")]
        paths = [self._path("results", result, "json"), *pages]
        return "".join(path.read_text(encoding="utf-8") for path in paths)

    def common(self) -> Iterator[str]:
        """All that is not as it should be, besides single attacks."""
        wanted = {
            ending: {attack.id for attack in attacks().values() if self.expected(attack) == ending}
            for ending in ("left", "reached", "altered")
        }
        for name in NEIGHBOURS:
            if self.results[name].score != 100:
                yield f"{name} has {self.results[name].score:g} points in place of 100"
        if len({str(verdicts(_plain(self.results[name]))) for name in NEIGHBOURS}) > 1:
            yield "neighbours differ from each other"
        stayed = [name for name in self.seen.processes if name not in wanted["left"]]
        if stayed:
            yield f"processes stayed: {', '.join(stayed)}"
        if self.seen.scratch:
            yield f"scratch folders stayed: {', '.join(self.seen.scratch)}"
        if self.seen.shared and not wanted["left"]:
            yield f"files stayed: {', '.join(self.seen.shared)}"
        if set(self.seen.reached) - wanted["reached"]:
            yield f"connections were made: {', '.join(self.seen.reached)}"
        if (self.seen.outside or not self.seen.unchanged) and not wanted["altered"]:
            yield f"files outside were changed: {', '.join(self.seen.outside)}"
        for token in self.seen.secrets.values():
            if token in (self.out / "index.html").read_text(encoding="utf-8"):
                yield "a secret is on the class page"
        if found := _UNSHOWN.search(self.seen.said.replace("\n", "")):
            yield f"the terminal was sent {found.group()!r}"
        yield from _gradebook(self.out / "gradebook.csv")
        yield from markup((self.out / "index.html").read_text(encoding="utf-8"), "the class page")


def _plain(result: Result) -> dict[str, object]:
    built: dict[str, object] = msgspec.to_builtins(result)
    return built


def texts(result: Result) -> str:
    """Every text of a result that came from the submission or is about it."""
    parts = [result.error, *result.notes]
    for check in result.checks:
        parts += [check.message, check.stdout, *check.warnings, *check.notes]
    return "\n".join(parts)


def injected(result: Result) -> Iterator[str]:
    """Whether anything that the student wrote acts in a page, a notebook or a terminal."""
    for audience in ("instructor", "student"):
        yield from markup(student_page(result, audience=audience), "the student's page")
        yield from markup(fragment(result, audience=audience), "the notebook")
    shown = Console(width=120, force_terminal=False, record=True, file=io.StringIO())
    shown.print(summary(result))
    shown.print(result_line(result))
    for text in (shown.export_text(), plain(result)):
        if found := _UNSHOWN.search(text):
            yield f"a terminal would be sent {found.group()!r}"


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.scripts = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        refreshes = tag == "meta" and dict(attrs).get("http-equiv") == "refresh"
        if refreshes or tag in ("img", "iframe", "object", "embed", "base", "form", "link"):
            self.found.append(tag)
        self.found += [name for name, _ in attrs if name.startswith("on")]
        self.scripts += tag == "script"


def markup(page: str, where: str) -> Iterator[str]:
    """What is active in a page that should not be: the page's own script is the only one."""
    tags = _Tags()
    tags.feed(page)
    if tags.found or tags.scripts > 1:
        yield f"{where} holds {', '.join(tags.found)} and {tags.scripts} scripts"
    if found := _UNSHOWN.search(page):
        yield f"{where} holds {found.group()!r}"


def _gradebook(path: Path) -> Iterator[str]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        for row in csv.reader(file):
            for cell in row:
                if _FORMULA.match(cell) or _UNSHOWN.search(cell) or "\n" in cell:
                    yield f"the gradebook holds {cell[:80]!r}"
