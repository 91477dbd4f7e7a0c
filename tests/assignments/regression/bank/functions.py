"""Checks of the functions in the notebook."""

from __future__ import annotations

from typing import Any

from grader.checks import Inputs, Student, Visibility, assert_close, check


def model(inputs: Inputs, rows: int = 6, columns: int = 3) -> tuple[Any, ...]:
    """Data, labels and parameters."""
    X, y = inputs.normal(rows, columns), inputs.normal(rows)
    return X, y, inputs.normal(columns), float(inputs.normal(1)[0])


@check("standardize scales every column", part="functions", targets="standardize")
def test_standardize(student: Student, reference: Student, inputs: Inputs) -> None:
    X = 3 + 2 * inputs.normal(7, 4)
    expected = reference.standardize(X)
    for name, received, right in zip(
        ("scaled", "mean", "std"), student.standardize(X), expected, strict=True
    ):
        assert_close(name, received, right)


@check("standardize copes with a constant column", part="functions", targets="standardize")
def test_constant_column(student: Student, reference: Student, inputs: Inputs) -> None:
    X = inputs.normal(5, 2)
    X[:, 1] = 4.0
    X[0, 1] += 1e-7
    scaled, _, _ = student.standardize(X)
    assert_close("scaled", scaled, reference.standardize(X)[0])


@check("predict adds the bias to the weighted sum", part="functions", targets="predict")
def test_predict(student: Student, reference: Student, inputs: Inputs) -> None:
    X, _, w, b = model(inputs)
    assert_close("out", student.predict(X, w, b), reference.predict(X, w, b))


@check("loss is half the mean squared error", part="functions", targets="loss", uses="predict")
def test_loss(student: Student, reference: Student, inputs: Inputs) -> None:
    X, y, w, b = model(inputs)
    assert_close("loss", student.loss(X, y, w, b, 0.0), reference.loss(X, y, w, b, 0.0))


@check("loss penalizes the weights", part="functions", targets="loss", uses="predict")
def test_penalty(student: Student, reference: Student, inputs: Inputs) -> None:
    X, y, w, b = model(inputs)
    assert_close("loss", student.loss(X, y, w, b, 0.7), reference.loss(X, y, w, b, 0.7))


@check("gradient returns the gradients of the loss", part="functions", targets="gradient")
def test_gradient(student: Student, reference: Student, inputs: Inputs) -> None:
    X, y, w, b = model(inputs)
    dw, db = student.gradient(X, y, w, b, 0.0)
    right = reference.gradient(X, y, w, b, 0.0)
    assert_close("dw", dw, right[0])
    assert_close("db", db, right[1])


@check("gradient includes the penalty", part="functions", targets="gradient")
def test_gradient_of_penalty(student: Student, reference: Student, inputs: Inputs) -> None:
    X, y, w, b = model(inputs, 4, 5)
    dw, db = student.gradient(X, y, w, b, 0.3)
    right = reference.gradient(X, y, w, b, 0.3)
    assert_close("dw", dw, right[0])
    assert_close("db", db, right[1])


@check(
    "fit takes the steps of gradient descent",
    part="training",
    targets="fit",
    uses=("loss", "gradient"),
    visibility=Visibility.HIDDEN,
)
def test_fit(student: Student, reference: Student, inputs: Inputs) -> None:
    X, y, _, _ = model(inputs, 8, 2)
    expected = reference.fit(X, y, 0.05, 7, 0.1)
    for name, received, right in zip(
        ("w", "b", "history"), student.fit(X, y, 0.05, 7, 0.1), expected, strict=True
    ):
        assert_close(name, received, right)


@check("fit has usual settings", part="training", targets="fit", uses=("loss", "gradient"))
def test_usual_settings(student: Student, reference: Student, inputs: Inputs) -> None:
    X, y, _, _ = model(inputs, 8, 2)
    w, b, history = student.fit(X, y)
    right = reference.fit(X, y)
    assert_close("w", w, right[0])
    assert_close("b", b, right[1])
    assert_close("history", history, right[2])
