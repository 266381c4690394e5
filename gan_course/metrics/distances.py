"""Distances between two samples of features that assume no Gaussians: kernel and Wasserstein.

Real samples `x` come first, generated samples `y` second; everything is computed in float64.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from ..arguments import as_float64, is_real, is_whole, random_generator, shown
from ..divergences import wasserstein
from ..divergences.transport import power_mean
from .arrays import (
    Array,
    Samples,
    Seed,
    euclidean,
    finite,
    row_blocks,
    two_samples,
)

Kernel = Callable[[Array, Array], Array]


class Estimate(NamedTuple):
    """A value and its standard error, in the same unit."""

    value: float
    error: float


def polynomial_kernel(a: Array, b: Array) -> Array:
    """Return KID's kernel `(a.b / d + 1)^3` for all pairs of rows (Binkowski et al. 2018).

    Args:
        a: features [n, d].
        b: features [m, d].

    Returns:
        Kernel matrix [n, m].
    """
    k = a @ b.T
    k /= a.shape[1]
    k += 1
    return k * k * k


def gaussian_kernel(bandwidth: float) -> Kernel:
    """Return the kernel `exp(-|a - b|^2 / (2 bandwidth^2))`: its `mmd` sees every difference.

    Args:
        bandwidth: width, in feature units, positive.

    Returns:
        Function of [n, d] and [m, d] that returns the kernel matrix [n, m], in [0, 1].

    Raises:
        ValueError: the bandwidth is not positive.
    """
    if not is_real(bandwidth) or not 0 < bandwidth < np.inf:
        raise ValueError(f"Expected a positive bandwidth, got {shown(bandwidth)}.")
    return lambda a, b: np.exp(-np.square(euclidean(a, b) / bandwidth) / 2)


def mmd(x: Samples, y: Samples, kernel: Kernel) -> float:
    """Squared maximum mean discrepancy under a kernel, by its unbiased estimator.

    `mean_{i != j} k(x_i, x_j) + mean_{i != j} k(y_i, y_j) - 2 mean_{ij} k(x_i, y_j)`
    (Gretton et al. 2012). 0 on average when both samples have one distribution, so it goes below
    zero about half of the time there.

    Args:
        x: real features [n, d], n >= 2.
        y: generated features [m, d], m >= 2.
        kernel: function of float64 arrays [a, d] and [b, d] that returns [a, b];
            called on blocks of rows.

    Returns:
        The squared discrepancy, in units of the kernel.

    Raises:
        ValueError: other shapes, fewer than two samples, or not finite.
    """
    x, y = two_samples(x, y)
    with np.errstate(over="ignore", invalid="ignore"):
        own, cross = within_mean(x, kernel) + within_mean(y, kernel), cross_mean(x, y, kernel)
        return finite(own - 2 * cross, "The kernel's mean")


def cross_mean(x: Array, y: Array, kernel: Kernel) -> float:
    """Mean of the kernel over all pairs of two samples, `mean_ij k(x_i, y_j)`.

    Args:
        x: float64 features [n, d].
        y: float64 features [m, d].
        kernel: as in `mmd`.

    Returns:
        The mean.
    """
    total = sum(kernel(x[rows], y).sum() for rows in row_blocks(len(x), len(y)))
    return float(total / (len(x) * len(y)))


def within_mean(x: Array, kernel: Kernel) -> float:
    """Mean over pairs of *different* rows; a row's similarity to itself would bias it.

    Args:
        x: float64 features [n, d], n >= 2.
        kernel: as in `mmd`.

    Returns:
        The mean, `mean_{i != j} k(x_i, x_j)`.
    """
    n, total = len(x), 0.0
    for rows in row_blocks(n, n):
        k = kernel(x[rows], x)
        total += k.sum() - np.trace(k[:, rows])
    return float(total / (n * (n - 1)))


def kernel_distance(
    x: Samples, y: Samples, subsets: int = 50, size: int = 1000, rng: Seed = 0
) -> Estimate:
    """Kernel distance: the squared MMD under `(a.b / d + 1)^3`; KID in Inception features.

    The value uses all samples: papers average over random subsets, whose expectation it is
    (Binkowski et al. 2018). Unbiased, so it can be negative, and sizes need not agree. The error is
    the standard deviation over half samples, or over subsets of `size` s scaled by `sqrt(s / (N -
    s))`, N = min(n, m): a delete-d jackknife (Shao and Wu 1989), a little too large where sizes or
    distributions nearly agree.

    Args:
        x: real features [n, d], n >= 4.
        y: generated features [m, d], m >= 4.
        subsets: number of subsets for the error, at least 2.
        size: samples in a subset, at least 2; never more than half of the smaller sample.
        rng: generator or seed that draws the subsets.

    Returns:
        Value and standard error, in units of the kernel (papers often print 1000 times as much).

    Raises:
        ValueError: other shapes, fewer than four samples, too few or small subsets, not finite.
    """
    x, y = two_samples(x, y, at_least=4)
    if not (is_whole(subsets) and is_whole(size) and subsets >= 2 and size >= 2):
        raise ValueError(
            f"Expected subsets >= 2 of size >= 2, got {shown(subsets)} of size {shown(size)}."
        )
    rng = random_generator(rng)
    smaller = min(len(x), len(y))
    size = min(size, smaller // 2)
    values = [
        mmd(_draw(x, size, rng), _draw(y, size, rng), polynomial_kernel) for _ in range(subsets)
    ]
    error = np.std(values, ddof=1) * np.sqrt(size / (smaller - size))
    return Estimate(mmd(x, y, polynomial_kernel), float(error))


def _draw(x: Array, size: int, rng: np.random.Generator) -> Array:
    return x[rng.choice(len(x), size, replace=False)]


def wasserstein_1d(x: Samples, y: Samples, p: float = 1) -> float:
    """Wasserstein distance of order p between two samples on the line, by sorting.

    `W_p = (int_0^1 |F_x^-1(u) - F_y^-1(u)|^p du)^(1/p)`; `gan_course.divergences.wasserstein`,
    for tensors as well. Biased upwards: two samples of one distribution are about `(1 / n + 1 /
    m)^(1/2)` of its width apart.

    Args:
        x: real numbers [n].
        y: generated numbers [m].
        p: order of the distance, at least 1.

    Returns:
        The distance, in the unit of `x`, at least 0.

    Raises:
        ValueError: not one-dimensional, empty or not finite, or p below 1.
    """
    return wasserstein(as_float64(x, "x (real)"), as_float64(y, "y (generated)"), p)


def sliced_wasserstein(
    x: Samples, y: Samples, projections: int | Samples = 128, p: float = 2, rng: Seed = 0
) -> float:
    """Sliced Wasserstein distance: the mean one-dimensional distance over random directions.

    `SW_p = (mean_k W_p(x.u_k, y.u_k)^p)^(1/p)` over unit vectors u_k (Rabin et al. 2011). At most
    W_p, and about 1 / sqrt(d) of it for a shift in d dimensions. Biased upwards in n.

    Args:
        x: real features [n, d].
        y: generated features [m, d].
        projections: number of random directions, or the unit vectors themselves [k, d].
        p: order of the distance, at least 1.
        rng: generator or seed that draws the directions.

    Returns:
        The distance, in the unit of `x`, at least 0.

    Raises:
        ValueError: other shapes, not finite, no direction, directions of another length than 1.
    """
    x, y = two_samples(x, y, at_least=1)
    directions = _directions(projections, x.shape[1], random_generator(rng))
    distances = np.array([wasserstein(x @ u, y @ u, p) for u in directions])
    return power_mean(distances, 1 / len(distances), p)


def _directions(projections: int | Samples, dim: int, rng: np.random.Generator) -> Array:
    if np.ndim(projections) == 0:
        if not is_whole(projections) or projections < 1:
            raise ValueError(
                f"Expected at least 1 projection, as a whole number; got {shown(projections)}."
            )
        drawn = rng.standard_normal((projections, dim))
        return drawn / np.linalg.norm(drawn, axis=1, keepdims=True)
    given = as_float64(projections, "projections")
    if given.ndim != 2 or given.shape[1] != dim or not len(given):
        raise ValueError(f"Expected projections [k, {dim}], got shape {given.shape}.")
    if not np.allclose(np.linalg.norm(given, axis=1), 1, atol=1e-6):
        raise ValueError("projections must be unit vectors: divide each row by its norm.")
    return given
