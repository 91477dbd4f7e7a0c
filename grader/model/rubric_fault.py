"""Where a rubric is wrong: the file, the line, and what was probably meant."""

from __future__ import annotations

import difflib
import enum
import re
import types
import typing
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec

from grader.model.errors import RubricError
from grader.model.toml_library import tomllib

_HEADER: Final = re.compile(r"\s*(?P<open>\[\[?)(?P<key>.+?)\]?\]\s*(?:#.*)?")
_KEY: Final = re.compile(
    r"""[ \t]*(?=(?P<key>(?:"[^"]*"|'[^']*'|[\w-]+|[ \t]*\.[ \t]*)+))(?P=key)[ \t]*="""
)
_NAMES: Final = {
    "object": "a table",
    "array": "a list",
    "str": "a text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "datetime": "a time such as 2026-03-15T23:59:00",
    "date": "a date",
    "null": "nothing",
}
_EXPECTED: Final = re.compile(r"Expected `(?P<wanted>[^`]+)`, got `(?P<got>[^`]+)`")

_MAX_SHOWN: Final = 500

Keys = Sequence[str]


class Fault(NamedTuple):
    """The innermost value that does not fit."""

    keys: tuple[str, ...]
    what: str
    hint: str = ""
    at: tuple[str, ...] = ()
    """The keys whose line is named, if not those above."""


def place(sources: Sequence[tuple[Path, str]], keys: Keys) -> str:
    """`my.toml, line 12`: where keys stand, in the first of the files that has most of them.

    The first file alone where none of the keys is in any.
    """
    found = [(*line_of(text, keys), path) for path, text in sources]
    depth, line, path = max(found, key=lambda each: each[0])
    return f"{path}, line {line}" if depth else str(sources[0][0])


def line_of(text: str, keys: Keys) -> tuple[int, int]:
    """How many of some nested keys a TOML file has, and in which line the last of them is.

    The tables of a list go by their numbers, the first is `1`: `["assignments", "1", "due"]`.
    """
    table: list[str] = []
    listed: Counter[tuple[str, ...]] = Counter()
    best = (0, 0)
    for number, line in enumerate(text.splitlines(), 1):
        header, key = _HEADER.fullmatch(line), _KEY.match(line)
        if header:
            table = _numbered(_parts(header["key"]), listed, is_new=header["open"] == "[[")
            here = table
        elif key:
            here = [*table, *_parts(key["key"])]
        else:
            continue
        depth = len(keys) if here[: len(keys)] == list(keys) else len(here)
        if here[:depth] != list(keys)[:depth]:
            continue
        depth += _inline(line, keys[depth:]) if key else 0
        if depth > best[0]:
            best = (depth, number)
    return best


def _numbered(parts: list[str], listed: Counter[tuple[str, ...]], *, is_new: bool) -> list[str]:
    """The keys of a table, with the number of each list of tables that it is in."""
    keys: list[str] = []
    for at, part in enumerate(parts):
        keys.append(part)
        if is_new and at == len(parts) - 1:
            listed[tuple(keys)] += 1
        if tuple(keys) in listed:
            keys.append(str(listed[tuple(keys)]))
    return keys


def _inline(line: str, keys: Keys) -> int:
    """How many of some nested keys stand in the inline tables of a line."""
    depth = 0
    for key in keys:
        if not re.search(rf"""[{{,]\s*["']?{re.escape(key)}["']?\s*=""", line):
            break
        depth += 1
    return depth


def _parts(key: str) -> list[str]:
    """The parts of a dotted key, of which some may be quoted."""
    try:
        content: Any = tomllib.loads(f"{key} = 0")
    except tomllib.TOMLDecodeError:
        return []
    parts = []
    while isinstance(content, dict) and content:
        name, content = next(iter(content.items()))
        parts.append(name)
    return parts


def fault_in(value: Any, kind: Any) -> Fault | None:
    """What of a value does not fit its type; the innermost, by its keys."""
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        return _inner_fault(value, kind) or Fault((), _in_words(str(error), kind))
    return None


