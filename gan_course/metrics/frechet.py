"""The Fréchet distance between two samples of features: exact, from moments, extrapolated.

Real samples `x` come first, generated samples `y` second; everything is computed in float64.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..arguments import as_float64, exponent, is_whole, random_generator, shown
from .arrays import Array, Samples, Seed, finite, one_sample, two_samples


class Extrapolation(NamedTuple):
    """A line `distance = value + slope / fraction`, and the points that it was fitted to."""

    value: float
    slope: float
    fractions: Array
    distances: Array


class Gaussian(NamedTuple):
    """Mean [d] and a factor A [r, d] of the covariance S = A^T A: S itself is never formed."""

    mean: Array
    factor: Array


def gaussian_of(x: Samples) -> Gaussian:
    """Fit a Gaussian to a sample: its mean and a factor of its unbiased covariance.

    `S = (x - mean)^T (x - mean) / (n - 1) = R^T R` with R from a QR decomposition, which loses
    no digits when S is singular, as it is for n <= d.

    Args:
        x: features [n, d], n >= 2.

    Returns:
        Mean [d] and factor [min(n, d), d].

    Raises:
        ValueError: fewer than two samples, or not finite.
    """
    x = one_sample(x)
    mean = x.mean(axis=0)
    return Gaussian(mean, np.linalg.qr((x - mean) / np.sqrt(len(x) - 1), mode="r"))


def frechet_between(p: Gaussian, q: Gaussian) -> float:
    """Squared Fréchet (2-Wasserstein) distance between two Gaussians given by their factors.

    `|m1 - m2|^2 + tr S1 + tr S2 - 2 |A1 A2^T|_*`, where the nuclear norm `|.|_*` (the sum of
    the singular values) equals `tr (S1^1/2 S2 S1^1/2)^1/2`, and needs no matrix square root: it
    is never complex and never NaN (Dowson and Landau 1982 give the distance).

    Args:
        p: mean [d] and factor [r, d] of the first.
        q: mean [d] and factor [s, d] of the second.

    Returns:
        The squared distance; rounding can leave it a little below zero.

    Raises:
        ValueError: it is too large for 64 bits.
    """
    shift = p.mean - q.mean
    power = exponent(shift, p.factor, q.factor)  # squares must not overflow on the way
    shift, a, b = (np.ldexp(each, -power) for each in (shift, p.factor, q.factor))
    finite(float(shift.sum() + a.sum() + b.sum()), "The Fréchet distance")
    traces = np.square(a).sum() + np.square(b).sum()
    overlap = np.linalg.svd(a @ b.T, compute_uv=False).sum()
    with np.errstate(over="ignore"):
        squared = np.ldexp(np.square(shift).sum() + traces - 2 * overlap, 2 * power)
    return finite(float(squared), "The Fréchet distance")


def frechet_distance(x: Samples, y: Samples) -> float:
    """Fréchet distance between Gaussians fitted to two samples; FID in Inception features.

    `|m1 - m2|^2 + tr(S1 + S2 - 2 (S1 S2)^1/2)`, with covariances divided by n - 1; exact also for
    singular covariances and n < d (Heusel et al. 2017). It is a *squared* distance, 0 at best,
    without an upper end. Biased upwards: two samples of N from N(0, I_d) are about
    `2 d / N + d (d + 1) / (2 (N - 1))` apart, so compare only equal N, or use `frechet_infinity`.
    It sees means and covariances only: distributions that share both are at distance 0.
    Call it FID only in features of the Inception network.

    Args:
        x: real features [n, d], n >= 2.
        y: generated features [m, d], m >= 2.

    Returns:
        The distance, in squared feature units; rounding can leave it a little below zero.

    Raises:
        ValueError: other shapes, fewer than two samples, or not finite.

    Example:
        >>> x = [[0.0, 0.0], [2.0, 0.0], [0.0, 2.0], [2.0, 2.0]]
        >>> round(frechet_distance(x, [[a + 3, b + 4] for a, b in x]), 6)
        25.0
    """
    x, y = two_samples(x, y)
    return frechet_between(gaussian_of(x), gaussian_of(y))


def frechet_distance_from_moments(m1: Samples, S1: Samples, m2: Samples, S2: Samples) -> float:
    """Fréchet distance between two Gaussians given by their moments (published FID statistics).

    The formula of `frechet_distance`; eigenvalues below zero by rounding count as zero.

    Args:
        m1: mean of the real features [d].
        S1: their covariance [d, d], symmetric, no negative eigenvalue.
        m2: mean of the generated features [d].
        S2: their covariance [d, d].

    Returns:
        The distance, in squared feature units; rounding can leave it a little below zero.

    Raises:
        ValueError: shapes that do not fit, or a matrix that is no covariance.
    """
    p, q = _gaussian_from_moments(m1, S1, "S1"), _gaussian_from_moments(m2, S2, "S2")
    if p.mean.shape != q.mean.shape:
        raise ValueError(f"m1 has {len(p.mean)} features and m2 {len(q.mean)}: they must agree.")
    return frechet_between(p, q)


def _gaussian_from_moments(mean: Samples, covariance: Samples, name: str) -> Gaussian:
    mean, S = as_float64(mean, f"the mean of {name}"), as_float64(covariance, name)
    if mean.ndim != 1 or mean.size == 0 or S.shape != (len(mean), len(mean)):
        raise ValueError(
            f"Expected a mean [d] with {name} [d, d], got shapes {mean.shape} and {S.shape}."
        )
    scale = np.abs(S).max()
    values, vectors = np.linalg.eigh(S)
    if not np.allclose(S, S.T, atol=1e-6 * scale) or values[0] < -1e-6 * scale:
        raise ValueError(
            f"{name} must be a covariance: symmetric, without negative eigenvalues "
            f"(smallest here {values[0]:.3g})."
        )
    return Gaussian(mean, np.sqrt(np.clip(values, 0, None))[:, None] * vectors.T)


def frechet_infinity(x: Samples, y: Samples, points: int = 15, rng: Seed = 0) -> Extrapolation:
    """Fréchet distance extrapolated to infinitely many samples.

    The bias falls as 1 / n: the distance is computed on random fractions f in [1/3, 1] of both
    samples, a line `a + b / f` is fitted by least squares, and a is what infinite samples would
    give (Chong and Forsyth 2020, who keep the real side whole; shrinking both removes the bias
    of both). Good while n / 3 is several times d; can come out below zero.

    Args:
        x: real features [n, d], n >= 6.
        y: generated features [m, d], m >= 6.
        points: number of fractions, at least 2.
        rng: generator or seed that draws the subsets.

    Returns:
        Value (squared feature units), slope, and the fractions [points] and distances [points].

    Raises:
        ValueError: other shapes, fewer than six samples, fewer than two points, or not finite.
    """
    x, y = two_samples(x, y, at_least=6)
    if not is_whole(points) or points < 2:
        raise ValueError(f"A line needs at least 2 points, got points={shown(points)}.")
    rng = random_generator(rng)
    fractions = np.linspace(1 / 3, 1, points)
    distances = np.array([_frechet_of_subsets(x, y, f, rng) for f in fractions])
    slope, value = np.polyfit(1 / fractions, distances, 1)
    return Extrapolation(float(value), float(slope), fractions, distances)


def _frechet_of_subsets(x: Array, y: Array, fraction: float, rng: np.random.Generator) -> float:
    p, q = (gaussian_of(rng.choice(s, round(fraction * len(s)), replace=False)) for s in (x, y))
    return frechet_between(p, q)
