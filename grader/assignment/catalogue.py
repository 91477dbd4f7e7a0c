"""The catalogue of known mistakes and of valid variants, each a few lines of TOML.

A mistake is a patch of the reference that students are known to make; a variant is one that is
right all the same. Both lie beside the reference package: `mistakes/<function>/<id>.toml` and
`variants/<id>.toml`. `docs/mistakes.md` shows how to add one.
"""

from __future__ import annotations

import ast
import itertools
import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Annotated, Final

import msgspec
from msgspec.structs import replace

from grader.assignment.toml_record import read_record
from grader.model.errors import InputError
from grader.model.module_path import NOTEBOOK, source_file
from grader.model.rubric import Text
from grader.model.text_enum import TextEnum

_ANYTHING: Final = "..."
"""A line of `old` that stands for any lines, as few as will do."""


class Severity(TextEnum):
    """What a mistake weighs."""

    MAJOR = "major"
    MINOR = "minor"
    """A deviation that is worth a remark."""


class Patch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A replacement of text, indented as the place asks for."""

    file: str
    """Relative to the package: `layers.py`, `nets/simple.py`; or a notebook's name."""
    old: str
    """Text that occurs exactly once; a part of a line, or whole lines. A line `...` stands for any
    lines between its neighbours."""
    new: str
    function: str = ""
    """Function, class or method (`Net.loss`) that holds it; empty for the whole file."""


