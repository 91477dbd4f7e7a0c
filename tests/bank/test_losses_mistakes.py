"""The bank against mistakes in, and other ways of writing, the losses."""

from __future__ import annotations

import pytest

from grader.model.result import CheckResult
from tests.bank.patches import Change, assert_costs, grade, mistake, rewritten

MAX = "x.max(axis=1, keepdims=True)"
LOSS = "float(-log_p[rows, y].mean())"
HINGE = "np.maximum(x - x[rows, y, np.newaxis] + 1, 0)"

MISTAKES = [
    mistake("softmax_loss", "no shift", f"x - {MAX}", "x"),
    mistake("softmax_loss", "one shift for all samples", MAX, "x.max()"),
    mistake("softmax_loss", "shift by the mean", MAX, "x.mean(axis=1, keepdims=True)"),
    mistake("softmax_loss", "shift added", f"x - {MAX}", f"x + {MAX}"),
    mistake("softmax_loss", "scores clipped", f"x - {MAX}", f"np.maximum(x - {MAX}, -50)"),
    mistake("softmax_loss", "sum of losses", LOSS, "float(-log_p[rows, y].sum())"),
    mistake("softmax_loss", "opposite sign", LOSS, "float(log_p[rows, y].mean())"),
    mistake(
        "softmax_loss", "mean over the classes too", LOSS, "float(-log_p[rows, y].sum() / x.size)"
    ),
    mistake(
        "softmax_loss",
        "small number in the logarithm",
        LOSS,
        "float(-np.log(np.exp(log_p[rows, y]) + 1e-4).mean())",
    ),
    mistake("softmax_loss", "the best class", LOSS, "float(-log_p.max(axis=1).mean())"),
    mistake("softmax_loss", "gradient of a sum", "dx /= len(x)", "dx /= 1"),
    mistake("softmax_loss", "gradient over the classes", "dx /= len(x)", "dx /= x.shape[1]"),
    mistake("softmax_loss", "right class forgotten", "dx[rows, y] -= 1", "dx[rows, y] -= 0"),
    mistake("softmax_loss", "right class added", "dx[rows, y] -= 1", "dx[rows, y] += 1"),
    mistake("softmax_loss", "one sample's right class", "dx[rows, y] -= 1", "dx[:, y[0]] -= 1"),
    mistake("softmax_loss", "logarithms in the gradient", "np.exp(log_p)", "log_p.copy()"),
    mistake("softmax_loss", "gradient forgotten", "return loss, dx", "return loss"),
    mistake("svm_loss", "margin 0", "+ 1, 0)", ", 0)"),
    mistake("svm_loss", "margin 2", "+ 1, 0)", "+ 2, 0)"),
    mistake("svm_loss", "margin 0.9", "+ 1, 0)", "+ 0.9, 0)"),
    mistake(
        "svm_loss", "sign of the margin", HINGE, "np.maximum(x[rows, y, np.newaxis] - x + 1, 0)"
    ),
    mistake(
        "svm_loss", "no maximum", HINGE, HINGE.replace("np.maximum(", "(").replace(", 0)", ")")
    ),
    mistake("svm_loss", "squared", HINGE, f"{HINGE} ** 2"),
    mistake("svm_loss", "right class counted", "margins[rows, y] = 0", "margins[rows, y] = 1"),
    mistake("svm_loss", "sum of losses", "margins.sum() / len(x)", "margins.sum()"),
    mistake("svm_loss", "mean over the classes", "margins.sum() / len(x)", "margins.mean()"),
    mistake(
        "svm_loss", "largest margin only", "margins.sum() / len(x)", "margins.max(axis=1).mean()"
    ),
    mistake("svm_loss", "gradient of a sum", "dx /= len(x)", "dx /= 1"),
    mistake("svm_loss", "margins as gradient", "(margins > 0).astype(x.dtype)", "margins.copy()"),
    mistake("svm_loss", "every margin counted", "(margins > 0)", "(margins >= 0)"),
    mistake("svm_loss", "right class once", "-dx.sum(axis=1)", "-1"),
    mistake("svm_loss", "right class forgotten", "dx[rows, y] = -dx.sum(axis=1)", "pass"),
    mistake("svm_loss", "right class with the wrong sign", "-dx.sum(axis=1)", "dx.sum(axis=1)"),
    rewritten(
        "softmax_loss: a sum in loss and gradient, which agree",
        """
        def softmax_loss(x, y):
            p = np.exp(x - x.max(axis=1, keepdims=True))
            p /= p.sum(axis=1, keepdims=True)
            rows = np.arange(len(x))
            loss = -np.log(p[rows, y]).sum()
            p[rows, y] -= 1
            return loss, p
        """,
        costs=["softmax_loss"],
    ),
    rewritten(
        "svm_loss: half a margin in loss and gradient, which agree",
        """
        def svm_loss(x, y):
            rows = np.arange(len(x))
            margins = np.maximum(x - x[rows, y][:, None] + 0.5, 0)
            margins[rows, y] = 0
            dx = np.sign(margins) / len(x)
            dx[rows, y] -= dx.sum(axis=1)
            return margins.sum() / len(x), dx
        """,
        costs=["svm_loss"],
    ),
]

