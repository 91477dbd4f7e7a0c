"""The records that grading yields: plain data, from which every report is rendered.

`Result` is what a result file holds, as JSON. The schema is versioned (`SCHEMA_VERSION`) and
published as `docs/result.schema.json`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final, Literal

import msgspec

from grader.model.code_comment import CodeComment
from grader.model.course_records import RegradeRequest
from grader.model.notebook_records import NotebookResult
from grader.model.release import ReleaseInfo
from grader.model.text_enum import TextEnum
from grader.model.worth import GradedAs, WorthStep, final_of

SCHEMA_VERSION: Final = 1
NOTHING: Final = "nothing"
"""What the error of values is relative to where the right ones are 0."""
WRITTEN: Final = "written_answers"
"""The part that written answers are as soon as they are marked; its `passed` are those marked."""


class Outcome(TextEnum):
    """What became of a check. Only `internal` is our fault; it never costs points."""

    PASSED = "passed"
    FAILED = "failed"
    """The student's code ran and is wrong."""
    ERROR = "error"
    """The student's code raised, hung or crashed, or could not be loaded."""
    MISSING = "missing"
    """Left as TODO, or not there at all."""
    SKIPPED = "skipped"
    """Not run: a check it depends on failed, or its release does not ask for it."""
    INTERNAL = "internal"
    """The harness failed."""


class Visibility(TextEnum):
    """Who sees the values of a check."""

    PUBLIC = "public"
    """Part of the self-check; received and expected values may be shown."""
    HIDDEN = "hidden"
    """Only run by the instructor; the student sees title and outcome, never a value."""


Audience = Literal["instructor", "student"]
"""Whom a result may be shown."""


class Score(msgspec.Struct, frozen=True, kw_only=True):
    """Points earned of points possible."""

    points: float = 0.0
    max_points: float = 0.0


