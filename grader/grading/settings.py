"""How to grade, and which checks that leaves."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import pytest

from grader.checks.declare import Spec
from grader.model.errors import InputError
from grader.model.result import Visibility
from grader.model.rubric import Rubric
from grader.runner.bank_plugin import check_id, item_spec


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """How to grade."""

    assignment: str = "numpynn"
    seed: str = ""
    """Instead of the rubric's: the same checks on other numbers."""
    dialect: str = "auto"
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


def select(settings: Settings, rubric: Rubric, items: Sequence[pytest.Item]) -> list[pytest.Item]:
    """The checks that the settings ask for, of those that the rubric has not switched off.

    Raises:
        InputError: the rubric names parts or checks that are not there.
    """
    if not items:
        raise InputError("The test bank holds no checks.")
    chosen = []
    for item in items:
        spec = item_spec(item)
        if spec is None:
            raise InputError(f"{item.nodeid}: a function of the bank that is not declared a check.")
        if spec.part not in rubric.parts:
            raise InputError(f"{item.nodeid}: the rubric has no part {spec.part!r}.")
        if _wanted(settings, rubric, check_id(item), spec):
            chosen.append(item)
    return chosen


def _wanted(settings: Settings, rubric: Rubric, name: str, spec: Spec) -> bool:
    override = rubric.checks.get(name)
    if override is not None and not override.enabled:
        return False
    visibility = rubric.visibility(name, spec.part, spec.visibility)
    if settings.public_only and visibility is not Visibility.PUBLIC:
        return False
    if settings.parts and not {spec.part, *spec.targets} & set(settings.parts):
        return False
    return settings.keyword.lower() in name.lower()
