"""Divergences of Gaussians in closed form. Every S is a covariance: in one dimension, a variance."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..arguments import as_floats, exponent


def log_gaussian(v: ArrayLike, m: ArrayLike, S: ArrayLike) -> NDArray:
    """Logarithm of a Gaussian density, for each row.

    `-((v - m)' S^-1 (v - m) + log det S + d log 2 pi) / 2`. The difference of two of them is the
    logit of the optimal D between two Gaussians.

    Args:
        v: points [N, d]; numbers [N] where d = 1.
        m: mean [d], or a number.
        S: covariance [d, d], or a variance; positive definite.

    Returns:
        Nats, [N].

    Raises:
        ValueError: if shapes do not fit or `S` is not symmetric positive definite.
    """
    m, S = _gaussian(m, S, definite=True)
    v = as_floats(v, "the points")
    v = v[:, None] if v.ndim == 1 and m.size == 1 else v
    if v.ndim != 2 or v.shape[1] != m.size:
        raise ValueError(f"Expected points [N, {m.size}], got shape {v.shape}.")
    w = np.linalg.solve(np.linalg.cholesky(S), (v - m).T)  # white, [d, N]
    return -((w**2).sum(0) + np.linalg.slogdet(S)[1] + m.size * math.log(2 * math.pi)) / 2


def kl_gaussians(m1: ArrayLike, S1: ArrayLike, m2: ArrayLike, S2: ArrayLike) -> float:
    """Kullback-Leibler divergence of two Gaussians.

    `KL = (tr(S2^-1 S1) + (m2 - m1)' S2^-1 (m2 - m1) - d + log det S2 - log det S1) / 2`
    (Kullback, 1959).

    Args:
        m1: mean [d], or a number.
        S1: covariance [d, d], or a variance; positive definite.
        m2: mean of the second Gaussian, like `m1`.
        S2: covariance of the second Gaussian, like `S1`.

    Returns:
        Nats, at least 0.

    Raises:
        ValueError: if shapes do not fit or a covariance is not symmetric positive definite.
    """
    m1, S1 = _gaussian(m1, S1, definite=True)
    m2, S2 = _gaussian(m2, S2, definite=True)
    shift = _difference(m1, m2)
    ratio = np.linalg.solve(S2, S1)
    log_det = np.linalg.slogdet(S2)[1] - np.linalg.slogdet(S1)[1]
    distance = shift @ np.linalg.solve(S2, shift)
    return max(0.0, float(np.trace(ratio) + distance - m1.size + log_det) / 2)


def total_variation_gaussians(m1: ArrayLike, m2: ArrayLike, S: ArrayLike) -> float:
    """Total variation distance of two Gaussians with the same covariance.

    `TV = 2 Phi(delta / 2) - 1 = erf(delta / (2 sqrt 2))` where
    `delta^2 = (m1 - m2)' S^-1 (m1 - m2)` (Mahalanobis, 1936): the best test between the two cuts
    half-way between the means. For covariances that differ, evaluate the densities on a grid and
    call `total_variation`.

    Args:
        m1: mean [d], or a number.
        m2: mean of the second Gaussian, like `m1`.
        S: common covariance [d, d], or a variance; positive definite.

    Returns:
        A number in [0, 1].

    Raises:
        ValueError: if shapes do not fit or `S` is not symmetric positive definite.
    """
    m1, S = _gaussian(m1, S, definite=True)
    m2, _ = _gaussian(m2, S, definite=True)
    shift = _difference(m1, m2)
    return math.erf(math.sqrt(shift @ np.linalg.solve(S, shift) / 8))


def wasserstein1_gaussians(m1: float, S1: float, m2: float, S2: float) -> float:
    """W1 of two Gaussians on the line: the mean distance under the plan that keeps the order.

    `W1 = E |d + s Z|` with `d = m1 - m2`, `s = |sqrt S1 - sqrt S2|`, `Z ~ N(0, 1)`, the
    mean of a folded normal: `s sqrt(2 / pi) exp(-d^2 / 2 s^2) + d erf(d / (s sqrt 2))`
    (Leone et al., 1961). Equal variances give `|d|`.

    Args:
        m1: mean.
        S1: variance, at least 0.
        m2: mean of the second Gaussian.
        S2: variance of the second Gaussian, at least 0.

    Returns:
        The distance, in the unit of the means, at least 0.

    Raises:
        ValueError: if an argument is not a finite number or a variance is negative.
    """
    m1, S1 = _gaussian(m1, S1)
    m2, S2 = _gaussian(m2, S2)
    if m1.size != 1 or m2.size != 1:
        raise ValueError(f"W1 has a closed form on the line only, got {m1.size} dimensions.")
    d = abs(float(m1[0] - m2[0]))
    s = abs(math.sqrt(S1.item()) - math.sqrt(S2.item()))
    if s == 0:
        return d
    z = d / s
    return s * math.sqrt(2 / math.pi) * math.exp(-z * z / 2) + d * math.erf(z / math.sqrt(2))


def wasserstein2_gaussians(m1: ArrayLike, S1: ArrayLike, m2: ArrayLike, S2: ArrayLike) -> float:
    """W2 of two Gaussians; its square is the Fréchet distance behind the FID.

    `W2^2 = |m1 - m2|^2 + tr(S1 + S2 - 2 (S1^1/2 S2 S1^1/2)^1/2)` (Dowson and Landau, 1982).
    The last trace is the sum of the singular values of `S1^1/2 S2^1/2`, which stays exact for
    singular covariances.

    Args:
        m1: mean [d], or a number.
        S1: covariance [d, d], or a variance; positive semi-definite.
        m2: mean of the second Gaussian, like `m1`.
        S2: covariance of the second Gaussian, like `S1`.

    Returns:
        The distance, in the unit of the means, at least 0.

    Raises:
        ValueError: if shapes do not fit or a covariance is not symmetric positive semi-definite.
    """
    m1, S1 = _gaussian(m1, S1)
    m2, S2 = _gaussian(m2, S2)
    shift = _difference(m1, m2)
    power = max(exponent(shift), exponent(np.sqrt(np.abs([S1, S2]))))  # squares must not overflow
    shift, S1, S2 = (np.ldexp(a, -power * k) for a, k in ((shift, 1), (S1, 2), (S2, 2)))
    cross = np.linalg.norm(_square_root(S1) @ _square_root(S2), ord="nuc")
    squared = shift @ shift + np.trace(S1) + np.trace(S2) - 2 * cross
    return math.ldexp(math.sqrt(max(0.0, float(squared))), power)


def _square_root(S: NDArray) -> NDArray:
    eigenvalues, vectors = np.linalg.eigh(S)
    return (vectors * np.sqrt(np.maximum(eigenvalues, 0))) @ vectors.T


def _difference(m1: NDArray, m2: NDArray) -> NDArray:
    if m1.shape != m2.shape:
        raise ValueError(
            f"Both Gaussians must have the same dimension, got {m1.size} and {m2.size}."
        )
    return m1 - m2


def _gaussian(m: ArrayLike, S: ArrayLike, definite: bool = False) -> tuple[NDArray, NDArray]:
    """Return the mean as [d] and the covariance as [d, d], checked."""
    m, S = np.atleast_1d(as_floats(m, "the mean")), np.atleast_2d(as_floats(S, "the covariance"))
    if m.ndim != 1 or m.size == 0 or S.shape != (m.size, m.size):
        raise ValueError(
            f"Expected a mean [d] and a covariance [d, d], got shapes {m.shape} and {S.shape}."
        )
    if not (np.all(np.isfinite(m)) and np.all(np.isfinite(S))):
        raise ValueError("Means and covariances must be finite.")
    scale = np.abs(S).max(initial=0.0)
    if np.abs(S - S.T).max(initial=0.0) > 1e-8 * scale:
        raise ValueError("A covariance must be symmetric.")
    lowest = np.linalg.eigvalsh(S).min()
    # an estimated singular covariance may have eigenvalues a rounding error below zero
    if lowest < -1e-8 * scale or (definite and lowest <= 0):
        kind = "definite" if definite else "semi-definite"
        raise ValueError(f"A covariance must be positive {kind}, got an eigenvalue {lowest:.3g}.")
    return m, S
