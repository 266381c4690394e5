"""Metrics that ask who is near whom: precision, recall, density, coverage, 1-NN.

Real samples `x` come first, generated samples `y` second; distances are Euclidean, in float64.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import torch

from ..arguments import is_whole, shown
from .arrays import Array, Samples, euclidean, one_sample, row_blocks, two_samples


class PrecisionRecall(NamedTuple):
    """Share of generated samples that look real, and of real samples that are generated."""

    precision: float
    recall: float


class DensityCoverage(NamedTuple):
    """How deep generated samples lie among real ones, and how many real ones have one nearby."""

    density: float
    coverage: float


class NeighbourAccuracy(NamedTuple):
    """Leave-one-out accuracy of a 1-nearest-neighbour classifier: mean, on real, on fake."""

    overall: float
    real: float
    fake: float


def distance_blocks(x: Array, y: Array) -> Iterator[tuple[slice, Array]]:
    """Yield the distances between all samples of two sets, a block of rows at a time.

    Args:
        x: float64 features [n, d].
        y: float64 features [m, d].

    Yields:
        A slice of the rows of `x`, and their distances to all of `y`, [rows, m].
    """
    for rows in row_blocks(len(x), len(y)):
        yield rows, euclidean(x[rows], y)


def neighbour_radii(x: Samples, k: int) -> Array:
    """Distance of each sample to its k-th nearest *other* sample.

    Args:
        x: features [n, d].
        k: which neighbour, 1 <= k < n.

    Returns:
        Radii [n], in feature units; 0 where k or more duplicates exist.

    Raises:
        ValueError: k out of range, another shape, or not finite.
    """
    x = one_sample(x)
    if not is_whole(k) or not 1 <= k < len(x):
        raise ValueError(
            f"Expected 1 <= k < n = {len(x)}, since a sample is not its own neighbour, "
            f"got k={shown(k)}."
        )
    # the sample itself is one of the zeros, so the k-th other one comes at index k
    return np.concatenate([_kth_smallest(d, k) for _, d in distance_blocks(x, x)])


def _kth_smallest(d: Array, k: int) -> Array:
    return torch.from_numpy(d).topk(k + 1, dim=1, largest=False).values[:, k].numpy()


def precision_recall(x: Samples, y: Samples, k: int = 3) -> PrecisionRecall:
    """Improved precision and recall (Kynkäänniemi et al. 2019).

    Precision: share of y within a ball around some x_i, of radius `NND_k(x_i)`, the distance to
    its k-th nearest real neighbour. Recall: the same with the roles exchanged. Inside means <=, as
    in the authors' code (prdc takes <, which matters for duplicates only). Both depend on n, m and
    k: compare at equal ones. One outlier with a large ball can raise either; precision does not see
    dropped modes, recall does not see garbage.

    Args:
        x: real features [n, d], n > k.
        y: generated features [m, d], m > k.
        k: neighbour that sets the radius.

    Returns:
        Precision and recall, each in [0, 1].

    Raises:
        ValueError: other shapes, k out of range, or not finite.
    """
    x, y = two_samples(x, y)
    return precision_recall_within(x, neighbour_radii(x, k), y, neighbour_radii(y, k))


def precision_recall_within(x: Array, x_radii: Array, y: Array, y_radii: Array) -> PrecisionRecall:
    """Precision and recall for radii that are already known.

    Args:
        x: real float64 features [n, d].
        x_radii: their `neighbour_radii` [n].
        y: generated float64 features [m, d].
        y_radii: their `neighbour_radii` [m].

    Returns:
        Precision and recall, each in [0, 1].
    """
    looks_real, is_generated = np.zeros(len(y), bool), np.zeros(len(x), bool)
    for rows, d in distance_blocks(x, y):
        looks_real |= (d <= x_radii[rows, None]).any(axis=0)
        is_generated[rows] = (d <= y_radii).any(axis=1)
    return PrecisionRecall(float(looks_real.mean()), float(is_generated.mean()))


def density_coverage(x: Samples, y: Samples, k: int = 5) -> DensityCoverage:
    """Density and coverage (Naeem et al. 2020), with the balls of `precision_recall` around x only.

    `density = sum_ij [|x_i - y_j| <= NND_k(x_i)] / (k m)`: unlike precision it counts how many
    balls a sample lies in, so one outlier's ball weighs little; 1 on average for equal
    distributions, (k + 1) / k for an exact copy of x, more where samples crowd at the densest
    places. coverage = share of real balls that hold a generated sample; for equal distributions `1
    - prod_{j=1..k} (n - j) / (n + m - j)` on average, about 1 - 2^-k at n = m (0.969 for k = 5),
    and never quite 1.

    Args:
        x: real features [n, d], n > k.
        y: generated features [m, d].
        k: neighbour that sets the radius.

    Returns:
        Density, at least 0, and coverage in [0, 1].

    Raises:
        ValueError: other shapes, k out of range, or not finite.
    """
    x, y = two_samples(x, y)
    return density_coverage_within(x, neighbour_radii(x, k), y, k)


def density_coverage_within(x: Array, x_radii: Array, y: Array, k: int) -> DensityCoverage:
    """Density and coverage for radii that are already known.

    Args:
        x: real float64 features [n, d].
        x_radii: their `neighbour_radii` [n] for the same k.
        y: generated float64 features [m, d].
        k: neighbour that set the radius.

    Returns:
        Density and coverage.
    """
    inside = np.zeros(len(x), int)
    for rows, d in distance_blocks(x, y):
        inside[rows] = np.count_nonzero(d <= x_radii[rows, None], axis=1)
    return DensityCoverage(float(inside.sum() / (k * len(y))), float((inside > 0).mean()))


def one_nearest_neighbour(x: Samples, y: Samples) -> NeighbourAccuracy:
    """Two-sample test by a 1-nearest-neighbour classifier, leaving each sample out in turn.

    A sample counts as right if its nearest other sample has its own label, as half if a sample of
    each label is equally near (Lopez-Paz and Oquab 2017; Xu et al. 2018). 1/2 if the distributions
    agree, 1 if they are apart, and *0 if y copies x*: each copy's nearest neighbour is its
    original. The overall value is the mean of the two sides, which for n = m is the usual accuracy
    and stays near 1/2 for unequal sizes; the sides themselves then go to n / (n + m) and m / (n +
    m), so compare them at n = m only. Real near 0 and fake near 1 point to collapse onto modes.

    Args:
        x: real features [n, d], n >= 2.
        y: generated features [m, d], m >= 2.

    Returns:
        Accuracy overall, on real and on fake, each in [0, 1].

    Raises:
        ValueError: other shapes, fewer than two samples, or not finite.
    """
    x, y = two_samples(x, y)
    own_x, own_y = neighbour_radii(x, 1), neighbour_radii(y, 1)
    to_y, to_x = np.empty(len(x)), np.full(len(y), np.inf)
    for rows, d in distance_blocks(x, y):
        to_y[rows] = d.min(axis=1)
        to_x = np.minimum(to_x, d.min(axis=0))
    real, fake = _share_smaller(own_x, to_y), _share_smaller(own_y, to_x)
    return NeighbourAccuracy((real + fake) / 2, real, fake)


def _share_smaller(a: Array, b: Array) -> float:
    return float(np.mean(a < b) + np.mean(a == b) / 2)
