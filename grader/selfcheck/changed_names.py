"""Which functions may do something else since files were changed, as far as reading tells.

A definition may behave otherwise if its text has changed, or that of a definition whose name it
mentions, wherever that stands: names are not resolved, so rather too many are found than too few.
Where more than definitions has changed, nothing is known.
"""

from __future__ import annotations

import ast
import os
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple

_MOST_FILES: Final = 300
"""Beyond that a folder is not read: who works in it has more than an assignment there."""


class Definitions(NamedTuple):
    """What stands at the top of a module."""

    trees: Mapping[str, str]
    """Function or class to its syntax tree, as text."""
    mentions: Mapping[str, frozenset[str]]
    """The same to the names, attributes and texts in it."""
    rest: str
    """All other statements."""


class SourceWatch:
    """The modules in a folder, as they were when it was last looked at."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._texts = _read(folder)
        self._known = {path: _definitions(text) for path, text in self._texts.items()}

    def changed(self) -> set[str] | None:
        """Names of the definitions that may behave otherwise since the last look; None: any."""
        before, texts = self._known, _read(self._folder)
        changed = {path for path, text in texts.items() if self._texts.get(path) != text}
        same = before.keys() == texts.keys()
        self._known = {
            path: _definitions(text) if path in changed or not same else before[path]
            for path, text in texts.items()
        }
        self._texts = texts
        if not same or not texts:
            return None
        seeds: set[str] = set()
        for path in changed:
            own = _different(before[path], self._known[path])
            if own is None:
                return None
            seeds |= own
        return _with_users(seeds, filter(None, self._known.values()))


def _different(before: Definitions | None, after: Definitions | None) -> set[str] | None:
    if before is None or after is None or before.rest != after.rest:
        return None
    names = before.trees.keys() | after.trees.keys()
    return {name for name in names if before.trees.get(name) != after.trees.get(name)}


def _with_users(seeds: Collection[str], modules: Iterable[Definitions]) -> set[str]:
    """These names, and the definitions that mention them, and those that mention these."""
    every = [pair for module in modules for pair in module.mentions.items()]
    found = set(seeds)
    while more := {name for name, said in every if name not in found and said & found}:
        found |= more
    return found


def _definitions(text: str | None) -> Definitions | None:
    """What stands in a module; None where it cannot be parsed."""
    try:
        body = ast.parse(text or "").body
    except (SyntaxError, ValueError, RecursionError):
        return None
    named = [each for each in body if isinstance(each, (ast.FunctionDef, ast.ClassDef))]
    if len({each.name for each in named}) < len(named):
        return None
    rest = [ast.dump(each) for each in body if each not in named]
    return Definitions(
        {each.name: ast.dump(each) for each in named},
        {each.name: frozenset(_mentioned(each)) for each in named},
        "\n".join(rest),
    )


def _mentioned(node: ast.AST) -> Iterator[str]:
    for each in ast.walk(node):
        match each:
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.alias(name=name):
                yield name.rpartition(".")[2]
            case ast.Constant(value=str(text)):
                yield text


def _read(folder: Path) -> dict[Path, str | None]:
    """The modules in a folder, None for what is no text; nothing where there are too many."""
    texts: dict[Path, str | None] = {}
    for path in _modules(folder):
        if len(texts) == _MOST_FILES:
            return {}
        try:
            texts[path] = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            texts[path] = None
    return texts


def _modules(folder: Path) -> Iterator[Path]:
    for place, folders, files in os.walk(folder):
        hidden = {name for name in folders if name[0] in "._"}
        environments = {name for name in folders if Path(place, name, "pyvenv.cfg").exists()}
        folders[:] = sorted({*folders} - hidden - environments)
        yield from (Path(place, name) for name in sorted(files) if name.endswith(".py"))
