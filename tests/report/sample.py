"""Made-up results for the report tests, and pages to look at.

`python -m tests.report.sample OUT` writes a class page, student pages and a gradebook to `OUT`.
"""

from __future__ import annotations

import datetime as dt
import random
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from msgspec.structs import replace

from grader.model.course_records import RegradeRequest
from grader.model.leaderboard import LeaderboardEntry
from grader.model.notebook_records import (
    CellOutcome,
    CellOutput,
    Curve,
    NotebookCell,
    NotebookResult,
    WrittenAnswer,
)
from grader.model.oral_records import OralLine, OralQuestion, OralSheet
from grader.model.person import Person
from grader.model.release import ReleaseInfo
from grader.model.result import (
    CheckResult,
    Finding,
    Frame,
    Outcome,
    PartResult,
    Result,
    SandboxInfo,
    SourceSpan,
    Visibility,
)
from grader.model.score_change import CheckChange, Regrade, ScoreChange
from grader.model.similar_code import BlocksAlike, CodeBlock, CodeLine, ProgramsAlike
from grader.model.similar_pairs import (
    ComparedSubmission,
    FunctionPair,
    ScoreSpread,
    SharedMistake,
    SimilarGroup,
    SimilarityReport,
    SimilarPair,
)
from grader.model.term_records import (
    ReturningMistake,
    Term,
    TermAssignment,
    TermCheck,
    TermRow,
    TermSpread,
    TermWork,
    WorkState,
)
from grader.model.worth import StepKind, WorthStep
from grader.report.atomic_write import instructor_page, student_page_of, write_atomically
from grader.report.cell_output import fragment
from grader.report.class_statistics import report_href
from grader.report.gradebook import write_gradebook
from grader.report.html import class_page, student_page

HOSTILE: Final = (
    "<script>alert(1)</script>",
    "</script><script>alert(2)</script>",
    "</style><img src=https://evil.example/x onerror=alert(3)>",
    '"onerror="alert(4)" x="',
    "' onmouseover='alert(5)",
    "=cmd|' /C calc'!A0",
    "\x1b[31mred\x1b[0m\x1b]0;title\x07\x1b[2J",
    "\u202ereversed\u202c \u2066isolated\u2069 zero\u200bwidth",
    "bell\x07 null\x00 backspace\x08 delete\x7f c1\x9b31m",
    "{{ 7*7 }} {% raw %} [bold red]markup[/]",
    "javascript:alert(6)",
    "<!-- --> <svg onload=alert(7)> &lt;script&gt;",
    "x" * 10_000,
)
NASTY: Final = " ".join(HOSTILE)
SECRET: Final = "3.14159secret"
"""Stands for whatever of a hidden check nobody may read on a page."""

PARTS: Final = {
    "layers": ("Affine and ReLU layers", 15.0),
    "losses": ("Loss functions", 10.0),
    "optim": ("Update rules", 15.0),
    "norm": ("Batch and layer normalization", 25.0),
    "dropout": ("Dropout", 10.0),
    "nets": ("Fully connected networks", 25.0),
}

_FUNCTIONS: Final = (
    "affine_forward", "affine_backward", "relu_forward", "relu_backward", "softmax_loss", "adam",
    "sgd_momentum", "rmsprop", "batchnorm_backward", "batchnorm_forward", "dropout_backward",
)  # fmt: skip

_SOURCE: Final = '''\
def batchnorm_backward(dout, cache):
    """Backward pass for batch normalization."""
    dx, dgamma, dbeta = None, None, None
    x, x_hat, mu, var, eps, gamma = cache
    N, D = dout.shape
    dbeta = np.sum(dout, axis=0)
    dgamma = np.sum(dout * x_hat, axis=0)
    dx_hat = dout * gamma
    dvar = np.sum(dx_hat * (x - mu) * -0.5 * (var + eps) ** -1.5, axis=0)
    dmu = np.sum(dx_hat * -1 / np.sqrt(var + eps), axis=0)
    dx = dx_hat / np.sqrt(var + eps) + dvar * 2 * (x - mu) / N + dmu / N
    return dx, dgamma, dbeta
'''


