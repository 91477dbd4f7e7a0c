"""Running scenarios on the reference, in this process."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from grader.authoring.call_outcomes import drained, plain_part, says_nothing
from grader.authoring.native_reference import NativeReference, fingerprint, is_finite, tried
from grader.authoring.scenario import Ran, Scenario, run_here


class ScenarioRunner:
    """Runs scenarios, and says what came of them."""

    def __init__(self, reference: NativeReference, modules: Mapping[str, str]) -> None:
        """`modules` has the module of each function and class."""
        self.reference = reference
        self.modules = modules

    def run(self, scenario: Scenario, seed: int | str = 11, redrawn: str = "") -> Ran | None:
        """Run a scenario; None if it raises or takes too long."""
        ran: Ran | None
        _, ran = tried(lambda: run_here(scenario, self.reference, self.modules, seed, redrawn))
        return ran

    def outcome(self, scenario: Scenario, redrawn: str = "") -> Any:
        """What can be told of a scenario's end; None if it raises, or makes no finite numbers."""
        ran = self.run(scenario._replace(seeded=True), redrawn=redrawn)
        result = drained(ran.result)[0] if ran else None
        if ran is None or not is_finite(plain_part(result)):
            return None
        step = scenario.steps[-1]
        # The arguments are part of what comes of a call only where it changes them.
        before = self.run(
            scenario._replace(seeded=True, steps=scenario.steps[:-1]), redrawn=redrawn
        )
        held = before.variables if before else {}
        changed = {
            name: fingerprint(value)
            for name, value in ran.variables.items()
            if name not in ("np", "__builtins__")
            and name not in step.results
            and fingerprint(value) != fingerprint(held.get(name))
        }
        outcome = (fingerprint(result), tuple(sorted(changed.items())))
        return None if says_nothing(result) and not changed else outcome
