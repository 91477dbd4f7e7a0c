"""The bank against mistakes in, and other ways of writing, the affine and ReLU layers."""

from __future__ import annotations

import pytest

from grader.model.result import CheckResult, Outcome
from tests.bank.patches import Change, assert_costs, grade, mistake, rewritten

FLAT = "x.reshape(len(x), w.shape[0])"

MISTAKES = [
    mistake("affine_forward", "no bias", "@ w + b", "@ w"),
    mistake("affine_forward", "bias subtracted", "@ w + b", "@ w - b"),
    mistake("affine_forward", "sum of the biases", "@ w + b", "@ w + b.sum()"),
    mistake("affine_forward", "bias down the samples", "@ w + b", "@ w + b.reshape(-1, 1)"),
    mistake("affine_forward", "input not flattened", FLAT, "x"),
    Change(
        "affine: input flattened in neither pass",
        "layers.py",
        edits=(("affine_forward", FLAT, "x"), ("affine_backward", f"{FLAT}.T", "x.T")),
        costs=frozenset({"affine_forward", "affine_backward"}),
    ),
    mistake(
        "affine_forward", "flattened by columns", FLAT, 'x.reshape(len(x), w.shape[0], order="F")'
    ),
    mistake("affine_forward", "samples squeezed away", "@ w + b", "@ w + b\n    out = out.ravel()"),
    mistake("affine_backward", "dx not reshaped", "(dout @ w.T).reshape(x.shape)", "dout @ w.T"),
    mistake(
        "affine_backward", "dx by columns", ".reshape(x.shape)", '.reshape(x.shape, order="F")'
    ),
    mistake("affine_backward", "w not transposed", "dout @ w.T", "dout @ w"),
    mistake("affine_backward", "dx doubled", "(dout @ w.T)", "(2 * dout @ w.T)"),
    mistake("affine_backward", "dw transposed", ".T @ dout", ".T @ dout\n    dw = dw.T"),
    mistake("affine_backward", "dw a mean", ".T @ dout", ".T @ dout / len(x)"),
    mistake("affine_backward", "dw of the first sample", ".T @ dout", "[:1].T @ dout[:1]"),
    mistake("affine_backward", "db a mean", "dout.sum(axis=0)", "dout.mean(axis=0)"),
    mistake("affine_backward", "db over the outputs", "dout.sum(axis=0)", "dout.sum(axis=1)"),
    mistake("affine_backward", "db not summed", "dout.sum(axis=0)", "dout"),
    mistake("affine_backward", "db a number", "dout.sum(axis=0)", "dout.sum()"),
    mistake("affine_backward", "order of the gradients", "dx, dw, db\n", "dw, dx, db\n"),
    mistake("affine_backward", "db forgotten", "return dx, dw, db", "return dx, dw"),
    mistake("relu_forward", "leaky", "np.maximum(x, 0)", "np.where(x > 0, x, 0.01 * x)"),
    mistake("relu_forward", "absolute value", "np.maximum(x, 0)", "np.abs(x)"),
    mistake("relu_forward", "minimum", "np.maximum(x, 0)", "np.minimum(x, 0)"),
    mistake("relu_forward", "clipped above", "np.maximum(x, 0)", "np.clip(x, 0, 6)"),
    mistake("relu_forward", "threshold 1", "np.maximum(x, 0)", "np.maximum(x, 1)"),
    mistake("relu_forward", "one maximum", "np.maximum(x, 0)", "np.maximum(x.max(), 0)"),
    mistake("relu_backward", "sign of dout", "dout * cache", "dout * (dout > 0)"),
    mistake("relu_backward", "passes everything", "dout * cache", "dout.copy()"),
    mistake("relu_backward", "mask the wrong way", "dout * cache", "dout * ~cache"),
    mistake("relu_backward", "dout left out", "dout * cache", "1.0 * cache"),
    mistake("relu_backward", "clipped", "dout * cache", "np.maximum(dout * cache, 0)"),
    mistake("relu_backward", "opposite sign", "dout * cache", "-dout * cache"),
    rewritten(
        "relu_backward: the cache of the last call",
        """
        def relu_forward(x):
            global _mask
            _mask = x > 0
            return x * _mask, None

        def relu_backward(dout, cache):
            return dout * _mask
        """,
        costs=["relu_backward"],
    ),
]

