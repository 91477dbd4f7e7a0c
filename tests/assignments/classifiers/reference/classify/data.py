"""Data, a batch at a time."""


def sampled(x, y, size):
    """Yield batches (x, y) of `size` samples in their order, the last one as large as it is."""
    # BEGIN SOLUTION: Walk through the samples; no sample is left out, and none comes twice.
    for start in range(0, len(x), size):
        yield x[start : start + size], y[start : start + size]
    # END SOLUTION
