"""What the words of a command line mean, whichever library reads them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from grader.model.errors import UsageError

if TYPE_CHECKING:
    from grader.grading import Settings


def settings(
    *,
    assignment: str,
    release: str = "auto",
    seed: str = "",
    sandbox: str = "auto",
    unsafe: bool = False,
    lang: str = "en",
    public_only: bool = False,
    parts: tuple[str, ...] = (),
    keyword: str = "",
    no_fork: bool = False,
    no_notebooks: bool = False,
) -> Settings:
    """The settings that a command line asks for.

    Raises:
        UsageError: a value is not one of those possible, or `none` was not allowed explicitly.
    """
    from grader.assignment.composed import open_assignment, require_release
    from grader.assignment.layout import find_rubric
    from grader.grading import Settings

    if release != "auto":
        require_release(open_assignment(assignment), release)
    _one_of("--sandbox", sandbox, ("auto", "bubblewrap", "landlock", "none"))
    language(lang)
    if (sandbox == "none" or no_fork) and not unsafe:
        raise UsageError(
            "Without a sandbox, students' code could read and change everything you can.",
            hint="If you trust it all the same, add --no-sandbox.",
        )
    return Settings(
        assignment=assignment or str(find_rubric()),
        release=release,
        seed=seed,
        sandbox="none" if unsafe else sandbox,
        lang=lang,
        public_only=public_only,
        parts=parts,
        keyword=keyword,
        fork=not no_fork,
        notebooks=not no_notebooks,
    )


def language(lang: str) -> Literal["en", "zh"]:
    """A language that the reports speak.

    Raises:
        UsageError: they do not.
    """
    _one_of("--lang", lang, ("en", "zh"))
    return "zh" if lang == "zh" else "en"


def _one_of(option: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise UsageError(f"{option} {value}: expected one of {', '.join(allowed)}.")


def existing(path: Path) -> Path:
    """A path that is there.

    Raises:
        InputError: it is not, or we may not look.
    """
    from grader.model.errors import InputError

    try:
        path.stat()
    except FileNotFoundError:
        said = f"{path}: there is no such file or folder."
        raise InputError(said, hint=_did_you_mean(path)) from None
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: {getattr(error, 'strerror', None) or error}.") from None
    return path


def _did_you_mean(path: Path) -> str:
    """What is called almost like it, or how far the path leads."""
    import difflib

    there = next((folder for folder in path.parents if folder.is_dir()), None)
    if there is None or there != path.parent:
        return f"The last folder on the way that is there: {there.absolute()}." if there else ""
    try:
        names = [entry.name for entry in there.iterdir()]
    except OSError:
        return ""
    near = difflib.get_close_matches(path.name, names, n=1)
    return f"Did you mean {there / near[0]}?" if near else ""
