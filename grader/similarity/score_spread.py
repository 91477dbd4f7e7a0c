"""How the scores of all pairs are spread, and from where on one stands out.

The threshold is four standard deviations above the median, measured by the upper quartile, which a
few copies do not move. With few pairs a quartile says little, and the threshold is fixed.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from grader.model.similar_pairs import ScoreSpread

BINS: Final = 20
_DEVIATIONS: Final = 4.0
_QUARTILE: Final = 0.6745
"""The upper quartile of a normal distribution, in standard deviations."""
_FEW: Final = 28
"""Pairs of eight submissions."""
_FIXED: Final = 0.6
_LOWEST: Final = 0.25
_HIGHEST: Final = 0.9
"""What is the same but for a tenth always stands out."""


def score_spread(scores: NDArray[np.float32]) -> ScoreSpread:
    """The spread of the scores of all pairs."""
    if not len(scores):
        return ScoreSpread(pairs=0, bins=[0] * BINS, median=0, ninety_nine=0, threshold=_FIXED)
    median, upper, most = (float(each) for each in np.quantile(scores, (0.5, 0.75, 0.99)))
    places = np.minimum((scores * BINS).astype(int), BINS - 1)
    threshold = _threshold(median, upper) if len(scores) >= _FEW else _FIXED
    return ScoreSpread(
        pairs=len(scores),
        bins=np.bincount(places, minlength=BINS).tolist(),
        median=round(median, 4),
        ninety_nine=round(most, 4),
        threshold=threshold,
        outside=int((scores >= threshold).sum()),
    )


def _threshold(median: float, upper: float) -> float:
    found = median + _DEVIATIONS * (upper - median) / _QUARTILE
    return round(min(max(found, _LOWEST), _HIGHEST), 4)
