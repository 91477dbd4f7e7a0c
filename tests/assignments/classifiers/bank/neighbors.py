"""The nearest neighbours."""

import numpy as np
import pytest

from grader.checks import assert_close, check


def trained(code, x, y):
    classifier = code.NearestNeighbors()
    classifier.train(x, y)
    return classifier


@check("Distances are Euclidean", part="neighbors", targets="NearestNeighbors.distances")
def test_distances(student, reference, inputs):
    x, y, near = inputs.normal(5, 3), inputs.labels(5, 2), inputs.normal(4, 3)
    own, right = (trained(code, x, y).distances(near) for code in (student, reference))
    assert_close("distances", own, right)


@pytest.mark.parametrize("k", [1, 3, 5])
@check("The nearest ones vote", part="neighbors", targets="NearestNeighbors.predict")
def test_votes(student, reference, inputs, k):
    x, y = inputs.clusters(30, 3, 2, spread=2.0)
    own, right = (trained(code, x, y).predict(x + 0.5, k=k) for code in (student, reference))
    assert_close("labels", own, right)


@check("One neighbour is enough unless more are asked for", part="neighbors",
       targets="NearestNeighbors.predict")  # fmt: skip
def test_usual(student, reference, inputs):
    x, y = inputs.clusters(20, 3, 2, spread=2.0)
    own, right = (trained(code, x, y).predict(x + 0.7) for code in (student, reference))
    assert_close("labels", own, right)


@check("The smaller label wins a tie", part="neighbors", targets="NearestNeighbors.predict")
def test_tie(student):
    classifier = trained(student, np.array([[0.0], [1.0], [2.0], [3.0]]), np.array([2, 1, 2, 1]))
    assert_close("labels", classifier.predict(np.array([[0.9], [1.6]]), k=4), [1, 1])


@check("Training anew forgets", part="neighbors", targets="NearestNeighbors.train")
def test_state(student, reference, inputs):
    first, second = inputs.clusters(10, 2, 2), inputs.clusters(8, 2, 2)

    def seen(code):
        one, other = trained(code, *first), trained(code, *first)
        one.train(*second)
        return one.predict(first[0]), other.predict(first[0])

    for own, right in zip(seen(student), seen(reference), strict=True):
        assert_close("labels", own, right)