def span(text: str = _SOURCE, first: int = 214) -> SourceSpan:
    """A function in the student's `layers.py`."""
    last = first + text.count("\n") - 1
    return SourceSpan(file="cs231n/layers.py", first_line=first, last_line=last, text=text)


def check(id: str, part: str, outcome: Outcome = Outcome.PASSED, **fields: object) -> CheckResult:
    """A check worth two points, by default passed."""
    values: dict[str, object] = {
        "id": f"{part}::{id}",
        "title": id.replace("_", " ").capitalize(),
        "part": part,
        "targets": [next((name for name in _FUNCTIONS if id.startswith(name)), id)],
        "outcome": outcome,
        "points": 2.0 if outcome is Outcome.PASSED else 0.0,
        "max_points": 2.0,
        "duration": 0.01,
    }
    return CheckResult(**{**values, **fields})  # type: ignore[arg-type]


def settled() -> Result:
    """A result with every kind of step."""
    kinds: tuple[StepKind, ...] = (
        *("extension", "slip", "grace", "late", "cap", "minimum", "cut-off", "override"),
    )
    steps = [
        WorthStep(kind=kind, reason=f"{NASTY[:300]}.", before=50.0 - n, after=49.0 - n, staff="ta")
        for n, kind in enumerate(kinds)
    ]
    asked = RegradeRequest(
        assignment="hw", person="ann", about=checks()[0].id, text=NASTY[:900], answer=NASTY[:900],
        who="ta", at=dt.datetime(2026, 3, 1, tzinfo=dt.UTC),
    )  # fmt: skip
    return replace(result(), steps=steps, excused=True, penalty=4.0, requests=[asked])


def regraded() -> Regrade:
    """A class of which some changed."""
    change = CheckChange(
        id="layers::affine", title=NASTY[:200], before="failed", after="passed", points_before=0.0,
        points_after=2.0, changed=True,
    )  # fmt: skip
    changes = [
        ScoreChange(
            submission=f"student-{n}", name=f"Student {n}", before=50.0 if n else None,
            after=60.0 - 7 * n if n < 3 else None, max_points=100.0, checks=[change] * n,
            causes=["check", "release"], error=NASTY if n == 3 else "",
        )
        for n in range(4)
    ]  # fmt: skip
    return Regrade(total=30, changes=changes)


def term(assignments: int = 12, students: int = 6) -> Term:
    """A term with more assignments than a phone is wide."""
    spread = TermSpread(submitted=5, late=1, mean=71.5, median=70.0, lowest=10.0, highest=99.25)
    states: tuple[WorkState, ...] = (
        "graded",
        "nothing",
        "unreadable",
        "failed",
        "excused",
        "pending",
    )
    rows = [
        TermRow(
            person=Person(key=f"p{n}", name=HOSTILE[n][:80], section="A"),
            works=[
                TermWork(assignment=f"hw{k}", state=states[(n + k) % 6], points=55.25,
                         max_points=100.0, dropped=k == n)
                for k in range(assignments)
            ],
            total=71.25 + n,
        )
        for n in range(students)
    ]  # fmt: skip
    every = [
        TermAssignment(
            id=f"hw{k}", title=f"Assignment {k}", weight=100.0, due="2026-03-01T23:59:00+00:00",
            whole=replace(spread, mean=70.0 + k), sections={"A": spread, NASTY[:60]: spread},
        )
        for k in range(assignments)
    ]  # fmt: skip
    hard = TermCheck(
        assignment="hw1", id="layers::a", title=NASTY[:200], judged=6, failing=["p0", "p1"]
    )
    mistake = ReturningMistake(id="m", title=NASTY[:200], people={"p0": ["hw1", "hw2"]})
    return Term(
        title=NASTY[:100], assignments=every, rows=rows, hardest=[hard], returning=[mistake], drop=1
    )


