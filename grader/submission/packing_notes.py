"""What `grader submit` wrote of a submission's files: a remark in the report, never a verdict.

The list comes from the student's machine. It names nobody, and neither points nor times hang on it.
"""

from __future__ import annotations

import datetime as dt
import posixpath
import re
from typing import Final

from grader.model.packing_list import PACKING_LIST, PackingList, content_digest
from grader.submission.files import Tree

_ID: Final = re.compile(r"[\w.-]{1,60}")
_SHOWN: Final = 5


def packing_notes(tree: Tree) -> list[str]:
    """What to remark of the lists in a submission; call it before the files are prepared."""
    notes = []
    for path, content in sorted(tree.lists.items(), key=lambda item: (item[0].count("/"), item[0])):
        try:
            listed = PackingList.from_json(content)
        except ValueError:
            notes.append(f"{PACKING_LIST} is damaged, so it was not used; this costs nothing.")
            continue
        if listed is not None:
            notes.append(_note(listed, posixpath.dirname(path), tree))
    return notes[:1]


def _note(listed: PackingList, folder: str, tree: Tree) -> str:
    changed = [
        name
        for name, digest in sorted(listed.files.items())
        if (content := tree.files.get(posixpath.join(folder, name))) is not None
        and content_digest(content) != digest
    ]
    gone = [
        name
        for name in sorted(listed.files)
        if name.endswith(".py") and not _is_there(posixpath.join(folder, name), tree)
    ]
    told = f"Packed with `grader submit`{_for(listed)}{_when(listed)}"
    differing = changed + gone
    if not differing:
        return f"{told}."
    more = f" and {len(differing) - _SHOWN} more" if len(differing) > _SHOWN else ""
    shown = ", ".join(f"`{name}`" for name in differing[:_SHOWN])
    return f"{told}; changed since then: {shown}{more}. This costs nothing."


def _is_there(path: str, tree: Tree) -> bool:
    return path in tree.files or path in tree.unread or path in tree.links


def _for(listed: PackingList) -> str:
    return f" for {listed.assignment}" if _ID.fullmatch(listed.assignment) else ""


def _when(listed: PackingList) -> str:
    try:
        when = dt.datetime.fromisoformat(listed.packed_at)
    except ValueError:
        return ""
    return f" on {when:%Y-%m-%d %H:%M}, by the clock of the machine that it was packed on"