VARIANTS = [
    rewritten(
        "softmax by its probabilities, as older templates gave it",
        """
        def softmax_loss(x, y):
            probs = np.exp(x - np.max(x, axis=1, keepdims=True))
            probs /= np.sum(probs, axis=1, keepdims=True)
            N = x.shape[0]
            loss = -np.sum(np.log(probs[np.arange(N), y])) / N
            dx = probs.copy()
            dx[np.arange(N), y] -= 1
            dx /= N
            return loss, dx
        """,
    ),
    rewritten(
        "softmax in loops, writing into the scores",
        """
        def softmax_loss(x, y):
            n, loss, dx = len(x), 0.0, np.zeros_like(x)
            for i in range(n):
                x[i] -= np.max(x[i])
                z = np.sum(np.exp(x[i]))
                loss += np.log(z) - x[i, y[i]]
                for j in range(x.shape[1]):
                    dx[i, j] = np.exp(x[i, j]) / z - (j == y[i])
            return loss / n, dx / n
        """,
    ),
    rewritten(
        "softmax with one-hot labels, the loss an array of one number",
        """
        def softmax_loss(x, y):
            n, c = x.shape
            hot = np.eye(c)[y]
            top = x.max(axis=1).reshape(-1, 1)
            z = np.log(np.sum(np.exp(x - top), axis=1, keepdims=True)) + top
            loss = np.sum(hot * (z - x)) / n
            return np.array([loss]), (np.exp(x - z) - hot) / n
        """,
    ),
    rewritten(
        "svm in loops",
        """
        def svm_loss(x, y):
            loss, dx = 0, np.zeros(x.shape)
            for i in range(x.shape[0]):
                for j in range(x.shape[1]):
                    margin = x[i, j] - x[i, y[i]] + 1
                    if j != y[i] and margin > 0:
                        loss += margin
                        dx[i, j] += 1
                        dx[i, y[i]] -= 1
            return loss / x.shape[0], dx / x.shape[0]
        """,
    ),
    rewritten(
        "svm with the right class subtracted afterwards",
        """
        def svm_loss(x, y):
            n = x.shape[0]
            correct = np.choose(y, x.T).reshape(n, 1)
            margins = np.maximum(0, x - correct + 1.0)
            loss = np.sum(margins) / n - 1.0
            dx = np.where(margins > 0, 1.0, 0.0)
            dx[range(n), y] -= np.sum(dx, axis=1)
            return loss, dx / float(n)
        """,
    ),
]


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[CheckResult]]:
    return grade([*MISTAKES, *VARIANTS], ["losses"], tmp_path_factory.mktemp("losses"))


@pytest.mark.parametrize("change", [*MISTAKES, *VARIANTS], ids=str)
def test_change_costs_what_it_should(change: Change, graded: dict[str, list[CheckResult]]) -> None:
    assert_costs(change, graded[change.name])
