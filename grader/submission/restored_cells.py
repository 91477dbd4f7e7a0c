"""Putting given cells back as they were released, whatever the student did to them.

A given cell is found by its id, else by what it says. One that was changed gets the released text;
one that was moved among the other given cells goes back; one that is missing, also because it was
merged into another, is put where it belongs. What is left over (copies, halves of a cell that was
split) is the student's own and runs as it is.
"""

from __future__ import annotations

import difflib
from typing import Final

from msgspec.structs import replace

from grader.submission.notebook_cells import Cell, Notebook, make_runnable

GIVEN: Final = frozenset({"given", "check", "experiment"})
"""Roles of the cells that are put back."""
_ALIKE: Final = 0.6
"""Similarity from which a cell without the id counts as the given one."""
_SURELY: Final = 0.9
_KNOWN_SHARE: Final = 0.4
"""Of the given cells, how many must be found for a notebook to be one of ours."""


def is_ours(book: Notebook, release: Notebook) -> bool:
    """Whether a notebook was made from the release, not from that of another course."""
    return share_of(book, release) >= _KNOWN_SHARE


def share_of(book: Notebook, release: Notebook) -> float:
    """Of the given cells, how many a notebook has, by id or nearly by the letter."""
    wanted = [cell for cell in release.cells if cell.role in GIVEN]
    known = [
        original
        for original, cell in matched(book, wanted)
        if cell.id == original.id or _likeness(original.source, cell.source) >= _SURELY
    ]
    return len(known) / max(1, len(wanted))


def restore(book: Notebook, release: Notebook) -> Notebook:
    """The notebook with its given cells put back, and every cell of the release told its role."""
    wanted = [cell for cell in release.cells if cell.code and cell.role != "own"]
    found = matched(book, wanted)
    originals = {id(cell): original for original, cell in found}
    kept = _in_order([original for original, _ in found], wanted, book, found)
    cells = [_settled(cell, originals.get(id(cell)), kept) for cell in book.cells]
    present = [cell for cell in cells if cell is not None]
    for original in wanted:
        if original.role in GIVEN and not any(cell.id == original.id for cell in present):
            state = "moved" if any(original is one for one, _ in found) else "missing"
            _insert(present, replace(original, restored=state, released=True), wanted)
    return make_runnable(replace(book, cells=_with_distinct_ids(present), notes=list(book.notes)))


def matched(book: Notebook, wanted: list[Cell]) -> list[tuple[Cell, Cell]]:
    """Pairs of a released cell and the student's, the surest first taken."""
    pairs: list[tuple[Cell, Cell]] = []
    free = [cell for cell in book.cells if cell.code]
    for original in wanted:
        same = [cell for cell in free if cell.id == original.id]
        if same:
            pairs.append((original, same[0]))
            free = [cell for cell in free if cell is not same[0]]
    taken = {id(original) for original, _ in pairs}
    for original in wanted:
        if id(original) in taken or original.role not in GIVEN:
            continue
        likeness, best = max(
            ((_likeness(original.source, cell.source), cell) for cell in free),
            key=lambda pair: pair[0],
            default=(0.0, None),
        )
        if best is not None and likeness >= _ALIKE:
            pairs.append((original, best))
            free = [cell for cell in free if cell is not best]
    return pairs


def _likeness(one: str, other: str) -> float:
    if _squeezed(one) == _squeezed(other):
        return 1.0
    matcher = difflib.SequenceMatcher(None, one, other, autojunk=False)
    if matcher.real_quick_ratio() < _ALIKE or matcher.quick_ratio() < _ALIKE:
        return 0.0
    return matcher.ratio()


def _in_order(
    found: list[Cell], wanted: list[Cell], book: Notebook, pairs: list[tuple[Cell, Cell]]
) -> set[str]:
    """Ids of the matched cells that stand in the release's order: the longest such run."""
    place = {id(cell): number for number, cell in enumerate(book.cells)}
    where = {original.id: place[id(cell)] for original, cell in pairs}
    order = [cell.id for cell in wanted if cell.id in where]
    best: list[list[str]] = []
    for index, name in enumerate(order):
        before = [best[i] for i in range(index) if where[order[i]] < where[name]]
        best.append([*_longest(before), name])
    return set(_longest(best))


def _longest(runs: list[list[str]]) -> list[str]:
    return max(runs, key=lambda run: len(run), default=[])


def _settled(cell: Cell, original: Cell | None, kept: set[str]) -> Cell | None:
    """What stands in the place of a cell; None where a given cell was moved here from elsewhere."""
    if original is None:
        return replace(cell, role="text" if not cell.code and cell.role == "own" else _own(cell))
    same = _squeezed(cell.source) == _squeezed(original.source)
    known = replace(
        cell,
        id=original.id,
        role=original.role,
        needs=original.needs,
        functions=original.functions,
        question=original.question,
        released=same or original.role in GIVEN,
    )
    if original.role not in GIVEN:
        return known
    if original.id not in kept:
        return None
    return replace(known, source=original.source, restored="" if same else "changed")


def _own(cell: Cell) -> str:
    """The role of a cell that is none of the release's: a copy's role does not count."""
    return cell.role if not cell.code else "own"


def _insert(cells: list[Cell], cell: Cell, wanted: list[Cell]) -> None:
    """Put a released cell behind the one that precedes it in the release."""
    ids = [other.id for other in wanted]
    before = set(ids[: ids.index(cell.id)])
    places = [number for number, other in enumerate(cells) if other.id in before]
    cells.insert(max(places, default=-1) + 1, cell)


def _with_distinct_ids(cells: list[Cell]) -> list[Cell]:
    taken: set[str] = set()
    for cell in cells:
        number, name = 2, cell.id
        while cell.id in taken:
            cell.id, number = f"{name}-{number}", number + 1
        taken.add(cell.id)
    return cells


def _squeezed(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.strip().splitlines() if line.strip())
