"""Which module a file is meant to be, whatever browsers, platforms and people called it."""

from __future__ import annotations

import posixpath
import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from grader.model.contract import Contract
from grader.model.module_path import module_file, notebook_of
from grader.model.submission_form import SubmissionForm, plain
from grader.submission.delivered_names import COPY_OF, without_owner
from grader.submission.source_text import Unreadable, decode

EXACT: Final = 0
"""`layers.py`"""
SPELT: Final = 1
"""`Layers.PY`, `layers.py.txt`"""
COPY: Final = 2
"""`layers (1).py`, `Copy of layers.py`, `layers_final.py`, `smithann_12_34_layers-1.py`"""
AROUND: Final = 3
"""`my layers.py`, `layers_old.py`: not what is meant where there is one of the above"""
CONTENT: Final = 4
"""`work.py`, which defines what the module should."""

_ENDING: Final = r"\.(?:pyw?|py_|txt|text)"
_BACKUP: Final = r"\.(?:bak|orig|old|save)|[ _.-]*(?:old|backup)|~"
_COPIED: Final = (
    r"[ _.-]*(?:\(\d+\)|\d+|v\d+(?:\.\d+)*|\(?(?:copy|kopie|copia|copie)\)?|的?副本|拷贝|复件"
    r"|final|finished|done|new|latest|updated|fixed|submission|submit|submitted|solution)"
)
_TAIL: Final = re.compile(rf"(?:(?P<ending>{_ENDING})|(?P<backup>{_BACKUP})|{_COPIED})$")
_HEAD: Final = re.compile(COPY_OF)
"""Copies as systems name them."""
_PLAIN: Final = re.compile(r"(?:^|/)[^./]+(?:\.txt)?$", re.IGNORECASE)
_NOTEBOOK: Final = re.compile(r"\.(?:ipynb|json|r?md)(?![A-Za-z])", re.IGNORECASE)
"""Endings of notebooks, and of texts that jupytext makes of them."""
_PAGE: Final = (".zip", ".html", ".pdf", ".gz")
"""Endings of what was made of a notebook that nobody can run."""
_MAX_NAME: Final = 255
"""Characters of a name that are looked at: no file system has longer ones, but archives may."""
_NUMBER: Final = re.compile(r"\d+")


class Match(NamedTuple):
    """A file that may be a module of the assignment; the smaller, the likelier."""

    distance: int
    """How far its name is from the module's: `EXACT` to `CONTENT`."""
    newest_first: int
    """Minus the number of the copy: `layers-2.py` was uploaded after `layers-1.py`."""
    module: str


def is_python(path: str) -> bool:
    """Whether a file's name says that it is Python, in whatever spelling: `a.PY`, `a.py.txt`."""
    body = path.rpartition("/")[2].casefold()
    while not body.endswith((".py", ".pyw", ".py_")):
        tail = _TAIL.search(body) if len(body) <= _MAX_NAME else None
        if tail is None:
            return False
        body = body[: tail.start()]
    return True


def may_be_python(path: str) -> bool:
    """Whether a file is Python by its name, or would be if it had the right ending."""
    return is_python(path) or _PLAIN.search(path) is not None


def may_be_notebook(path: str) -> bool:
    """Whether a file's name says that it is a notebook: `a.ipynb`, `a.ipynb.txt`."""
    name = posixpath.basename(path).lower()
    return ".ipynb" in name and not name.endswith(_PAGE)


def import_stem(path: str) -> str:
    """What a file is imported as, without its folder: `utils` for `lib/Utils.py.txt`."""
    stem = posixpath.basename(path)
    while match := re.search(rf"(?:{_ENDING}|{_BACKUP})$", stem, re.IGNORECASE):
        stem = stem[: match.start()]
    return stem