def checks() -> list[CheckResult]:
    """A submission's checks, with every outcome among them."""
    return [*_layers(), *_losses(), *_optim(), *_norm(), *_dropout(), *_nets()]


def _layers() -> list[CheckResult]:
    return [
        check("affine_forward", "layers", title="Affine forward: values"),
        check("affine_forward_axes", "layers", title="Affine forward on inputs with more axes"),
        check("affine_backward", "layers", title="Affine backward: `dx`, `dw`, `db`"),
        check("relu_forward", "layers", title="ReLU forward"),
        check(
            "relu_backward",
            "layers",
            Outcome.FAILED,
            title="ReLU backward leaves `dout` as it was",
            message="`relu_backward` changed the array `dout` that it was given.",
            finding=Finding(
                kind="behaviour", quantity="dout", call="relu_backward(dout(5, 4), cache)"
            ),
            hint="Multiply into a new array: `dx = dout * (x > 0)`.",
            source=span(
                "def relu_backward(dout, cache):\n    x = cache\n"
                "    dout[x <= 0] = 0\n    return dout\n",
                61,
            ),
        ),
    ]


def _losses() -> list[CheckResult]:
    return [
        check(
            "softmax_loss",
            "losses",
            title="Softmax loss: value and gradient",
            notes=["Uses `np.float`, which NumPy removed in 1.24; graded as if it were there."],
        ),
        check(
            "softmax_loss_extreme",
            "losses",
            Outcome.FAILED,
            title="Softmax loss at extreme scores",
            message="The loss is not a number for scores near 1000.",
            finding=Finding(
                kind="nan",
                quantity="loss",
                call="softmax_loss(x=float64[3, 5], y=int64[3])",
                received="nan",
                expected="2.19722458",
                wrong="the whole value",
            ),
            hint="Subtract the largest score of each row before `np.exp`.",
            source=span("def softmax_loss(x, y):\n    p = np.exp(x)\n    ...\n", 140),
            warnings=["RuntimeWarning: overflow encountered in exp (layers.py:141)"],
        ),
        check("svm_loss", "losses", title="SVM loss: value and gradient"),
    ]


def _optim() -> list[CheckResult]:
    return [
        check("sgd_momentum", "optim", title="SGD with momentum, one step"),
        check("sgd_momentum_steps", "optim", title="SGD with momentum, five steps"),
        check("rmsprop", "optim", title="RMSProp, one step"),
        check(
            "adam",
            "optim",
            Outcome.ERROR,
            title="Adam from an empty config",
            message="`adam` raised KeyError: `'t'`.",
            finding=Finding(
                kind="exception",
                call="adam(w=float64[4, 5], dw=float64[4, 5], config={})",
                traceback=[
                    Frame(
                        file="cs231n/optim.py",
                        line=151,
                        function="adam",
                        source="    t = config['t'] + 1",
                    ),
                    Frame(
                        file="cs231n/helpers.py",
                        line=9,
                        function="step",
                        source="    return step_of(config)",
                    ),
                ],
            ),
            hint="Give `config` its defaults with `setdefault` before reading them.",
            source=SourceSpan(
                file="cs231n/optim.py",
                first_line=148,
                last_line=154,
                text="def adam(w, dw, config=None):\n    if config is None:\n        config = {}\n"
                "    t = config['t'] + 1\n    m = config['m']\n    next_w = w\n"
                "    return next_w, config\n",
            ),
            stdout="config: {}\nstep 1\nstep 2\n",
        ),
        check(
            "adam_steps",
            "optim",
            Outcome.SKIPPED,
            title="Adam, five steps",
            message="Not run: “Adam from an empty config” did not pass.",
        ),
    ]


