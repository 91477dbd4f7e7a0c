"""Values and gradients of tensors."""

import numpy as np
import pytest

from grader.checks import assert_autograd, assert_close, check

UNARY = {
    "relu": lambda t: t.relu(),
    "sum": lambda t: t.sum(),
    "neg": lambda t: -t,
    "row": lambda t: t[1],
    "column": lambda t: t[:, 1],
    "picked": lambda t: t[np.array([0, 2, 0])],
    "shifted": lambda t: 2 + t,
    "scaled": lambda t: 3 * t * 0.5,
    "mirrored": lambda t: 1 - t,
}
BINARY = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
}
SHAPES = {"same": (3, 4), "row": (4,), "column": (3, 1), "single": (1, 1)}


@check("A tensor keeps its data, and has no gradient yet", part="values", targets="Tensor.__init__")
def test_begin(student, inputs):
    x = inputs.normal(2, 3)
    tensor = student.Tensor(x)
    assert_close("data", tensor.data.read(), x)
    assert_close("dtype", student.Tensor([1, 2]).data.dtype.itemsize.read(), 8)
    assert_close("grad is None", float(tensor.grad.read() is None), 1.0)
    assert_close("len", len(tensor), 2)
    assert_close("zeros", student.Tensor.zeros(2, 3).data.read(), np.zeros((2, 3)))


@pytest.mark.parametrize("name", UNARY)
@check("An operation has the right value", part="values", targets="Tensor")
def test_value(student, reference, inputs, name):
    x = inputs.clear_of_zero(3, 4)
    own, right = (UNARY[name](code.Tensor(x)) for code in (student, reference))
    assert_close("data", own.data.read(), right.data.read())


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", BINARY)
@check("Two tensors are combined, with broadcasting", part="values", targets="Tensor")
def test_pair_value(student, reference, inputs, name, shape):
    x, y = inputs.normal(3, 4), inputs.normal(*SHAPES[shape])
    own, right = (BINARY[name](code.Tensor(x), code.Tensor(y)) for code in (student, reference))
    assert_close("data", own.data.read(), right.data.read())


@check("The matrix product has the right value", part="values", targets="Tensor.__matmul__")
def test_product(student, reference, inputs):
    x, y = inputs.normal(3, 4), inputs.normal(4, 2)
    own, right = (code.Tensor(x) @ code.Tensor(y) for code in (student, reference))
    assert_close("data", own.data.read(), right.data.read())


@pytest.mark.parametrize("name", UNARY)
@check("The gradient of an operation", part="gradients", targets="Tensor")
def test_gradient(student, reference, inputs, name):
    x = inputs.clear_of_zero(3, 4)

    def graph(code, x):
        a = code.Tensor(x)
        return UNARY[name](a), {"x": a.grad}

    dout = inputs.normal(*np.shape(UNARY[name](reference.Tensor(x)).data.read()))
    assert_autograd(student, reference, graph, {"x": x}, forward="Tensor", dout=dout)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", BINARY)
@check("The gradients of two tensors, broadcasting undone", part="gradients", targets="Tensor")
def test_pair_gradient(student, reference, inputs, name, shape):
    values = {"x": inputs.normal(3, 4), "y": inputs.normal(*SHAPES[shape])}

    def graph(code, x, y):
        a, b = code.Tensor(x), code.Tensor(y)
        return BINARY[name](a, b), {"x": a.grad, "y": b.grad}

    dout = inputs.normal(3, 4)
    assert_autograd(student, reference, graph, values, forward="Tensor", dout=dout)


@check("ReLU hands nothing back at 0", part="gradients", targets="Tensor.relu")
def test_kink(student, reference):
    def graph(code, x):
        a = code.Tensor(x)
        return a.relu(), {"x": a.grad}

    assert_autograd(student, reference, graph, {"x": np.array([0.0, 2.0, -1.0])}, forward="Tensor")


@check("The gradients of a matrix product", part="gradients", targets="Tensor.__matmul__")
def test_product_gradient(student, reference, inputs):
    values = {"x": inputs.normal(3, 4), "w": inputs.normal(4, 2)}

    def graph(code, x, w):
        a, b = code.Tensor(x), code.Tensor(w)
        return a @ b, {"x": a.grad, "w": b.grad}

    assert_autograd(student, reference, graph, values, forward="Tensor", dout=inputs.normal(3, 2))


@check("A tensor that is used several times", part="gradients", targets="Tensor.backward")
def test_shared(student, reference, inputs):
    values = {"x": inputs.normal(3, 3), "y": inputs.normal(3, 3)}

    def graph(code, x, y):
        a, b = code.Tensor(x), code.Tensor(y)
        c = a * b
        d = c + a
        return (d * c + c @ d + d).sum(), {"x": a.grad, "y": b.grad}

    assert_autograd(student, reference, graph, values, forward="Tensor")


@check("Gradients add up over two backward passes", part="gradients", targets="Tensor.backward")
def test_twice(student, reference, inputs):
    x = inputs.normal(3)

    def graph(code, x):
        a = code.Tensor(x)
        (a * a).sum().backward()
        return (3 * a).sum(), {"x": a.grad}

    assert_autograd(student, reference, graph, {"x": x}, forward="Tensor")


@check(
    "A gradient function of the check's own is called", part="gradients", targets="Tensor.backward"
)
def test_own_operation(student, reference, inputs):
    x, dout = inputs.normal(2, 3), inputs.normal(2, 3)

    def seen_by(code):
        came = []
        a = code.Tensor(x)
        out = code.Tensor(2 * x, (a,), came.append)
        (out * 3).backward(dout)
        return came

    own, right = seen_by(student), seen_by(reference)
    assert_close("calls of back", len(own), len(right))
    assert_close("the gradient that back is given", own[0], right[0])