class Parameter(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A number in a mistake that differs from student to student: `$name` in its patches."""

    name: str
    values: Annotated[list[float], msgspec.Meta(min_length=1)]
    """Likely ones, the likeliest first. The student's own is fitted, starting from these."""
    sizes: list[str] = []
    """Sizes in the code, such as `len(x)`, by which a student may also multiply or divide it."""


class Form(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Another way of making a mistake, with other results."""

    patch: Annotated[list[Patch], msgspec.Meta(min_length=1)]
    title: Text | None = None
    """What is wrong, where the mistake's own title does not fit."""
    explanation: Text | None = None


class Way(msgspec.Struct, frozen=True):
    """A form of a mistake, perhaps with a size beside the number in it."""

    form: int
    patch: list[Patch]
    parameter: list[Parameter]
    scales: str = ""
    """Name of the parameter that a size stands beside."""
    scale: str = ""
    """What it is multiplied or divided by: `* len(x)`."""


class Mistake(msgspec.Struct, frozen=True, dict=True, forbid_unknown_fields=True):
    """A known mistake in one function of the contract, with its whole family."""

    id: str
    function: str
    severity: Severity
    title: Text
    explanation: Text
    """Why it is wrong, to one who made it."""
    hint: Text
    """What to think about; never the solution."""
    patch: Annotated[list[Patch], msgspec.Meta(min_length=1)]
    """The mistake as it is usually made."""
    parameter: list[Parameter] = []
    form: list[Form] = []
    """The other ways to make it."""

    @property
    def forms(self) -> list[list[Patch]]:
        """The patches of each way to make it that is written down, the usual one first."""
        return [self.patch, *(form.patch for form in self.form)]

    @cached_property
    def ways(self) -> list[Way]:
        """The forms, then those in which a size stands beside the number."""
        written = [Way(i, patch, self._occurring(patch)) for i, patch in enumerate(self.forms)]
        return [*written, *(scaled for way in written for scaled in _scaled(way))]

    def _occurring(self, patches: list[Patch]) -> list[Parameter]:
        text = "\n".join(patch.new for patch in patches)
        return [each for each in self.parameter if _placeholder(each.name).search(text)]

    def parameters_of(self, way: int = 0) -> list[Parameter]:
        """The parameters that occur in one of the ways."""
        return self.ways[way].parameter

    def patches(self, way: int = 0, numbers: Sequence[float] = ()) -> list[Patch]:
        """The patches of one way to make it, with numbers in place of its parameters.

        Args:
            way: which one.
            numbers: one for each of `parameters_of(way)`; the likeliest by default.
        """
        parameters = self.parameters_of(way)
        chosen = numbers or [each.values[0] for each in parameters]
        patches = self.ways[way].patch
        for each, number in zip(parameters, chosen, strict=True):
            written = f"({float(number)!r})" if number < 0 else repr(float(number))
            patches = _with(patches, each.name, written)
        return patches

    def title_of(self, way: int) -> Text:
        """What is wrong, made in this way."""
        return self._form_of(way).title or self.title

    def explanation_of(self, way: int) -> Text:
        """Why that is wrong."""
        return self._form_of(way).explanation or self.explanation

    def _form_of(self, way: int) -> Form:
        return [Form(self.patch), *self.form][self.ways[way].form]


def _scaled(way: Way) -> Iterator[Way]:
    """The ways to make it with a number times, or by, one of its sizes."""
    for place, each in enumerate(way.parameter):
        for operator, size in itertools.product("/*", each.sizes):
            scale = f"{operator} {size}"
            patches = _with(way.patch, each.name, f"(${each.name} {scale})")
            parameters = [*way.parameter]
            parameters[place] = replace(each, values=[1.0], sizes=[])
            yield Way(way.form, patches, parameters, each.name, scale)


def _with(patches: list[Patch], name: str, text: str) -> list[Patch]:
    return [
        replace(patch, new=_placeholder(name).sub(lambda _: text, patch.new)) for patch in patches
    ]


class Variant(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Another way of being right."""

    id: str
    title: Text
    patch: Annotated[list[Patch], msgspec.Meta(min_length=1)]


Definition = ast.FunctionDef | ast.ClassDef


def _placeholder(name: str) -> re.Pattern[str]:
    return re.compile(rf"\${re.escape(name)}\b")


def load_mistakes(folder: Path) -> list[Mistake]:
    """The known mistakes in an assignment's folder, by function and id.

    Raises:
        InputError: a file is wrong; names it, and the key.
    """
    found = [
        _in_its_function(path, read_record(path, Mistake, id=path.stem))
        for path in _files(folder, "*/*.toml")
    ]
    _must_be_distinct(folder, found)
    return found


def load_variants(folder: Path) -> list[Variant]:
    """The valid variants in an assignment's folder, by id.

    Raises:
        InputError: a file is wrong; names it, and the key.
    """
    return [read_record(path, Variant, id=path.stem) for path in _files(folder, "*.toml")]


def read_package(folder: Path) -> dict[str, str]:
    """The Python files of a package: text by path inside it."""
    return {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(folder.rglob("*.py"))
    }


def write_package(files: Mapping[str, str], folder: Path) -> None:
    """The way back of `read_package`."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")


def apply(files: Mapping[str, str], entry: Mistake | Variant) -> dict[str, str]:
    """The package with a mistake or variant in it.

    Raises:
        InputError: a patch does not fit; names entry and file.
    """
    try:
        return patched(files, entry.patches() if isinstance(entry, Mistake) else entry.patch)
    except InputError as error:
        kind = type(entry).__name__.lower()
        raise InputError(f"The {kind} {entry.id!r} does not fit: {error.message}") from None


def patched(files: Mapping[str, str], patches: Iterable[Patch]) -> dict[str, str]:
    """The package with patches applied, one after the other.

    Args:
        files: text by path inside the package.
        patches: what to replace.

    Raises:
        InputError: a patch's text does not occur exactly once in its function, or what comes out
            is no Python; names the file.
    """
    result = dict(files)
    for patch in patches:
        file = _module_of(patch.file)
        if file not in result:
            raise InputError(f"{patch.file}: there is no such file in the package.")
        result[file] = _replaced(result[file], patch)
    return result


def _module_of(file: str) -> str:
    """A file as a package has it: functions of a notebook are a module of its name."""
    if not file.endswith(".ipynb"):
        return file
    return source_file(NOTEBOOK + file.removesuffix(".ipynb"))


@lru_cache(maxsize=4096)
def _replaced(text: str, patch: Patch) -> str:
    begin, end = _extent(text, patch)
    found = list(_pattern(patch.old).finditer(text, begin, end))
    if len(found) != 1:
        where = f" in {patch.function}" if patch.function else ""
        times = f"{len(found)} times" if found else "not"
        raise InputError(f"{patch.file}: {patch.old.strip()!r} occurs {times}{where}, not once.")
    match = found[0]
    line = text[text.rfind("\n", 0, match.start()) + 1 :]
    indent = line[: len(line) - len(line.lstrip(" "))]
    new = _lines(patch.new)
    rest = [indent + line if line else "" for line in new[1:]]
    lead = indent if match.start() == begin or text[match.start() - 1] == "\n" else ""
    result = text[: match.start()] + "\n".join([lead + new[0], *rest]) + text[match.end() :]
    named = patch.function
    first, last = definition_extent(result, named) if named else (0, len(result))
    _must_be_python(textwrap.dedent(result[first:last]), patch)
    return result


def _pattern(old: str) -> re.Pattern[str]:
    """Finds the text, whole lines at whatever indentation they have in common."""
    first, *others = _lines(old)
    if not others:
        return re.compile(re.escape(first))
    parts = [rf"^(?P<indent> *){re.escape(first)}"]
    for line in others:
        if line == _ANYTHING:
            parts.append(r"(?:\n.*)*?")
        else:
            parts.append(rf"\n(?P=indent){re.escape(line)}" if line else r"\n")
    return re.compile("".join(parts) + "$", re.MULTILINE)


def _lines(text: str) -> list[str]:
    if "\n" not in text:
        return [text]
    return textwrap.dedent(text).strip("\n").split("\n")


def _extent(text: str, patch: Patch) -> tuple[int, int]:
    """Where the code of the patch's function stands in the file, less its docstring."""
    if not patch.function:
        return 0, len(text)
    extent = _extent_of(text, patch.function)
    if extent is None:
        raise InputError(f"{patch.file}: defines no {patch.function}.")
    return extent


@lru_cache(maxsize=4096)
def _extent_of(text: str, function: str) -> tuple[int, int] | None:
    begin, end = definition_extent(text, function)
    node = find_definition(textwrap.dedent(text[begin:end]), function.rpartition(".")[2])
    if node is None:
        return None
    above = docstring_end(node) or node.lineno - 1
    ends = [0, *itertools.accumulate(map(len, text[begin:end].splitlines(keepends=True)))]
    return begin + ends[above], begin + ends[node.end_lineno or above]


def definition_extent(text: str, name: str) -> tuple[int, int]:
    """From where to where a function, class or method stands in a module; nowhere if unknown.

    Up to the next definition beside it: found by indentation, since parsing takes its time.
    """
    begin, end = 0, len(text)
    for depth, part in enumerate(name.split(".")):
        starts = [m.start() for m in _definitions(depth).finditer(text, begin, end)]
        starts = [*starts, end]
        for first, last in itertools.pairwise(starts):
            match = _definitions(depth).match(text, first)
            if match and match["name"] == part:
                begin, end = first, last
                break
        else:
            return 0, 0
    return begin, end


@lru_cache(maxsize=8)
def _definitions(depth: int) -> re.Pattern[str]:
    indent = "    " * depth
    return re.compile(rf"^{indent}(?:(?:async )?def|class) (?P<name>\w+)", re.MULTILINE)


def find_definition(text: str, name: str) -> Definition | None:
    """The function, class or method (`Net.loss`) of that name in a module."""
    node: Definition | None = None
    body = ast.parse(text).body
    for part in name.split("."):
        found = (n for n in body if isinstance(n, Definition) and n.name == part)
        node = next(found, None)
        body = node.body if node else []
    return node


def docstring_end(node: Definition) -> int:
    """The last line of a docstring, counted from 1; 0 where there is none."""
    has_docstring = ast.get_docstring(node, clean=False) is not None
    return (node.body[0].end_lineno or 0) if has_docstring else 0


def _must_be_python(text: str, patch: Patch) -> None:
    try:
        ast.parse(text)
    except SyntaxError as error:
        wrong = f"{error.msg}: {(error.text or '').strip()!r}"
        raise InputError(f"{patch.file}: is not valid Python once patched ({wrong}).") from None


def _files(folder: Path, pattern: str) -> list[Path]:
    return sorted(folder.glob(pattern), key=lambda path: path.parts)


def _in_its_function(path: Path, mistake: Mistake) -> Mistake:
    if path.parent.name != mistake.function:
        raise InputError(
            f"{path}: key `function` is {mistake.function!r}, but the folder {path.parent.name!r}."
        )

    def inside(patches: list[Patch]) -> list[Patch]:
        return [replace(patch, function=patch.function or mistake.function) for patch in patches]

    forms = [replace(form, patch=inside(form.patch)) for form in mistake.form]
    return replace(mistake, patch=inside(mistake.patch), form=forms)


def _must_be_distinct(folder: Path, mistakes: Iterable[Mistake]) -> None:
    seen: set[str] = set()
    for mistake in mistakes:
        if mistake.id in seen:
            raise InputError(f"{folder}: two mistakes are called {mistake.id!r}.")
        seen.add(mistake.id)