VARIANTS = [
    rewritten(
        "affine in loops, with a dict for a cache",
        """
        def affine_forward(x, w, b):
            out = np.zeros((x.shape[0], w.shape[1]))
            for i in range(x.shape[0]):
                out[i] = x[i].flatten().dot(w) + b
            return out, {"x": x, "w": w, "b": b}

        def affine_backward(dout, cache):
            x, w, b = cache["x"], cache["w"], cache["b"]
            dx, dw, db = np.zeros_like(x), np.zeros_like(w), np.zeros_like(b)
            for i in range(x.shape[0]):
                dx[i] = w.dot(dout[i]).reshape(x[i].shape)
                dw += np.outer(x[i].flatten(), dout[i])
                db += dout[i]
            return dx, dw, db
        """,
    ),
    rewritten(
        "affine with einsum, a list for a cache and a list of gradients",
        """
        def affine_forward(x, w, b):
            rows = np.reshape(x, (x.shape[0], -1))
            return np.einsum("nd,dm->nm", rows, w) + b[np.newaxis, :], [x, w, b]

        def affine_backward(dout, cache):
            x, w, _ = cache
            rows = np.reshape(x, (x.shape[0], -1))
            dx = np.einsum("nm,dm->nd", dout, w).reshape(*x.shape)
            return [dx, np.einsum("nd,nm->dm", rows, dout), np.ones(len(x)).dot(dout)]
        """,
    ),
    rewritten(
        "affine that prints, and db of shape (1, M)",
        """
        def affine_backward(dout, cache):
            x, w = cache
            print("affine_backward", dout.shape)
            dw = x.reshape(x.shape[0], -1).T.dot(dout)
            return dout.dot(w.T).reshape(x.shape), dw, np.sum(dout, axis=0, keepdims=True)
        """,
    ),
    rewritten(
        "affine that writes into its arguments",
        """
        def affine_forward(x, w, b):
            cache = (x.copy(), w.copy(), b.copy())
            out = x.reshape(x.shape[0], -1).dot(w)
            out += b
            x *= 0
            w *= 0
            return out, cache

        def affine_backward(dout, cache):
            x, w, b = cache
            dx = dout.dot(w.T).reshape(x.shape)
            dw = x.reshape(x.shape[0], -1).T.dot(dout)
            db = dout.sum(0)
            dout[:] = 0
            w[:] = 0
            return dx, dw, db
        """,
    ),
    rewritten(
        "relu in place, on x and on dout",
        """
        def relu_forward(x):
            x[x < 0] = 0
            return x, x

        def relu_backward(dout, cache):
            dout[cache <= 0] = 0
            return dout
        """,
    ),
    rewritten(
        "relu with gradient 1 at 0",
        """
        def relu_forward(x):
            return x * (x >= 0), x

        def relu_backward(dout, cache):
            return np.where(cache >= 0, dout, 0)
        """,
    ),
    rewritten(
        "relu as a mean with the absolute value, and its output as cache",
        """
        def relu_forward(x):
            out = (np.abs(x) + x) / 2
            return out, (out,)

        def relu_backward(dout, cache):
            (out,) = cache
            return dout * np.sign(out)
        """,
    ),
]


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[CheckResult]]:
    return grade([*MISTAKES, *VARIANTS], ["layers"], tmp_path_factory.mktemp("layers"))


@pytest.mark.parametrize("change", [*MISTAKES, *VARIANTS], ids=str)
def test_change_costs_what_it_should(change: Change, graded: dict[str, list[CheckResult]]) -> None:
    assert_costs(change, graded[change.name])


def test_a_backward_is_judged_by_what_its_forward_keeps_of_other_inputs(
    graded: dict[str, list[CheckResult]],
) -> None:
    """A forward that does not flatten runs on matrices, and shows there what is in its cache."""
    results = graded["affine_forward: input not flattened"]
    assert not [check.id for check in results if check.outcome is Outcome.SKIPPED]