class Modules:
    """The modules of an assignment: those with names of the contract, and others that are given."""

    def __init__(
        self,
        entries: Contract,
        given: Iterable[str] = (),
        form: SubmissionForm | None = None,
    ) -> None:
        """`form` is by default what the contract's modules are called."""
        written = [entry.module for entry in entries.values() if not entry.given]
        self.form = form or SubmissionForm(written)
        self.entries = entries
        self.contract = contract = entries.modules
        """Contract name to its module."""
        self.given = frozenset(given)
        self.names: dict[str, frozenset[str]] = dict.fromkeys(sorted(self.given), frozenset())
        """Module to the contract's names in it; of one that is only given there are none."""
        for module in contract.values():
            self.names[module] = frozenset(n for n, where in contract.items() if where == module)
        self._by_stem: dict[str, list[str]] = {}
        for module in self.names:
            stem = notebook_of(module) or module.rpartition(".")[2]
            self._by_stem.setdefault(stem, []).append(module)
        self.in_notebooks = frozenset(n for n, where in contract.items() if notebook_of(where))
        """The contract's names that students write in cells of notebooks."""
        self._definition = re.compile(
            rf"^(?:async[ \t]+def|def|class)[ \t]+({'|'.join(map(re.escape, contract))})\b",
            re.MULTILINE,
        )

    def looks_wanted(self, path: str) -> bool:
        """Whether to read a file whose name does not say that it is Python: `layers.txt`."""
        if self.in_notebooks and may_be_notebook(path):
            return True
        may_be_meant = _PLAIN.search(path) or (self.in_notebooks and _NOTEBOOK.search(path))
        return bool(may_be_meant) and self.match(path) is not None

    def match(self, path: str) -> Match | None:
        """The module that a file is by its name, if by any."""
        name = posixpath.basename(path)
        found = []
        for stem, modules in self._by_stem.items():
            is_notebook = any(map(notebook_of, modules))
            distance = distance_of(_NOTEBOOK.sub(".py", name) if is_notebook else name, stem)
            if distance is not None:
                module = next((m for m in modules if _lies_in(path, m)), modules[0])
                found.append((distance, -len(stem), module))
        if not found:
            return None
        distance, _, module = min(found)
        return Match(distance, -copy_number(name), module)

    def defined_in(self, data: bytes) -> set[str]:
        """The contract's names that a file seems to define at its top level."""
        try:
            return set(self._definition.findall(decode(data)))
        except Unreadable:
            return set()


def root_of(path: str, module: str) -> str:
    """The package's folder if the file at `path` is that module, in its folder or lying flat."""
    own = posixpath.dirname(module_file(module))
    folder = posixpath.dirname(path)
    if own and f"/{folder}".casefold().endswith(f"/{own}".casefold()):
        return folder[: len(folder) - len(own)].rstrip("/")
    return folder


def _lies_in(path: str, module: str) -> bool:
    own = posixpath.dirname(module_file(module))
    return f"/{posixpath.dirname(path)}".casefold().endswith(f"/{own}".casefold())


def distance_of(name: str, stem: str) -> int | None:
    """How far the name of a file is from that of a module; None where it is another name."""
    if name == f"{stem}.py":
        return EXACT
    wanted = plain(stem)
    for spelling, distance in spellings(name):
        if spelling == wanted:
            return distance
    around = re.search(rf"(?<![a-z]){re.escape(stem.casefold())}(?![a-z])", _folded(name))
    return AROUND if around and is_python(name) else None


def spellings(name: str) -> Iterator[tuple[str, int]]:
    """Modules that a file may be, as `plain` has them, and how far from their names its own is."""
    own = without_owner(name)
    body = _folded(own)
    distance = SPELT if own == name else COPY
    if head := _HEAD.match(body):
        body, distance = body[head.end() :], COPY
    yield plain(body), distance
    while (tail := _TAIL.search(body)) and tail.start():
        kind = AROUND if tail["backup"] else SPELT if tail["ending"] else COPY
        distance = max(distance, kind)
        body = body[: tail.start()]
        yield plain(body), distance


def _folded(name: str) -> str:
    return unicodedata.normalize("NFKC", name[:_MAX_NAME]).casefold()


def copy_number(name: str) -> int:
    """The number of a copy, 0 where it has none: 2 for `layers (2).py`."""
    numbers = _NUMBER.findall(import_stem(name))
    return int(numbers[-1][-9:]) if numbers else 0