def _inner_fault(value: Any, kind: Any) -> Fault | None:
    if isinstance(value, list):
        return _fault_in_list(value, kind)
    if not isinstance(value, dict):
        return None
    for key, inner in value.items():
        wanted = _kind_of(key, kind)
        if wanted is None:
            return Fault((key,), "is not known", did_you_mean(key, _fields(kind)))
        found = fault_in(inner, wanted)
        if found is not None:
            return found._replace(keys=(key, *found.keys))
    return None


def _fault_in_list(values: list[Any], kind: Any) -> Fault | None:
    """The first fault in a table of a list; its place in the list is its key."""
    of = next((o for o in _options(kind) if typing.get_origin(o) in (list, tuple)), None)
    if of is None:
        return None
    for number, value in enumerate(values, 1):
        found = fault_in(value, typing.get_args(of)[0]) if isinstance(value, dict) else None
        if found is not None:
            return found._replace(keys=(str(number), *found.keys))
    return None


def _kind_of(key: str, kind: Any) -> Any:
    """The type that a key of a table has; None where there is no such key."""
    for option in _options(kind):
        if isinstance(option, type) and issubclass(option, msgspec.Struct):
            names = {field.encode_name: field.name for field in msgspec.structs.fields(option)}
            return typing.get_type_hints(option).get(names.get(key, ""))
        if typing.get_origin(option) is dict:
            return typing.get_args(option)[1]
    return Any


def _options(kind: Any) -> tuple[Any, ...]:
    is_union = typing.get_origin(kind) in (typing.Union, types.UnionType)
    return typing.get_args(kind) if is_union else (kind,)


def _fields(kind: Any) -> list[str]:
    tables = [getattr(option, "__struct_encode_fields__", ()) for option in _options(kind)]
    return [name for fields in tables for name in fields]


def _in_words(message: str, kind: Any) -> str:
    said = message.partition(" - at `")[0]
    if match := _EXPECTED.search(said):
        got = _NAMES.get(match["got"], match["got"])
        return f"is {got}; expected {_wanted(match['wanted'], kind)}"
    allowed = [str(value) for option in _options(kind) for value in _values(option)]
    if "enum value" in said and allowed:
        return f"is {said.rpartition(' value ')[2]}; expected {' or '.join(allowed)}"
    if "RFC3339" in said:
        return f"is not valid; expected {_NAMES['datetime']}"
    if missing := re.search(r"missing required field `([^`]+)`", said):
        return f"lacks the key `{missing[1]}`"
    return f"is not valid: {said}"


def _wanted(words: str, kind: Any) -> str:
    wanted = " or ".join(_NAMES.get(word.strip(), word.strip()) for word in words.split("|"))
    fields = _fields(kind)
    return f"{wanted} with the keys {', '.join(fields)}" if fields else wanted


def _values(kind: Any) -> Iterable[Any]:
    if typing.get_origin(kind) is typing.Literal:
        return typing.get_args(kind)
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return [member.value for member in kind]
    return ()


def did_you_mean(name: str, known: Iterable[str], shown: int = 8) -> str:
    """What a name was probably meant to be; the known ones, if they are few."""
    names = list(known)
    near = difflib.get_close_matches(name, names, n=1)
    if near:
        return f"Did you mean `{near[0]}`?"
    return f"Known: {', '.join(names)}." if 0 < len(names) <= shown else ""


def rubric_error(sources: Sequence[tuple[Path, str]], fault: Fault) -> RubricError:
    """`my.toml, line 12: key `parts.order.title` is a text; expected ...`."""
    where = place(sources, fault.at or fault.keys)
    key = " ".join(".".join(fault.keys).split())
    what = " ".join(fault.what.split())
    return RubricError(f"{where}: key `{key[:_MAX_SHOWN]}` {what[:_MAX_SHOWN]}.", hint=fault.hint)
