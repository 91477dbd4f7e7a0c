"""What a batch gives, put into the history as it comes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Literal

from grader.batches.run_history import RunHistory, content_of, run_in_force
from grader.grading import harness_version
from grader.model.course_records import RunResult
from grader.model.result import Result

AtTheEnd = Literal["accepted", "preview"]


class RunRecorder:
    """Records one run. It is begun with the first result, so that a run without any leaves none."""

    def __init__(self, history: RunHistory, at_the_end: AtTheEnd = "accepted") -> None:
        self._history = history
        self._at_the_end: AtTheEnd = at_the_end
        self.run = 0
        """Its number; 0 before it is begun."""

    def prepare(self) -> None:
        """Make sure that the history can be used before anything is graded.

        Raises:
            InputError: it cannot.
        """
        run_in_force(self._history)

    def put(self, raw: Result) -> None:
        """Keep a result as it was graded; one that is there already is no reason for a run."""
        if not self._history.has(content_of(raw)):
            self._history.put(self._begun(), raw)

    def finish(
        self,
        given: Iterable[RunResult],
        stored: Callable[[str], Result | None],
    ) -> None:
        """The run gave these, those that it took from earlier runs among them.

        `stored` gives the result of a submission as graded: for what the history does not have.
        """
        every = list(given)
        in_force = run_in_force(self._history)
        known = self._history.given(in_force.id) if in_force else []
        same = {(e.submission, e.content) for e in every} == {
            (e.submission, e.content) for e in known
        }
        if same and not self.run and self._at_the_end == "accepted":
            return
        run = self._begun()
        for each in every:
            if not self._history.has(each.content):
                self._mend(stored(each.submission))
        self._history.note(
            RunResult(run=run, submission=e.submission, content=e.content, inputs=e.inputs)
            for e in every
        )
        self._history.finish(run, self._at_the_end)

    def _mend(self, raw: Result | None) -> None:
        if raw is not None:
            self._history.put(self._begun(), raw)

    def _begun(self) -> int:
        if not self.run:
            self.run = self._history.begin("", harness_version())
        return self.run
