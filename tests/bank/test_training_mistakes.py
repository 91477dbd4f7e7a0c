"""The training checks against code that does not learn, and against a Solver that does not run."""

from __future__ import annotations

import pytest

from grader.assignments.numpynn.bank import training
from grader.model.result import CheckResult, Finding, Frame, Outcome
from grader.model.verdicts import CouldNotRun, NotDone
from tests.bank.nets import RETURN, SIZES, full, right, two
from tests.bank.patches import LOST, Change, assert_costs, grade, mistake, rewritten

OPTIM = "optim.py"
SOLVER = "solver.py"
UPHILL = "return loss, {name: -gradient for name, gradient in grads.items()}"
MOMENTUM = 'config["momentum"] * config["velocity"]'
STEP = '- config["learning_rate"] * dw'

MISTAKES = [
    two("uphill", RETURN, UPHILL),
    two("gradients 0", RETURN, UPHILL.replace("-gradient", "0 * gradient")),
    two("gradients far too large", RETURN, UPHILL.replace("-gradient", "1e4 * gradient")),
    two("gradient of W2 alone", RETURN, "return loss, {**grads, 'W1': np.ones_like(W1)}"),
    two(
        "the same score for all classes",
        "if y is None:",
        "scores = scores * 0\n        if y is None:",
    ),
    full("uphill", RETURN, UPHILL),
    full("gradients 0", RETURN, UPHILL.replace("-gradient", "0 * gradient")),
    full(
        "gradients of the biases alone",
        RETURN,
        UPHILL.replace("-gradient", "(name[0] == 'b') * gradient"),
    ),
    full("gradients missing", RETURN, "return loss, {'b1': grads['b1']}"),
    full("gradients flat", RETURN, UPHILL.replace("-gradient", "gradient.ravel()[:2]")),
    mistake("sgd_momentum", "no velocity", MOMENTUM, "0", file=OPTIM),
    mistake(
        "sgd_momentum", "velocity not stored", 'config["velocity"] = velocity', "pass", file=OPTIM
    ),
    mistake("sgd_momentum", "uphill", STEP, STEP.replace("-", "+"), file=OPTIM),
    mistake(
        "sgd_momentum",
        "dampened",
        STEP,
        STEP.replace("*", '* (1 - config["momentum"]) *'),
        file=OPTIM,
    ),
    mistake("rmsprop", "uphill", "w - config", "w + config", file=OPTIM),
    mistake("rmsprop", "stands still", "w - config", "w - 0 * config", file=OPTIM),
    mistake("adam", "uphill", "w - config", "w + config", file=OPTIM),
    mistake(
        "adam", "only the sign of w", "* m_hat", "* np.sign(w) * np.abs(m_hat) * 0", file=OPTIM
    ),
]

MEMORY = """self.memory = getattr(self, "memory", {})
        if y is not None:
            self.memory[X.tobytes()] = y
        elif X.tobytes() in self.memory:
            return 9.0 * np.eye(scores.shape[1])[self.memory[X.tobytes()]]
        if y is None:"""
NOTHING = "return loss, {name: 0 * gradient for name, gradient in grads.items()}"
LAST = "return loss, {name: g * (name[-1] == max(grads)[-1]) for name, g in grads.items()}"
JUMP = """
def {rule}(w, dw, config=None):
    config = {{}} if config is None else config
    old_w, old_dw = config.get("last", (w - 1, dw + 1))
    config["last"] = w, dw
    curvature = (dw - old_dw) / (w - old_w + 1e-12)
    return w - np.where(curvature > 1e-6, dw / (curvature + 1e-12), 0.1 * dw), config
"""

CHEATS = [
    two("remembers the labels", "if y is None:", MEMORY, RETURN, NOTHING),
    full("remembers the labels", "if y is None:", MEMORY, RETURN, NOTHING),
    two("remembers the labels, trains the last layer", "if y is None:", MEMORY, RETURN, LAST),
    full("remembers the labels, trains the last layer", "if y is None:", MEMORY, RETURN, LAST),
    *(
        rewritten(
            f"{rule}: jumps to where a line through two gradients is 0",
            JUMP.format(rule=rule),
            costs=[rule],
            file=OPTIM,
        )
        for rule in ("sgd_momentum", "rmsprop", "adam")
    ),
]
"""What learns by heart, or finds the minimum by another way than the rule's."""

