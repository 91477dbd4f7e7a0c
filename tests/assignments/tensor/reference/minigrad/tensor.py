"""Arrays that know how they were computed, and so how they are differentiated."""

import numpy as np


def fitted(grad, shape):
    """Sum a gradient over the axes along which an array of `shape` was repeated."""
    # BEGIN SOLUTION: Undo broadcasting: add up over the axes that were added in front, and over
    #   those of length 1, which may have been stretched.
    extra = grad.ndim - len(shape)
    grad = grad.sum(axis=tuple(range(extra)))
    stretched = tuple(i for i, n in enumerate(shape) if n == 1)
    return grad.sum(axis=stretched, keepdims=True)
    # END SOLUTION


class Tensor:
    """An array `data`, and after a backward pass its gradient `grad`."""

    __array_ufunc__ = None  # an array on the left leaves the operator to the tensor

    def __init__(self, data, parents=(), back=None):
        # BEGIN SOLUTION: Keep the data as a float array, the parents, and the function that
        #   hands a gradient on to them. There is no gradient yet: None.
        self.data = np.asarray(data, dtype=np.float64)
        self.grad = None
        self.parents = parents
        self.back = back
        # END SOLUTION

    @classmethod
    def zeros(cls, *shape):
        """A tensor of zeros."""
        return cls(np.zeros(shape))

    @staticmethod
    def of(value):
        """The value as a tensor, which it may be already."""
        return value if isinstance(value, Tensor) else Tensor(value)

    def __len__(self):
        return len(self.data)

    def __float__(self):
        return float(self.data)

    def add_grad(self, grad):
        """Add a gradient to what has come already."""
        # BEGIN SOLUTION: A tensor may be used several times: its gradients add up.
        grad = fitted(grad, self.data.shape)
        self.grad = grad if self.grad is None else self.grad + grad
        # END SOLUTION

    def __add__(self, other):
        # BEGIN SOLUTION: Add elementwise, with broadcasting; `other` may be a plain number.
        other = Tensor.of(other)

        def back(grad):
            self.add_grad(grad)
            other.add_grad(grad)

        return Tensor(self.data + other.data, (self, other), back)
        # END SOLUTION

    def __mul__(self, other):
        # BEGIN SOLUTION: Multiply elementwise, with broadcasting.
        other = Tensor.of(other)

        def back(grad):
            self.add_grad(grad * other.data)
            other.add_grad(grad * self.data)

        return Tensor(self.data * other.data, (self, other), back)
        # END SOLUTION

    def __matmul__(self, other):
        # BEGIN SOLUTION: The matrix product of two tensors with two axes each.
        def back(grad):
            self.add_grad(grad @ other.data.T)
            other.add_grad(self.data.T @ grad)

        return Tensor(self.data @ other.data, (self, other), back)
        # END SOLUTION

    __radd__ = __add__
    __rmul__ = __mul__

    def __neg__(self):
        return self * -1

    def __sub__(self, other):
        return self + -Tensor.of(other)

    def __rsub__(self, other):
        return -self + other

    def __getitem__(self, key):
        # BEGIN SOLUTION: A part of the tensor, picked by any index of NumPy's. An element may be
        #   picked more than once.
        def back(grad):
            whole = np.zeros_like(self.data)
            np.add.at(whole, key, grad)
            self.add_grad(whole)

        return Tensor(self.data[key], (self,), back)
        # END SOLUTION

    def relu(self):
        """The positive part."""
        # BEGIN SOLUTION: Cut off what is negative.
        positive = self.data > 0
        return Tensor(self.data * positive, (self,), lambda grad: self.add_grad(grad * positive))
        # END SOLUTION

    def sum(self):
        """The sum of all elements."""

        # BEGIN SOLUTION: Add up all elements.
        def back(grad):
            self.add_grad(np.broadcast_to(grad, self.data.shape))

        return Tensor(self.data.sum(), (self,), back)
        # END SOLUTION

    def backward(self, grad=1.0):
        """Set `grad` of all tensors that this one was computed from."""
        # BEGIN SOLUTION: Sort the graph so that each tensor comes after all that use it, begin
        #   with `grad` here, and call each `back` once.
        order, seen = [], set()

        def visit(tensor):
            if id(tensor) not in seen:
                seen.add(id(tensor))
                for parent in tensor.parents:
                    visit(parent)
                order.append(tensor)

        visit(self)
        self.add_grad(np.broadcast_to(grad, self.data.shape))
        for tensor in reversed(order):
            if tensor.back is not None:
                tensor.back(tensor.grad)
        # END SOLUTION
