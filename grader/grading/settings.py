"""How to grade, and which checks that leaves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeVar

import msgspec

from grader.model.contract import owner_of
from grader.model.errors import InputError
from grader.model.result import Visibility
from grader.model.rubric import Rubric

if TYPE_CHECKING:
    from grader.runner.check import ListedCheck

ListedCheckT = TypeVar("ListedCheckT", bound="ListedCheck")


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """How to grade."""

    assignment: str = ""
    member: str = ""
    """Id of the member to grade, of an assignment that is composed of several."""
    seed: str = ""
    """Instead of the rubric's: the same checks on other numbers."""
    release: str = "auto"
    """Id of the release to grade by, instead of the rubric's or the one that is recognised."""
    sandbox: str = "auto"
    lang: str = "en"
    public_only: bool = False
    """Only the checks of the self-check."""
    parts: tuple[str, ...] = ()
    """Only these parts or contract names; empty for all."""
    keyword: str = ""
    """Only checks whose id holds this text."""
    diagnose: bool = True
    """Whether to look for the mistakes behind failed checks."""
    notebooks: bool = True
    """Whether notebooks are run, if the rubric asks for any."""
    fork: bool = True
    """Whether processes may be forked; without, every worker is a cold start."""

    def seed_for(self, rubric: Rubric) -> str:
        """The seed in force."""
        return self.seed or str(rubric.seed)


def select(
    settings: Settings, rubric: Rubric, checks: Sequence[ListedCheckT]
) -> list[ListedCheckT]:
    """The checks that the settings ask for, of those that the rubric has not switched off.

    Raises:
        InputError: the bank is empty.
    """
    if not checks:
        raise InputError("The test bank holds no checks.")
    return [check for check in checks if _wanted(settings, rubric, check)]


def _wanted(settings: Settings, rubric: Rubric, check: ListedCheck) -> bool:
    override = rubric.checks.get(check.id)
    if override is not None and not override.enabled:
        return False
    visibility = rubric.visibility(check.id, check.part, check.visibility)
    if settings.public_only and visibility is not Visibility.PUBLIC:
        return False
    if settings.parts and not _names_of(check) & set(settings.parts):
        return False
    return settings.keyword.lower() in check.id.lower()


def _names_of(check: ListedCheck) -> set[str]:
    """The words by which a check may be asked for: its part, its functions, and their classes."""
    return {check.part, *check.targets, *map(owner_of, check.targets)}
