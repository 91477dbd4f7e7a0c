"""Two programs side by side: functions that share passages beside each other, line by line."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from grader.model.similar_code import BlocksAlike, CodeBlock, CodeLine, ProgramsAlike
from grader.model.similar_pairs import FunctionPair
from grader.similarity.linked_groups import linked_groups
from grader.similarity.pair_scores import RarePassages
from grader.similarity.program_units import ProgramUnit
from grader.similarity.shared_passages import SharedPassage

_MAX_BLOCKS: Final = 60

Units = Sequence[ProgramUnit]


def side_by_side(
    first: Units, second: Units, passages: Sequence[SharedPassage], rare: RarePassages
) -> ProgramsAlike:
    """The functions of two programs that share passages, those that share the most first."""
    numbers = {passage: number for number, passage in enumerate(passages, start=1)}
    here = {at: _lines_of(unit, _spans(numbers, at, True)) for at, unit in enumerate(first)}
    there = {at: _lines_of(unit, _spans(numbers, at, False)) for at, unit in enumerate(second)}
    links = [(("a", passage.first), ("b", passage.second)) for passage in passages]
    blocks = []
    for group in linked_groups(links):
        inside = [p for p in passages if ("a", p.first) in group]
        blocks.append(
            BlocksAlike(
                first=[here[at] for side, at in sorted(group) if side == "a"],
                second=[there[at] for side, at in sorted(group) if side == "b"],
                tokens=sum(passage.tokens for passage in inside),
                others=_others(first, inside, rare),
            )
        )
    blocks.sort(key=lambda alike: -alike.tokens)
    return ProgramsAlike(
        blocks=blocks[:_MAX_BLOCKS],
        alone_first=_alone(first, {passage.first for passage in passages}),
        alone_second=_alone(second, {passage.second for passage in passages}),
        given=sorted({_title(unit) for unit in first if unit.given and unit.name}),
    )


def function_pairs(
    first: Units, second: Units, passages: Sequence[SharedPassage]
) -> list[FunctionPair]:
    """Which functions share passages, those that share the most first."""
    shared: Counter[tuple[str, str]] = Counter()
    for passage in passages:
        pair = _title(first[passage.first]), _title(second[passage.second])
        shared[pair] += passage.tokens
    return [
        FunctionPair(first=one, second=other, tokens=tokens)
        for (one, other), tokens in shared.most_common()
    ]


def shared_lines(first: Units, passages: Sequence[SharedPassage]) -> int:
    """How many lines of the first program stand in a shared passage."""
    rows = {
        (passage.first, int(row))
        for passage in passages
        for row in first[passage.first].rows[passage.start : passage.end]
    }
    return len(rows)


def _title(unit: ProgramUnit) -> str:
    return unit.name or unit.file


def _alone(units: Units, sharing: set[int]) -> list[str]:
    names = (_title(unit) for at, unit in enumerate(units) if at not in sharing and not unit.given)
    return list(dict.fromkeys(names))


def _spans(
    numbers: Mapping[SharedPassage, int], unit: int, is_first: bool
) -> list[tuple[int, int, int]]:
    """The passages of a unit: number, first token, end."""
    if is_first:
        return [(n, p.start, p.end) for p, n in numbers.items() if p.first == unit]
    return [(n, p.other_start, p.other_end) for p, n in numbers.items() if p.second == unit]


def _lines_of(unit: ProgramUnit, spans: Sequence[tuple[int, int, int]]) -> CodeBlock:
    owner = np.zeros(len(unit.rows), np.int64)
    owner[unit.given_tokens] = -1
    for number, start, end in spans:
        owner[start:end] = number
    said: dict[int, Counter[int]] = defaultdict(Counter)
    for row, number in zip(unit.rows.tolist(), owner.tolist(), strict=True):
        said[row][number] += 1
    lines = [_line(unit, row, text, said.get(row)) for row, text in enumerate(unit.lines)]
    if not unit.name:
        lines = _near_shared(lines)
    return CodeBlock(file=unit.file, name=unit.name, lines=lines, left_out=unit.left_out)


def _line(unit: ProgramUnit, row: int, text: str, said: Counter[int] | None) -> CodeLine:
    number = unit.first_row + row + 1
    if not said:
        return CodeLine(number=number, text=text, given=unit.given and len(unit.rows) > 0)
    shared = Counter({each: count for each, count in said.items() if each > 0})
    most = max(said.values())
    passage = shared.most_common(1)[0][0] if shared and 2 * shared.total() >= said.total() else 0
    return CodeLine(
        number=number, text=text, passage=passage, given=not passage and said[-1] == most
    )


def _near_shared(lines: Sequence[CodeLine]) -> list[CodeLine]:
    """Of what stands outside of functions, only lines near a shared one."""
    shared = [at for at, line in enumerate(lines) if line.passage]
    near = {at + step for at in shared for step in range(-2, 3)}
    return [line for at, line in enumerate(lines) if at in near]


def _others(first: Units, passages: Sequence[SharedPassage], rare: RarePassages) -> int:
    """How many others hold what is shared: as many hold more of it as hold less."""
    hashes = [first[p.first].hashes[p.start : p.end] for p in passages]
    counts = rare.others(np.concatenate([*hashes, np.zeros(0, np.uint64)]))
    kept = counts[counts >= 2]
    return int(np.median(kept)) - 2 if len(kept) else 0