def _norm() -> list[CheckResult]:
    return [
        check("batchnorm_forward", "norm", title="Batch norm forward in train mode"),
        check("batchnorm_running", "norm", title="Running statistics over several steps"),
        check(
            "batchnorm_backward",
            "norm",
            Outcome.FAILED,
            title="Batch norm backward: `dx`",
            points=0.5,
            message="`dx` is off in every column; the gradient through the mean is incomplete.",
            finding=Finding(
                kind="gradient",
                quantity="dx",
                call="batchnorm_backward(dout(6, 5), cache)",
                worst_index=[2, 1],
                received="-0.02911846",
                expected="0.01346091",
                error=0.3172,
                wrong="30 of 30 elements",
                pattern="a constant added to each column",
            ),
            hint="The variance depends on the mean too: `dmu` has a second term.",
            source=span(),
        ),
        check(
            "batchnorm_backward_seeds",
            "norm",
            Outcome.FAILED,
            title="Batch norm backward on other inputs",
            visibility=Visibility.HIDDEN,
            message="`dx` is wrong.",
            finding=Finding(
                kind="gradient",
                quantity="dx",
                call=f"batchnorm_backward(dout({SECRET}), cache)",
                worst_index=[0, 3],
                received=f"received {SECRET}",
                expected=f"expected {SECRET}",
                error=0.21,
                wrong="30 of 30 elements",
            ),
            hint="Compare with a numerical gradient of your own forward pass.",
            source=span(),
        ),
        check(
            "layernorm_forward", "norm", Outcome.MISSING, title="Layer norm forward",
            message="`layernorm_forward` is left as TODO.",
        ),
        check(
            "layernorm_backward", "norm", Outcome.MISSING, title="Layer norm backward",
            message="`layernorm_backward` is left as TODO.",
        ),
    ]  # fmt: skip


def _dropout() -> list[CheckResult]:
    return [
        check("dropout_forward", "dropout", title="Dropout forward: share of zeros and scale"),
        check(
            "dropout_backward",
            "dropout",
            Outcome.INTERNAL,
            points=2.0,
            title="Dropout backward",
            message="ValueError in the check itself: no key for `dropout_backward_3`.",
        ),
    ]


def _nets() -> list[CheckResult]:
    return [
        check(
            "two_layer_net",
            "nets",
            title="TwoLayerNet: scores and loss",
            follow_through=["softmax_loss", "relu_backward"],
        ),
        check(
            "fc_net_depth",
            "nets",
            Outcome.ERROR,
            title="FullyConnectedNet of five layers",
            message="The call did not end within 10 s and was stopped.",
            finding=Finding(kind="timeout", call="FullyConnectedNet([10, 10, 10, 10]).loss(X, y)"),
        ),
        *(check(f"fc_net_{i}", "nets", title=f"Gradient check, net {i}") for i in range(1, 8)),
    ]


def result(submission: str = "lovelace-ada", **fields: object) -> Result:
    """A graded submission with every outcome."""
    return tally(
        Result(
            submission=submission,
            assignment="fully-connected-nets",
            title="Assignment 2: fully connected networks",
            score=0.0,
            max_score=0.0,
            parts=[],
            checks=checks(),
            release=ReleaseInfo(
                id="course-2017",
                title="The course of 2017",
                readings={"p": "drop"},
                evidence=["`use_batchnorm` in `FullyConnectedNet`", "`from builtins import range`"],
            ),
            python2=True,
            package="assignment2/cs231n",
            sandbox=SandboxInfo(
                kind="bubblewrap", layers=["namespaces", "seccomp", "rlimits"], isolated=True
            ),
            environment={"python": "3.11.7", "numpy": "2.4.6", "grader": "0.1.0"},
            notes=[
                "Two candidate folders; graded `assignment2/cs231n`, the more complete one.",
                "`data_utils.py` does not parse (line 12: inconsistent tabs) and was left out.",
            ],
            digest="6f1c2a9e4b7d",
            duration=3.42,
            graded_at="2026-03-02T14:05:09Z",
        ),
        **fields,
    )


