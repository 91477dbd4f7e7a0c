"""The layers of convolutional networks, each as a forward and a backward function.

A forward function returns its output and a `cache`: whatever its backward function will need. A
backward function takes `dout`, the gradient of the loss with respect to that output, and returns
the gradients with respect to the inputs. Gradients have the shape of what they belong to.

Names: `N` samples in a batch, `C` channels of height `H` and width `W`, `F` filters of height `HH`
and width `WW`; elsewhere `D` features, `M` outputs. Results have the float type of `x`, and no
argument is changed, except for the running averages in `bn_param`.

The layers down to `layernorm_backward` are those of fully connected networks, complete: work of
your own may take their place. The others are to be written.
"""

from __future__ import annotations

from typing import Any

import numpy as np


def affine_forward(x: np.ndarray, w: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, Any]:
    """Apply `out = x w + b` to every sample, flattened to a row of D features.

    Args:
        x: Input of shape (N, d_1, ..., d_k), where D = d_1 * ... * d_k.
        w: Weights of shape (D, M).
        b: Biases of shape (M,).

    Returns:
        out: Output of shape (N, M).
        cache: What `affine_backward` needs.
    """
    out = x.reshape(len(x), w.shape[0]) @ w + b
    cache = (x, w)
    return out, cache


def affine_backward(dout: np.ndarray, cache: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Differentiate `affine_forward`.

    Args:
        dout: Gradient of shape (N, M).
        cache: As returned by `affine_forward`.

    Returns:
        dx: Gradient of shape (N, d_1, ..., d_k).
        dw: Gradient of shape (D, M).
        db: Gradient of shape (M,).
    """
    x, w = cache
    dx = (dout @ w.T).reshape(x.shape)
    dw = x.reshape(len(x), w.shape[0]).T @ dout
    db = dout.sum(axis=0)
    return dx, dw, db


def relu_forward(x: np.ndarray) -> tuple[np.ndarray, Any]:
    """Apply the rectifier `out = max(0, x)` to every element (Nair & Hinton 2010).

    Args:
        x: Input of any shape.

    Returns:
        out: Output of the shape of x.
        cache: What `relu_backward` needs.
    """
    out = np.maximum(x, 0)
    cache = x > 0
    return out, cache


def relu_backward(dout: np.ndarray, cache: Any) -> np.ndarray:
    """Differentiate `relu_forward`; where x is exactly 0 the gradient may be 0 or `dout`.

    Args:
        dout: Gradient of any shape.
        cache: As returned by `relu_forward`.

    Returns:
        dx: Gradient of the shape of dout.
    """
    dx: np.ndarray = dout * cache
    return dx


def softmax_loss(x: np.ndarray, y: np.ndarray) -> tuple[float, np.ndarray]:
    """Compute the cross-entropy of the softmax of the scores, averaged over the batch.

        loss = -1/N sum_i log p_i[y_i],  where  p_i[j] = exp(x_i[j]) / sum_k exp(x_i[k])

    Scores may be of any size: exponentials must not overflow.

    Args:
        x: Scores of shape (N, C).
        y: Labels of shape (N,), integers with 0 <= y < C.

    Returns:
        loss: The mean loss.
        dx: Gradient of the loss with respect to x, of shape (N, C).
    """
    rows = np.arange(len(x))
    shifted = x - x.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    loss = float(-log_p[rows, y].mean())

    dx = np.exp(log_p)
    dx[rows, y] -= 1
    dx /= len(x)
    return loss, dx


def batchnorm_forward(
    x: np.ndarray, gamma: np.ndarray, beta: np.ndarray, bn_param: dict[str, Any]
) -> tuple[np.ndarray, Any]:
    """Normalize every feature over the batch, then scale it by gamma and shift it by beta.

    Source: Ioffe & Szegedy 2015, "Batch Normalization", Algorithm 1. In train mode, with the mean
    and the (biased) variance of each feature over the batch,

        x_hat = (x - mean) / sqrt(var + eps)        out = gamma * x_hat + beta

    and the running averages in `bn_param` move towards the statistics of the batch:

        running = momentum * running + (1 - momentum) * sample

    In test mode the running averages stand in for mean and var, and stay as they are.

    Args:
        x: Input of shape (N, D).
        gamma: Scale of shape (D,).
        beta: Shift of shape (D,).
        bn_param: A dictionary with
            mode: "train" or "test"; required.
            eps: Added to the variance for stability; 1e-5 by default.
            momentum: Weight of the past in the running averages; 0.9 by default.
            running_mean, running_var: Arrays of shape (D,); zeros at first. Written back.

    Returns:
        out: Output of shape (N, D).
        cache: What the backward functions need; nothing in test mode.

    Raises:
        ValueError: The mode is neither "train" nor "test".
    """
    mode = bn_param["mode"]
    eps = bn_param.get("eps", 1e-5)
    momentum = bn_param.get("momentum", 0.9)
    running_mean = bn_param.get("running_mean", np.zeros(x.shape[1], dtype=x.dtype))
    running_var = bn_param.get("running_var", np.zeros(x.shape[1], dtype=x.dtype))

    if mode == "train":
        mean = x.mean(axis=0)
        centred = x - mean
        var = (centred**2).mean(axis=0)
        std = np.sqrt(var + eps)
        x_hat = centred / std
        out = gamma * x_hat + beta
        cache = (x_hat, centred, std, gamma)
        running_mean = momentum * running_mean + (1 - momentum) * mean
        running_var = momentum * running_var + (1 - momentum) * var
    elif mode == "test":
        out = gamma * (x - running_mean) / np.sqrt(running_var + eps) + beta
        cache = None
    else:
        raise ValueError(f'mode must be "train" or "test", not {mode!r}')

    bn_param["running_mean"] = running_mean
    bn_param["running_var"] = running_var
    return out, cache


def batchnorm_backward(dout: np.ndarray, cache: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Differentiate `batchnorm_forward` (train mode) step by step along its computation graph.

    Source: Ioffe & Szegedy 2015, the chain rule at the end of section 3.

    Args:
        dout: Gradient of shape (N, D).
        cache: As returned by `batchnorm_forward`.

    Returns:
        dx: Gradient of shape (N, D).
        dgamma: Gradient of shape (D,).
        dbeta: Gradient of shape (D,).
    """
    x_hat, centred, std, gamma = cache
    n = len(dout)
    dbeta = dout.sum(axis=0)  # out = gamma * x_hat + beta
    dgamma = (dout * x_hat).sum(axis=0)
    dx_hat = dout * gamma
    dstd = -(dx_hat * x_hat).sum(axis=0) / std  # x_hat = centred / std
    dvar = dstd / (2 * std)  # std = sqrt(var + eps)
    dcentred = dx_hat / std + dvar * 2 * centred / n  # var = mean(centred ** 2)
    dmean = -dcentred.sum(axis=0)  # centred = x - mean
    dx = dcentred + dmean / n  # mean = sum(x) / n
    return dx, dgamma, dbeta


def batchnorm_backward_alt(
    dout: np.ndarray, cache: Any
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Differentiate `batchnorm_forward` (train mode) with one formula, simplified on paper.

    The result is that of `batchnorm_backward`, in fewer passes over the data.

    Args:
        dout: Gradient of shape (N, D).
        cache: As returned by `batchnorm_forward`.

    Returns:
        dx: Gradient of shape (N, D).
        dgamma: Gradient of shape (D,).
        dbeta: Gradient of shape (D,).
    """
    x_hat, _, std, gamma = cache
    n = len(dout)
    dbeta = dout.sum(axis=0)
    dgamma = (dout * x_hat).sum(axis=0)
    dx = gamma / std * (dout - (dbeta + x_hat * dgamma) / n)
    return dx, dgamma, dbeta


def layernorm_forward(
    x: np.ndarray, gamma: np.ndarray, beta: np.ndarray, ln_param: dict[str, Any]
) -> tuple[np.ndarray, Any]:
    """Normalize every sample over its features, then scale by gamma and shift by beta.

    Source: Ba, Kiros & Hinton 2016, "Layer Normalization". Mean and (biased) variance belong to
    one sample, so training and testing do the same, and there are no running averages.

        x_hat = (x - mean) / sqrt(var + eps)        out = gamma * x_hat + beta

    Args:
        x: Input of shape (N, D).
        gamma: Scale of shape (D,).
        beta: Shift of shape (D,).
        ln_param: A dictionary with
            eps: Added to the variance for stability; 1e-5 by default.

    Returns:
        out: Output of shape (N, D).
        cache: What `layernorm_backward` needs.
    """
    eps = ln_param.get("eps", 1e-5)
    centred = x - x.mean(axis=1, keepdims=True)
    std = np.sqrt((centred**2).mean(axis=1, keepdims=True) + eps)
    x_hat = centred / std
    out = gamma * x_hat + beta
    cache = (x_hat, std, gamma)
    return out, cache


def layernorm_backward(dout: np.ndarray, cache: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Differentiate `layernorm_forward`.

    Args:
        dout: Gradient of shape (N, D).
        cache: As returned by `layernorm_forward`.

    Returns:
        dx: Gradient of shape (N, D).
        dgamma: Gradient of shape (D,).
        dbeta: Gradient of shape (D,).
    """
    x_hat, std, gamma = cache
    dbeta = dout.sum(axis=0)
    dgamma = (dout * x_hat).sum(axis=0)
    dx_hat = dout * gamma
    along_mean = dx_hat.mean(axis=1, keepdims=True)
    along_x_hat = x_hat * (dx_hat * x_hat).mean(axis=1, keepdims=True)
    dx = (dx_hat - along_mean - along_x_hat) / std
    return dx, dgamma, dbeta


def conv_forward_naive(
    x: np.ndarray, w: np.ndarray, b: np.ndarray, conv_param: dict[str, Any]
) -> tuple[np.ndarray, Any]:
    """Slide every filter over the image, with zeros around it, and add its bias.

    Each output is the sum of the products of a filter, which spans all channels, and the window of
    the padded image under it; a filter is not flipped. Windows that would reach beyond the padded
    image are left out, so that

        H' = 1 + floor((H + 2 pad - HH) / stride)        W' = 1 + floor((W + 2 pad - WW) / stride)

    Args:
        x: Input of shape (N, C, H, W).
        w: Filters of shape (F, C, HH, WW).
        b: Biases of shape (F,).
        conv_param: A dictionary with
            stride: Pixels from one window to the next, both down and to the right.
            pad: Rows and columns of zeros on each of the four sides.

    Returns:
        out: Output of shape (N, F, H', W').
        cache: (x, w, b, conv_param), or more if your backward function needs it.
    """
    stride, pad = conv_param["stride"], conv_param["pad"]
    # ----------------------------------------------------------------------------------------------
    # TODO: compute `out` and `cache`. np.pad makes a padded copy of x. Loops are fine here: find
    # the window that belongs to one position of the output first.
    # ----------------------------------------------------------------------------------------------
    raise NotImplementedError("TODO: conv_forward_naive")  # your code goes here
    return out, cache


def conv_backward_naive(dout: np.ndarray, cache: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Differentiate `conv_forward_naive`.

    Args:
        dout: Gradient of shape (N, F, H', W').
        cache: As returned by `conv_forward_naive`.

    Returns:
        dx: Gradient of shape (N, C, H, W).
        dw: Gradient of shape (F, C, HH, WW).
        db: Gradient of shape (F,).
    """
    # ----------------------------------------------------------------------------------------------
    # TODO: compute `dx`, `dw` and `db`. Visit the windows of the forward pass again: what does each
    # give to the gradient of its pixels and of the filters? Windows overlap.
    # ----------------------------------------------------------------------------------------------
    raise NotImplementedError("TODO: conv_backward_naive")  # your code goes here
    return dx, dw, db


def max_pool_forward_naive(x: np.ndarray, pool_param: dict[str, Any]) -> tuple[np.ndarray, Any]:
    """Take the largest value of every window, in each channel separately.

    There is no padding. Windows that would reach beyond the image are left out, so that

        H' = 1 + floor((H - pool_height) / stride)        W' = 1 + floor((W - pool_width) / stride)

    Args:
        x: Input of shape (N, C, H, W).
        pool_param: A dictionary with
            pool_height: Height of a window.
            pool_width: Width of a window.
            stride: Pixels from one window to the next, both down and to the right.

    Returns:
        out: Output of shape (N, C, H', W').
        cache: (x, pool_param), or more if your backward function needs it.
    """
    height, width, stride = (pool_param[name] for name in ("pool_height", "pool_width", "stride"))
    # ----------------------------------------------------------------------------------------------
    # TODO: compute `out` and `cache`.
    # ----------------------------------------------------------------------------------------------
    raise NotImplementedError("TODO: max_pool_forward_naive")  # your code goes here
    return out, cache


def max_pool_backward_naive(dout: np.ndarray, cache: Any) -> np.ndarray:
    """Differentiate `max_pool_forward_naive`.

    Where several values of a window are the largest, its gradient goes to one of them or is shared
    among them; it must not grow.

    Args:
        dout: Gradient of shape (N, C, H', W').
        cache: As returned by `max_pool_forward_naive`.

    Returns:
        dx: Gradient of shape (N, C, H, W).
    """
    # ----------------------------------------------------------------------------------------------
    # TODO: compute `dx`. Which value of a window does the output depend on? A value may be the
    # largest of several windows.
    # ----------------------------------------------------------------------------------------------
    raise NotImplementedError("TODO: max_pool_backward_naive")  # your code goes here
    return dx


def spatial_batchnorm_forward(
    x: np.ndarray, gamma: np.ndarray, beta: np.ndarray, bn_param: dict[str, Any]
) -> tuple[np.ndarray, Any]:
    """Normalize every channel over the samples of a batch and over all positions of an image.

    Source: Ioffe & Szegedy 2015, "Batch Normalization", section 3.2. Every channel has one mean
    and one variance, and one running average of each; all else is as in `batchnorm_forward`.

    Args:
        x: Input of shape (N, C, H, W).
        gamma: Scale of shape (C,).
        beta: Shift of shape (C,).
        bn_param: As for `batchnorm_forward`; the running averages have shape (C,).

    Returns:
        out: Output of shape (N, C, H, W).
        cache: What `spatial_batchnorm_backward` needs.
    """
    # ----------------------------------------------------------------------------------------------
    # TODO: compute `out` and `cache`. batchnorm_forward does the work, once x has one row for each
    # position of each sample. Mind the order of the axes before you reshape.
    # ----------------------------------------------------------------------------------------------
    raise NotImplementedError("TODO: spatial_batchnorm_forward")  # your code goes here
    return out, cache


def spatial_batchnorm_backward(
    dout: np.ndarray, cache: Any
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Differentiate `spatial_batchnorm_forward` (train mode).

    Args:
        dout: Gradient of shape (N, C, H, W).
        cache: As returned by `spatial_batchnorm_forward`.

    Returns:
        dx: Gradient of shape (N, C, H, W).
        dgamma: Gradient of shape (C,).
        dbeta: Gradient of shape (C,).
    """
    # ----------------------------------------------------------------------------------------------
    # TODO: compute `dx`, `dgamma` and `dbeta`, with batchnorm_backward.
    # ----------------------------------------------------------------------------------------------
    raise NotImplementedError("TODO: spatial_batchnorm_backward")  # your code goes here
    return dx, dgamma, dbeta


def spatial_groupnorm_forward(
    x: np.ndarray, gamma: np.ndarray, beta: np.ndarray, G: int, gn_param: dict[str, Any]
) -> tuple[np.ndarray, Any]:
    """Normalize the channels of every sample in groups, each over its channels and all positions.

    Source: Wu & He 2018, "Group Normalization". The C channels are split into G groups of
    neighbors. Mean and (biased) variance belong to one group of one sample, so training and
    testing do the same; scale and shift belong to a channel.

        x_hat = (x - mean) / sqrt(var + eps)        out = gamma * x_hat + beta

    Args:
        x: Input of shape (N, C, H, W).
        gamma: Scale of shape (1, C, 1, 1).
        beta: Shift of shape (1, C, 1, 1).
        G: Number of groups, a divisor of C.
        gn_param: A dictionary with
            eps: Added to the variance for stability; 1e-5 by default.

    Returns:
        out: Output of shape (N, C, H, W).
        cache: What `spatial_groupnorm_backward` needs.
    """
    eps = gn_param.get("eps", 1e-5)
    # ----------------------------------------------------------------------------------------------
    # TODO: compute `out` and `cache`. Which reshape makes one axis of all values that share their
    # statistics?
    # ----------------------------------------------------------------------------------------------
    raise NotImplementedError("TODO: spatial_groupnorm_forward")  # your code goes here
    return out, cache


def spatial_groupnorm_backward(
    dout: np.ndarray, cache: Any
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Differentiate `spatial_groupnorm_forward`.

    Args:
        dout: Gradient of shape (N, C, H, W).
        cache: As returned by `spatial_groupnorm_forward`.

    Returns:
        dx: Gradient of shape (N, C, H, W).
        dgamma: Gradient of shape (1, C, 1, 1).
        dbeta: Gradient of shape (1, C, 1, 1).
    """
    # ----------------------------------------------------------------------------------------------
    # TODO: compute `dx`, `dgamma` and `dbeta`. The sums of the first run over a group of one
    # sample, those of the others over all samples and positions of a channel.
    # ----------------------------------------------------------------------------------------------
    raise NotImplementedError("TODO: spatial_groupnorm_backward")  # your code goes here
    return dx, dgamma, dbeta
