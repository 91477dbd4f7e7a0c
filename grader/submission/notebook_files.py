"""Notebooks among a submission's files, for assignments whose functions live in notebooks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from grader.model.errors import InputError
from grader.model.module_path import notebook_of
from grader.submission.files import Tree
from grader.submission.module_names import Modules, is_python, may_be_notebook
from grader.submission.notebook_cells import CellCode, Notebook, cell_codes, read_notebook
from grader.submission.notebook_formats import looks_like_notebook
from grader.submission.restored_cells import is_ours, restore, share_of
from grader.submission.source_text import Unreadable, decode

_MAX_NOTEBOOKS: Final = 50


def take_notebooks(tree: Tree, modules: Modules, given_out: Mapping[str, str]) -> None:
    """Put the code of notebooks in their place among the files, with given cells restored.

    Args:
        tree: the submission's files.
        modules: of the assignment; without functions in notebooks nothing is done.
        given_out: notebooks as students get them, by name.
    """
    if not modules.in_notebooks:
        return
    releases = {
        name: read_notebook(text.encode(), f"{name}.ipynb") for name, text in given_out.items()
    }
    for path, data in list(tree.files.items()):
        if len(tree.notebooks) >= _MAX_NOTEBOOKS and not is_python(path):
            tree.unread[path] = "comes after more notebooks than any submission has"
            del tree.files[path]
            continue
        try:
            codes = _codes(path, data, modules, releases)
        except InputError as error:
            del tree.files[path]
            tree.unread[path] = error.message.removeprefix(f"{path}: ").rstrip(".")
            continue
        if codes is not None:
            tree.notebooks[path] = codes
            tree.files[path] = "\n".join(code.text for code in codes).encode("utf-8", "replace")
        elif not is_python(path) and modules.match(path) is None:
            del tree.files[path]
            tree.other.append(path)


def _codes(
    path: str, data: bytes, modules: Modules, releases: Mapping[str, Notebook]
) -> list[CellCode] | None:
    """The code of a file that is a notebook, or stands for one; None for another file."""
    if may_be_notebook(path) or looks_like_notebook(path, data):
        return cell_codes(_restored(read_notebook(data, path), path, modules, releases).cells)
    defined = modules.defined_in(data)
    if not defined or defined - modules.in_notebooks:  # a module of the package
        return None
    try:
        return [CellCode("", decode(data))]
    except Unreadable:
        return None


def _restored(
    book: Notebook, path: str, modules: Modules, releases: Mapping[str, Notebook]
) -> Notebook:
    """The notebook with the cells that were given out as they were, where it was made from one."""
    match = modules.match(path)
    named = releases.get(book.name) or releases.get(notebook_of(match.module) if match else "")
    nearest = max(releases.values(), key=lambda release: share_of(book, release), default=None)
    release = named or nearest
    return restore(book, release) if release and is_ours(book, release) else book