def tally(result: Result, **fields: object) -> Result:
    """`result` with parts and score added up from its checks."""
    parts = []
    for id, (title, worth) in PARTS.items():
        mine = [check for check in result.checks if check.part == id]
        share = sum(c.points for c in mine) / max(1.0, sum(c.max_points for c in mine))
        passed = sum(check.outcome is Outcome.PASSED for check in mine)
        parts.append(
            PartResult(
                id=id,
                title=title,
                points=round(worth * share, 2),
                max_points=worth,
                passed=passed,
                total=len(mine),
            )
        )
    score = round(sum(part.points for part in parts), 2)
    return replace(result, parts=parts, score=score, max_score=100.0, **fields)


def selfcheck(checks: list[CheckResult]) -> Result:
    """What a self-check yields that found just these checks."""
    return tally(replace(result(), checks=checks, notes=[]))


def ungraded(submission: str, error: str, kind: str = "input") -> Result:
    """A submission that could not be graded."""
    return Result(
        submission=submission,
        assignment="fully-connected-nets",
        title="Assignment 2: fully connected networks",
        score=0.0,
        max_score=100.0,
        parts=[],
        checks=[],
        error=error,
        error_kind=kind,
        graded_at="2026-03-02T14:05:09Z",
    )


def hostile(text: str = NASTY) -> Result:
    """A submission with `text` in every field that a student can influence."""
    frames = [Frame(file=text, line=215, function=text, source=text)]
    finding = Finding(
        kind="exception", quantity=text, call=text, worst_index=[1], received=text, expected="1.0",
        error=0.5, wrong=text, pattern=text, traceback=frames,
    )  # fmt: skip
    fields: dict[str, object] = {
        "message": text, "hint": text, "finding": finding, "stdout": f"{text}\n{text}",
        "warnings": [text], "notes": [text], "title": text, "targets": [text],
        "follow_through": [text],
        "source": SourceSpan(file=text, first_line=214, last_line=215, text=f"{text}\n{text}"),
    }  # fmt: skip
    every = [
        check(f"{outcome}_{visibility}", "layers", outcome, visibility=visibility, **fields)
        for outcome in Outcome
        for visibility in Visibility
    ]
    return tally(
        replace(
            result(text),
            checks=every,
            package=text,
            notes=[text],
            environment={text: text, "python": text},
            release=ReleaseInfo(id=text, title=text, evidence=[text]),
            submitted_at=text,
        )
    )


def class_results(n: int = 48, seed: int = 7) -> list[Result]:
    """A class of `n`, with the same result for the same seed."""
    rng = random.Random(seed)
    return [_student(rng, number) for number in range(n)]


_SURNAMES: Final = (
    "lovelace", "hopper", "turing", "noether", "ramanujan", "germain", "王", "hamilton",
)  # fmt: skip
_NAMES: Final = ("ada", "grace", "alan", "emmy", "srinivasa", "sophie", "小明", "margaret")


def student_name(number: int) -> str:
    """Each number another."""
    return f"{_SURNAMES[number % 8]}-{_NAMES[number // 8 % 8]}-{number}"


def _student(rng: random.Random, number: int) -> Result:
    name = f"{rng.choice(_SURNAMES)}-{rng.choice(_NAMES)}-{number}"
    if number % 23 == 5:
        return ungraded(name, "The archive `hw.zip` is encrypted.")
    if number % 41 == 17:
        return ungraded(name, "The worker could not be started: no memory left.", "internal")
    skill = rng.betavariate(4, 1.4)
    year = rng.choice(["2016", "2017", "2018", "2018", "2021", "2021"])
    return tally(
        replace(
            result(name),
            checks=[_luck(rng, check, skill) for check in checks()],
            release=ReleaseInfo(id=f"course-{year}", title=f"The course of {year}"),
            python2=year == "2016",
        )
    )


