"""The self-check as tests: run `pytest` in this folder, or the tests in your editor.

    pytest                    everything
    pytest -k pool            what has pool in its name
    pytest --lf               what failed the last time
    pytest -x                 stop at the first thing that is wrong
"""

from grader.assignments.convnet.bank import (
    brought_along,
    convolution,
    pooling,
    spatial_batchnorm,
    spatial_groupnorm,
    three_layer_net,
)
from grader.checks.suite import checks_of

TestConvolution = checks_of(convolution)
TestPooling = checks_of(pooling)
TestSpatialBatchnorm = checks_of(spatial_batchnorm)
TestSpatialGroupnorm = checks_of(spatial_groupnorm)
TestThreeLayerConvNet = checks_of(three_layer_net)
TestBroughtAlong = checks_of(brought_along)
