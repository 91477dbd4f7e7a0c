"""Update rules: how a parameter moves, given its gradient.

Every rule is called as `next_w, config = rule(w, dw, config)`. `w` and `dw` have one shape, which
may be any. `config` is a dictionary of settings and, for most rules, of state that the next call
needs; a missing entry gets its default, written into the dictionary. `config=None` is an empty
one. `w`, `dw` and the arrays of the state are not changed in place.
"""

from __future__ import annotations

from typing import Any

import numpy as np

Config = dict[str, Any]


def sgd(w: np.ndarray, dw: np.ndarray, config: Config | None = None) -> tuple[np.ndarray, Config]:
    """Take a step of stochastic gradient descent: `next_w = w - learning_rate * dw`.

    config:
        learning_rate: Step size; 1e-2 by default.
    """
    config = {} if config is None else config
    config.setdefault("learning_rate", 1e-2)
    return w - config["learning_rate"] * dw, config


def sgd_momentum(
    w: np.ndarray, dw: np.ndarray, config: Config | None = None
) -> tuple[np.ndarray, Config]:
    """Take a step of gradient descent with momentum.

        v = momentum * v - learning_rate * dw        next_w = w + v

    Source: Polyak 1964, in the form of Sutskever et al. 2013, eq. (1) and (2).

    config:
        learning_rate: Step size; 1e-2 by default.
        momentum: Share of the velocity that is kept, from 0 (plain SGD) to 1; 0.9 by default.
        velocity: v, an array of the shape of w; zeros at first.
    """
    config = {} if config is None else config
    config.setdefault("learning_rate", 1e-2)
    config.setdefault("momentum", 0.9)
    config.setdefault("velocity", np.zeros_like(w))
    # ----------------------------------------------------------------------------------------------
    # TODO: compute `next_w` and store the new velocity in config.
    # ----------------------------------------------------------------------------------------------
    raise NotImplementedError("TODO: sgd_momentum")  # your code goes here
    return next_w, config


def rmsprop(
    w: np.ndarray, dw: np.ndarray, config: Config | None = None
) -> tuple[np.ndarray, Config]:
    """Take a step of RMSProp: divide the gradient by a moving average of its size.

        c = decay_rate * c + (1 - decay_rate) * dw^2
        next_w = w - learning_rate * dw / (sqrt(c) + epsilon)

    Source: Tieleman & Hinton 2012, lecture 6.5 of "Neural Networks for Machine Learning".

    config:
        learning_rate: Step size; 1e-2 by default.
        decay_rate: Weight of the past in the moving average; 0.99 by default.
        epsilon: Avoids a division by zero; 1e-8 by default.
        cache: c, an array of the shape of w; zeros at first.
    """
    config = {} if config is None else config
    config.setdefault("learning_rate", 1e-2)
    config.setdefault("decay_rate", 0.99)
    config.setdefault("epsilon", 1e-8)
    config.setdefault("cache", np.zeros_like(w))
    # ----------------------------------------------------------------------------------------------
    # TODO: compute `next_w` and store the new moving average in config["cache"].
    # ----------------------------------------------------------------------------------------------
    raise NotImplementedError("TODO: rmsprop")  # your code goes here
    return next_w, config


def adam(w: np.ndarray, dw: np.ndarray, config: Config | None = None) -> tuple[np.ndarray, Config]:
    """Take a step of Adam: momentum and RMSProp together, both corrected for starting at zero.

        t = t + 1
        m = beta1 * m + (1 - beta1) * dw             m_hat = m / (1 - beta1^t)
        v = beta2 * v + (1 - beta2) * dw^2           v_hat = v / (1 - beta2^t)
        next_w = w - learning_rate * m_hat / (sqrt(v_hat) + epsilon)

    Source: Kingma & Ba 2015, "Adam", Algorithm 1. The state keeps m and v, not m_hat and v_hat.

    config:
        learning_rate: Step size; 1e-3 by default.
        beta1: Weight of the past in the average of the gradient; 0.9 by default.
        beta2: Weight of the past in the average of its square; 0.999 by default.
        epsilon: Avoids a division by zero; 1e-8 by default.
        m, v: Arrays of the shape of w; zeros at first.
        t: Number of steps taken; 0 at first, so the first step uses 1.
    """
    config = {} if config is None else config
    config.setdefault("learning_rate", 1e-3)
    config.setdefault("beta1", 0.9)
    config.setdefault("beta2", 0.999)
    config.setdefault("epsilon", 1e-8)
    config.setdefault("m", np.zeros_like(w))
    config.setdefault("v", np.zeros_like(w))
    config.setdefault("t", 0)
    # ----------------------------------------------------------------------------------------------
    # TODO: count the step first, then compute `next_w`, and store the new m, v and t in config.
    # ----------------------------------------------------------------------------------------------
    raise NotImplementedError("TODO: adam")  # your code goes here
    return next_w, config