def _luck(rng: random.Random, check: CheckResult, skill: float) -> CheckResult:
    if rng.random() < skill:
        return replace(check, outcome=Outcome.PASSED, points=check.max_points, message="")
    kinds = [Outcome.FAILED, Outcome.FAILED, Outcome.ERROR, Outcome.MISSING, Outcome.SKIPPED]
    return replace(check, outcome=rng.choice(kinds), points=0.0)


def notebook_results(n: int, seed: int = 7) -> list[Result]:
    """A class of `n` that was asked for a notebook; every seventh handed in none."""
    return [
        replace(result, notebooks=notebooks(number)) if result.graded else result
        for number, result in enumerate(class_results(n, seed))
    ]


def notebooks(number: int = 1) -> list[NotebookResult]:
    """A notebook of five cells, in which other cells fail for other numbers."""
    if number % 7 == 0:
        return [NotebookResult(id="Dropout", title="Dropout")]
    cells = [
        _cell("setup", "given", ""),
        _cell("forward-check", "check", "ValueError: wrong shape" if number % 2 else ""),
        _cell("mine", "own", "KeyError: 'a'"),
        _cell("backward-check", "check", "TypeError: None" if number % 3 == 0 else ""),
        _cell("undone", "check", "NotImplementedError: Dropout"),
    ]
    curve = Curve(
        name="Keep all", train=[0.1, 0.4, 0.9], val=[0.1, 0.3, 0.35], reference=[0.1, 0.4]
    )
    text = "Less *noise*: $x_1$ and\n\n$$" + "x+" * 90 + r"\begin{align}a&=\frac{1}{2}\end{align}$$"
    answer = WrittenAnswer(
        question="1", asked="Why does $p$ **matter**?", state="answered", words=2, text=text,
        points=2, mark=1.5, comment="Why?", outdated=True,
    )  # fmt: skip
    return [NotebookResult(id="Dropout", title="Dropout", path="Dropout.ipynb", cells=cells,
                           answers=[answer], curves=[curve])]  # fmt: skip


def leaderboard() -> list[LeaderboardEntry]:
    """Two with a score, one of them with a note, and one without."""
    return [
        LeaderboardEntry(name="marvellous-albatross", rank=1, correct=19, total=20),
        LeaderboardEntry(name=NASTY, rank=2, correct=7, total=20, note="shape (N, 1) read as (N,)"),
        LeaderboardEntry(name="ada", problem="predictions.npy has shape (3,); expected (20,)."),
    ]


def _cell(id: str, role: str, error: str) -> NotebookCell:
    outcome = CellOutcome.ERROR if error else CellOutcome.OK
    outputs = [CellOutput(mime="error", data=f"\x1b[31m{error}\x1b[0m")] if error else []
    return NotebookCell(
        id=id, role=role, source="x = 1  # one", outcome=outcome, error=error, outputs=outputs,
        undone=id == "undone",
    )  # fmt: skip


def write(out: Path, results: Iterable[Result]) -> None:
    """Write a class page, student pages and a gradebook to `out`."""
    every = list(results)
    for one in every:
        own, private = student_page_of(one.submission), instructor_page(one.submission)
        write_atomically(out / own, student_page(one).encode())
        page = student_page(one, audience="instructor", beside=f"../{own}")
        write_atomically(out / private, page.encode())
    title = "Assignment 2: fully connected networks"
    page = class_page(every, title=title, made="2026-03-02 14:05 UTC")
    (out / "index.html").write_text(page, encoding="utf-8")
    write_gradebook(every, out / "gradebook.csv")


