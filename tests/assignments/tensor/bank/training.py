"""Layers, optimizers, and the loop."""

import numpy as np

from grader.checks import Wrong, as_array, assert_autograd, assert_close, check


def layer(code, w, b):
    made = code.Linear(*w.shape)
    made.w = code.Tensor(w)
    made.b = code.Tensor(b)
    return made


@check("A layer begins small, with no bias", part="training", targets="Linear.__init__",
       uses="Tensor")  # fmt: skip
def test_begin(student):
    made = student.Linear(40, 30)
    w = as_array(made.w.data.read(), "w")
    assert_close("b", made.b.data.read(), np.zeros(30))
    assert_close("shape of w", w.shape, (40, 30))
    assert_close("standard deviation of w", np.std(w), 0.1, tolerance=0.1)
    assert_close("mean of w", np.mean(w), 0.0, scale=0.1, tolerance=0.2)


@check("A layer is differentiated", part="training", targets="Linear.__call__", uses="Tensor")
def test_layer(student, reference, inputs):
    values = {"x": inputs.normal(3, 4), "w": inputs.normal(4, 2), "b": inputs.normal(2)}
    dout = inputs.normal(3, 2)

    def graph(code, x, w, b):
        made, a = layer(code, w, b), code.Tensor(x)
        return made(a), {"x": a.grad, "w": made.w.grad, "b": made.b.grad}

    outs = [graph(code, **values)[0].data.read() for code in (student, reference)]
    assert_close("data", *outs)
    assert_autograd(student, reference, graph, values, forward="Linear", dout=dout)


@check("A layer has two parameters", part="training", targets="Linear.parameters", uses="Tensor")
def test_parameters(student, inputs):
    w, b = inputs.normal(4, 2), inputs.normal(2)
    found = [p.data.read() for p in layer(student, w, b).parameters()]
    assert_close("number of parameters", len(found), 2)
    assert_close("w", found[0], w)
    assert_close("b", found[1], b)


@check("The optimizer follows its rule", part="training", targets="Momentum", uses="Tensor")
def test_steps(student, reference, inputs):
    starts = [inputs.normal(3), inputs.normal(2, 2), inputs.normal(2)]
    grads = [[inputs.normal(3), inputs.normal(2, 2)] for _ in range(3)]

    def moved(code, **settings):
        tensors = [code.Tensor(start) for start in starts]
        optimizer = code.Momentum(tensors, **settings)
        for step in grads:
            optimizer.zero_grad()
            assert_close("grad is None", float(tensors[0].grad.read() is None), 1.0)
            for tensor, grad in zip(tensors, step, strict=False):
                tensor.grad = grad
            optimizer.step()
        return [tensor.data.read() for tensor in tensors]

    for settings in ({}, {"lr": 0.5, "momentum": 0.3}):
        for own, right in zip(
            moved(student, **settings), moved(reference, **settings), strict=True
        ):
            assert_close("data", own, right)


def trained(code, inputs_of, stop):
    x, y, w, b = inputs_of
    model, told = layer(code, w, b), []

    def callback(step, loss):
        told.append((step, loss))
        if not isinstance(loss, (float, np.floating)):
            raise Wrong("The callback is given a loss that is not a number.")
        return step == stop

    optimizer = code.Momentum(model.parameters(), lr=0.05)
    losses = code.fit(model, optimizer, x, y, 6, callback)
    return losses, told, [p.data.read() for p in (model.w, model.b)]


@check("Training follows the gradient", part="training", targets="fit",
       uses=["Tensor", "Linear", "Momentum"])  # fmt: skip
def test_fit(student, reference, inputs):
    given = inputs.normal(5, 3), inputs.normal(5, 2), inputs.normal(3, 2), inputs.normal(2)
    for stop in (99, 2):
        own, right = (trained(code, given, stop) for code in (student, reference))
        assert_close("losses", own[0], right[0])
        assert_close("what the callback is told", own[1], right[1])
        for name, mine, other in zip(("w", "b"), own[2], right[2], strict=True):
            assert_close(name, mine, other)


@check("Training needs no callback", part="training", targets="fit",
       uses=["Tensor", "Linear", "Momentum"])  # fmt: skip
def test_quiet(student, reference, inputs):
    x, y, w, b = inputs.normal(4, 2), inputs.normal(4, 1), inputs.normal(2, 1), inputs.normal(1)
    own, right = (
        code.fit(made, code.Momentum(list(made.parameters())), x, y, 3)
        for code, made in ((code, layer(code, w, b)) for code in (student, reference))
    )
    assert_close("losses", own, right)
