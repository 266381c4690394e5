"""How well a score tells two kinds apart, whatever the threshold."""

from __future__ import annotations

import numpy as np
from scipy.stats import rankdata

from ..arguments import as_float64
from .arrays import Samples


def auroc(anomalies: Samples, normal: Samples) -> float:
    """Return how often a score ranks an anomaly above a normal sample: the area under the ROC.

        P(s(anomaly) > s(normal)) + 1/2 P(s(anomaly) = s(normal)),

    over all pairs, from the ranks of all scores together (Mann and Whitney, 1947). 1/2 is chance,
    1 a perfect order; it needs no threshold and does not change with the share of anomalies, nor
    when an increasing function is applied to all scores.

    Args:
        anomalies: scores `[n]`, higher for what is more unusual.
        normal: scores `[m]`.

    Returns:
        A number in [0, 1].

    Raises:
        ValueError: a side is empty or not one number for each sample, or a score is not finite.
    """
    sides = [as_float64(anomalies, "anomalies"), as_float64(normal, "normal")]
    if any(side.ndim != 1 or not side.size for side in sides):
        raise ValueError(
            "auroc needs one score for each sample, [n] and [m] with at least one each: got "
            f"shapes {sides[0].shape} and {sides[1].shape}."
        )
    n, m = map(len, sides)
    ranks = rankdata(np.concatenate(sides))  # tied scores share the mean of their ranks
    return float((ranks[:n].sum() - n * (n + 1) / 2) / (n * m))
