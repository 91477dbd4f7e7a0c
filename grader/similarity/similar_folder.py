"""The folder with the pages about similar submissions, which is nobody's but the instructor's."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from grader.model.similar_pairs import SIMILAR_JSON, SimilarityReport
from grader.report.atomic_write import write_atomically, write_pieces
from grader.report.similar_page import pair_page, similar_csv, similar_page
from grader.report.strings import Lang
from grader.similarity.comparison import ComparedPair

INDEX: Final = "index.html"


def write_similar(
    folder: Path,
    report: SimilarityReport,
    pairs: Sequence[ComparedPair],
    *,
    title: str,
    lang: Lang = "en",
) -> Path:
    """Write list, pages of pairs, CSV and JSON into a folder; pages of an earlier run go.

    Returns:
        The list.

    Raises:
        InputError: a file cannot be written; names it.
    """
    _remove_pages(folder / "pairs")
    for each in pairs:
        page = pair_page(report, each.pair, each.programs, title=title, lang=lang)
        write_atomically(folder / each.pair.page, page.encode())
    made = time.strftime("%Y-%m-%d %H:%M")
    index = folder / INDEX
    write_atomically(index, similar_page(report, title=title, made=made, lang=lang).encode())
    write_pieces(folder / "similar.csv", similar_csv(report))
    write_atomically(folder / Path(SIMILAR_JSON).name, report.to_json())
    return index


def _remove_pages(folder: Path) -> None:
    for page in folder.glob("[0-9][0-9][0-9]*.html"):
        with contextlib.suppress(OSError):
            page.unlink()
