"""A layer, an optimizer, and the loop that trains with them."""

import numpy as np

from .tensor import Tensor


class Linear:
    """y = x w + b."""

    def __init__(self, inputs, outputs):
        # BEGIN SOLUTION: Begin with `w` normal with standard deviation 0.1, and `b` zero.
        self.w = Tensor(np.random.normal(0, 0.1, (inputs, outputs)))
        self.b = Tensor.zeros(outputs)
        # END SOLUTION

    def __call__(self, x):
        # BEGIN SOLUTION: Apply the layer.
        return x @ self.w + self.b
        # END SOLUTION

    def parameters(self):
        """Yield `w` and `b`."""
        # BEGIN SOLUTION: Yield the two tensors that are trained.
        yield self.w
        yield self.b
        # END SOLUTION


class Momentum:
    """v = momentum * v - lr * grad; parameter = parameter + v."""

    def __init__(self, parameters, lr=0.1, momentum=0.9):
        # BEGIN SOLUTION: Keep the parameters and the settings, and a velocity of zero for each.
        self.parameters = list(parameters)
        self.lr = lr
        self.momentum = momentum
        self.velocities = [np.zeros_like(p.data) for p in self.parameters]
        # END SOLUTION

    def zero_grad(self):
        """Forget all gradients."""
        # BEGIN SOLUTION: Set them to None.
        for p in self.parameters:
            p.grad = None
        # END SOLUTION

    def step(self):
        """Move every parameter that has a gradient."""
        # BEGIN SOLUTION: Follow the rule above. A parameter without a gradient stays.
        for i, p in enumerate(self.parameters):
            if p.grad is not None:
                self.velocities[i] = self.momentum * self.velocities[i] - self.lr * p.grad
                p.data = p.data + self.velocities[i]
        # END SOLUTION


def fit(layer, optimizer, x, y, steps, callback=None):
    """Train for some steps on the mean squared error; return the loss before each.

    `callback(step, loss)` is called after each step; training ends early where it returns True.
    """
    # BEGIN SOLUTION: Each step: forget the gradients, compute the loss, differentiate it, step.
    losses = []
    for step in range(steps):
        optimizer.zero_grad()
        error = layer(Tensor(x)) - Tensor(y)
        loss = (error * error).sum() * (1 / len(x))
        loss.backward()
        optimizer.step()
        losses.append(float(loss))
        if callback is not None and callback(step, losses[-1]):
            break
    return losses
    # END SOLUTION
