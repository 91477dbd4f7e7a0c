"""The rubric as a kit has it: one file, with nothing in it that only grading needs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from typing import Any, TypeVar

import msgspec
from msgspec.structs import FieldInfo, fields, replace

from grader.assignment.folder import Assignment
from grader.model.rubric import CheckTitles, Rubric

T = TypeVar("T")


def kit_seed(assignment: Assignment) -> int:
    """The seed of a kit's inputs, from which that of grading cannot be told without the reference.

    Else whoever has a kit could draw the inputs of hidden checks.
    """
    secret = f"{assignment.rubric.seed}/{assignment.reference_digest}/kit"
    return int.from_bytes(hashlib.sha256(secret.encode()).digest()[:7], "little")


def kit_rubric(assignment: Assignment, public: Collection[str], parts: Collection[str]) -> str:
    """The rubric, as TOML.

    Args:
        assignment: whose.
        public: ids of the checks that are in the kit.
        parts: ids of the parts that these count for.
    """
    rubric = assignment.rubric
    left = {name: part for name, part in rubric.parts.items() if name in parts}
    families = {check.partition("[")[0] for check in public}
    kept = replace(
        rubric,
        parts=left,
        points=sum(part.points for part in left.values()),
        seed=kit_seed(assignment),
        bank="",
        reference="",
        extends="",
        notebooks=None,
        submit=replace(rubric.submit, notebooks=_handed_in(rubric)),
        hints=_of_the_kit(rubric.hints, {*public, *families, *rubric.contract}),
        titles=CheckTitles(zh=_of_the_kit(rubric.titles.zh, families)),
        checks={name: each for name, each in rubric.checks.items() if name in public},
    )
    return toml_text(_said(kept))


def _said(value: Any) -> Any:
    """A record as plain values, without what goes without saying: a kit is to be small."""
    if isinstance(value, msgspec.Struct):
        said = ((field, getattr(value, field.name)) for field in fields(value))
        return {f.encode_name: _said(each) for f, each in said if each != _default(f)}
    if isinstance(value, Mapping):
        return {name: _said(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_said(each) for each in value]
    return msgspec.to_builtins(value, str_keys=True)


def _default(field: FieldInfo) -> Any:
    made = field.default_factory is not msgspec.NODEFAULT
    return field.default_factory() if made else field.default


def _handed_in(rubric: Rubric) -> list[str]:
    """The notebooks that `grader submit` looks for: a kit has no rules by which to judge them."""
    judged = rubric.notebooks.files if rubric.notebooks else {}
    return list(dict.fromkeys([*judged, *rubric.submit.notebooks]))


def _of_the_kit(told: Mapping[str, T], names: Collection[str]) -> dict[str, T]:
    """What is told of these names: nothing of checks that the kit does not have."""
    return {name: text for name, text in told.items() if name in names}


def toml_text(content: Mapping[str, Any]) -> str:
    """A table as TOML, a line for each key: what is None is left out."""
    rows = (f"{_key(name)} = {_value(value)}" for name, value in content.items()
            if value is not None)  # fmt: skip
    return "\n".join(rows) + "\n"


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        inside = (f"{_key(k)} = {_value(v)}" for k, v in value.items() if v is not None)
        return "{" + ", ".join(inside) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_value, value)) + "]"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _key(name: str) -> str:
    return json.dumps(name, ensure_ascii=False)
