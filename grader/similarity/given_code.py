"""What was given to everybody, and is nobody's own: templates, given files, given notebooks."""

from __future__ import annotations

import fnmatch
import hashlib
import json
import posixpath
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from grader.assignment.folder import Assignment
from grader.similarity.code_tokens import code_units
from grader.similarity.program_files import ProgramFile, module_stems, programs
from grader.similarity.winnowing import Hashes, NumberedTokens
from grader.submission.module_names import COPY, Modules

GIVEN_LENGTH: Final = 12
"""Tokens in a row that are also in a template were given; fewer may be there by chance."""


class GivenCode(NamedTuple):
    """Code that was given out, as it is subtracted."""

    passages: Hashes
    """Every passage of `GIVEN_LENGTH` tokens of it, sorted."""
    functions: frozenset[bytes]
    """Digests of its functions, as tokens."""
    files: frozenset[str]
    """Digests of its files, as bytes."""
    names: list[str]
    """What it is, for people."""

    def covers(self, tokens: NumberedTokens) -> NDArray[np.bool_]:
        """Which tokens were given: all those of a function that was, and passages of others."""
        found = np.isin(tokens.passages(GIVEN_LENGTH), self.passages) & tokens.fit(GIVEN_LENGTH)
        edges = np.zeros(len(tokens) + GIVEN_LENGTH, np.int64)
        edges[: len(tokens)] += found
        edges[GIVEN_LENGTH:] -= found
        covered: NDArray[np.bool_] = np.cumsum(edges)[: len(tokens)] > 0
        for span, digest in zip(tokens.spans(), tokens.digests(), strict=True):
            if digest in self.functions:
                covered[span] = True
        return covered


class FileChoice:
    """Which files of a submission take part."""

    def __init__(self, assignments: Sequence[Assignment] = (), only: Sequence[str] = ()) -> None:
        """All but those that everybody is given complete, or what `only` names.

        Args:
            assignments: whose given modules are left out.
            only: patterns of file names, such as `model*.py`.
        """
        self._only = list(only)
        self._modules = [Modules(each.contract, each.rubric.given) for each in assignments]

    def __call__(self, path: str) -> bool:
        """Whether the file at a path inside the submission takes part."""
        name = posixpath.basename(path)
        if self._only:
            return any(
                fnmatch.fnmatch(name, each) or fnmatch.fnmatch(path, each) for each in self._only
            )
        return not any(_is_given(path, modules) for modules in self._modules)


def _is_given(path: str, modules: Modules) -> bool:
    """Whether a file is a module that is given complete, by its name."""
    match = modules.match(path)
    return match is not None and match.distance <= COPY and match.module in modules.given


def given_code(assignments: Sequence[Assignment] = (), templates: Iterable[Path] = ()) -> GivenCode:
    """What assignments give out, and templates of other years.

    Raises:
        InputError: a template cannot be read.
    """
    files: list[ProgramFile] = []
    names: list[str] = []
    for assignment in assignments:
        texts = [*_given_texts(assignment)]
        files += texts
        names.append(assignment.rubric.id)
        if assignment.layout.template.is_dir():
            files += programs(assignment.layout.template, lambda _: True).files
    for path in templates:
        files += programs(path, lambda _: True).files
        names.append(path.name)
    return _collected(files, names)


def _given_texts(assignment: Assignment) -> Iterator[ProgramFile]:
    for module, text in assignment.given_files.items():
        yield ProgramFile(f"{module.replace('.', '/')}.py", text.encode(), text, [])
    for name, text in assignment.given_notebooks.items():
        cells = json.loads(text).get("cells", [])
        code = ["".join(cell["source"]) for cell in cells if cell.get("cell_type") == "code"]
        yield ProgramFile(f"{name}.ipynb", text.encode(), "\n".join(code), [])


def _collected(files: Sequence[ProgramFile], names: list[str]) -> GivenCode:
    stems = module_stems([*files])
    units = [unit.tokens for file in files for unit in code_units(file.text, stems)]
    tokens = NumberedTokens(units)
    return GivenCode(
        np.unique(tokens.passages(GIVEN_LENGTH)[tokens.fit(GIVEN_LENGTH)]),
        frozenset(tokens.digests()),
        frozenset(file_digest(file.data) for file in files),
        names,
    )


def file_digest(data: bytes) -> str:
    """The same for files that are the same, byte for byte."""
    return hashlib.blake2b(data, digest_size=16).hexdigest()
