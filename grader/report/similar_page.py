"""Pages about similar submissions: the list of pairs, and two programs side by side.

They are the instructor's: nothing of them is in what is handed out.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from grader.model.similar_code import BlocksAlike, CodeBlock, ProgramsAlike
from grader.model.similar_pairs import (
    ComparedSubmission,
    SimilarGroup,
    SimilarityReport,
    SimilarPair,
)
from grader.report.csv import csv_pieces
from grader.report.html import render, static_frame
from grader.report.strings import Lang
from grader.report.text import number

_SHEET: Final = "similar.css"
_HEIGHT: Final = 194
_COLOURS: Final = 6


class PairRow(NamedTuple):
    """A pair as it is listed."""

    pair: SimilarPair
    first: ComparedSubmission
    second: ComparedSubmission
    more: int
    """Functions that are not listed."""


class ScoreBar(NamedTuple):
    """A column of the histogram."""

    low: int
    """In percent."""
    pairs: int
    height: float


def similar_page(report: SimilarityReport, *, title: str, made: str = "", lang: Lang = "en") -> str:
    """The list of pairs with the spread of all, complete and self-contained."""
    return render(
        "similar.html",
        lang,
        report=report,
        title=title,
        made=made,
        rows=list(_rows(report, report.pairs)),
        repeats=list(_rows(report, report.repeats)),
        bars=list(_bars(report.spread.bins)),
        groups=[_members(report, group) for group in report.groups],
        problems=[each for each in report.submissions if each.problem],
        percent=percent,
        **static_frame(_SHEET),
    )


def pair_page(
    report: SimilarityReport,
    pair: SimilarPair,
    programs: ProgramsAlike,
    *,
    title: str,
    lang: Lang = "en",
) -> str:
    """Two programs side by side, complete and self-contained."""
    return render(
        "pair.html",
        lang,
        report=report,
        pair=pair,
        first=report.submissions[pair.first],
        second=report.submissions[pair.second],
        programs=programs,
        title=title,
        percent=percent,
        colour=lambda passage: (passage - 1) % _COLOURS + 1,
        starts=_starts(programs.blocks),
        **static_frame(_SHEET),
    )


def similar_csv(report: SimilarityReport) -> Iterator[bytes]:
    """The listed pairs as a table, for spreadsheets."""
    header = ["first", "second", "other", "score", "stands_out", "lines", "identical", "page",
              "first_attempt", "second_attempt", "same_person"]  # fmt: skip
    yield from csv_pieces([header, *_csv_rows(report)])


def percent(score: float) -> str:
    """A score as people read it."""
    return number(round(100 * score, 1))


def _csv_rows(report: SimilarityReport) -> Iterator[list[str]]:
    for row in (*_rows(report, report.pairs), *_rows(report, report.repeats)):
        pair, first, second = row.pair, row.first, row.second
        same = "yes" if pair in report.repeats else "maybe" if pair.same_name else "no"
        yield [
            first.id, second.id, second.other, f"{pair.score:.4f}",
            "yes" if pair.stands_out else "no", str(pair.lines), " ".join(pair.identical),
            pair.page, *(str(each.attempt or "") for each in (first, second)), same,
        ]  # fmt: skip


def _rows(report: SimilarityReport, pairs: Sequence[SimilarPair]) -> Iterator[PairRow]:
    shown = 3
    for pair in pairs:
        first, second = report.submissions[pair.first], report.submissions[pair.second]
        yield PairRow(pair, first, second, max(0, len(pair.functions) - shown))


def _bars(bins: Sequence[int]) -> Iterator[ScoreBar]:
    most = max([*bins, 1])
    for at, count in enumerate(bins):
        height = _HEIGHT * math.log1p(count) / math.log1p(most)
        yield ScoreBar(round(at * 100 / len(bins)), count, round(height, 1))


def _members(
    report: SimilarityReport, group: SimilarGroup
) -> tuple[SimilarGroup, list[ComparedSubmission]]:
    return group, [report.submissions[at] for at in group.members]


def _starts(blocks: Sequence[BlocksAlike]) -> dict[tuple[str, int], tuple[str, int]]:
    """Side and passage, to the file and line where it is first seen: there a link can lead."""
    found: dict[tuple[str, int], tuple[str, int]] = {}
    for alike in blocks:
        for side, shown in (("a", alike.first), ("b", alike.second)):
            for block in shown:
                _note_starts(found, side, block)
    return found


def _note_starts(
    found: dict[tuple[str, int], tuple[str, int]], side: str, block: CodeBlock
) -> None:
    for line in block.lines:
        if line.passage:
            found.setdefault((side, line.passage), (block.file, line.number))