if __name__ == "__main__":
    target = Path(sys.argv[1])
    write(target, [*class_results(), result()])
    extra = target / "extra"
    extra.mkdir(exist_ok=True)
    pages = {
        "student-copy": student_page(result(), audience="student"),
        "zh": student_page(result(), lang="zh"),
        "class-zh": class_page(class_results(), title="第二次作业", lang="zh"),
        "hostile": student_page(hostile()),
        "hostile-class": class_page([hostile(text) for text in HOSTILE], title=NASTY),
        "ungraded": student_page(ungraded("hw.zip", "The archive `hw.zip` is encrypted.")),
        "internal": student_page(ungraded("hw", "The worker did not start.", "internal")),
        "empty": class_page([], title="Nobody"),
        "big": class_page(class_results(2000), title="Two thousand"),
        "perfect": student_page(
            tally(replace(result(), checks=[c for c in checks() if c.outcome is Outcome.PASSED]))
        ),
        "notebook": f"<!doctype html><title>cell</title>{fragment(selfcheck(checks()))}",
    }
    for name, text in pages.items():
        (extra / f"{name}.html").write_text(text, encoding="utf-8")
    print(f"wrote {target / 'index.html'}, {report_href(result().submission)}, {extra}")


def oral_sheet() -> OralSheet:
    """Questions for an oral, with code that is wider than a telephone."""
    lines = [
        OralLine(number=12, text="    dx = dx - dx.mean(axis=0) - x_hat * (dx * x_hat).mean(0)"),
        OralLine(number=13, text=f"    return dx  # {NASTY}", asked=True),
    ]
    question = OralQuestion(
        kind="change: axis", function="fit", file="layers.py", lines=lines, similar=True,
        question="In line 13, suppose `dx` were `-dx`. What would fit do differently?",
        answer="dx: the opposite sign.", how=f"It was run. {NASTY}",
    )  # fmt: skip
    return OralSheet(
        submission="ada", name="Ada", assignment="Networks", questions=[question, question]
    )


def similar_report() -> SimilarityReport:
    """Submissions of which two stand out, one of them from another year."""
    names = ["lovelace-ada", "turing-alan", "hopper-grace", HOSTILE[0]]
    submissions = [
        ComparedSubmission(
            id=name,
            name=name,
            other="2019" if at == 3 else "",
            section=NASTY[:40] if at == 1 else "",
            attempt=at,
            counted=at != 2,
            passages=300 * (at < 3),
            problem="" if at < 3 else "work.py: takes more than 10 s to be read",
        )
        for at, name in enumerate(names)
    ]
    mistake = SharedMistake(id="sign", title="The sign of the gradient is wrong", made_by=2)
    functions = [FunctionPair(first="fit", second="train", tokens=90)] * 5
    pairs = [
        SimilarPair(
            first=0, second=1, score=0.912, stands_out=True, identical=["work.py"],
            functions=functions, lines=40, mistakes=[mistake], page="pairs/001.html",
        ),
        SimilarPair(
            first=0, second=2, score=0.2, stands_out=False, same_name=True, page="pairs/002.html"
        ),
    ]  # fmt: skip
    return SimilarityReport(
        submissions=submissions,
        pairs=pairs,
        groups=[SimilarGroup(members=[0, 1], lowest=0.9, highest=0.912)],
        spread=ScoreSpread(
            pairs=190, bins=[4, 60, 90, 30, 5, *[0] * 13, 1, 0], median=0.12, ninety_nine=0.3,
            threshold=0.41, outside=1,
        ),
        given=["template"],
        repeats=[
            SimilarPair(first=2, second=3, score=1, stands_out=True, page="pairs/003.html"),
        ],
        others=["2019"],
    )  # fmt: skip


def programs_alike() -> ProgramsAlike:
    """Two programs with seven shared passages, given lines, and lines that scroll."""

    def block(name: str, first: int) -> CodeBlock:
        lines = [
            CodeLine(
                number=first + at,
                text=f"    x{at} = " + "value + " * (at * 3) + "1",
                passage=at // 2 if at < 16 else 0,
                given=at > 16,
            )
            for at in range(20)
        ]
        return CodeBlock(file="work.py", name=name, lines=lines, left_out=3)

    alike = BlocksAlike(first=[block("fit", 1)], second=[block("", 7)], tokens=90, others=2)
    return ProgramsAlike(blocks=[alike], alone_first=["a"], alone_second=[], given=["check"])