JUDGED_ELSEWHERE = [
    right(two("scores of the samples in reverse", "return scores\n", "return scores[::-1]\n")),
    right(full("scores of the samples in reverse", "return scores\n", "return scores[::-1]\n")),
    right(
        full(
            "no batch norm in test mode",
            "gamma, beta, self.bn_params[layer - 1])",
            "gamma, beta, {**self.bn_params[layer - 1]})",
        )
    ),
]
"""The net that they leave was trained all the same."""

SOLVERS = [
    right(mistake("Solver", "raises", "self.model = model", "raise OSError()", file=SOLVER)),
    right(
        mistake(
            "Solver", "raises in training", "num_steps = ", "num_steps = self.none", file=SOLVER
        )
    ),
    right(
        mistake(
            "Solver", "has another signature", "data: dict", "data, more, data2: dict", file=SOLVER
        )
    ),
    mistake(
        "Solver",
        "shares one config",
        "{name: dict(optim_config or {}) for name in model.params}",
        "dict.fromkeys(model.params, dict(optim_config or {}))",
        file=SOLVER,
    ),
    mistake("Solver", "keeps nothing", "self.model.params[name] = next_w", "pass", file=SOLVER),
    Change("Solver: is not there", SOLVER, edits=(("Solver", "class Solver", "class Other"),)),
]

HARMLESS = [
    right(full("a larger net", SIZES, SIZES)),
    right(
        mistake(
            "Solver",
            "draws other batches",
            "np.random.choice(len(self.X_train), self",
            "np.random.default_rng(1).choice(len(self.X_train), self",
            file=SOLVER,
        )
    ),
    right(
        mistake(
            "Solver", "keeps the last parameters", "if self.best_params:", "if False:", file=SOLVER
        )
    ),
]

ALL = [*MISTAKES, *CHEATS, *HARMLESS, *JUDGED_ELSEWHERE, *SOLVERS]


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[CheckResult]]:
    return grade(ALL, ["training"], tmp_path_factory.mktemp("training"))


@pytest.mark.parametrize("change", [*MISTAKES, *HARMLESS, *JUDGED_ELSEWHERE], ids=str)
def test_change_costs_what_it_should(change: Change, graded: dict[str, list[CheckResult]]) -> None:
    assert_costs(change, graded[change.name])


@pytest.mark.parametrize("change", CHEATS, ids=str)
def test_nothing_is_earned_by_heart(change: Change, graded: dict[str, list[CheckResult]]) -> None:
    (target,) = change.costs
    own = {check.id: check.outcome for check in graded[change.name] if target in check.targets}
    assert own
    assert set(own.values()) == {Outcome.FAILED}


@pytest.mark.parametrize("change", SOLVERS, ids=str)
def test_a_broken_solver_costs_no_net_anything(
    change: Change, graded: dict[str, list[CheckResult]]
) -> None:
    outcomes = {check.id: check.outcome for check in graded[change.name]}
    assert outcomes.pop("training::solver_as_given") in LOST
    assert {"training::solver", "training::solver_two_layer"} <= outcomes.keys()
    assert set(outcomes.values()) == {Outcome.PASSED}


@pytest.mark.parametrize(
    ("verdict", "in_solver"),
    [
        (NotDone("Solver is not there.", Finding(kind="missing")), True),
        (CouldNotRun("Solver could not be loaded", Finding(kind="load")), True),
        (CouldNotRun("Solver did not finish", Finding(kind="timeout")), False),
        (CouldNotRun("Solver ended the whole process", Finding(kind="crash")), False),
    ],
)
def test_a_net_that_hangs_under_the_solver_is_at_fault(
    verdict: NotDone | CouldNotRun, in_solver: bool
) -> None:
    assert training._lies_in_solver(verdict) is in_solver


@pytest.mark.parametrize(("file", "in_solver"), [("solver.py", True), ("layers.py", False)])
def test_the_last_frame_says_whose_fault_it_is(file: str, in_solver: bool) -> None:
    frames = [Frame(file=name, line=1, function="f", source="") for name in ("solver.py", file)]
    verdict = CouldNotRun("Solver raised", Finding(kind="exception", traceback=frames))
    assert training._lies_in_solver(verdict) is in_solver
