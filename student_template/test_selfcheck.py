"""The self-check as tests: run `pytest` in this folder, or the tests in your editor.

    pytest                    everything
    pytest -k batchnorm       what has batchnorm in its name
    pytest --lf               what failed the last time
    pytest -x                 stop at the first thing that is wrong
"""

from grader.bank import (
    dropout,
    fully_connected_net,
    layers,
    losses,
    net_modes,
    normalization,
    optimizers,
    two_layer_net,
)
from grader.checks.suite import checks_of

TestLayers = checks_of(layers)
TestLosses = checks_of(losses)
TestTwoLayerNet = checks_of(two_layer_net)
TestFullyConnectedNet = checks_of(fully_connected_net)
TestOptimizers = checks_of(optimizers)
TestNormalization = checks_of(normalization)
TestDropout = checks_of(dropout)
TestNetModes = checks_of(net_modes)