class Frame(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a traceback, in the student's own files only."""

    file: str
    line: int
    function: str
    source: str = ""


class SourceSpan(msgspec.Struct, frozen=True, kw_only=True):
    """Where a student's function stands."""

    file: str
    first_line: int
    last_line: int
    text: str = ""
    """The lines themselves, so that a report needs no other file."""


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """What exactly is wrong, for the reports. All values are plain numbers or short texts."""

    kind: str
    """`values`, `gradient`, `shape`, `dtype`, `nan`, `type`, `arity`, `exception`, `timeout`,
    `crash`, `memory`, `load`, `missing`, `spelling`, `behaviour`."""
    quantity: str = ""
    """What was judged, as the student knows it: `out`, `dx`, `config["velocity"]`."""
    call: str = ""
    """The call that was made, with shapes in place of arrays:
    `scale_forward(x=float64[4, 3], ...)`."""
    worst_index: list[int] | None = None
    """Index of the element that is furthest off."""
    received: str = ""
    """The student's value (there), formatted."""
    expected: str = ""
    """The right value there, formatted; shown only where the check is public."""
    error: float | None = None
    """Largest difference, relative to `relative_to`."""
    relative_to: str = ""
    """What `error` is a share of: the largest right value of `quantity` where this is empty, else
    the number that is given here. `nothing`: the right values are 0, and `error` is no share."""
    elementwise: float | None = None
    """The measure in which students compare arrays themselves: the largest of
    |x - y| / max(1e-8, |x| + |y|)."""
    wrong: str = ""
    """How much is wrong: `12 of 60 elements`, `only column 3`."""
    pattern: str = ""
    """The kind of error in words, where one was recognised: `twice the right value everywhere`."""
    traceback: list[Frame] = msgspec.field(default_factory=list)


class Cause(msgspec.Struct, frozen=True, kw_only=True):
    """Why a check failed, as far as it could be told. Never says what the right code is."""

    id: str
    """Of the mistake in the catalogue; of a kind of error `structure:...`."""
    kind: str
    """`mistake` (the student's values are those that this mistake gives) or `structure` (the kind
    of error, seen in the values alone)."""
    function: str
    """Contract function that it is in; for a net it may be a layer's."""
    title: str
    explanation: str = ""
    fitted: str = ""
    """Which numbers the student's answers fit, in words; empty where the mistake has none."""
    hint: str = ""
    severity: str = "major"
    """`minor` for a deviation that is worth a remark."""
    fit: float = 1.0
    """Share of the wrong values that it explains, 0 to 1."""
    certain: bool = True
    """False where another may explain as much, or where this does not explain everything."""
    choice: int = 0
    """Several of which one is made have a number in common, the likeliest first; 0 where it is not
    one of these."""
    form: int = 0
    """Which of the catalogue's forms of the mistake it is."""
    numbers: list[float] = msgspec.field(default_factory=list)
    """Those in the student's code where the mistake leaves them open, in the catalogue's order."""
    source: SourceSpan | None = None
    """Where that function stands, without its text."""

    @property
    def words(self) -> str:
        """All that is said of it, below its title."""
        space = " " if self.explanation and self.fitted.isascii() else ""
        return f"{self.explanation}{space}{self.fitted}".strip()


class CheckResult(msgspec.Struct, frozen=True, kw_only=True):
    """One check of one submission."""

    id: str
    """`module::function[case]` of the bank, less `test_`: `layers::scale_forward_values`."""
    title: str
    part: str
    targets: list[str]
    """Contract functions that the check judges."""
    outcome: Outcome
    points: float
    max_points: float
    visibility: Visibility = Visibility.PUBLIC
    message: str = ""
    """What is wrong, in a sentence or two; never holds an expected value."""
    hint: str = ""
    duration: float = 0.0
    """Seconds."""
    finding: Finding | None = None
    source: SourceSpan | None = None
    """The student's function that the check judges."""
    stdout: str = ""
    """What the student's code printed during the check, capped."""
    warnings: list[str] = msgspec.field(default_factory=list)
    notes: list[str] = msgspec.field(default_factory=list)
    """Remarks that cost nothing."""
    follow_through: list[str] = msgspec.field(default_factory=list)
    """Functions that were replaced by the reference's for this check to pass: it did not, with the
    student's own."""
    causes: list[Cause] = msgspec.field(default_factory=list)
    """What is behind the failure, the surest first; empty where nothing fits."""
    follows_from: str = ""
    """Where the fault lies if not in what the check judges: a contract name, or what is wrong with
    a file. That comes first: until it is mended, this check says nothing."""


class PartResult(msgspec.Struct, frozen=True, kw_only=True):
    """The checks of one part of the rubric, added up."""

    id: str
    title: str
    points: float
    max_points: float
    passed: int
    total: int
    """Checks that count: those that the submission's release asks for."""


class SandboxInfo(msgspec.Struct, frozen=True, kw_only=True):
    """The sandbox that was in force."""

    kind: str
    """`bubblewrap`, `landlock` or `none`."""
    layers: list[str] = msgspec.field(default_factory=list)
    """What was confirmed by doing, such as `namespaces`, `landlock`, `seccomp`, `rlimits`."""
    isolated: bool = False


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """One graded submission."""

    submission: str
    """The name of its folder or archive, whole: no other of the same folder has it."""
    assignment: str
    name: str = ""
    """What people call the submission: its name without the ending, or what an LMS added to it."""
    title: str = ""
    """The assignment's title."""
    score: float
    """Points for the work, overrides of checks and parts among them, before lateness."""
    max_score: float
    parts: list[PartResult]
    checks: list[CheckResult]
    release: ReleaseInfo | None = None
    """The template that it was graded by, where the assignment knows of several."""
    python2: bool = False
    """Whether it is written for Python 2."""
    package: str = ""
    """Folder of the student's package inside the submission."""
    sandbox: SandboxInfo | None = None
    environment: dict[str, str] = msgspec.field(default_factory=dict)
    notes: list[str] = msgspec.field(default_factory=list)
    error: str = ""
    """Why the submission could not be graded at all, in one line; empty when it was."""
    error_kind: str = ""
    """`input` (it cannot be read), `internal` (we broke) or `absent` (nothing was submitted); empty
    when it was graded."""
    digest: str = ""
    """Content hash of submission, assignment and harness: equal digests mean equal results."""
    duration: float = 0.0
    graded_at: str = ""
    """ISO 8601, UTC."""
    submitted_at: str = ""
    """ISO 8601; empty where it is not known."""
    penalty: float = 0.0
    """Points that lateness costs: the sum of its steps."""
    steps: list[WorthStep] = []
    """From the points that grading gave to those that count, where they differ or might."""
    stands_on: dict[str, list[str]] = {}
    """Functions that failed checks to those among them that they stand on: these come first."""
    excused: bool = False
    """Whether a person decided that it does not count."""
    requests: list[RegradeRequest] = []
    """What the student asked to be looked at again."""
    comments: list[CodeComment] = []
    """What somebody remarked on lines of the code."""
    graded_as: GradedAs | None = None
    """What grading gave, where overrides of checks or parts changed it."""
    notebooks: list[NotebookResult] = []
    """The notebooks that the rubric asks for, as they ran."""
    audience: Audience = "instructor"
    """`instructor`: it tells inputs of hidden checks. `student`: that was taken out."""
    schema_version: int = SCHEMA_VERSION

    @property
    def percent(self) -> float:
        """Score of 100."""
        return 100.0 * self.score / self.max_score if self.max_score else 0.0

    @property
    def final(self) -> float:
        """The points that count."""
        return final_of(self.score, self.penalty, self.steps)

    @property
    def graded(self) -> bool:
        """Whether the submission could be read and run."""
        return not self.error

    @property
    def sound(self) -> bool:
        """Whether nothing of ours broke: else it is worth another attempt."""
        return self.error_kind != "internal" and not self.count(Outcome.INTERNAL)

    def count(self, outcome: Outcome) -> int:
        """How many checks ended so."""
        return sum(check.outcome is outcome for check in self.checks)

    def to_json(self) -> bytes:
        """The result file's content: UTF-8, indented, keys in the order of the record."""
        return msgspec.json.format(msgspec.json.encode(self), indent=2)

    @staticmethod
    def from_json(data: bytes | str) -> Result:
        """Read a result file's content.

        Raises:
            msgspec.DecodeError: not a result of this schema version.
        """
        try:
            return _DECODER.decode(data)
        except (UnicodeDecodeError, RecursionError) as error:
            raise msgspec.DecodeError(f"not a result: {error}") from None

    @classmethod
    def load(cls, path: Path) -> Result:
        """Read a result file."""
        return cls.from_json(path.read_bytes())


_DECODER: Final = msgspec.json.Decoder(Result)
"""Made on import: threads that make msgspec look at a type for the first time together crash it."""


def json_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of a result file."""
    schema = msgspec.json.schema(Result)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Result", **schema}
