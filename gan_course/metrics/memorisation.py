"""Does the generator copy its training set? Two scores; both need no labels."""

from __future__ import annotations

import numpy as np

from .arrays import Array, Samples, row_blocks, two_samples
from .neighbours import distance_blocks


def _nearest(x: Array, y: Array) -> Array:
    """Distance of each row of `y` to its nearest row of `x`, [m]."""
    return np.concatenate([d.min(axis=1) for _, d in distance_blocks(y, x)])


def memorisation(x: Samples, y: Samples, held_out: Samples) -> float:
    """Probability that a generated sample lies nearer to the training set than a held-out one.

    `P(min_x |y - x| < min_x |h - x|) + P(equal) / 2` over pairs (y, h): the statistic of a
    Mann-Whitney test, as in Meehan et al. (2020), for the whole space as one cell. 1/2 for fresh
    samples of the true distribution, 1 for copies of the training set; below 1/2 the
    generator underfits: its samples lie further from the data than new data do. Unbiased.

    Args:
        x: features of the training set [n, d].
        y: generated features [m, d].
        held_out: features of real samples that the generator was not trained on [h, d].

    Returns:
        A number in [0, 1].

    Raises:
        ValueError: other shapes, fewer than two samples, or not finite.
    """
    (x, y), (_, held_out) = two_samples(x, y), two_samples(x, held_out)
    generated, fresh = _nearest(x, y), np.sort(_nearest(x, held_out))
    above = len(fresh) - np.searchsorted(fresh, generated, side="right")
    not_below = len(fresh) - np.searchsorted(fresh, generated, side="left")
    return float((above + not_below).mean() / (2 * len(fresh)))


def memorisation_distance(x: Samples, y: Samples) -> float:
    """Mean cosine distance of a generated sample to the nearest training sample (Bai et al. 2021).

    `mean_j min_i (1 - |cos(x_i, y_j)|)`: the memorisation term of MiFID. torchmetrics averages
    over real samples instead. 0 for copies, but also for rescaled copies and for all y = c x; a
    zero vector has cosine 0. Biased: it falls as n grows, so compare it with that of held-out real
    samples.

    Args:
        x: features of the training set [n, d].
        y: generated features [m, d].

    Returns:
        A number in [0, 1].

    Raises:
        ValueError: other shapes, fewer than two samples, or not finite.
    """
    x, y = (_unit_rows(s) for s in two_samples(x, y))
    cosines = [np.abs(y[rows] @ x.T).max(axis=1) for rows in row_blocks(len(y), len(x))]
    return float(np.mean(1 - np.minimum(np.concatenate(cosines), 1)))


def _unit_rows(x: Array) -> Array:
    largest = np.abs(x).max(axis=1, keepdims=True)
    x = np.ldexp(x, -np.frexp(largest)[1])  # squares of very large or small numbers are none
    norms = np.linalg.norm(x, axis=1, keepdims=True)
    return x / np.where(norms > 0, norms, 1)
