"""Removing a folder in which hostile code could write."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil


def remove_tree(top: str) -> None:
    """Remove the folder `top`, however deep it is and whatever the modes inside.

    Folders are lifted to the top before they are emptied, so depth costs neither recursion nor
    open files. What cannot be removed stays.
    """
    prefix = f".{secrets.token_hex(8)}"
    lifted = 0
    with contextlib.suppress(OSError):
        folders = _empty(top, top, prefix, lifted)
        while folders:
            lifted += len(folders)
            folder = folders.pop()
            folders += _empty(folder, top, prefix, lifted)
            os.rmdir(folder)
    shutil.rmtree(top, ignore_errors=True)


def _empty(folder: str, top: str, prefix: str, lifted: int) -> list[str]:
    """Delete the files of `folder`; move its folders to `top`. Returns where they are now."""
    os.chmod(folder, 0o700)
    moved: list[str] = []
    with os.scandir(folder) as entries:
        found = list(entries)
    for entry in found:
        if entry.is_dir(follow_symlinks=False):
            path = os.path.join(top, f"{prefix}{lifted + len(moved)}")
            os.chmod(entry.path, 0o700)  # moving a folder writes its ".."
            os.rename(entry.path, path)
            moved.append(path)
        else:
            os.unlink(entry.path)
    return moved
