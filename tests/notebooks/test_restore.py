"""Given cells are put back, whatever was done to them, and nothing else is touched."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from grader.submission.notebook_cells import Cell, Notebook, make_runnable
from grader.submission.restored_cells import is_ours, restore
from tests.notebooks.books import release

RELEASE = release("Dropout")


def _copy() -> Notebook:
    return replace(RELEASE, cells=[replace(cell) for cell in RELEASE.cells], notes=[])


def _cell(book: Notebook, name: str) -> Cell:
    return next(cell for cell in book.cells if cell.id == name)


def _code(book: Notebook) -> list[str]:
    return [cell.id for cell in book.cells if cell.code]


def _restored(book: Notebook) -> dict[str, str]:
    return {cell.id: cell.restored for cell in book.cells if cell.restored}


def test_an_untouched_notebook_stays_as_it_is() -> None:
    after = restore(_copy(), RELEASE)
    assert _restored(after) == {}
    assert [cell.source for cell in after.cells] == [cell.source for cell in RELEASE.cells]


def test_a_check_that_was_edited_to_pass_is_put_back() -> None:
    book = _copy()
    _cell(book, "forward-check").source = "print('relative error 1e-12 (good)')"
    after = restore(book, RELEASE)
    assert _restored(after) == {"forward-check": "changed"}
    assert _cell(after, "forward-check").run == _cell(RELEASE, "forward-check").run


def test_what_was_wrong_with_a_cell_goes_when_it_is_put_back() -> None:
    """A check that did not parse, or that was not to be run, runs."""
    for broken in ("def x(", "print(1)  # google.colab", "print 1"):
        book = _copy()
        _cell(book, "forward-check").source = broken
        after = restore(make_runnable(book), RELEASE)
        back = _cell(after, "forward-check")
        assert (back.run, back.broken, back.skip) == (_cell(RELEASE, "forward-check").run, "", "")
        assert back.notes == []


def test_a_deleted_check_is_put_in_its_place() -> None:
    book = _copy()
    book.cells = [cell for cell in book.cells if cell.id != "backward-check"]
    after = restore(book, RELEASE)
    assert _restored(after) == {"backward-check": "missing"}
    assert _code(after) == _code(RELEASE)


def test_ids_may_be_gone() -> None:
    """Another program saved the notebook as format 4.4, with new ids."""
    book = _copy()
    for number, cell in enumerate(book.cells):
        cell.id, cell.role = f"cell-{number}", "own"
    _cell(book, "cell-1").source += "\nprint('mine')"
    after = restore(book, RELEASE)
    assert _restored(after) == {"setup": "changed"}
    assert _code(after) == _code(RELEASE)


def test_a_copy_is_the_students_own_and_runs() -> None:
    book = _copy()
    twin = replace(_cell(book, "forward-check"), id="twin", source="x = 1")
    book.cells.insert(0, twin)
    after = restore(book, RELEASE)
    assert _cell(after, "twin").role == "own"
    assert _cell(after, "twin").run == "x = 1"
    assert _restored(after) == {}


def test_a_split_check_is_whole_again() -> None:
    book = _copy()
    cell = _cell(book, "forward-check")
    place, lines = book.cells.index(cell), cell.source.splitlines()
    halves = ["\n".join(lines[:4]), "\n".join(lines[4:])]
    book.cells[place : place + 1] = [
        Cell(id=f"half-{n}", code=True, source=text) for n, text in enumerate(halves)
    ]
    after = restore(book, RELEASE)
    assert _cell(after, "forward-check").source == _cell(RELEASE, "forward-check").source


def test_a_merged_check_is_there_again() -> None:
    book = _copy()
    merged = _cell(book, "setup")
    merged.source += "\n" + _cell(book, "load-data").source
    book.cells = [cell for cell in book.cells if cell.id != "load-data"]
    after = restore(book, RELEASE)
    assert _restored(after) == {"setup": "changed", "load-data": "missing"}


def test_a_moved_check_goes_back() -> None:
    book = _copy()
    moved = _cell(book, "forward-check")
    book.cells.remove(moved)
    book.cells.append(moved)
    after = restore(book, RELEASE)
    assert _code(after) == _code(RELEASE)
    assert _restored(after) == {"forward-check": "moved"}


def test_own_cells_and_answers_are_left_alone() -> None:
    release_fc = release("FullyConnectedNets")
    book = replace(release_fc, cells=[replace(cell) for cell in release_fc.cells], notes=[])
    _cell(book, "best-answer").source = "best_model = 1"
    book.cells.insert(3, Cell(id="mine", code=True, source="y = 2"))
    after = restore(book, release_fc)
    assert _cell(after, "best-answer").run == "best_model = 1"
    assert _cell(after, "mine").run == "y = 2"
    assert _restored(after) == {}


def test_a_role_that_the_student_wrote_counts_for_nothing() -> None:
    book = _copy()
    book.cells.append(Cell(id="fake", code=True, source="1", role="check"))
    assert _cell(restore(book, RELEASE), "fake").role == "own"


@pytest.mark.parametrize("keep", [0, 1])
def test_a_notebook_of_another_course_is_not_ours(keep: int) -> None:
    cells = [Cell(id=f"cell-{n}", code=True, source=f"print({n})") for n in range(8)]
    given = [replace(cell) for cell in RELEASE.cells if cell.id == "load-data"]
    assert not is_ours(Notebook(path="x", cells=[*given[:keep], *cells]), RELEASE)
    assert is_ours(_copy(), RELEASE)
