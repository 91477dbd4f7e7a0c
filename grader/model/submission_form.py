"""What submissions of an assignment look like: what their package is called, and what is in it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Final

from grader.model.module_path import notebook_of

_BETWEEN: Final = re.compile(r"[ _-]")
_NUMBERED: Final = re.compile(r"(?P<word>.*?)[ _-]*(?P<number>\d+)")


class SubmissionForm:
    """The names by which a submission's package and modules are found."""

    def __init__(
        self,
        modules: Sequence[str] = (),
        packages: Sequence[str] = (),
        prefer: Sequence[str] = (),
    ) -> None:
        """Nothing is known of a submission by default: then no folder is one by its names.

        Args:
            modules: those that students write: `layers`, `nets.simple`, `notebook:Fit`.
            packages: what the package may be called; the first is the usual name.
            prefer: of several packages, the one in such a folder: `assignment2`.
        """
        self.modules = tuple(dict.fromkeys(modules))
        self.packages = tuple(packages)
        self._prefer = tuple(prefer)

    @cached_property
    def stems(self) -> frozenset[str]:
        """The names of files that students write, without ending."""
        return frozenset(
            module.rpartition(".")[2] for module in self.modules if not notebook_of(module)
        )

    @cached_property
    def plain_stems(self) -> frozenset[str]:
        """The same, without what stands between their words: `mynet` for `my_net`."""
        return frozenset(map(plain, self.stems))

    @property
    def is_single_file(self) -> bool:
        """Whether all that students write is one file of Python."""
        return len(self.modules) == 1 and len(self.stems) == 1

    def prefers(self, folder: str) -> bool:
        """Whether a folder is that of the assignment by its name: `assignment 2/work`."""
        return any(pattern.search(folder) for pattern in self._own.values())

    def is_another(self, folder: str) -> bool:
        """Whether a folder is that of another assignment by its number: `assignment3/work`."""
        return not self.prefers(folder) and any(
            any(found["number"].lstrip("0") != number for found in pattern.finditer(folder))
            for (_, number), pattern in self._any.items()
        )

    @cached_property
    def _own(self) -> Mapping[str, re.Pattern[str]]:
        return {name: _folder(word, number) for name, word, number in self._parts()}

    @cached_property
    def _any(self) -> Mapping[tuple[str, str], re.Pattern[str]]:
        return {
            (word, number): _folder(word, r"\d+") for _, word, number in self._parts() if number
        }

    def _parts(self) -> list[tuple[str, str, str]]:
        found = [(name, _NUMBERED.fullmatch(name)) for name in self._prefer]
        return [
            (name, match["word"], match["number"].lstrip("0")) if match else (name, name, "")
            for name, match in found
        ]


def _folder(word: str, number: str) -> re.Pattern[str]:
    """A part of a path that is this word and number, in any spelling."""
    numbered = rf"[ _-]*0*(?P<number>{number})(?!\d)" if number else "(?![a-z])"
    return re.compile(rf"(?i)(?:^|[^a-z]){re.escape(word)}{numbered}")


def plain(name: str) -> str:
    """A name without what stands between its words: `mynet` for `my_net` and `my-net`."""
    return _BETWEEN.sub("", name.casefold())


UNKNOWN: Final = SubmissionForm()
"""Of an assignment of which nothing is known."""
