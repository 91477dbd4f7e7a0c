"""The linear classifier, and what it is made of."""

import numpy as np
import pytest

from grader.checks import assert_close, check


@pytest.mark.parametrize("size", [1, 3, 4, 20])
@check("All samples come once, in batches", part="linear", targets="sampled")
def test_batches(student, inputs, size):
    x, y = inputs.normal(10, 2), inputs.labels(10, 3)
    batches = [(batch[0].read(), batch[1].read()) for batch in student.sampled(x, y, size)]
    starts = range(0, 10, size)
    assert_close("number of batches", len(batches), len(starts))
    for start, (some, labels) in zip(starts, batches, strict=True):
        assert_close("x", some, x[start : start + size])
        assert_close("y", labels, y[start : start + size])


@pytest.mark.parametrize("scale", [1.0, 1e3])
@check("The loss and its gradient", part="linear", targets="softmax_loss")
def test_loss(student, reference, inputs, scale):
    scores, y = inputs.normal(6, 4, scale=scale), inputs.labels(6, 4)
    own, right = (code.softmax_loss(scores, y) for code in (student, reference))
    assert_close("loss", own[0], right[0])
    assert_close("grad", own[1], right[1], kind="gradient")


def made(code, inputs_of, reg=0.3):
    w, b = inputs_of
    classifier = code.LinearClassifier(*w.shape, reg=reg)
    classifier.w, classifier.b = w, b
    return classifier


@check("It begins at zero", part="linear", targets="LinearClassifier.__init__")
def test_begin(student):
    classifier = student.LinearClassifier(3, 2)
    assert_close("w", classifier.w.read(), np.zeros((3, 2)))
    assert_close("b", classifier.b.read(), np.zeros(2))
    assert_close("reg", float(classifier.reg), 0.0)


@check("The loss is regularized", part="linear", targets="LinearClassifier.loss",
       uses="softmax_loss")  # fmt: skip
def test_regularized(student, reference, inputs):
    start = inputs.normal(4, 3), inputs.normal(3)
    x, y = inputs.normal(7, 4), inputs.labels(7, 3)
    own, right = (made(code, start).loss(x, y) for code in (student, reference))
    assert_close("loss", own[0], right[0])
    grads = own[1] if isinstance(own[1], dict) else {}
    for name in ("w", "b"):
        assert_close(name, grads.get(name), right[1][name], kind="gradient")


@check("Training goes down the gradient", part="linear", targets="LinearClassifier.train",
       uses=["softmax_loss", "sampled"])  # fmt: skip
def test_train(student, reference, inputs):
    x, y = inputs.clusters(25, 3, 4)
    start = inputs.normal(4, 3), inputs.normal(3)

    def after(code, **settings):
        classifier = made(code, start, reg=0.01)
        losses = classifier.train(x, y, **settings)
        return losses, classifier.w.read(), classifier.b.read()

    for settings in ({}, {"rate": 0.5, "epochs": 3, "size": 8}):
        both = zip(after(student, **settings), after(reference, **settings), strict=True)
        for name, (own, right) in zip(("losses", "w", "b"), both, strict=True):
            assert_close(name, own, right)


@check("The highest score wins", part="linear", targets="LinearClassifier.predict")
def test_predict(student, reference, inputs):
    start, x = (inputs.normal(4, 3), inputs.normal(3, scale=3)), inputs.normal(12, 4)
    own, right = (made(code, start).predict(x) for code in (student, reference))
    assert_close("labels", own, right)
